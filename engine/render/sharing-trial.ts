/** How long each way of rendering is looked at before they are compared, and at least how many blocks. */
const LOOK_MS = 10;
const LOOK_BLOCKS = 8;
/** After so long the way that was slower is looked at again: the graph may be busier, or the machine less. */
const HOLD_MS = 1000;
/** The other way must be faster by so much to be taken: measured times wobble. */
const MARGIN = 0.95;

/** What one of the two ways costs. */
interface Way {
  ms: number;
  frames: number;
  blocks: number;
}

const nothing = (): Way => ({ ms: 0, frames: 0, blocks: 0 });
function forget(way: Way): void {
  way.ms = 0;
  way.frames = 0;
  way.blocks = 0;
}
const cost = ({ ms, frames }: Way): number => ms / frames;
const isSeen = ({ ms, blocks }: Way): boolean => ms >= LOOK_MS && blocks >= LOOK_BLOCKS;

/**
 * Finds out, while rendering goes on, whether a block is faster when threads share it. Both give the same sound.
 *
 * `isShared` says how to render the next block, `count` takes what it cost.
 */
export class SharingTrial {
  isShared = true;
  private readonly alone = nothing();
  private readonly shared = nothing();
  private readonly mostAlone: number;
  private heldMs = 0;
  private isHolding = false;
  /** The way that was found faster last. */
  private wasShared = true;

  /**
   * mostAlone: when a frame took more ms than this on one thread, that is not tried again as long as sharing is faster:
   * live, blocks would be missed.
   */
  constructor(mostAlone = Number.POSITIVE_INFINITY) {
    this.mostAlone = mostAlone;
  }

  /** ms: that the block of so many frames took. */
  count(frames: number, ms: number): void {
    const way = this.isShared ? this.shared : this.alone;
    way.ms += ms;
    way.frames += frames;
    way.blocks += 1;
    if (this.isHolding) {
      this.heldMs += ms;
      if (this.heldMs < HOLD_MS) return;
      this.heldMs = 0;
      if (this.isShared && cost(this.alone) > this.mostAlone) return;
      this.isHolding = false;
      forget(this.alone);
      forget(this.shared);
    } else if (!isSeen(way)) return;
    else if (isSeen(this.alone) && isSeen(this.shared)) {
      const first = this.wasShared ? this.shared : this.alone;
      const other = this.wasShared ? this.alone : this.shared;
      const isOtherFaster = cost(other) < cost(first) * MARGIN;
      this.wasShared = this.wasShared !== isOtherFaster;
      this.isShared = this.wasShared;
      this.isHolding = true;
      this.heldMs = 0;
    } else this.isShared = !this.isShared;
  }
}
