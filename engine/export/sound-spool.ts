import { type FileHandle, open, rm } from 'node:fs/promises';
import type { MediaLoudness, SettledOutput } from '@audiocloud/api';
import { createSoundWriter } from '../media/encode/sound-writer.ts';
import { WAV_HEADER_BYTES } from '../media/wav-header.ts';

/** Sound that waits on the disk for what is not yet known of it: 32-bit floating point, measured as it comes. */
export interface SoundSpool {
  /** Of what is kept. */
  readonly sampleRate: number;
  /** After `end`. */
  readonly frames: number;
  write(planes: readonly Float32Array[], frames: number): Promise<void>;
  /** Nothing follows. How loud it is. */
  end(): Promise<MediaLoudness>;
  /** All of it, after `end`. The arrays are used again. */
  pieces(): AsyncGenerator<{ planes: Float32Array[]; frames: number }>;
  /** Removes the file. */
  remove(): Promise<void>;
}

const PIECE_FRAMES = 4096;

/** Keeps the sound of `source` at the rate of `settled` in a file. Throws RENDER_FAILED for what the disk refuses. [encode] */
export async function createSoundSpool(
  path: string,
  source: { sampleRate: number; channels: number; frames: number | undefined },
  settled: Pick<SettledOutput, 'sampleRate' | 'resampler'>,
): Promise<SoundSpool> {
  const { channels } = source;
  const { sampleRate, resampler } = settled;
  const writer = await createSoundWriter(path, {
    output: { format: 'wav', depth: 'f32', sampleRate, resampler },
    source,
  });
  let frames = 0;
  return {
    sampleRate,
    get frames() {
      return frames;
    },
    write: (planes, count) => writer.write(planes, count),
    async end() {
      const written = await writer.end();
      await writer.commit();
      frames = written.frames;
      return written.loudness!;
    },
    async *pieces() {
      const file = await open(path);
      try {
        const floats = new Float32Array(PIECE_FRAMES * channels);
        const planes = Array.from({ length: channels }, () => new Float32Array(PIECE_FRAMES));
        for (let first = 0; first < frames; first += PIECE_FRAMES) {
          const count = Math.min(PIECE_FRAMES, frames - first);
          await readWhole(file, floats, count * channels, WAV_HEADER_BYTES + first * channels * 4);
          for (let c = 0; c < channels; c++) {
            const plane = planes[c]!;
            for (let i = 0, from = c; i < count; i++, from += channels) plane[i] = floats[from]!;
          }
          yield { planes, frames: count };
        }
      } finally {
        await file.close();
      }
    },
    async remove() {
      await writer.abort();
      await rm(path, { force: true });
    },
  };
}

/** Machines that we run on are little-endian, as WAV is. */
async function readWhole(file: FileHandle, into: Float32Array, count: number, position: number): Promise<void> {
  const bytes = new Uint8Array(into.buffer, 0, count * 4);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0) throw new Error('the file of a spool became shorter');
    at += bytesRead;
  }
}
