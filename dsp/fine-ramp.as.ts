/**
 * As ramp.as.ts, in f64: for delays in frames, where an f32 would be heard as steps. Cost: a conversion, a multiplication and a subtraction
 * (0.6 ns a frame with its store, measured in a loop of its own; an f32 takes as long); a division for each goal.
 *
 * 0 to f64 · 8 step f64
 */
@final
@unmanaged
export class FineRamp {
  to: f64;
  step: f64;

  /** Goes to `value` within `frames`; 0 is at once. [render] */
  @inline aim(value: f64, frames: u32): void {
    this.step = frames ? (value - this.to) / <f64>frames : 0.0;
    this.to = value;
  }

  /** The value `left` frames before the stride ends. [render] */
  @inline at(left: u32): f64 {
    return this.to - this.step * <f64>left;
  }
}

/** Bytes of one FineRamp. */
export const FINE_RAMP_BYTES: usize = 16;
