import t from 'tap';
import { SINK_RING_FRAMES, SinkRing } from './sink-ring.ts';

const BLOCK = 128;

/** A ring of two channels whose frame n is n and -n. */
class Ramp {
  readonly ring: SinkRing;
  private readonly planes = [new Float32Array(BLOCK), new Float32Array(BLOCK)];
  private written = 0;

  constructor(isHeardLater: boolean) {
    this.ring = new SinkRing(SinkRing.create(2, SINK_RING_FRAMES, isHeardLater));
  }

  write(frames: number): void {
    for (const end = this.written + frames; this.written < end; this.written += BLOCK) {
      for (let i = 0; i < BLOCK; i++) {
        this.planes[0]![i] = this.written + i;
        this.planes[1]![i] = -(this.written + i);
      }
      this.ring.write(this.planes, 0, BLOCK, 1, this.written, this.written, 1, 1);
    }
  }

  /** Whether frames can be read, and are those that were written. */
  has(from: number, frames: number): boolean {
    const samples = new Float32Array(2 * frames);
    if (!this.ring.read(from, frames, samples)) return false;
    for (let i = 0; i < frames; i++)
      if (samples[2 * i] !== from + i || samples[2 * i + 1] !== -(from + i)) return false;
    return true;
  }
}

t.test('sink ring: a listener finds what was written just before, and loses nothing from then on', async (t) => {
  for (const before of [0, BLOCK, 8192, 16384, 100 * 1024]) {
    const ramp = new Ramp(true);
    ramp.write(before);
    const { oldest } = ramp.ring;
    t.equal(oldest, Math.max(0, before - 8192), `${before} frames: the last 8192 are there`);
    ramp.ring.hear();
    ramp.write(BLOCK);
    ramp.ring.hear(); // a second listener changes nothing
    ramp.write(32 * 1024 - BLOCK);
    t.ok(ramp.ring.oldest <= oldest, 'and stay');
    t.ok(ramp.has(oldest, before + 32 * 1024 - oldest), 'in one piece with what came since');
    t.ok(before === 0 || ramp.has(before - 1, 2), 'also across the moment in which somebody came');
  }
});

t.test('sink ring: one that is heard keeps more than a second, however long nobody heard it', async (t) => {
  for (const before of [0, 10 * 1024 * 1024 + BLOCK]) {
    const ramp = new Ramp(true);
    ramp.write(before);
    ramp.ring.hear();
    ramp.write(3 * SINK_RING_FRAMES + 5 * BLOCK);
    const { oldest, written } = ramp.ring;
    t.equal(written - oldest, SINK_RING_FRAMES - 8192);
    t.ok(ramp.has(oldest, written - oldest));
    t.notOk(ramp.has(oldest - 1, 1), 'and no more');
  }
});

t.test('sink ring: silence before somebody came is silence, and sound after it is sound', async (t) => {
  const ring = new SinkRing(SinkRing.create(1, SINK_RING_FRAMES, true));
  const one = [new Float32Array(BLOCK).fill(1)];
  for (let i = 0; i < 1000; i++) ring.write(one, 0, BLOCK, 1, 0, 0, 1, 1);
  for (let i = 0; i < 1000; i++) ring.writeSilence(BLOCK, 1, 0, 0);
  ring.hear();
  for (let i = 0; i < 1000; i++) ring.writeSilence(BLOCK, 1, 0, 0);
  const samples = new Float32Array(ring.written - ring.oldest).fill(2);
  t.ok(ring.read(ring.oldest, samples.length, samples));
  t.ok(samples.every((sample) => sample === 0));
  ring.write(one, 0, BLOCK, 1, 0, 0, 1, 1);
  t.ok(ring.read(ring.written - 2 * BLOCK, 2 * BLOCK, samples));
  t.same([samples[BLOCK - 1], samples[BLOCK], samples[2 * BLOCK - 1]], [0, 1, 1]);
});
