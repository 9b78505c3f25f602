import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SoundOutput } from '@audiocloud/api';
import t from 'tap';
import { openMedia } from '../open-media.ts';
import { ffmpegDecode, missingTool, soxDecode } from '../reference-tool.ts';
import { createSoundWriter } from './sound-writer.ts';

const skip = missingTool('ffmpeg', 'sox') ?? false;
const folder = mkdtempSync(join(tmpdir(), 'read-by-others-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const FRAMES = 70_001;
const tags = {
  title: 'Zwölf Töne',
  artist: 'Anna & Bob',
  album: 'An album',
  albumArtist: 'All of them',
  composer: 'C. Maker',
  genre: 'Jazz',
  date: '2026-11-30',
  track: '3/12',
  comment: 'It is = a comment',
  copyright: 'Nobody',
  isrc: 'DEXX12600001',
};

async function write(output: SoundOutput, channels: number, sampleRate = 48000, frames: number | undefined = FRAMES) {
  const path = join(
    folder,
    `${output.format}-${output.depth ?? output.bitRate ?? ''}-${channels}-${sampleRate}.${output.format}`,
  );
  const planes = Array.from({ length: channels }, (_, c) =>
    Float32Array.from({ length: FRAMES }, (_, i) => 0.4 * Math.sin((2 * Math.PI * (300 + 100 * c) * i) / sampleRate)),
  );
  const writer = await createSoundWriter(path, {
    output: { ...output, tags },
    source: { sampleRate, channels, frames },
  });
  for (let at = 0; at < FRAMES; at += 999) await writer.write(planes.map((plane) => plane.subarray(at, at + 999)));
  const file = await writer.end();
  await writer.commit();
  return { path, file, planes };
}

const probed = (path: string) =>
  JSON.parse(
    execFileSync('ffprobe', ['-v', 'error', '-show_format', '-show_streams', '-of', 'json', path], {
      encoding: 'utf8',
    }),
  ) as { format: { tags?: Record<string, string> }; streams: { tags?: Record<string, string>; sample_rate: string }[] };

t.test('WAV and FLAC: ffmpeg and sox decode the very samples', { skip }, async (t) => {
  const cases: [SoundOutput, number, number][] = [
    [{ format: 'wav', depth: 's16' }, 2, 44100],
    [{ format: 'wav', depth: 's24', dither: 'shaped' }, 1, 48000],
    [{ format: 'wav', depth: 's32' }, 2, 96000],
    [{ format: 'wav', depth: 'f32' }, 8, 48000],
    [{ format: 'flac', depth: 's16', dither: 'shaped' }, 2, 44100],
    [{ format: 'flac', depth: 's24' }, 1, 192_000],
    [{ format: 'flac', depth: 's24' }, 6, 48000],
    [{ format: 'flac', depth: 's16' }, 8, 88200],
  ];
  for (const [output, channels, rate] of cases) {
    const name = `${output.format} ${output.depth}, ${channels} channels, ${rate} Hz`;
    const { path, file } = await write(output, channels, rate);
    const ours = await openMedia(path);
    const byFfmpeg = ffmpegDecode(path, channels);
    const bySox = soxDecode(path, channels);
    for (const frames of [file.frames, ours.frames, byFfmpeg[0]!.length, bySox[0]!.length])
      t.equal(frames, FRAMES, name);
    // sox has 32-bit integers inside, and rounds its floats to 25 bits
    const isNear = (x: number, y: number) => Math.abs(x - y) <= 2 ** -25;
    t.ok(
      ours.data.every((plane, c) =>
        plane.every((x, i) => Math.fround(byFfmpeg[c]![i]!) === x && isNear(bySox[c]![i]!, x)),
      ),
      `${name}: samples`,
    );
  }
});

t.test('FLAC: its MD5 is that of the samples, and ffmpeg finds no fault in it', { skip }, async (t) => {
  const { path } = await write({ format: 'flac', depth: 's16' }, 2);
  execFileSync('ffmpeg', ['-v', 'error', '-xerror', '-err_detect', 'explode', '-i', path, '-f', 'null', '-']);
  const md5 = execFileSync('ffmpeg', ['-v', 'error', '-i', path, '-c:a', 'pcm_s16le', '-f', 'md5', '-'], {
    encoding: 'utf8',
  });
  t.equal(md5.trim(), `MD5=${readFileSync(path).subarray(26, 42).toString('hex')}`);
});

t.test('MP3 and Opus: ffmpeg decodes the exact frames, in their place; sox reads them', { skip }, async (t) => {
  const cases: [SoundOutput, number, number][] = [
    [{ format: 'mp3', bitRate: 320_000 }, 2, 48000],
    [{ format: 'mp3', bitRate: 128_000 }, 2, 44100],
    [{ format: 'mp3', bitRate: 64_000 }, 1, 32000],
    [{ format: 'mp3', bitRate: 64_000 }, 2, 22050],
    [{ format: 'mp3', bitRate: 24_000 }, 1, 8000],
    [{ format: 'opus', bitRate: 256_000 }, 2, 48000],
    [{ format: 'opus', bitRate: 48_000 }, 1, 48000],
  ];
  for (const [output, channels, rate] of cases) {
    for (const frames of [FRAMES, undefined]) {
      const name = `${output.format} ${output.bitRate}, ${channels} channels, ${rate} Hz${frames ? '' : ', of unknown length'}`;
      const { path, file, planes } = await write(output, channels, rate, frames);
      const byFfmpeg = ffmpegDecode(path, channels);
      t.equal(file.frames, FRAMES, name);
      t.equal(byFfmpeg[0]!.length, FRAMES, `${name}: by ffmpeg`);
      t.equal((await openMedia(path)).frames, FRAMES, `${name}: by us`);
      let [error, power] = [0, 0];
      for (let i = 5000; i < FRAMES - 5000; i++) {
        error += (byFfmpeg[0]![i]! - planes[0]![i]!) ** 2;
        power += planes[0]![i]! ** 2;
      }
      const db = 10 * Math.log10(error / power);
      // a frame out of place would be -28 dB at 48 kHz and more at lower rates
      t.ok(db < (output.bitRate! >= 128_000 ? -35 : -22), `${name}: error ${db.toFixed(1)} dB`);
      if (output.format === 'mp3') {
        const bySox = soxDecode(path, channels)[0]!.length;
        t.ok(
          bySox >= FRAMES && bySox < FRAMES + 3 * 1152,
          `${name}: sox reads ${bySox} frames, delay and padding with them`,
        );
      }
    }
  }
});

t.test('tags are read back by ffprobe', { skip }, async (t) => {
  for (const format of ['wav', 'flac', 'mp3', 'opus'] as const) {
    const { path } = await write({ format }, 2);
    const { format: whole, streams } = probed(path);
    const all = { ...streams[0]!.tags, ...whole.tags };
    const found = Object.fromEntries(Object.entries(all).map(([name, text]) => [name.toLowerCase(), text]));
    const { title, artist, album, genre, date, track, comment, copyright } = tags;
    t.match(found, { title, artist, album, genre, date, track, comment, copyright }, format);
    if (format === 'wav') continue; // its INFO has no more
    t.match(found, { composer: tags.composer, album_artist: tags.albumArtist }, format);
    t.equal(found['isrc'] ?? found['tsrc'], tags.isrc, format);
  }
});
