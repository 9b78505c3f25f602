import { readFile, stat } from 'node:fs/promises';
import { openMedia } from '@audiocloud/engine';
import t from 'tap';
import { renderHall } from './hall.ts';
import { LOOP_FRAMES, SAMPLE_RATE } from './score.ts';
import { renderTracks } from './tracks.ts';

const tracks = renderTracks();
const fileOf = (name: string) => new URL(`./${name}.flac`, import.meta.url);

t.test('rendering again gives the samples of the files', async (t) => {
  for (const { name, channels } of [...tracks, renderHall()]) {
    const audio = await openMedia(fileOf(name).pathname);
    t.match(audio, { sampleRate: SAMPLE_RATE, channels: channels.length, frames: channels[0]!.length }, name);
    t.ok(
      channels.every((samples, c) => samples.every((x, i) => x === audio.data[c]![i]! * 32768)),
      `${name}: every sample`,
    );
    if (name !== 'hall') t.equal(LOOP_FRAMES % audio.frames, 0, `${name} goes into the loop a whole number of times`);
  }
});

t.test('the files stay below -3 dBFS, without DC, and below 2 MB together', async (t) => {
  let bytes = 0;
  for (const { name, channels } of tracks) {
    bytes += (await stat(fileOf(name))).size;
    t.equal((await readFile(fileOf(name))).subarray(0, 4).toString(), 'fLaC');
    for (const samples of channels) {
      const peak = samples.reduce((max, x) => Math.max(max, Math.abs(x)), 0) / 32768;
      const mean = samples.reduce((sum, x) => sum + x, 0) / samples.length / 32768;
      t.ok(peak < 10 ** (-3 / 20) && peak > 0.1, `${name}: peak ${peak.toFixed(3)}`);
      t.ok(Math.abs(mean) < 0.004, `${name}: mean ${mean.toFixed(5)}`);
    }
  }
  t.ok(bytes < 2e6, `${bytes} bytes`);
});

t.test('no file clicks at the seam: its second difference there is not larger than elsewhere', async (t) => {
  for (const { name, channels } of tracks) {
    for (const samples of channels) {
      const n = samples.length;
      const bend = (i: number) => Math.abs(samples[(i + 1) % n]! - 2 * samples[i % n]! + samples[(i + n - 1) % n]!);
      const all = Array.from({ length: n }, (_, i) => bend(i)).sort((a, b) => a - b);
      const seam = Math.max(bend(n - 1), bend(0), bend(1));
      t.ok(seam <= all[Math.floor(0.99 * n)]!, `${name}: ${seam} at the seam, ${all[Math.floor(0.99 * n)]} at 99 %`);
    }
  }
});
