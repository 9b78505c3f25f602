import t from 'tap';
import { peakBetween } from '../../plugins/testing/between-samples.ts';
import { noise, sine } from '../../plugins/testing/signals.ts';
import { buildWasm } from '../../scripts/build-wasm.ts';
import { steepest } from '../../test/driven-task.ts';
import { GuardedSignal } from './testing/guarded-signal.ts';
import { drums, speech } from './testing/music.ts';

await buildWasm({ ifMissing: true });

const RATE = 48000;
const CEILING = Math.fround(10 ** (-0.1 / 20));
const RISE = 512;
const BEGINS = 1024;
const isSame = (a: Float32Array, b: Float32Array) =>
  Buffer.from(a.slice().buffer).equals(Buffer.from(b.slice().buffer));
/** By the judge, where it can lie: beside samples of at least half the largest. */
function truePeak(signal: Float32Array): number {
  const largest = signal.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  let peak = 0;
  for (let n = 0; n + 1 < signal.length; n++)
    if (Math.max(Math.abs(signal[n]!), Math.abs(signal[n + 1]!)) > largest / 2)
      peak = Math.max(peak, peakBetween(signal, n, n + 1));
  return peak;
}

/** Silence, then a level. */
const step = (frames: number, level: number) => new Float32Array(frames).fill(level, BEGINS);

for (const sampleRate of [44100, 48000, 96000])
  t.test(`drums and speech below the ceiling stay bit for bit at ${sampleRate} Hz`, async (t) => {
    for (const [what, made] of Object.entries({ drums: drums(sampleRate), speech: speech(sampleRate) })) {
      // as loud as can be: 0.02 dB below the ceiling between samples, by the judge's reading
      const gain = (CEILING * 0.9977) / truePeak(made);
      const signal = made.map((x) => x * gain);
      const guard = new GuardedSignal(1, { sampleRate });
      const [output] = guard.play([signal]);
      t.ok(isSame(output!, signal), what);
      t.same(guard.counts, { limitedBlocks: 0, nonFinite: 0, jumps: 0, offsets: 0 });
    }
  });

t.test('full-scale DC out of silence rises over 512 frames, and is faded out', async (t) => {
  const guard = new GuardedSignal(1);
  const [output] = guard.play([step(RATE, 1)]);
  t.ok(steepest(output!) < (1 / RISE) * 1.001, `steepest ${steepest(output!)}`);
  // an interpolator overshoots a step by up to 1.5 dB: so much lower it may be at first
  for (const n of [0, 100, 511, 512]) {
    const most = (CEILING * n) / RISE;
    const found = output![BEGINS + n]!;
    t.ok(found <= most + 1e-6 && found >= 0.84 * most, `frame ${n}: ${found}, wanted ${most}`);
  }
  // the mean of 0.5 s is above 0.25 after 0.5 s x ln(1 / 0.75) = 144 ms, looked at every 20 ms, faded out in 50 ms
  const gone = output!.findIndex((x, n) => n > BEGINS + RISE && x === 0) - BEGINS;
  t.ok(gone > 0.194 * RATE && gone < 0.235 * RATE, `silent after ${gone / RATE} s`);
  t.ok(output!.subarray(BEGINS + gone).every((x) => x === 0));
  t.match(guard.counts, { jumps: 1, offsets: 1 });
});

t.test('a full-scale square out of silence rises over 512 frames, and goes on at the ceiling', async (t) => {
  const square = Float32Array.from({ length: RATE }, (_, n) => (n < BEGINS ? 0 : (n - BEGINS) % 480 < 240 ? 1 : -1));
  const guard = new GuardedSignal(1);
  const [output] = guard.play([square]);
  for (let n = 0; n < RISE; n++)
    if (Math.abs(output![BEGINS + n]!) > (CEILING * n) / RISE + 1e-6) t.fail(`frame ${n}: ${output![BEGINS + n]}`);
  t.ok(output!.subarray(BEGINS + RISE).every((x) => Math.abs(x) <= CEILING && Math.abs(x) > 0.7));
  t.match(guard.counts, { jumps: 1, offsets: 0 });
});

t.test(
  'an offset below the ceiling passes at first, and is faded out when it lasts; without it the sound is back',
  async (t) => {
    const away = BEGINS + 2 * RATE;
    const tone = sine(8 * RATE, 440, RATE, 0.3);
    const signal = tone.map((x, n) => (n >= BEGINS && n < away ? x + 0.5 : x));
    const guard = new GuardedSignal(2);
    const [output, beside] = guard.play([signal, tone]);
    t.ok(isSame(beside!, tone), 'the other channel stays');
    // 0.5 s x ln(1 / 0.5) = 347 ms, and 20 and 50 more
    t.ok(isSame(output!.subarray(0, BEGINS + 0.345 * RATE), signal.subarray(0, BEGINS + 0.345 * RATE)));
    t.ok(output!.subarray(BEGINS + 0.44 * RATE, away).every((x) => x === 0));
    t.ok(steepest(output!.subarray(BEGINS + 1)) < 0.03, 'no step when it goes or comes back');
    // below 0.05 after 0.5 s x ln(0.5 / 0.05) = 1.15 s
    t.ok(isSame(output!.subarray(away + 1.3 * RATE), signal.subarray(away + 1.3 * RATE)));
    t.match(guard.counts, { jumps: 0, offsets: 1 });
    t.equal(guard.isBusy, true, 'it sounds');
  },
);

t.test('an instance that fails: the step to what is left of the sound becomes a way of 512 frames', async (t) => {
  const at = 128 * 20;
  const signals: [string, Float32Array][] = [
    ['DC', new Float32Array(RATE / 4).fill(0.8)],
    [
      'a tone, at its crest',
      Float32Array.from({ length: RATE / 4 }, (_, n) => 0.8 * Math.cos((2 * Math.PI * 200 * (n - at)) / RATE)),
    ],
  ];
  for (const [what, whole] of signals) {
    const natural = steepest(whole);
    const signal = whole.map((x, n) => (n < at ? x : 0));
    const broken = new GuardedSignal(1);
    const [output] = broken.play([signal], at);
    t.ok(steepest(output!) < natural + 0.8 / RISE + 1e-6, `${what}: steepest ${steepest(output!)}`);
    t.ok(isSame(output!.subarray(0, at), signal.subarray(0, at)));
    t.ok(isSame(output!.subarray(at + RISE + 1), signal.subarray(at + RISE + 1)));
    t.equal(broken.counts.jumps, 1);
    const [untold] = new GuardedSignal(1).play([signal]);
    t.ok(isSame(untold!, signal), 'without a failure it is taken for a part of the sound');
  }
  const hiss = noise(RATE / 4, 5).map((x) => x * 0.4);
  const [output] = new GuardedSignal(1).play([hiss], at);
  t.ok(isSame(output!, hiss), 'steps as large as those before it are no jump');
});

t.test('moves the same in blocks of any size', async (t) => {
  const signal = Float32Array.from({ length: 2 * RATE }, (_, n) => (n < 3000 ? 0 : 1.2) + 0.2 * Math.sin(n / 9));
  const [wanted] = new GuardedSignal(1).play([signal]);
  for (const blocks of [[1], [7, 3, 128, 1], [1024]])
    t.ok(isSame(new GuardedSignal(1, { blocks }).play([signal])[0]!, wanted!), `blocks of ${blocks}`);
});
