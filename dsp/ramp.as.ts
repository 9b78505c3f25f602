import { STRIDE } from './parameter.as';

/**
 * A number that moves linearly, frame by frame, to where the current stride ends.
 *
 * 0 to f32 · 4 step f32
 *
 * The value at a frame is `to - step * left`, left = frames until the stride ends: the same however blocks are cut, and
 * exactly `to` when nothing moves. Cost: a conversion, a multiplication and a subtraction; `four` the same for four; a division
 * for each goal.
 */
@final
@unmanaged
export class Ramp {
  to: f32;
  step: f32;

  /** Goes to `value` within `frames`; 0 is at once. [render] */
  @inline aim(value: f32, frames: u32): void {
    this.step = frames ? (value - this.to) / <f32>frames : 0;
    this.to = value;
  }

  /** The value `left` frames before the stride ends. [render] */
  @inline at(left: u32): f32 {
    return this.to - this.step * <f32>left;
  }

  /** Four values, the first `left` frames before the stride ends. [render] */
  @inline four(left: u32): v128 {
    const lefts = f32x4.sub(f32x4.splat(<f32>left), f32x4(0, 1, 2, 3));
    return f32x4.sub(f32x4.splat(this.to), f32x4.mul(f32x4.splat(this.step), lefts));
  }
}

/** Bytes of one Ramp. */
export const RAMP_BYTES: usize = 8;
