import t from 'tap';
import { seededRandom } from '../../plugin/seeded-random.ts';
import { allocateAudio } from '../audio-data.ts';
import { resample } from '../resample.ts';
import { createResampleStream } from './resample-stream.ts';

const RATES: [number, number][] = [
  [48000, 44100],
  [44100, 48000],
  [48000, 96000],
  [192000, 8000],
  [8000, 192000],
  [44100, 47999], // more phases than its table has: interpolated
];

t.test('the same frames as all at once, however it is cut', (t) => {
  const random = seededRandom(7);
  for (const [from, to] of RATES) {
    for (const frames of [0, 1, 50, 20_001]) {
      const audio = allocateAudio(from, 3, frames);
      for (const plane of audio.data) for (let i = 0; i < frames; i++) plane[i] = random() * 2 - 1;
      const whole = resample(audio, to);
      const made: number[][] = [[], [], []];
      let count = 0;
      const stream = createResampleStream(from, to, 3, (planes, n) => {
        planes.forEach((plane, c) => {
          for (let i = 0; i < n; i++) made[c]!.push(plane[i]!);
        });
        count += n;
      });
      for (let at = 0; at < frames; ) {
        const part = Math.min(frames - at, 1 + Math.floor(random() * 3000));
        stream.push(audio.data, at, part);
        at += part;
      }
      stream.end();
      t.equal(count, Math.round((frames * to) / from), `${from} to ${to} Hz: ${frames} frames`);
      t.ok(
        whole.data.every((plane, c) => plane.every((x, i) => x === made[c]![i])),
        `${from} to ${to} Hz: ${frames} frames, bit for bit`,
      );
    }
  }
  t.end();
});
