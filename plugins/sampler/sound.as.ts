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
  @inline read(channel: usize, from: i32, to: i32, space: usize): usize {
    const straightEnd = this.loopFrames ? this.loopEnd - this.fadeFrames : this.end;
    return from >= <i32>this.start && to <= <i32>straightEnd ? channel : this.gather(channel, from, to, space);
  }

  private gather(channel: usize, from: i32, to: i32, space: usize): usize {
    for (let i = from; i < to; ) {
      const at = space + (<usize>(i - from) << 2);
      i += this.loopFrames ? this.copyLoop(channel, i, to, at, i - from) : this.copyOnce(channel, i, to, at);
    }
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

  /** The next frames of a sound without a loop. @returns how many */
  private copyOnce(channel: usize, i: i32, to: i32, at: usize): i32 {
    const isWithin = i >= <i32>this.start && i < <i32>this.end;
    if (!isWithin) return silence(at, i < <i32>this.start ? min(to, <i32>this.start) - i : to - i);
    return copy(channel + (<usize>i << 2), min(to, <i32>this.end) - i, at);
  }

  /** The next frames of a loop; `behind` of them stand before `at` already. @returns how many */
  private copyLoop(channel: usize, i: i32, to: i32, at: usize, behind: i32): i32 {
    const turn = <i32>this.loopFrames;
    const end = <i32>this.loopEnd;
    const start = <i32>this.start;
    if (i < start) return silence(at, min(to, start) - i);
    const known = min(behind, i - max(start, end - turn)) / turn; // whole turns that stand before it
    if (i >= end && known > 0) return copy(at - (<usize>(known * turn) << 2), min(to - i, known * turn), at);
    const n = i < end ? i : end - turn + ((i - end) % turn);
    const from = channel + (<usize>n << 2);
    const fade = end - <i32>this.fadeFrames;
    if (n < fade) return copy(from, min(to - i, fade - n), at);
    const count = min(to - i, end - n);
    crossfade(from - (<usize>turn << 2), from, <u32>count, <f32>(end - n), <f32>this.fadeFrames, at);
    return count;
  }
}

@inline function silence(at: usize, frames: i32): i32 {
  memory.fill(at, 0, <usize>frames << 2);
  return frames;
}

@inline function copy(from: usize, frames: i32, at: usize): i32 {
  memory.copy(at, from, <usize>frames << 2);
  return frames;
}

/** at[n] = before[n] + (x[n] - before[n]) (left - n) / all */
function crossfade(before: usize, x: usize, frames: u32, left: f32, all: f32, at: usize): void {
  let offset: usize = 0;
  for (const whole = <usize>(frames & ~3) << 2; offset < whole; offset += 16) {
    const b = v128.load(before + offset);
    const share = f32x4.div(f32x4.sub(f32x4.splat(left), f32x4(0, 1, 2, 3)), f32x4.splat(all));
    v128.store(at + offset, f32x4.add(b, f32x4.mul(f32x4.sub(v128.load(x + offset), b), share)));
    left -= 4;
  }
  for (const end = <usize>frames << 2; offset < end; offset += 4) {
    const b = load<f32>(before + offset);
    store<f32>(at + offset, b + (load<f32>(x + offset) - b) * (left / all));
    left -= 1;
  }
}
