import type { ExportSound } from '../export/write-export.ts';
import type { SinkRing } from '../render/sink-ring.ts';
import { ringPieces } from '../stream/ring-pieces.ts';

export type HeardFacts = Omit<ExportSound, 'pieces' | 'frames'> & { frames: number; latencyFrames: number };

/** What the rings of a task that plays give, its latency cut off the start. Pieces: throws what ringPieces throws. [any, not render] */
export function heardSound(
  rings: readonly SinkRing[],
  { latencyFrames, frames: whole, ...facts }: HeardFacts,
  signal?: AbortSignal,
): ExportSound {
  return {
    ...facts,
    frames: whole,
    async *pieces() {
      let done = -latencyFrames;
      for await (const { sinks, frames } of ringPieces(rings, whole + latencyFrames, signal)) {
        const late = Math.min(frames, Math.max(0, -done));
        done += frames;
        if (late === 0) yield { sinks, frames };
        else if (late < frames)
          yield {
            sinks: sinks.map((planes) => planes.map((plane) => plane.subarray(late, frames))),
            frames: frames - late,
          };
      }
    },
  };
}
