import { Ramp, RAMP_BYTES } from './ramp.as';

/** Bytes of one TwoByTwo. */
export const TWO_BY_TWO_BYTES: usize = 4 * RAMP_BYTES;

/**
 * Two channels from two: left = a l + b r, right = c l + d r, with coefficients that may move. Cost: 4 multiplications and 2
 * additions a frame, four frames at a time; one frame at a time while they move, with as much again for the coefficients.
 *
 * 0 a Ramp · 8 b Ramp · 16 c Ramp · 24 d Ramp
 */
@final
@unmanaged
export class TwoByTwo {
  @inline private ramp(index: usize): Ramp {
    return changetype<Ramp>(changetype<usize>(this) + index * RAMP_BYTES);
  }

  /** Goes `share` (1 is all) of the way to the coefficients given, within `frames`; 0 is at once. [render] */
  aim(a: f64, b: f64, c: f64, d: f64, share: f64, frames: u32): void {
    aimShare(this.ramp(0), a, share, frames);
    aimShare(this.ramp(1), b, share, frames);
    aimShare(this.ramp(2), c, share, frames);
    aimShare(this.ramp(3), d, share, frames);
  }

  /** Are both channels as they were? Only asked where nothing moves. [render] */
  @inline get isIdentity(): bool {
    return this.ramp(0).to == 1 && this.ramp(1).to == 0 && this.ramp(2).to == 0 && this.ramp(3).to == 1;
  }

  /** Is nothing left of either? [render] */
  @inline get isZero(): bool {
    return this.ramp(0).to == 0 && this.ramp(1).to == 0 && this.ramp(2).to == 0 && this.ramp(3).to == 0;
  }

  /**
   * Renders `frames`; outputs may be the inputs, or other memory. [render]
   *
   * @param left frames until the stride of moving coefficients ends; 0 when they stand still
   */
  process(l: usize, r: usize, outL: usize, outR: usize, frames: u32, left: u32): void {
    const bytes = <usize>frames << 2;
    if (!left && this.isIdentity) {
      if (outL != l) memory.copy(outL, l, bytes);
      if (outR != r) memory.copy(outR, r, bytes);
      return;
    }
    let i: usize = 0;
    if (!left) {
      const a = f32x4.splat(this.ramp(0).to);
      const b = f32x4.splat(this.ramp(1).to);
      const c = f32x4.splat(this.ramp(2).to);
      const d = f32x4.splat(this.ramp(3).to);
      for (const whole = bytes & ~15; i < whole; i += 16) {
        const x = v128.load(l + i);
        const y = v128.load(r + i);
        v128.store(outL + i, f32x4.add(f32x4.mul(a, x), f32x4.mul(b, y)));
        v128.store(outR + i, f32x4.add(f32x4.mul(c, x), f32x4.mul(d, y)));
      }
    }
    for (; i < bytes; i += 4) {
      const x = load<f32>(l + i);
      const y = load<f32>(r + i);
      store<f32>(outL + i, this.ramp(0).at(left) * x + this.ramp(1).at(left) * y);
      store<f32>(outR + i, this.ramp(2).at(left) * x + this.ramp(3).at(left) * y);
      if (left) left--;
    }
  }
}

@inline function aimShare(ramp: Ramp, value: f64, share: f64, frames: u32): void {
  ramp.aim(share == 1.0 ? <f32>value : ramp.to + <f32>((value - <f64>ramp.to) * share), frames);
}
