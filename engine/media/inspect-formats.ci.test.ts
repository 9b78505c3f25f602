import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { check, MediaFacts } from '@audiocloud/api';
import t from 'tap';
import { InspectPool } from './inspect-pool.ts';
import { openMedia } from './open-media.ts';
import { ffmpeg, ffmpegDecode, missingTool } from './reference-tool.ts';

t.setTimeout(180_000);

const pool = new InspectPool();
t.teardown(() => pool.close());

type Expected = Partial<MediaFacts> & { frames?: number };
/** Seconds of noise that is not the same in any two channels, at a rate. */
const noise = (rate: number, channels: number, seconds = 1.37) => [
  '-f',
  'lavfi',
  '-i',
  `aevalsrc=${Array.from({ length: channels }, (_, c) => `0.2*(random(${c})-0.5)+0.1*sin(${300 + 90 * c}*2*PI*t)`).join('|')}:s=${rate}:d=${seconds}`,
];
const PCM = { isLossy: false } as const;
const LOSSY = { isLossy: true } as const;

/** File, what it is made of, and what is to be said of it beside what ffmpeg decodes. */
const FILES: [name: string, rate: number, channels: number, args: string[], expected: Expected][] = [
  ...[
    ['u8', 'u8', 8],
    ['s16', 's16le', 16],
    ['s24', 's24le', 24],
    ['s32', 's32le', 32],
    ['f32', 'f32le', 32],
    ['f64', 'f64le', 64],
  ].map(([codec, coder, bitDepth]): (typeof FILES)[0] => [
    `${codec}.wav`,
    44100,
    2,
    ['-c:a', `pcm_${coder}`],
    { ...PCM, container: 'wav', codec: `pcm_${codec}`, bitDepth: bitDepth as number },
  ]),
  ['long.wav', 48000, 2, ['-c:a', 'pcm_s24le', '-rf64', 'always'], { ...PCM, container: 'wav', codec: 'pcm_s24' }],
  ['wide.wav', 96000, 16, ['-c:a', 'pcm_s24le'], { ...PCM, channels: 16 }],
  ['alaw.wav', 8000, 1, ['-c:a', 'pcm_alaw'], { ...LOSSY, codec: 'pcm_alaw' }],
  ['mulaw.wav', 8000, 1, ['-c:a', 'pcm_mulaw'], { ...LOSSY, codec: 'pcm_mulaw' }],
  ['adpcm.wav', 44100, 2, ['-c:a', 'adpcm_ima_wav'], { ...LOSSY, container: 'wav', codec: 'adpcm_ima_wav' }],
  ['s16.aiff', 44100, 2, ['-c:a', 'pcm_s16be'], { ...PCM, container: 'aiff', codec: 'pcm_s16', bitDepth: 16 }],
  ['s24.aiff', 96000, 6, ['-c:a', 'pcm_s24be'], { ...PCM, container: 'aiff', codec: 'pcm_s24', bitDepth: 24 }],
  ['sowt.aiff', 44100, 2, ['-c:a', 'pcm_s16le'], { ...PCM, container: 'aiff', codec: 'pcm_s16' }],
  ['f32.aiff', 48000, 1, ['-c:a', 'pcm_f32be'], { ...PCM, container: 'aiff', codec: 'pcm_f32' }],
  ['f64.aiff', 48000, 1, ['-c:a', 'pcm_f64be'], { ...PCM, container: 'aiff', codec: 'pcm_f64' }],
  ['16.flac', 44100, 2, ['-sample_fmt', 's16'], { ...PCM, container: 'flac', codec: 'flac', bitDepth: 16 }],
  ['24-192.flac', 192000, 2, ['-sample_fmt', 's32'], { ...PCM, bitDepth: 24 }],
  ['surround.flac', 48000, 8, ['-sample_fmt', 's32'], { ...PCM, bitDepth: 24, channels: 8 }],
  ['low.flac', 8000, 1, ['-sample_fmt', 's16'], PCM],
  [
    'ogg-flac.oga',
    48000,
    2,
    ['-c:a', 'flac', '-sample_fmt', 's16'],
    { ...PCM, container: 'ogg', codec: 'flac', bitDepth: 16 },
  ],
  ['cbr.mp3', 44100, 2, ['-b:a', '192k'], { ...LOSSY, container: 'mp3', codec: 'mp3', frames: 60417 }],
  ['vbr.mp3', 48000, 2, ['-q:a', '2'], { ...LOSSY, frames: 65760 }],
  ['mono.mp3', 22050, 1, ['-b:a', '48k'], { ...LOSSY, frames: 30209 }],
  ['bare.mp3', 44100, 2, ['-b:a', '128k', '-write_xing', '0', '-id3v2_version', '0'], LOSSY],
  ['2.mp2', 48000, 2, [], { ...LOSSY, container: 'mp3', codec: 'mp2' }],
  ['2.ogg', 44100, 2, ['-c:a', 'libvorbis'], { ...LOSSY, container: 'ogg', codec: 'vorbis', frames: 60417 }],
  ['6.ogg', 48000, 6, ['-c:a', 'libvorbis'], { ...LOSSY, channels: 6, frames: 65760 }],
  ['2.opus', 48000, 2, ['-c:a', 'libopus'], { ...LOSSY, container: 'ogg', codec: 'opus', frames: 65760 }],
  ['from44.opus', 44100, 1, ['-c:a', 'libopus', '-ar', '48000', '-b:a', '24k'], { ...LOSSY, frames: 65760 }],
  ['8.opus', 48000, 8, ['-c:a', 'libopus', '-b:a', '320k'], { ...LOSSY, channels: 8, frames: 65760 }],
  ['2.aac', 44100, 2, ['-c:a', 'aac'], { ...LOSSY, container: 'adts', codec: 'aac' }],
  ['2.m4a', 44100, 2, ['-c:a', 'aac'], { ...LOSSY, container: 'mp4', codec: 'aac' }],
  ['alac.m4a', 48000, 2, ['-c:a', 'alac'], { ...PCM, container: 'mp4', codec: 'alac', frames: 65760, bitDepth: 24 }],
  ['flac.mka', 48000, 2, ['-c:a', 'flac'], { ...PCM, container: 'matroska', codec: 'flac', frames: 65760 }],
  ['2.webm', 48000, 2, ['-c:a', 'libopus'], { ...LOSSY, container: 'matroska', codec: 'opus' }],
  ['2.caf', 48000, 2, ['-c:a', 'pcm_s24le'], { ...PCM, container: 'caf', codec: 'pcm_s24', frames: 65760 }],
  ['2.wv', 48000, 2, ['-c:a', 'wavpack'], { ...PCM, container: 'other', codec: 'wavpack', frames: 65760 }],
  ['2.tta', 48000, 2, ['-c:a', 'tta'], { ...PCM, codec: 'tta', frames: 65760 }],
  ['2.wma', 44100, 2, ['-c:a', 'wmav2'], { ...LOSSY, container: 'asf', codec: 'wmav2' }],
  ['2.au', 44100, 2, ['-c:a', 'pcm_s16be'], { ...PCM, codec: 'pcm_s16' }],
  ['2.w64', 44100, 2, ['-c:a', 'pcm_s16le'], { ...PCM, codec: 'pcm_s16' }],
];
const VIDEO: typeof FILES = [
  ['video.mp4', 48000, 2, ['-c:v', 'mpeg4', '-c:a', 'aac'], { ...LOSSY, container: 'mp4', hasVideo: true }],
  ['video.mkv', 48000, 2, ['-c:v', 'mpeg4', '-c:a', 'libvorbis'], { ...LOSSY, container: 'matroska', hasVideo: true }],
  ['video.avi', 44100, 2, ['-c:v', 'mpeg4', '-c:a', 'libmp3lame'], { ...LOSSY, container: 'avi', hasVideo: true }],
  ['video.mov', 48000, 2, ['-c:v', 'mpeg4', '-c:a', 'pcm_s16le'], { ...PCM, container: 'mp4', hasVideo: true }],
  ['video.ts', 48000, 2, ['-c:v', 'mpeg2video', '-c:a', 'mp2'], { ...LOSSY, container: 'mpeg', hasVideo: true }],
  ['video.ogv', 48000, 2, ['-c:v', 'libtheora', '-c:a', 'libvorbis'], { ...LOSSY, container: 'ogg', hasVideo: true }],
];

