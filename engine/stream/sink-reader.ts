import { SinkRing } from '../render/sink-ring.ts';

/** A run of frames of one sink without a jump, neither of the timeline nor between plays. */
export interface Piece {
  playId: number;
  streamFrame: number;
  timelineFrame: number;
  frames: number;
  /** Interleaved; valid until the next piece is read. */
  samples: Float32Array;
}

/** Follows the ring of a sink and cuts what comes into pieces of some ms. [any, not render] */
export class SinkReader {
  readonly memory: SharedArrayBuffer;
  readonly channels: number;
  readonly sampleRate: number;
  /** Frames that were gone before they were read. */
  lostFrames = 0;
  private readonly ring: SinkRing;
  private readonly pieceFrames: number;
  private readonly samples: Float32Array;
  private position: number;

  /** memory: of a SinkRing. from: its first frame that is read. pieceMs: most of a piece. */
  constructor(memory: SharedArrayBuffer, sampleRate: number, from: number, pieceMs = 10) {
    this.memory = memory;
    this.ring = new SinkRing(memory);
    this.channels = this.ring.channels;
    this.sampleRate = sampleRate;
    this.pieceFrames = Math.max(1, Math.round((sampleRate * pieceMs) / 1000));
    this.samples = new Float32Array(this.pieceFrames * this.channels);
    this.position = from;
  }

  /** The next whole piece; one that is shorter only before a jump, or `atEnd`. Undefined when there is none yet. */
  next(atEnd: boolean): Piece | undefined {
    for (;;) {
      const { ring } = this;
      this.catchUp(ring.oldest);
      const available = ring.written - this.position;
      if (available <= 0) return undefined;
      const mark = ring.markAt(this.position);
      if (!mark) {
        this.catchUp(this.position + Math.min(available, this.pieceFrames));
        continue;
      }
      const { playId, streamFrame, timelineFrame } = mark;
      const wanted = Math.min(available, this.pieceFrames);
      let frames = Math.min(wanted, mark.frames);
      while (frames < wanted) {
        const after = ring.markAt(this.position + frames);
        const follows =
          after?.playId === playId &&
          after.streamFrame === streamFrame + frames &&
          after.timelineFrame === timelineFrame + frames;
        if (!follows) break;
        frames = Math.min(wanted, frames + after.frames);
      }
      if (frames < this.pieceFrames && frames === available && !atEnd) return undefined;
      const samples = this.samples.subarray(0, frames * ring.channels);
      if (!ring.read(this.position, frames, samples)) continue;
      this.position += frames;
      return { playId, streamFrame, timelineFrame, frames, samples };
    }
  }

  /** Frames written so far. */
  get written(): number {
    return this.ring.written;
  }

  private catchUp(to: number): void {
    if (to <= this.position) return;
    this.lostFrames += to - this.position;
    this.position = to;
  }
}
