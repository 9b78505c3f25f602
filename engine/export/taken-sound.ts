import { type FileHandle, open } from 'node:fs/promises';
import { AudioCloudError } from '@audiocloud/api';
import { WAV_HEADER_BYTES } from '../media/wav-header.ts';
import type { ExportSound } from './write-export.ts';

/** Sinks that were taken, each in a WAV file of 32-bit floating point as WavWriter makes it. */
export interface TakenFacts {
  sampleRate: number;
  frames: number;
  sinks: { name: string; channels: number; path: string }[];
}

const PIECE_FRAMES = 4096;

/** The sinks of a take together, in little memory however long it is. Pieces: throws RENDER_FAILED. [any] */
export function takenSound({ sampleRate, frames, sinks }: TakenFacts): ExportSound {
  return {
    sampleRate,
    frames,
    sinks: sinks.map(({ name, channels }) => ({ name, channels })),
    async *pieces() {
      const files: FileHandle[] = [];
      try {
        for (const { path } of sinks) files.push(await open(path));
        const floats = sinks.map(({ channels }) => new Float32Array(PIECE_FRAMES * channels));
        const planes = sinks.map(({ channels }) =>
          Array.from({ length: channels }, () => new Float32Array(PIECE_FRAMES)),
        );
        for (let first = 0; first < frames; first += PIECE_FRAMES) {
          const count = Math.min(PIECE_FRAMES, frames - first);
          for (const [s, { channels }] of sinks.entries()) {
            const interleaved = floats[s]!;
            await readWhole(files[s]!, interleaved, count * channels, WAV_HEADER_BYTES + first * channels * 4);
            for (let c = 0; c < channels; c++) {
              const plane = planes[s]![c]!;
              for (let i = 0, from = c; i < count; i++, from += channels) plane[i] = interleaved[from]!;
            }
          }
          yield { sinks: planes, frames: count };
        }
      } finally {
        for (const file of files) await file.close();
      }
    },
  };
}

/** Machines that we run on are little-endian, as WAV is. */
async function readWhole(file: FileHandle, into: Float32Array, count: number, position: number): Promise<void> {
  const bytes = new Uint8Array(into.buffer, 0, count * 4);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0)
      throw new AudioCloudError('RENDER_FAILED', 'Cannot write what was taken: a take became shorter');
    at += bytesRead;
  }
}
