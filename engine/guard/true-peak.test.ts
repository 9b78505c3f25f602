import t from 'tap';
import { peakBetween } from '../../plugins/testing/between-samples.ts';
import { db, noise } from '../../plugins/testing/signals.ts';
import { buildWasm } from '../../scripts/build-wasm.ts';
import { GuardedSignal } from './testing/guarded-signal.ts';

await buildWasm({ ifMissing: true });

/*
 * The guard reads between frames with the 12 taps of BS.1770 and without waiting; the judge has 128 taps under another window,
 * 16 points a frame. What has begun cannot be known before it is over, so the first frames may be above the ceiling between their
 * samples: the bounds of both are those that docs/output-guard.md gives.
 */
const RATE = 48000;
const CEILING_DB = -3;
const FRAMES = 6000;
const BEGINS = 500;
/** The first frames: until the guard knows what it hears, and as far as the judge reaches back. */
const KNOWN = BEGINS + 12 + 64;

const guarded = (signal: Float32Array) => new GuardedSignal(1, { ceilingDb: CEILING_DB }).play([signal])[0]!;
const over = (signal: Float32Array, from: number, to: number) => db(peakBetween(signal, from, to)) - CEILING_DB;
/** A tone whose samples lie as far from its peaks as they can where it is a part of the rate; it begins at once. */
const tone = (hertz: number, peak: number, phase: number) =>
  Float32Array.from({ length: FRAMES }, (_, n) =>
    n < BEGINS ? 0.1 * peak * Math.sin(n) : peak * Math.sin((2 * Math.PI * hertz * n) / RATE + phase),
  );

t.test('a tone that goes on is held between its samples, too', async (t) => {
  for (const [share, boundDb] of [
    [1 / 4, 0.01],
    [1 / 6, 0.3],
    [0.21, 0.3],
    [0.3, 0.3],
    [0.4, 0.3],
    [0.45, 0.3],
  ] as const)
    for (const phase of [0, Math.PI / 4, Math.PI / 3]) {
      const signal = tone(share * RATE, 1.4, phase);
      const found = over(guarded(signal), KNOWN, FRAMES - 200);
      t.ok(found < boundDb, `${share.toFixed(2)} of the rate: ${found.toFixed(3)} dB above, allowed ${boundDb}`);
      t.ok(found > -1.5, `it is not held lower than need be: ${found.toFixed(3)} dB`);
    }
});

t.test('a tone whose samples alone are below the ceiling is held', async (t) => {
  const signal = tone(RATE / 4, 0.95, Math.PI / 4); // samples at -3.46 dB, peaks at -0.45
  t.ok(signal.subarray(BEGINS).every((x) => Math.abs(x) < 10 ** (CEILING_DB / 20)));
  t.ok(over(signal, KNOWN, FRAMES - 200) > 2.5);
  t.ok(over(guarded(signal), KNOWN, FRAMES - 200) < 0.01);
});

t.test('the first frames of what comes at once, between samples', async (t) => {
  const tones = [1 / 4, 1 / 6, 0.21, 0.3, 0.4].flatMap((share) =>
    [0, 0.3, Math.PI / 4, 1, Math.PI / 3].map((phase) => tone(share * RATE, 1.4, phase)),
  );
  const worstTone = Math.max(...tones.map((signal) => over(guarded(signal), BEGINS - 64, KNOWN)));
  t.ok(worstTone < 3.2, `tones: ${worstTone.toFixed(2)} dB above`);
  const noises = [1, 2, 3, 4, 5].map((seed) => noise(FRAMES, seed).map((x) => 2 * x));
  const worstNoise = Math.max(...noises.map((signal) => over(guarded(signal), 70, FRAMES - 200)));
  t.ok(worstNoise < 2, `white noise, all of it: ${worstNoise.toFixed(2)} dB above`);
});
