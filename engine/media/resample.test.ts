import t from 'tap';
import { type AudioData, allocateAudio } from './audio-data.ts';
import { resample } from './resample.ts';
import { levelDb, toneLevel } from './testing/tone-level.ts';

function sound(sampleRate: number, frames: number, at: (i: number) => number, channels = 1): AudioData {
  const audio = allocateAudio(sampleRate, channels, frames);
  for (const samples of audio.data) for (let i = 0; i < frames; i++) samples[i] = at(i);
  return audio;
}

const RATES: [from: number, to: number][] = [
  [44100, 48000],
  [48000, 44100],
  [96000, 44100],
  [44100, 96000],
  [8000, 48000],
  [44100, 47999], // 47,999 phases: the interpolated table
  [95999, 44100], // the same when going down
];

t.test('resample keeps the pass band within 0.01 dB up to 0.45 of the lower rate', async (t) => {
  for (const [from, to] of RATES) {
    const lower = Math.min(from, to);
    for (const part of [0.001, 0.05, 0.2, 0.35, 0.43, 0.45]) {
      const hz = part * lower;
      const out = resample(
        sound(from, from / 4, (i) => 0.5 * Math.cos((2 * Math.PI * hz * i) / from)),
        to,
      );
      const gainDb = 20 * Math.log10(toneLevel(out.data[0]!, to, hz) / 0.5);
      t.ok(Math.abs(gainDb) < 0.01, `${from} to ${to} at ${hz.toFixed(0)} Hz: ${gainDb.toFixed(5)} dB`);
    }
  }
});

t.test('resample keeps aliases below -120 dB when going down', async (t) => {
  for (const [from, to] of RATES.filter(([from, to]) => from > to)) {
    for (const hz of [0.5 * to, 0.501 * to, 0.51 * to, 0.55 * to, 0.499 * from]) {
      if (hz > 0.4999 * from) continue;
      const out = resample(
        sound(from, from / 4, (i) => Math.sin((2 * Math.PI * hz * i) / from)),
        to,
      );
      const db = levelDb(out.data[0]!);
      t.ok(db < -120, `${from} to ${to} at ${hz.toFixed(0)} Hz: ${db.toFixed(1)} dB`);
    }
  }
});

t.test('resample keeps images below -120 dB when going up', async (t) => {
  for (const [from, to] of RATES.filter(([from, to]) => from < to)) {
    for (const hz of [0.11 * from, 0.3 * from, 0.45 * from]) {
      const out = resample(
        sound(from, from / 4, (i) => Math.cos((2 * Math.PI * hz * i) / from)),
        to,
      );
      const wave = out.data[0]!;
      const level = toneLevel(wave, to, hz);
      // what is left when the tone itself is taken away: images, distortion and the rounding to f32 together
      const rest = wave.map((x, n) => x - level * Math.cos((2 * Math.PI * hz * n) / to));
      t.ok(levelDb(rest) < -120, `${from} to ${to} at ${hz.toFixed(0)} Hz: ${levelDb(rest).toFixed(1)} dB`);
    }
  }
});

t.test('resample gives round(frames x to / from) frames', async (t) => {
  for (const [from, to] of RATES)
    for (const frames of [0, 1, 2, 147, 1000, 4411])
      t.equal(
        resample(
          sound(from, frames, () => 0.1),
          to,
        ).frames,
        Math.round((frames * to) / from),
        `${frames} frames`,
      );
});

t.test('resample takes the oddest rates without a large table', async (t) => {
  const [from, to] = [767999, 1000]; // 128,000 taps
  const before = process.memoryUsage().arrayBuffers;
  const out = resample(
    sound(from, 200000, (i) => Math.cos((2 * Math.PI * 100 * i) / from)),
    to,
  );
  const megabytes = (process.memoryUsage().arrayBuffers - before) / 2 ** 20;
  t.ok(megabytes < 40, `${megabytes.toFixed(1)} MB, of which a few are the sound`);
  t.equal(out.frames, 260);
  // the middle of the signal is half a filter away from both ends: where the cosine is at its peak and its zero
  t.ok(Math.abs(out.data[0]![130]! - 1) < 1e-4, `frame 130: ${out.data[0]![130]}`);
  t.ok(Math.abs(out.data[0]![125]! - 0) > 0.9, `frame 125: ${out.data[0]![125]}`);
});

t.test('resample puts an impulse where it belongs, symmetric about its place', async (t) => {
  for (const [from, to, at] of [
    [44100, 48000, 1470],
    [48000, 44100, 1600],
    [96000, 48000, 1000],
    [48000, 96000, 1000],
  ] as const) {
    const wave = resample(
      sound(from, 3000, (i) => (i === at ? 1 : 0)),
      to,
    ).data[0]!;
    const place = (at * to) / from;
    t.equal(place, Math.round(place), 'the place is a whole frame of the output');
    t.equal(wave.indexOf(Math.max(...wave)), place, `${from} to ${to}: peak`);
    for (let k = 1; k < 40; k++) t.ok(Math.abs(wave[place - k]! - wave[place + k]!) < 1e-6, `symmetric at ${k}`);
  }
});

t.test('resample keeps a constant, and treats every channel alike', async (t) => {
  const input = sound(44100, 4410, () => 0.25, 3);
  const out = resample(input, 48000);
  t.equal(out.channels, 3);
  for (const i of [1000, 2000, 3000]) t.ok(Math.abs(out.data[0]![i]! - 0.25) < 1e-7, `constant at ${i}`);
  t.same(out.data[1], out.data[0]);
  t.same(out.data[2], out.data[0], 'the odd one by itself is bit-identical to one of a pair');
  t.equal(resample(input, 44100), input, 'the same rate is no work');
});
