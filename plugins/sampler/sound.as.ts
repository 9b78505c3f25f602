/**
 * What a voice reads of a piece of media, as a sound without an end when it loops. [render]
 *
 * Frame i of the sound is frame i of the media from `start` to `end`, else 0. In a loop, what comes from `loopEnd` on is the
 * loop again, and the last `fadeFrames` of each turn go over in a straight line to what stands before the loop: frame loopEnd - k is
 * x[loopEnd - k] k / F + x[loopEnd - loopFrames - k] (1 - k / F). So a turn takes loopFrames frames, and its seam is the media's own.
 *
 *  0 left usize · 4 right usize, 0 when mono · 8 start u32 · 12 end u32 · 16 loopEnd u32 · 20 loopFrames u32, 0 without a loop · 24 fadeFrames u32
 */
@unmanaged
export class Sound {
  left: usize;
  right: usize;
  start: u32;
  end: u32;
  loopEnd: u32;
  loopFrames: u32;
  fadeFrames: u32;

  /** From `start` to `end`, at most `frames`. */
  cut(start: u32, end: u32, frames: u32): void {
    this.end = min(end, frames);
    this.start = min(start, this.end);
    this.loopFrames = 0;
  }

  /** Round and round from `start` to `end`, within what was cut; not at all when nothing lies between. */
  loop(start: u32, end: u32, fadeFrames: u32): void {
    this.loopEnd = min(end, this.end);
    if (start >= this.loopEnd) return;
    this.loopFrames = this.loopEnd - start;
    this.fadeFrames = min(fadeFrames, min(start, this.loopFrames));
  }

  /**
   * Where frame 0 of a channel stands, so that frames `from` to `to` - 1 can be read: in the media itself, or
   * as far as they are not there, put together at `space`, f32[to - from].
   */
  read(channel: usize, from: i32, to: i32, space: usize): usize {
    const straightEnd = this.loopFrames ? this.loopEnd - this.fadeFrames : this.end;
    if (from >= <i32>this.start && to <= <i32>straightEnd) return channel;
    let at = space;
    for (let i = from; i < to; i++, at += 4) store<f32>(at, this.frame(channel, i));
    return space - (<usize>from << 2);
  }

  /** A position that sounds the same, so that numbers stay small; `reach` is how far around it is read. */
  @inline folded(position: u64, reach: u32): u64 {
    const first = this.loopEnd + reach;
    const frame = <u32>(position >> 32);
    if (!this.loopFrames || frame < first + this.loopFrames) return position;
    const turns = (frame - first) / this.loopFrames;
    return position - (<u64>(turns * this.loopFrames) << 32);
  }

  @inline private frame(channel: usize, i: i32): f32 {
    if (i < <i32>this.start) return 0;
    let n = <u32>i;
    const turn = this.loopFrames;
    if (!turn) return n < this.end ? load<f32>(channel + (<usize>n << 2)) : 0;
    if (n >= this.loopEnd) n = this.loopEnd - turn + ((n - this.loopEnd) % turn);
    const x = load<f32>(channel + (<usize>n << 2));
    const left = this.loopEnd - n;
    if (left >= this.fadeFrames) return x;
    const before = load<f32>(channel + (<usize>(n - turn) << 2));
    return before + (x - before) * (<f32>left / <f32>this.fadeFrames);
  }
}
