import { type FileHandle, open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudError } from '@audiocloud/api';
import { FrameCount } from './frame-count.ts';
import type { ExportSound } from './write-export.ts';

/** Sinks that are being taken, or were: each in a file of 32-bit floating point, channels interleaved, and nothing else. */
export interface TakenFacts {
  sampleRate: number;
  /** All that will be there. */
  frames: number;
  sinks: { name: string; channels: number; path: string }[];
  /** Of a FrameCount: so many frames of every sink are in the files. */
  ready: SharedArrayBuffer;
}

const PIECE_FRAMES = 4096;
const LOOK_MS = 20;

/**
 * The sinks of a take together, in little memory however long it is. It is followed while it grows. [any, not render]
 *
 * Pieces: throws RENDER_FAILED; RENDER_CANCELLED while it waits for more. A take that ends too early has to be cancelled.
 */
export function takenSound({ sampleRate, frames, sinks, ready }: TakenFacts, signal?: AbortSignal): ExportSound {
  const taken = new FrameCount(ready);
  const moreThan = async (done: number): Promise<number> => {
    for (;;) {
      const { frames: now } = taken;
      if (now > done) return now;
      if (signal?.aborted)
        throw new AudioCloudError(
          'RENDER_CANCELLED',
          `Cannot finish what is recorded: it was cancelled after ${done} of ${frames} frames`,
        );
      await sleep(LOOK_MS);
    }
  };
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
        for (let first = 0; first < frames; ) {
          const count = Math.min(PIECE_FRAMES, (await moreThan(first)) - first);
          for (const [s, { channels }] of sinks.entries()) {
            const interleaved = floats[s]!;
            await readWhole(files[s]!, interleaved, count * channels, first * channels * 4);
            for (let c = 0; c < channels; c++) {
              const plane = planes[s]![c]!;
              for (let i = 0, from = c; i < count; i++, from += channels) plane[i] = interleaved[from]!;
            }
          }
          first += count;
          yield { sinks: planes, frames: count };
        }
      } finally {
        for (const file of files) await file.close();
      }
    },
  };
}

async function readWhole(file: FileHandle, into: Float32Array, count: number, position: number): Promise<void> {
  const bytes = new Uint8Array(into.buffer, 0, count * 4);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, position + at);
    if (bytesRead === 0)
      throw new AudioCloudError('RENDER_FAILED', 'Cannot write what was taken: a take became shorter');
    at += bytesRead;
  }
}
