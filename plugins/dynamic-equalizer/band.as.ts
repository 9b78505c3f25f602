import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { Reduction, REDUCTION_BYTES } from '../../dsp/reduction.as';
import { Svf, SVF_BYTES } from '../../dsp/svf.as';

export const OFF: u32 = 0;
const BELL: u32 = 1;
const LOW_SHELF: u32 = 2;

const FADE_STRIDES: u32 = 60; // to another type: 20 ms at 48,000 Hz

export const REDUCTION_AT: usize = SVF_BYTES;
export const GAIN_AT: usize = SVF_BYTES + REDUCTION_BYTES;
export const SIGN_AT: usize = GAIN_AT + RAMP_BYTES;

/** Bytes of one Band. */
export const BAND_BYTES: usize = SVF_BYTES + REDUCTION_BYTES + RAMP_BYTES + 40;

/**
 * One band: the filter of its part, the reduction that its level asks for, its standing gain. All zero it does nothing, for ever.
 *
 *   0 filter Svf · 160 reduction Reduction · 208 gain Ramp · 216 sign f32: 1 takes off, -1 adds
 * 220 type u32 · 224 fadeStrides u32 · 232 angle f64, pi corner / sampleRate · 240 q f64: what the filter was last made for
 */
@final
@unmanaged
export class Band {
  @inline get filter(): Svf {
    return changetype<Svf>(changetype<usize>(this));
  }

  @inline get reduction(): Reduction {
    return changetype<Reduction>(changetype<usize>(this) + REDUCTION_AT);
  }

  @inline get sign(): f32 {
    return load<f32>(changetype<usize>(this) + SIGN_AT);
  }

  @inline set q(value: f64) {
    store<f64>(changetype<usize>(this), value, 240);
  }

  /** Is its part nothing, and does it stay so? [render] */
  @inline get isNothing(): bool {
    const filter = this.filter;
    const isStill = filter.m0Step == 0.0 && filter.m1Step == 0.0 && filter.m2Step == 0.0;
    return isStill && filter.m0 == 0.0 && filter.m1 == 0.0 && filter.m2 == 0.0;
  }

  /** Sets its gain, or sets it on its way within `frames`; a range below 0 takes off, above it adds. [render] */
  aimGain(gain: f32, rangeDb: f64, frames: u32): void {
    changetype<Ramp>(changetype<usize>(this) + GAIN_AT).aim(gain, frames);
    store<f32>(changetype<usize>(this) + SIGN_AT, rangeDb > 0.0 ? -1 : 1);
  }

  /**
   * Sets its filter, or sets it on its way: at once, within the stride, or to another type more slowly. [render]
   *
   * @param angle pi corner / sampleRate @returns whether it has strides to come
   */
  aimFilter(type: u32, angle: f64, q: f64, frames: u32): bool {
    const at = changetype<usize>(this);
    const isNew = load<u32>(at, 220) != type;
    const isFirst = load<f64>(at, 240) == 0.0;
    const isSame = !isNew && load<f64>(at, 232) == angle && load<f64>(at, 240) == q;
    let fadeStrides = frames == 0 ? 0 : isNew && !isFirst ? FADE_STRIDES : load<u32>(at, 224);
    store<u32>(at, type, 220);
    store<f64>(at, angle, 232);
    store<f64>(at, q, 240);
    if (isSame && !fadeStrides) {
      store<u32>(at, 0, 224);
      this.filter.settle();
      return false;
    }
    let share = 1.0;
    const isFading = fadeStrides != 0;
    if (isFading) {
      share = 1.0 / <f64>fadeStrides;
      fadeStrides -= 1;
    }
    store<u32>(at, fadeStrides, 224);
    const g = Math.tan(angle);
    const k = 1.0 / q;
    if (type == OFF) this.filter.aim(g, k, 0, 0, 0, share, frames);
    else if (type == BELL) this.filter.aim(g, k, 0, k, 0, share, frames);
    else if (type == LOW_SHELF) this.filter.aim(g, k, 0, 0, 1, share, frames);
    else this.filter.aim(g, k, 1, -k, -1, share, frames);
    return isFading;
  }
}
