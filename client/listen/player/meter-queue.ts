import type { PacketMeters } from '@audiocloud/api';
import type { HeardPiece } from '../heard-piece.ts';

/** So many packets wait to be heard at most: beyond the history of a domain nothing is kept back. */
const MOST_PIECES = 8192;

/** Meters that wait until the frames that they were measured of are heard. */
export class MeterQueue {
  #pieces: HeardPiece[] = [];

  /** Keeps no samples. */
  push(piece: HeardPiece): void {
    this.#pieces.push({ ...piece, samples: NOTHING });
    if (this.#pieces.length > MOST_PIECES) this.#pieces.shift();
  }

  /** All that has begun to be heard, where this frame of a play is the next one; what is older is gone. */
  heardTo(play: number, streamFrame: number): { meters: PacketMeters[]; piece: HeardPiece | undefined } {
    const isHeard = (one: HeardPiece) => one.play < play || (one.play === play && one.streamFrame < streamFrame);
    const waiting = this.#pieces.findIndex((one) => !isHeard(one));
    const heard = this.#pieces.splice(0, waiting < 0 ? this.#pieces.length : waiting);
    return { meters: heard.flatMap(({ meters }) => (meters ? [meters] : [])), piece: heard.at(-1) };
  }
}

const NOTHING = new Float32Array(0);
