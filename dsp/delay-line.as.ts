/**
 * One channel, later by a fixed number of frames. Cost: two copies of the block, whatever the delay.
 *
 * 0 ring usize (f32[length]) · 4 length u32 = the delay · 8 position u32, of the oldest frame
 */
@final
@unmanaged
export class DelayLine {
  ring: usize;
  length: u32;
  position: u32;

  /** `ring` holds `length` f32 and is zero at first. */
  init(ring: usize, length: u32): void {
    this.ring = ring;
    this.length = length;
    this.position = 0;
  }

  reset(): void {
    memory.fill(this.ring, 0, <usize>this.length << 2);
    this.position = 0;
  }

  /** output[n] = input[n - length]; they must not be the same memory. [render] */
  process(input: usize, output: usize, frames: u32): void {
    if (this.length == 0) return memory.copy(output, input, <usize>frames << 2);
    let left = frames;
    while (left) {
      const run = min(left, this.length - this.position);
      const bytes = <usize>run << 2;
      const at = this.ring + (<usize>this.position << 2);
      memory.copy(output, at, bytes);
      memory.copy(at, input, bytes);
      input += bytes;
      output += bytes;
      left -= run;
      this.position += run;
      if (this.position == this.length) this.position = 0;
    }
  }
}
