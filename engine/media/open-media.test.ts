import { copyFileSync, existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { decodeInThread } from './decode-pool.ts';
import { describeMedia } from './describe-media.ts';
import { oggCrc } from './ogg-pages.ts';
import { openMedia } from './open-media.ts';
import { ffmpeg, ffmpegDecode, missingTool, soxDecode } from './reference-tool.ts';
import { resample } from './resample.ts';

/** Recorded by nobody: the example's own music. Two channels, 48 kHz, 16 s. */
const PAD = join(import.meta.dirname, '../../examples/media/pad.flac');
const LEAD = join(import.meta.dirname, '../../examples/media/lead.flac');
const FROZEN_BUBBLE = '/usr/share/games/frozen-bubble/snd';

/** The largest difference over the frames of `a`; NaN when `b` is shorter. */
function worst(a: ArrayLike<number>[], b: ArrayLike<number>[]): number {
  let max = 0;
  a.forEach((plane, c) => {
    for (let i = 0; i < plane.length; i++) max = Math.max(max, Math.abs(plane[i]! - b[c]![i]!));
  });
  return max;
}

/** xorshift32, so that a failure can be had again from its seed. */
function random(seed: number): (below: number) => number {
  let state = Math.imul(seed, 0x9e3779b1) | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

t.test('FLAC is decoded bit-exactly at every depth and width', { skip: missingTool('ffmpeg') }, async (t) => {
  const dir = t.testdir();
  for (const [name, ...args] of [
    ['16-2', '-i', PAD, '-sample_fmt', 's16'],
    ['24-2', '-i', PAD, '-af', 'volume=-3.3dB', '-sample_fmt', 's32'],
    ['24-1', '-i', LEAD, '-af', 'volume=-3.3dB', '-sample_fmt', 's32'],
    ['16-6', '-f', 'lavfi', '-i', 'anoisesrc=r=96000:seed=3', '-ac', '6'],
  ] as const) {
    for (const container of ['flac', 'ogg']) {
      const path = join(dir, `${name}.${container}`);
      ffmpeg(...args, '-t', '0.7', '-c:a', 'flac', path);
      const audio = await openMedia(path);
      const wanted = ffmpegDecode(path, audio.channels);
      t.equal(audio.frames, wanted[0]!.length, `${name} in ${container}: frames`);
      t.equal(worst(audio.data, wanted), 0, `${name} in ${container}: samples`);
      t.match(await describeMedia(path), { frames: audio.frames, channels: audio.channels });
    }
  }
});

t.test('MP3 and Opus agree with ffmpeg, frame for frame', { skip: missingTool('ffmpeg') }, async (t) => {
  const dir = t.testdir();
  const cases: [name: string, within: number, ...string[]][] = [
    ['constant.mp3', 1e-5, '-b:a', '160k'],
    ['variable.mp3', 1e-5, '-q:a', '3'],
    ['mono.mp3', 1e-5, '-ac', '1'],
    ['low.mp3', 1e-5, '-ar', '22050', '-b:a', '48k'],
    // two decoders of Opus differ by their resynthesis, by what -60 dB of full scale hides
    ['stereo.opus', 2e-3, '-c:a', 'libopus'],
    ['mono.opus', 2e-3, '-c:a', 'libopus', '-ac', '1'],
  ];
  for (const [name, within, ...args] of cases) {
    const path = join(dir, name);
    ffmpeg('-i', PAD, '-t', '3.3', ...args, path);
    const audio = await openMedia(path);
    const wanted = ffmpegDecode(path, audio.channels);
    t.equal(audio.frames, wanted[0]!.length, `${name}: frames`);
    t.equal(audio.frames, Math.round(3.3 * audio.sampleRate), `${name}: gapless`);
    const error = worst(audio.data, wanted);
    t.ok(error < within, `${name}: within ${error.toExponential(1)}`);
  }
});

t.test('Vorbis agrees with ffmpeg, surround in the order of WAV', { skip: missingTool('ffmpeg') }, async (t) => {
  const dir = t.testdir();
  const tones = [3, 5, 6, 8].map((channels) => {
    const expressions = Array.from({ length: channels }, (_, c) => `0.1*sin(2*PI*${200 + 100 * c}*t)`).join('|');
    return [`${channels}.ogg`, channels, '-f', 'lavfi', '-i', `aevalsrc=${expressions}:s=48000:d=1`] as const;
  });
  for (const [name, channels, ...args] of [['2.ogg', 2, '-i', PAD, '-t', '2'] as const, ...tones]) {
    const path = join(dir, name);
    ffmpeg(...args, '-c:a', 'libvorbis', path);
    const audio = await openMedia(path);
    t.equal(audio.channels, channels, name);
    t.equal(audio.frames, name === '2.ogg' ? 96000 : 48000, `${name}: as long as what was encoded`);
    // ffmpeg leaves out the last 128 frames of some files; the reference decoder does not
    const wanted = ffmpegDecode(path, channels);
    t.ok(audio.frames - wanted[0]!.length <= 128, `${name}: ${wanted[0]!.length} frames by ffmpeg`);
    const error = worst(wanted, audio.data);
    t.ok(error < 1e-6, `${name}: within ${error.toExponential(1)}`);
  }
});

const noMusic = existsSync(FROZEN_BUBBLE) ? missingTool('sox') : 'frozen-bubble-data not installed';
t.test('recorded music in Vorbis agrees with the reference decoder', { skip: noMusic }, async (t) => {
  for (const name of ['stick', 'hurry', 'applause', 'lose', 'launch', 'cancel', 'typewriter']) {
    const audio = await openMedia(join(FROZEN_BUBBLE, `${name}.ogg`));
    const wanted = soxDecode(join(FROZEN_BUBBLE, `${name}.ogg`), audio.channels);
    t.equal(audio.frames, wanted[0]!.length, `${name}: frames`);
    const held = audio.data.map((samples) => samples.map((x) => Math.max(-1, Math.min(1, x))));
    const error = worst(held, wanted);
    t.ok(error < 3.1e-5, `${name}: within ${error.toExponential(1)}: sox rounds to 16 bits`);
  }
});

t.test('the result has the rate asked for', async (t) => {
  const audio = await openMedia(LEAD, { sampleRate: 44100 });
  t.match(audio, { sampleRate: 44100, channels: 1, frames: 705600 });
  t.equal(worst(audio.data, resample(await openMedia(LEAD), 44100).data), 0);
});

t.test('what was opened is kept until the file changes', async (t) => {
  const path = join(t.testdir(), 'lead');
  copyFileSync(LEAD, path);
  const [a, b] = await Promise.all([openMedia(path), openMedia(path)]);
  t.equal(a, b, 'two at once share one decoder');
  t.equal(await openMedia(path), a);
  t.not(await openMedia(path, { sampleRate: 24000 }), a);
  utimesSync(path, 1, 1);
  t.not(await openMedia(path), a, 'another time of change');
});

t.test('cancelling ends the decoder when nobody else waits for it', async (t) => {
  const path = join(t.testdir(), 'pad');
  copyFileSync(PAD, path);
  const first = new AbortController();
  const second = new AbortController();
  const wanted = [first, second].map(({ signal }) => openMedia(path, { sampleRate: 44100, signal }));
  await new Promise((resolve) => setTimeout(resolve, 5));
  first.abort();
  await t.rejects(wanted[0]!, { code: 'RENDER_CANCELLED' });
  t.equal((await wanted[1]!).sampleRate, 44100, 'the other one still gets it');
  const third = new AbortController();
  const alone = openMedia(path, { sampleRate: 32000, signal: third.signal });
  await new Promise((resolve) => setTimeout(resolve, 5));
  third.abort();
  await t.rejects(alone, { code: 'RENDER_CANCELLED' });
  await t.rejects(openMedia(path, { sampleRate: 32000, signal: third.signal }), { code: 'RENDER_CANCELLED' });
  t.equal((await openMedia(path, { sampleRate: 32000 })).sampleRate, 32000, 'and can be had afterwards');
});

t.test('the format is told by content, and what is not read is named', async (t) => {
  const dir = t.testdir({
    'a.wav': readFileSync(LEAD),
    'empty.wav': '',
    'text.flac': 'these are words, no music',
    'aiff.wav': Buffer.from('FORM\0\0\0\x10AIFFCOMM'),
    'm4a.mp3': Buffer.from('\0\0\0\x20ftypM4A isom'),
    'zip.ogg': Buffer.from('PK\x03\x04abc'),
    'noise.mp3': Buffer.from(Array.from({ length: 4000 }, (_, i) => (i * 167) & 0x7f)),
    folder: {},
  });
  t.equal((await openMedia(join(dir, 'a.wav'))).frames, 768000, 'FLAC under the name of WAV');
  for (const [name, looksLike] of [
    ['empty.wav', /an empty file/],
    ['text.flac', /looks like text/],
    ['aiff.wav', /looks like AIFF/],
    ['m4a.mp3', /looks like MP4 or M4A/],
    ['zip.ogg', /looks like a ZIP archive/],
    ['noise.mp3', /looks like unknown data beginning with 00 27 4e/],
    ['folder', /not a file/],
  ] as const)
    await t.rejects(openMedia(join(dir, name)), { code: 'MEDIA_UNSUPPORTED', message: looksLike }, name);
  await t.rejects(openMedia(join(dir, 'none.wav')), { code: 'MEDIA_MISSING', message: /none\.wav': there is no such/ });
});

t.test('sound beyond the limit is refused with limit and size', async (t) => {
  await t.rejects(openMedia(LEAD, { maxBytes: 3000000 }), {
    code: 'TOO_LARGE',
    message: /3072000 bytes, at most 3000000/,
  });
  await t.rejects(openMedia(LEAD, { sampleRate: 96000, maxBytes: 4000000 }), {
    code: 'TOO_LARGE',
    message: /6144000 bytes, at most 4000000/,
  });
});

t.test('a decoder without progress is ended, others go on', async (t) => {
  const path = join(t.testdir(), 'pad');
  copyFileSync(PAD, path);
  const job = { path, sampleRate: 47999, maxBytes: 2 ** 31 };
  // A new thread needs some 30 ms before its first step; these are more jobs than threads are kept.
  const jobs = Array.from({ length: 6 }, () => decodeInThread(job, undefined, 0.001));
  const other = decodeInThread({ ...job, sampleRate: 48000 });
  const ended = (await Promise.allSettled(jobs)).filter((result) => result.status === 'rejected');
  t.ok(ended.length > 0);
  for (const { reason } of ended) t.match(reason, { code: 'MEDIA_DAMAGED', message: /no progress for 0.001 s/ });
  t.equal((await other).frames, 768000);
});

/** Damages a file: cut off, bytes changed anywhere or in its head, or a stretch overwritten. */
function mutate(source: Buffer, pick: (below: number) => number): Buffer {
  const bytes = Buffer.from(source);
  const kind = pick(4);
  if (kind === 0) return bytes.subarray(0, pick(bytes.length));
  const first = kind === 3 ? pick(bytes.length) : 0;
  const count = kind === 3 ? pick(2000) : 1 + pick(20);
  for (let i = 0; i < count; i++) {
    const at = kind === 1 ? pick(bytes.length) : kind === 2 ? pick(200) : Math.min(first + i, bytes.length - 1);
    bytes[at] = pick(256);
  }
  return bytes;
}

/** Gives damaged Ogg pages the right checksums, so that the damage reaches the decoders. */
function sealPages(bytes: Buffer): Buffer {
  for (let at = bytes.indexOf('OggS'); at >= 0 && at + 27 < bytes.length; at = bytes.indexOf('OggS', at + 27)) {
    const segments = bytes.subarray(at + 27, at + 27 + bytes[at + 26]!);
    const page = bytes.subarray(at, at + 27 + segments.length + segments.reduce((sum, n) => sum + n, 0));
    page.writeInt32LE(0, 22);
    page.writeInt32LE(oggCrc(page), 22);
  }
  return bytes;
}

t.test('damaged files give sound or AudioCloudError, in time', { skip: missingTool('ffmpeg') }, async (t) => {
  const dir = t.testdir();
  const path = join(dir, 'damaged');
  for (const name of ['a.wav', 'a.flac', 'a.mp3', 'vorbis.ogg', 'a.opus', 'flac.ogg']) {
    const whole = join(dir, name);
    ffmpeg('-i', PAD, '-t', '0.6', ...(name === 'flac.ogg' ? ['-c:a', 'flac'] : []), whole);
    const source = readFileSync(whole);
    const codes = new Map<string, number>();
    for (let seed = 1; seed <= 40; seed++) {
      const damaged = mutate(source, random(seed));
      writeFileSync(path, seed % 2 && /ogg|opus/.test(name) ? sealPages(damaged) : damaged);
      const started = performance.now();
      const code = await decodeInThread({ path, sampleRate: undefined, maxBytes: 2 ** 28 }).then(
        (audio) => (audio.data.every((samples) => samples.every(Number.isFinite)) ? 'sound' : 'not finite'),
        (error) => (error instanceof AudioCloudError ? error.code : `${error}`),
      );
      codes.set(code, (codes.get(code) ?? 0) + 1);
      const known = ['sound', 'MEDIA_DAMAGED', 'MEDIA_UNSUPPORTED', 'TOO_LARGE'].includes(code);
      // the limit for no progress is 10 s, so this is a decoder that did not hang
      if (!known || performance.now() - started > 30000) t.fail(`${name}, seed ${seed}: ${code}`);
    }
    t.ok((codes.get('MEDIA_DAMAGED') ?? 0) > 5, `${name}: ${JSON.stringify([...codes])}`);
  }
});
