import { COEFFICIENTS, Lanes, STATES } from './lanes.as';
import { Svf, svf, SVF_BYTES, SVF_STATE_BYTES } from './svf.as';

const HIGHEST: f64 = 0.497; // of the sample rate: keeps tan below about 106
/** A cut as far out as this is none. */
export const LOWEST_HZ: f64 = 10;
export const HIGHEST_HZ: f64 = 40000;

/** Bytes of one Cuts. */
export const CUTS_BYTES: usize = 2 * SVF_BYTES + 32;
/** Bytes of the states of one channel. */
export const CUTS_STATE_BYTES: usize = 2 * SVF_STATE_BYTES;

/**
 * A low cut and a high cut, Butterworth of the second order, each of which may be off.
 *
 * 0 lowCut Svf · 160 highCut Svf · 320 lowHz f64 · 328 highHz f64: what they were last made for · 336 isOdd u32: an odd number of
 * frames came since they stand still
 */
@final
@unmanaged
export class Cuts {
  @inline private cut(index: u32): Svf {
    return changetype<Svf>(changetype<usize>(this) + <usize>index * SVF_BYTES);
  }

  /** Both are made anew with the next `aim`. */
  reset(): void {
    memory.fill(changetype<usize>(this), 0, CUTS_BYTES);
  }

  /** Sets both cuts, or sets them on their way within `frames`; 0 is at once. [render] */
  aim(lowHz: f64, highHz: f64, sampleRate: f64, frames: u32): void {
    const at = changetype<usize>(this);
    const k = Math.SQRT2;
    if (load<f64>(at, 320) == lowHz) {
      this.cut(0).settle();
    } else {
      const g = Math.tan(Math.PI * Math.min(lowHz / sampleRate, HIGHEST));
      const amount = lowHz > LOWEST_HZ ? 1.0 : 0.0;
      this.cut(0).aim(g, k, 1, -k * amount, -amount, 1, frames);
    }
    if (load<f64>(at, 328) == highHz) {
      this.cut(1).settle();
    } else {
      const g = Math.tan(Math.PI * Math.min(highHz / sampleRate, HIGHEST));
      const amount = highHz < HIGHEST_HZ ? 1.0 : 0.0;
      this.cut(1).aim(g, k, 1.0 - amount, 0, amount, 1, frames);
    }
    store<f64>(at, lowHz, 320);
    store<f64>(at, highHz, 328);
  }

  /** Does it change anything? [render] */
  @inline get isActive(): bool {
    return !(this.cut(0).isIdentity && this.cut(1).isIdentity);
  }

  @inline get isOdd(): u32 {
    return load<u32>(changetype<usize>(this), 336);
  }

  @inline set isOdd(value: u32) {
    store<u32>(changetype<usize>(this), value, 336);
  }

  /** Filters a row of one channel in place. [render] */
  process(lanes: Lanes, row: usize, states: usize, frames: u32, left: u32): void {
    for (let i: u32 = 0; i < 2; i++) {
      if (this.cut(i).isIdentity) {
        memory.fill(states + <usize>i * SVF_STATE_BYTES, 0, SVF_STATE_BYTES);
        continue;
      }
      for (let lane: u32 = 0; lane < 4; lane++) {
        lanes.place(COEFFICIENTS, lane, changetype<usize>(this.cut(i)));
        lanes.place(STATES, lane, states + <usize>i * SVF_STATE_BYTES);
      }
      svf<f32>(lanes, row, frames, left, this.isOdd != 0, 0);
    }
  }
}
