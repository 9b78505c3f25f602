/**
 * The smallest of the last `window` whole numbers (u32), as a stream: one that is larger than a later one is forgotten at once, so that
 * each is put in and taken out once. Numbers of `most` are not kept: while there are no others, nothing is.
 * Cost: on average at most 3 comparisons, 2 loads and 2 stores; once in a while a whole window at a time.
 * Source: D. Lemire, "Streaming maximum-minimum filter using no more than three comparisons per element", Nordic J. Computing 13, 2006.
 *
 * 0 ring usize { value u32, frame u32 }[window] · 4 window u32 · 8 first u32 · 12 count u32 · 16 frame u32 · 20 most u32
 */
@final
@unmanaged
export class Smallest {
  ring: usize;
  window: u32;
  first: u32;
  count: u32;
  frame: u32;
  most: u32;

  /** `ring` holds 8 bytes for each frame of the window. */
  init(ring: usize, window: u32, most: u32): void {
    this.ring = ring;
    this.window = window;
    this.most = most;
    this.reset();
  }

  /** Forgets all: as if only `most` had come. */
  reset(): void {
    this.first = 0;
    this.count = 0;
    this.frame = 0;
  }

  /** Takes the next number. [render] @returns the smallest of the window, which ends with it */
  @inline next(value: u32): u32 {
    const frame = this.frame;
    this.frame = frame + 1;
    while (this.count && load<u32>(this.at(this.count - 1)) >= value) this.count -= 1;
    if (this.count && frame - load<u32>(this.at(0), 4) >= this.window) {
      this.first = this.first + 1 == this.window ? 0 : this.first + 1;
      this.count -= 1;
    }
    if (value < this.most) {
      const at = this.at(this.count);
      store<u32>(at, value);
      store<u32>(at, frame, 4);
      this.count += 1;
    }
    return this.count ? load<u32>(this.at(0)) : this.most;
  }

  @inline private at(index: u32): usize {
    const place = this.first + index;
    return this.ring + (<usize>(place < this.window ? place : place - this.window) << 3);
  }
}

/** Bytes of one Smallest, without its ring. */
export const SMALLEST_BYTES: usize = 32;
