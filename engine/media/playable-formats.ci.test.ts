import { join } from 'node:path';
import t from 'tap';
import { PcmSource } from '../disk/pcm-source.ts';
import type { DiskSettings } from '../disk/disk-settings.ts';
import { type DiskSound, isOnDisk } from './disk-sound.ts';
import { openMedia } from './open-media.ts';
import { openPlayable } from './open-playable.ts';
import { ffmpeg, missingTool } from './reference-tool.ts';
import { frameBytes, unpackSamples } from './unpack-samples.ts';

/* Long media of every format are on the disk what they are in memory, sample by sample; and memory does not grow with them. */

const RATE = 48000;
const skip = missingTool('ffmpeg') ?? false;
const settings = (folder: string): DiskSettings => ({
  fromSeconds: 2,
  aheadSeconds: 2,
  pcmDir: join(folder, 'pcm'),
  pcmBytes: 2 ** 32,
});

/** A tone over noise, made by ffmpeg. */
function make(path: string, seconds: number, sampleRate: number, ...how: string[]): string {
  const sound = `sine=frequency=997:sample_rate=${sampleRate}:duration=${seconds}`;
  ffmpeg('-f', 'lavfi', '-i', sound, '-ac', '2', ...how, path);
  return path;
}

function samplesOf({ file, frames, channels }: DiskSound): Float32Array[] {
  const out = Array.from({ length: channels }, () => new Float32Array(frames));
  const source = new PcmSource(file);
  unpackSamples(source.read(file.dataOffset, frames * frameBytes(file)), file, out, 0, frames);
  source.close();
  return out;
}

const FORMATS: [name: string, how: string[], isAtItsPlace: boolean][] = [
  ['a.wav', ['-c:a', 'pcm_s24le'], true],
  ['a.aiff', ['-c:a', 'pcm_s16be'], true],
  ['float.aiff', ['-c:a', 'pcm_f32be'], true],
  ['rf64.wav', ['-c:a', 'pcm_s16le', '-rf64', 'always'], true],
  ['law.wav', ['-c:a', 'pcm_alaw'], true],
  ['a.flac', ['-c:a', 'flac'], false],
  ['a.mp3', ['-c:a', 'libmp3lame'], false],
  ['vorbis.ogg', ['-c:a', 'libvorbis'], false],
  ['opus.ogg', ['-c:a', 'libopus'], false],
  ['a.m4a', ['-c:a', 'aac'], false],
];

for (const [name, how, isAtItsPlace] of FORMATS)
  for (const rate of name.startsWith('opus') ? [RATE] : [RATE, 44100])
    t.test(`${name} at ${rate} Hz: on the disk as in memory`, { skip }, async (t) => {
      const folder = t.testdir({});
      const path = make(join(folder, name), 5, rate, ...how);
      const sound = await openPlayable(path, { sampleRate: RATE, disk: settings(folder) });
      const whole = await openMedia(path, { sampleRate: RATE });
      if (!isOnDisk(sound)) return t.fail('it is in memory');
      t.equal(sound.file.path === path, isAtItsPlace && rate === RATE, sound.file.path);
      t.equal(sound.frames, whole.frames);
      for (const [c, plane] of samplesOf(sound).entries())
        t.equal(
          plane.findIndex((x, i) => !Object.is(x, whole.data[c]![i])),
          -1,
          `channel ${c}`,
        );
    });

t.test('ten minutes of FLAC of another rate is decoded in memory that does not grow with it', { skip }, async (t) => {
  const folder = t.testdir({});
  const SECONDS = 600;
  const path = make(join(folder, 'long.flac'), SECONDS, 44100, '-c:a', 'flac', '-compression_level', '0');
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss - before);
  }, 20);
  const began = performance.now();
  const sound = await openPlayable(path, { sampleRate: RATE, disk: settings(folder) });
  clearInterval(watch);
  const seconds = (performance.now() - began) / 1000;
  t.comment(`${(SECONDS / seconds).toFixed(0)} times as fast as it plays, ${(most / 2 ** 20).toFixed(0)} MiB more`);
  t.ok(isOnDisk(sound));
  t.equal(sound.frames, SECONDS * RATE);
  t.ok(most < 180 * 2 ** 20, `${most} bytes; as a whole it has ${SECONDS * RATE * 8}`);
});
