/** Frames of one call of `process` at most. */
export const PIECE_FRAMES: u32 = 128;
/** Bytes of one PreDelay without its rings. */
export const PRE_DELAY_BYTES: usize = 32;

/**
 * One or two channels, later by whole frames, also by none. Another delay is faded in, frame by frame: neither a click nor a bent pitch.
 *
 *  0 rings usize (f32[mask + 1] by channel) · 4 mask u32 · 8 position u32, of the next frame, counted without end · 12 wanted u32
 * 16 now u32 · 20 before u32 · 24 left u32, of the fade from before to now · 28 fade u32
 */
@final
@unmanaged
export class PreDelay {
  rings: usize;
  mask: u32;
  position: u32;
  wanted: u32;
  now: u32;
  before: u32;
  left: u32;
  fade: u32;

  /** `rings` holds `preDelayFrames(longest)` f32 for each channel and is zero at first; `fade` in frames. [control] */
  init(rings: usize, length: u32, fade: u32): void {
    this.rings = rings;
    this.mask = length - 1;
    this.fade = fade;
  }

  /** Begins at the delay that is wanted first. [render] */
  reset(channels: u32): void {
    memory.fill(this.rings, 0, (<usize>(this.mask + 1) << 2) * <usize>channels);
    this.position = 0;
    this.left = 0;
    this.now = 0xffffffff;
  }

  /** The delay from here on. [render] */
  aim(frames: u32): void {
    this.wanted = frames;
    if (this.now == 0xffffffff) this.now = frames;
  }

  /** The longest of those that are or will be heard. [any] */
  get longest(): u32 {
    const longest = max(this.wanted, this.now == 0xffffffff ? 0 : this.now);
    return this.left ? max(longest, this.before) : longest;
  }

  /** f32[frames] of every channel in place, at most PIECE_FRAMES; the second row follows with `rowBytes`. [render] */
  process(rows: usize, rowBytes: usize, channels: u32, frames: u32): void {
    for (let from: u32 = 0; from < frames; ) {
      if (!this.left && this.now != this.wanted) {
        this.before = this.now;
        this.now = this.wanted;
        this.left = this.fade;
      }
      const run = this.left ? min(frames - from, this.left) : frames - from;
      for (let c: u32 = 0; c < channels; c++) {
        const ring = this.rings + ((<usize>c * <usize>(this.mask + 1)) << 2);
        const row = rows + <usize>c * rowBytes + (<usize>from << 2);
        this.put(ring, row, run);
        if (this.left) this.cross(ring, row, run);
        else if (this.now) this.take(ring, row, run);
      }
      this.position += run;
      if (this.left) this.left -= run;
      from += run;
    }
  }

  private put(ring: usize, row: usize, frames: u32): void {
    const at = this.position & this.mask;
    const first = min(frames, this.mask + 1 - at);
    memory.copy(ring + (<usize>at << 2), row, <usize>first << 2);
    memory.copy(ring, row + (<usize>first << 2), <usize>(frames - first) << 2);
  }

  private take(ring: usize, row: usize, frames: u32): void {
    const at = (this.position - this.now) & this.mask;
    const first = min(frames, this.mask + 1 - at);
    memory.copy(row, ring + (<usize>at << 2), <usize>first << 2);
    memory.copy(row + (<usize>first << 2), ring, <usize>(frames - first) << 2);
  }

  private cross(ring: usize, row: usize, frames: u32): void {
    for (let n: u32 = 0; n < frames; n++) {
      const before = load<f32>(ring + (<usize>((this.position + n - this.before) & this.mask) << 2));
      const now = load<f32>(ring + (<usize>((this.position + n - this.now) & this.mask) << 2));
      const share: f32 = 1.0 - <f32>(this.left - n) / <f32>this.fade;
      store<f32>(row + (<usize>n << 2), before + share * (now - before));
    }
  }
}

/** What a ring for delays up to `longest` holds: a power of two. [any] */
export function preDelayFrames(longest: u32): u32 {
  return 1 << (32 - clz<u32>(longest + PIECE_FRAMES - 1));
}
