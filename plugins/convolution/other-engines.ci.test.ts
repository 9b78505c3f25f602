import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allocateAudio } from '@audiocloud/engine';
import t from 'tap';
import { db, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

// The convolution against an engine that others wrote. The sum itself is proven in convolution.test.ts.

const RATE = 48000;
const FRAMES = RATE;
const skip = spawnSync('ffmpeg', ['-version']).status === 0 ? false : 'needs ffmpeg (apt-get install ffmpeg)';

/** Planar channels as one raw file. */
function rawFile(folder: string, name: string, channels: Float32Array[]): string[] {
  const count = channels.length;
  const samples = Float32Array.from(
    { length: count * channels[0]!.length },
    (_, i) => channels[i % count]![Math.floor(i / count)]!,
  );
  const file = join(folder, name);
  writeFileSync(file, new Uint8Array(samples.buffer));
  return ['-f', 'f32le', '-ar', String(RATE), '-ac', String(count), '-i', file];
}

t.test('the same as afir of ffmpeg, below -90 dB', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-afir-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const frames of [130, 700, 30_000]) {
    const input = [noise(FRAMES, 1), noise(FRAMES, 2)].map((channel) => channel.map((x) => x / 4));
    const ways = [3, 4].map((seed) =>
      noise(frames, seed).map((x, n) => (x * Math.exp((-5 * n) / frames)) / Math.sqrt(frames)),
    );
    const { stdout, stderr, status } = spawnSync(
      'ffmpeg',
      [
        ...['-v', 'error', ...rawFile(folder, 'in.raw', input), ...rawFile(folder, 'response.raw', ways)],
        ...['-filter_complex', '[0][1]afir=gtype=none:precision=double', '-f', 'f32le', '-'],
      ],
      { maxBuffer: 1 << 26 },
    );
    t.equal(status, 0, String(stderr));
    const theirs = new Float32Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.length));
    const media = allocateAudio(RATE, 2, frames);
    ways.forEach((way, c) => {
      media.data[c]!.set(way);
    });
    const ours = (
      await probe('convolution', { parameters: { dry: -120, wet: 0, normalise: false }, media: [media] })
    ).render(input).outputs;
    // versions differ in the gain that they give a response (5.1: 2): it is the same for all of it
    let [both, square] = [0, 0];
    for (let n = 0; n < FRAMES; n++)
      for (const c of [0, 1]) {
        both += ours[c]![n]! * theirs[2 * n + c]!;
        square += ours[c]![n]! ** 2;
      }
    const gain = both / square;
    t.ok(
      [1, 2].some((known) => Math.abs(gain - known) < 1e-4),
      `their gain is ${gain}`,
    );
    let left = 0;
    for (let n = 0; n < FRAMES; n++) for (const c of [0, 1]) left += (ours[c]![n]! - theirs[2 * n + c]! / gain) ** 2;
    const nullDb = db(Math.sqrt(left / square));
    t.ok(nullDb < -90, `${frames} frames: null of ${nullDb.toFixed(1)} dB`);
  }
});
