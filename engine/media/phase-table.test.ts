import { RESAMPLERS, type Resampler } from '@audiocloud/api';
import t from 'tap';
import { createResampleStream } from './encode/resample-stream.ts';
import { phaseTable } from './phase-table.ts';
import { levelDb, toneLevel } from './testing/tone-level.ts';

// What docs/sound-files.md promises of each class.
const PROMISED: Record<Resampler, { passTo: number; stopDb: number }> = {
  fast: { passTo: 0.4, stopDb: -96 },
  standard: { passTo: 0.45, stopDb: -120 },
  best: { passTo: 0.47, stopDb: -140 },
};
const PASS_DB = 0.01;
const RATES: [from: number, to: number][] = [
  [44100, 48000],
  [48000, 44100],
  [96000, 48000],
  [44100, 47999], // 47,999 phases: the interpolated table
  [47999, 44100],
];

/** A quarter of a second of a cosine of full scale, converted piece by piece. */
function converted(resampler: Resampler, from: number, to: number, hz: number, frames = from >> 2): Float32Array {
  const sound = Float32Array.from({ length: frames }, (_, i) => Math.cos((2 * Math.PI * hz * i) / from));
  const made = new Float32Array(Math.round((frames * to) / from) + 10);
  let count = 0;
  const take = ([plane]: readonly Float32Array[], n: number) => {
    made.set(plane!.subarray(0, n), count);
    count += n;
  };
  const stream = createResampleStream(from, to, 1, take, resampler);
  for (let at = 0; at < frames; at += 1000) stream.push([sound], at, Math.min(1000, frames - at));
  stream.end();
  return made.subarray(0, count);
}

for (const resampler of RESAMPLERS) {
  const { passTo, stopDb } = PROMISED[resampler];

  t.test(`${resampler} keeps the pass band within ${PASS_DB} dB up to ${passTo} of the lower rate`, async (t) => {
    for (const [from, to] of RATES)
      for (const part of [0.001, 0.1, 0.3, passTo - 0.02, passTo]) {
        const hz = part * Math.min(from, to);
        const gainDb = 20 * Math.log10(toneLevel(converted(resampler, from, to, hz), to, hz));
        t.ok(Math.abs(gainDb) < PASS_DB, `${from} to ${to} at ${hz.toFixed(0)} Hz: ${gainDb.toFixed(5)} dB`);
      }
  });

  t.test(`${resampler} has its stop band below ${stopDb} dB from half of the lower rate`, async (t) => {
    for (const [from, to] of RATES.filter(([from, to]) => from > to))
      for (const hz of [0.5 * to, 0.51 * to, 0.53 * to, 0.49 * from]) {
        const db = levelDb(converted(resampler, from, to, hz));
        t.ok(db < stopDb, `${from} to ${to} at ${hz.toFixed(0)} Hz: ${db.toFixed(1)} dB`);
      }
  });

  t.test(`${resampler} has images below ${stopDb} dB`, async (t) => {
    for (const [from, to] of RATES.filter(([from, to]) => from < to))
      for (const hz of [0.11 * from, 0.3 * from, passTo * from]) {
        const wave = converted(resampler, from, to, hz);
        const level = toneLevel(wave, to, hz);
        // what is left without the tone: images, distortion and the rounding to f32 together
        const db = levelDb(wave.map((x, n) => x - level * Math.cos((2 * Math.PI * hz * n) / to)));
        t.ok(db < stopDb, `${from} to ${to} at ${hz.toFixed(0)} Hz: ${db.toFixed(1)} dB`);
      }
  });

  t.test(`${resampler} gives round(frames x to / from) frames`, async (t) => {
    for (const [from, to] of RATES)
      for (const frames of [0, 1, 147, 4411])
        t.equal(
          converted(resampler, from, to, 100, frames).length,
          Math.round((frames * to) / from),
          `${frames} frames`,
        );
  });
}

t.test('classes differ by what they cost: products for a frame of each channel', async (t) => {
  const taps = (up: number, down: number) => RESAMPLERS.map((resampler) => phaseTable(resampler, up, down).taps);
  t.same(taps(160, 147), [68, 168, 324], '44.1 to 48 kHz');
  t.same(taps(147, 160), [72, 184, 352], '48 to 44.1 kHz');
  t.same(taps(1, 2), [132, 332, 644], '96 to 48 kHz');
});

t.test('tables of several conversions at once are made once', async (t) => {
  const ratios = [
    [160, 147],
    [147, 160],
    [1, 2],
    [2, 1],
  ] as const;
  const made = ratios.map(([up, down]) => phaseTable('standard', up, down));
  for (const [i, [up, down]] of ratios.entries()) t.equal(phaseTable('standard', up, down), made[i], `${up}:${down}`);
  phaseTable('fast', 2, 1);
  t.equal(phaseTable('standard', 2, 1), made[3], 'the last used');
  t.not(phaseTable('standard', 160, 147), made[0], 'the one that was used first had to go');
});