/** Frames that sox decodes. */
const soxFrames = (path: string) => Number(execFileSync('soxi', ['-s', path], { encoding: 'utf8' }));

t.test(
  'every format: what it is, its exact length, and it is played as ffmpeg plays it',
  { skip: missingTool('ffmpeg', 'sox') },
  async (t) => {
    const dir = t.testdir();
    const picture = ['-f', 'lavfi', '-i', 'testsrc=d=1.37:s=64x64:r=25'];
    for (const [name, rate, channels, args, expected] of [...FILES, ...VIDEO]) {
      const path = join(dir, name);
      ffmpeg(...(expected.hasVideo ? picture : []), ...noise(rate, channels), ...args, path);
      const facts = await pool.inspect({ path });
      check(MediaFacts, facts, name, 'MESSAGE_INVALID');
      const { hasVideo, ...rest } = { channels, ...expected };
      t.match(facts, rest, name);
      t.equal(facts.hasVideo ?? false, hasVideo ?? false, `${name}: pictures`);
      // ffmpeg's own decoder of Opus resynthesises in its way: the reference decoder is the judge
      const by = facts.codec === 'opus' ? ['-c:a', 'libopus'] : [];
      const wanted = ffmpegDecode(path, facts.channels, ...by);
      // ffmpeg leaves out the last 128 frames of some Vorbis files; the reference decoder does not
      const left = facts.codec === 'vorbis' && facts.container === 'ogg' ? 128 : 0;
      const short = facts.frames - wanted[0]!.length;
      t.ok(short >= 0 && short <= left, `${name}: ${facts.frames} frames, ${wanted[0]!.length} by ffmpeg`);
      if (/\.(wav|aiff|flac|ogg|au)$/.test(name) && !/adpcm|long/.test(name))
        t.equal(facts.frames, soxFrames(path), `${name}: frames by sox`);
      const audio = await openMedia(path);
      t.equal(audio.frames, facts.frames, `${name}: as many frames are played`);
      // MP2 is decoded in integers by ffmpeg, Opus given in 16 bits; more than 24 bits do not fit f32
      const isLong = (facts.bitDepth ?? 0) > 24 && facts.codec !== 'pcm_f32';
      const within =
        facts.codec === 'mp2' ? 1e-4 : facts.codec === 'opus' ? 4e-5 : facts.isLossy ? 2e-5 : isLong ? 3e-8 : 0;
      let worst = 0;
      for (const [c, plane] of audio.data.entries())
        for (let i = 0; i < wanted[0]!.length; i++) worst = Math.max(worst, Math.abs(plane[i]! - wanted[c]![i]!));
      t.ok(worst <= within, `${name}: within ${worst.toExponential(1)} of ffmpeg`);
    }
  },
);
