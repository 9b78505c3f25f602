/**
 * The sum of the last `length` whole numbers, exact: however long it runs, what went in comes out. Cost: an addition and a subtraction.
 *
 * 0 ring usize (u64[length]) · 4 length u32 · 8 sum u64 · 16 position u32
 */
@final
@unmanaged
export class MovingSum {
  ring: usize;
  length: u32;
  sum: u64;
  position: u32;

  /** `ring` holds `length` u64. */
  init(ring: usize, length: u32): void {
    this.ring = ring;
    this.length = length;
  }

  /** As if `value` had come for ever. */
  fill(value: u64): void {
    for (let i: u32 = 0; i < this.length; i++) store<u64>(this.ring + (<usize>i << 3), value);
    this.sum = value * <u64>this.length;
    this.position = 0;
  }

  /** Takes the next number. [render] @returns the sum that ends with it */
  @inline next(value: u64): u64 {
    const at = this.ring + (<usize>this.position << 3);
    this.sum += value - load<u64>(at);
    store<u64>(at, value);
    this.position = this.position + 1 == this.length ? 0 : this.position + 1;
    return this.sum;
  }
}

/** Bytes of one MovingSum, without its ring. */
export const MOVING_SUM_BYTES: usize = 32;
