import t from 'tap';
import { FrameRing } from './frame-ring.ts';

const FRAMES = 4096;

function ringOf(cyclesPerFrame: number): FrameRing {
  const ring = new FrameRing(1, FRAMES);
  ring.write(Float32Array.from({ length: FRAMES }, (_, i) => Math.sin(2 * Math.PI * cyclesPerFrame * i)));
  return ring;
}

t.test('ring: a whole place is the very sample', async (t) => {
  const ring = ringOf(0.2);
  for (const place of [0, 1, 500, FRAMES - 1])
    t.equal(ring.at(place, 0), Math.fround(Math.sin(2 * Math.PI * 0.2 * place)));
  t.equal(ring.at(FRAMES, 0), 0, 'behind the last frame is silence');
});

t.test(
  'ring: between two samples a sine to 0.41 of the rate is within 0.01 dB, with nothing added above -85 dB',
  async (t) => {
    for (const cyclesPerFrame of [0.001, 0.02, 0.1, 0.25, 0.35, 0.41]) {
      const ring = ringOf(cyclesPerFrame);
      let [worst, wanted, got] = [0, 0, 0];
      for (let i = 100; i < FRAMES - 100; i++) {
        const place = i + ((i * 0.61803398875) % 1);
        const exact = Math.sin(2 * Math.PI * cyclesPerFrame * place);
        const sample = ring.at(place, 0);
        worst += (sample - exact) ** 2;
        wanted += exact ** 2;
        got += sample * exact;
      }
      const gainDb = 20 * Math.log10(got / wanted);
      const errorDb = 10 * Math.log10(worst / wanted);
      t.ok(Math.abs(gainDb) < 0.01, `${cyclesPerFrame}: gain ${gainDb.toFixed(4)} dB`);
      t.ok(errorDb < (cyclesPerFrame > 0.36 ? -60 : -85), `${cyclesPerFrame}: error ${errorDb.toFixed(1)} dB`);
    }
  },
);

t.test('ring: frames keep their place when it wraps', async (t) => {
  const ring = new FrameRing(2, 100);
  for (let from = 0; from < 1000; from += 37)
    ring.write(Float32Array.from({ length: 74 }, (_, i) => (from + (i >> 1)) * (i % 2 ? -1 : 1)));
  for (let place = ring.written - 100; place < ring.written; place++)
    t.same([ring.at(place, 0), ring.at(place, 1)], [place, -place]);
});
