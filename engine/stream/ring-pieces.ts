import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudError } from '@audiocloud/api';
import type { SinkRing } from '../render/sink-ring.ts';

/** The same frames of each sink: every channel, planar. The arrays are used again for the next piece. */
export interface RingPiece {
  sinks: Float32Array[][];
  frames: number;
}

const LOOK_MS = 20;
const MOST_FRAMES = 8192;
/** A device that plays no frame for so long stands still. */
const STUCK_MS = 10_000;

/**
 * The first `frames` frames of the rings of one task, as its device plays them. [any, not render]
 *
 * Throws DEVICE_FAILED when the device stands still, RENDER_FAILED when they are not taken in time, RENDER_CANCELLED.
 */
export async function* ringPieces(
  rings: readonly SinkRing[],
  frames: number,
  signal?: AbortSignal,
): AsyncGenerator<RingPiece> {
  const interleaved = rings.map(({ channels }) => new Float32Array(MOST_FRAMES * channels));
  const sinks = rings.map(({ channels }) => Array.from({ length: channels }, () => new Float32Array(MOST_FRAMES)));
  let movedAt = performance.now();
  for (let done = 0; done < frames; ) {
    if (signal?.aborted)
      throw new AudioCloudError(
        'RENDER_CANCELLED',
        `Cannot finish the render: it was cancelled after ${done} of ${frames} frames`,
      );
    const fresh = Math.min(MOST_FRAMES, Math.min(...rings.map(({ written }) => written), frames) - done);
    if (fresh === 0) {
      if (performance.now() - movedAt > STUCK_MS)
        throw new AudioCloudError('DEVICE_FAILED', 'Cannot hear what is played: the device stands still');
      await sleep(LOOK_MS);
      continue;
    }
    movedAt = performance.now();
    rings.forEach((ring, i) => {
      const { channels } = ring;
      const read = interleaved[i]!.subarray(0, fresh * channels);
      if (!ring.read(done, fresh, read))
        throw new AudioCloudError(
          'RENDER_FAILED',
          'Cannot keep up with the device: the disk, or this machine, is too slow; try again with less to do',
        );
      for (let c = 0; c < channels; c++) {
        const plane = sinks[i]![c]!;
        for (let frame = 0, from = c; frame < fresh; frame++, from += channels) plane[frame] = read[from]!;
      }
    });
    done += fresh;
    yield { sinks, frames: fresh };
  }
}
