import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { AudioCloudError } from '@audiocloud/api/errors';
import type { ForeignFormat } from './foreign-format.ts';
import { findProgram, guardedSpawn, type ProcessLimits } from './guarded-spawn.ts';
import type { Beat, SoundFormat, SoundPiece, SoundStream } from './sound-stream.ts';

/** Of one file. A day of sound needs some 10 minutes. */
const LIMITS: ProcessLimits = { memoryBytes: 2 ** 31, cpuSeconds: 7200 };
const MAX_PROBE_BYTES = 2 ** 20;
const MAX_COMPLAINT = 400;
const LOSSLESS = /^(pcm_(?!alaw|mulaw|vidc)|flac|alac|wavpack|tta|ape|truehd|mlp|wmalossless|s302m|dsd_|tak|shorten)/;

interface Probe {
  streams?: {
    index: number;
    codec_type?: string;
    codec_name?: string;
    sample_rate?: string;
    channels?: number;
    duration?: string;
    bits_per_sample?: number;
    bits_per_raw_sample?: string;
    disposition?: { default?: number; attached_pic?: number };
  }[];
  format?: { duration?: string };
}

/**
 * A file that ffmpeg decodes, in a process of its own with limits of memory and time. It is given to one demuxer, and may open
 * nothing but this file. [decode]
 *
 * Throws MEDIA_UNSUPPORTED when there is no ffmpeg (says so) or no sound in the file; MEDIA_DAMAGED with what ffmpeg complains of.
 */
export async function ffmpegStream(path: string, foreign: ForeignFormat, beat: Beat): Promise<SoundStream> {
  const [ffmpeg, ffprobe] = [findProgram('ffmpeg'), findProgram('ffprobe')];
  if (!ffmpeg || !ffprobe)
    throw new AudioCloudError(
      'MEDIA_UNSUPPORTED',
      `Cannot read the file: it looks like ${foreign.name}, which is read by ffmpeg, and that is not installed where the engine runs; install it, or convert the file to WAV, FLAC, MP3 or Ogg`,
      { looksLike: foreign.name, missing: 'ffmpeg' },
    );
  const input = ['-v', 'error', '-protocol_whitelist', 'file', '-f', foreign.demuxer, '-i', `file:${path}`];
  const probed = await probe(
    guardedSpawn(ffprobe, [...input, '-show_streams', '-show_format', '-of', 'json'], LIMITS),
    path,
    foreign,
  );
  beat();
  const { format, index } = soundOf(probed, foreign);
  const { channels, sampleRate } = format;
  const output = ['-map', `0:${index}`, '-vn', '-sn', '-dn', '-ac', `${channels}`, '-ar', `${sampleRate}`];
  const args = ['-nostdin', '-threads', '1', ...input, ...output, '-f', 'f32le', 'pipe:1'];
  return {
    format,
    async *pieces() {
      const child = guardedSpawn(ffmpeg, args, LIMITS);
      const complaints = textOf(child.stderr!, MAX_COMPLAINT, path);
      const ended = endOf(child);
      let frame = 0;
      try {
        for await (const piece of floats(child.stdout!, channels)) {
          beat();
          frame += piece.frames;
          yield piece;
        }
        const [how, said] = await Promise.all([ended, complaints]);
        if (how !== undefined || said !== '')
          throw damaged(foreign, `ffmpeg ${said ? `says: ${said}` : how}, near frame ${frame}`);
        if (frame === 0) throw damaged(foreign, 'there is no sound in it');
      } finally {
        child.kill('SIGKILL');
      }
    },
  };
}

async function probe(child: ChildProcess, path: string, foreign: ForeignFormat): Promise<Probe> {
  const [json, said, how] = await Promise.all([
    textOf(child.stdout!, MAX_PROBE_BYTES),
    textOf(child.stderr!, MAX_COMPLAINT, path),
    endOf(child),
  ]);
  try {
    if (how === undefined) return JSON.parse(json) as Probe;
  } catch {
    // below
  }
  throw damaged(foreign, `ffprobe ${said ? `says: ${said}` : (how ?? 'says too much of it')}`);
}

/** The stream that is heard: that which the file calls its own, or the first. */
function soundOf(
  { streams = [], format: whole }: Probe,
  foreign: ForeignFormat,
): { format: SoundFormat; index: number } {
  const sounds = streams.filter(({ codec_type }) => codec_type === 'audio');
  const sound = sounds.find(({ disposition }) => disposition?.default === 1) ?? sounds[0];
  const isVideo = (stream: (typeof streams)[0]) =>
    stream.codec_type === 'video' && stream.disposition?.attached_pic !== 1;
  if (!sound)
    throw new AudioCloudError('MEDIA_UNSUPPORTED', `Cannot read the file: it is ${foreign.name} without any sound`, {
      looksLike: foreign.name,
    });
  const sampleRate = Number(sound.sample_rate ?? 0);
  const channels = sound.channels ?? 0;
  if (channels === 0) throw damaged(foreign, 'its header says 0 channels');
  const codec = (sound.codec_name ?? 'unknown')
    .replace(/^(pcm_\w+?)(le|be)$/, '$1')
    .replace(/[^a-z0-9_]/g, '_')
    .slice(0, 32);
  const isLossy = !LOSSLESS.test(codec);
  const depth = Number(sound.bits_per_raw_sample) || sound.bits_per_sample || 0;
  const seconds = Number(sound.duration ?? whole?.duration ?? 0);
  return {
    index: sound.index,
    format: {
      container: foreign.container,
      codec,
      sampleRate,
      channels,
      isLossy,
      ...(!isLossy && depth > 0 && depth <= 64 ? { bitDepth: depth } : {}),
      ...(streams.some(isVideo) ? { hasVideo: true } : {}),
      ...(seconds > 0 && Number.isFinite(seconds) ? { expectedFrames: Math.round(seconds * sampleRate) } : {}),
    },
  };
}

/** Interleaved f32 as planes; a last frame that is not whole is left out. */
async function* floats(stream: Readable, channels: number): AsyncGenerator<SoundPiece, void> {
  const size = 4 * channels;
  let rest = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const frames = Math.floor(bytes.length / size);
    rest = Buffer.from(bytes.subarray(frames * size));
    if (frames === 0) continue;
    const planes = Array.from({ length: channels }, () => new Float32Array(frames));
    const view = new DataView(bytes.buffer, bytes.byteOffset, frames * size);
    for (let c = 0; c < channels; c++) {
      const plane = planes[c]!;
      for (let i = 0, at = 4 * c; i < frames; i++, at += size) {
        const value = view.getFloat32(at, true);
        plane[i] = Number.isFinite(value) ? value : 0; // of what is damaged, ffmpeg makes anything
      }
    }
    yield { planes, frames };
  }
}

/** The first letters of a stream, all of which is read; where the file is, is nobody's business. */
async function textOf(stream: Readable, most: number, path?: string): Promise<string> {
  let text = '';
  for await (const chunk of stream) if (text.length < most) text += String(chunk);
  if (path !== undefined) text = text.replaceAll(`file:${path}`, 'the file').replaceAll(path, 'the file');
  return text.slice(0, most).trim();
}

/** How a program ended: undefined is well. */
function endOf(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(code === 0 ? undefined : signal ? `was ended by ${signal}` : `ended with ${code}`),
    );
  });
}

const damaged = (foreign: ForeignFormat, what: string) =>
  new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the file (${foreign.name}): ${what.replace(/\s*\n\s*/g, '; ')}`);
