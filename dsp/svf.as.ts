import { add, all, mul, sub } from './lane.as';

/** Bytes of one Svf. */
export const SVF_BYTES: usize = 96;
/** Bytes of the state of one filter for two channels: ic1 and ic2, a lane for each channel. */
export const SVF_STATE_BYTES: usize = 32;

/**
 * The coefficients of a second-order state-variable filter, with a straight way to them within a stride.
 * Source: A. Simper (Cytomic), "Linear Trapezoidal Integrated SVF", SvfLinearTrapOptimised2, 2013:
 * g = tan(pi f / rate), k = 1 / Q, a1 = 1 / (1 + g (g + k)), a2 = g a1, a3 = g a2, output = m0 input + m1 band + m2 low.
 *
 * Straight ways between two filters stay stable: with 0 < a1, a1 + a3 < 1 and a2 * a2 <= a1 * a3, which any mixture
 * of two such sets keeps, the poles are inside the unit circle (Jury's conditions).
 *
 * 0 a1 · 8 a2 · 16 a3 · 24 m0 · 32 m1 · 40 m2: f64, where the stride ends · 48 to 88: change of each for a frame
 */
@final
@unmanaged
export class Svf {
  a1: f64;
  a2: f64;
  a3: f64;
  m0: f64;
  m1: f64;
  m2: f64;
  a1Step: f64;
  a2Step: f64;
  a3Step: f64;
  m0Step: f64;
  m1Step: f64;
  m2Step: f64;

  /** Goes `share` (1 is all) of the way to the filter given, within `frames`; 0 is at once. [render] */
  aim(g: f64, k: f64, m0: f64, m1: f64, m2: f64, share: f64, frames: u32): void {
    const a1 = 1.0 / (1.0 + g * (g + k));
    const perFrame = frames ? 1.0 / <f64>frames : 0.0;
    const d1 = (a1 - this.a1) * share;
    const d2 = (g * a1 - this.a2) * share;
    const d3 = (g * g * a1 - this.a3) * share;
    const e0 = (m0 - this.m0) * share;
    const e1 = (m1 - this.m1) * share;
    const e2 = (m2 - this.m2) * share;
    const isAll = share == 1.0; // so that the goal is met to the bit
    this.a1 = isAll ? a1 : this.a1 + d1;
    this.a2 = isAll ? g * a1 : this.a2 + d2;
    this.a3 = isAll ? g * g * a1 : this.a3 + d3;
    this.m0 = isAll ? m0 : this.m0 + e0;
    this.m1 = isAll ? m1 : this.m1 + e1;
    this.m2 = isAll ? m2 : this.m2 + e2;
    this.a1Step = d1 * perFrame;
    this.a2Step = d2 * perFrame;
    this.a3Step = d3 * perFrame;
    this.m0Step = e0 * perFrame;
    this.m1Step = e1 * perFrame;
    this.m2Step = e2 * perFrame;
  }

  /** Stands still from here on. [render] */
  settle(): void {
    this.a1Step = 0;
    this.a2Step = 0;
    this.a3Step = 0;
    this.m0Step = 0;
    this.m1Step = 0;
    this.m2Step = 0;
  }

  /** Does it leave its input as it is, and stay so? */
  @inline get isIdentity(): bool {
    return this.m0 == 1.0 && this.m1 == 0.0 && this.m2 == 0.0 && this.m0Step == 0.0 && this.m1Step == 0.0 && this.m2Step == 0.0;
  }
}

/**
 * Filters `frames` values at `data` in place: f64 for T = f64, pairs of f64 for T = v128. [render]
 *
 * @param state ic1 and ic2, 16 bytes apart
 * @param left frames until the stride of a moving filter ends; 0 when it stands still
 */
export function svf<T>(filter: Svf, state: usize, data: usize, frames: u32, left: u32): void {
  let ic1 = load<T>(state);
  let ic2 = load<T>(state, 16);
  const two = all<T>(2.0);
  const end = data + <usize>frames * sizeof<T>();
  let a1 = all<T>(filter.a1);
  let a2 = all<T>(filter.a2);
  let a3 = all<T>(filter.a3);
  let m0 = all<T>(filter.m0);
  let m1 = all<T>(filter.m1);
  let m2 = all<T>(filter.m2);
  for (let at = data; at < end; at += sizeof<T>()) {
    if (left) {
      const n = <f64>left;
      left -= 1;
      a1 = all<T>(filter.a1 - filter.a1Step * n);
      a2 = all<T>(filter.a2 - filter.a2Step * n);
      a3 = all<T>(filter.a3 - filter.a3Step * n);
      m0 = all<T>(filter.m0 - filter.m0Step * n);
      m1 = all<T>(filter.m1 - filter.m1Step * n);
      m2 = all<T>(filter.m2 - filter.m2Step * n);
    }
    const v0 = load<T>(at);
    const v3 = sub<T>(v0, ic2);
    const v1 = add<T>(mul<T>(a1, ic1), mul<T>(a2, v3));
    const v2 = add<T>(ic2, add<T>(mul<T>(a2, ic1), mul<T>(a3, v3)));
    ic1 = sub<T>(mul<T>(two, v1), ic1);
    ic2 = sub<T>(mul<T>(two, v2), ic2);
    store<T>(at, add<T>(mul<T>(m0, v0), add<T>(mul<T>(m1, v1), mul<T>(m2, v2))));
  }
  store<T>(state, ic1);
  store<T>(state, ic2, 16);
}

/** Below it (-360 dB) a state is taken for zero: long before numbers become denormal and slow. */
const TINY: f64 = 1e-18;

/** Zeroes what is not finite or too small to matter in `count` f64; then one bad input does no lasting harm. [render] */
export function cleanStates(states: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = states + (<usize>i << 3);
    const size = Math.abs(load<f64>(at));
    if (!(size >= TINY && size < Infinity)) store<f64>(at, 0);
  }
}
