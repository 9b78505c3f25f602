import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { describeMedia } from './describe-media.ts';
import { openMedia } from './open-media.ts';
import { ffmpeg, ffmpegDecode, missingTool, soxDecode } from './reference-tool.ts';

t.setTimeout(120_000);

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
  const tones = [5, 6, 8].map((channels) => {
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
