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
  if (left) svfMoving<T>(filter, state, data, frames, left);
  else svfStill<T>(filter, state, data, frames);
}

function svfMoving<T>(filter: Svf, state: usize, data: usize, frames: u32, left: u32): void {
  let ic1 = load<T>(state);
  let ic2 = load<T>(state, 16);
  const two = all<T>(2.0);
  const end = data + <usize>frames * sizeof<T>();
  for (let at = data; at < end; at += sizeof<T>()) {
    const n = <f64>left;
    if (left) left -= 1;
    const a1 = all<T>(filter.a1 - filter.a1Step * n);
    const a2 = all<T>(filter.a2 - filter.a2Step * n);
    const a3 = all<T>(filter.a3 - filter.a3Step * n);
    const m0 = all<T>(filter.m0 - filter.m0Step * n);
    const m1 = all<T>(filter.m1 - filter.m1Step * n);
    const m2 = all<T>(filter.m2 - filter.m2Step * n);
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

/**
 * The same filter as a state space, x' = A x + B v and y = C x + D v, and two frames at a time: x'' = A A x + A B v0 + B v1.
 * What waits for the frame before is then one multiplication and two additions for two frames, a third of the time.
 */
function svfStill<T>(filter: Svf, state: usize, data: usize, frames: u32): void {
  const a1 = filter.a1;
  const a2 = filter.a2;
  const a3 = filter.a3;
  const c1 = filter.m1 * a1 + filter.m2 * a2;
  const c2 = filter.m2 * (1.0 - a3) - filter.m1 * a2;
  const d = filter.m0 + filter.m1 * a2 + filter.m2 * a3;
  const a11 = 2.0 * a1 - 1.0;
  const a12 = -2.0 * a2;
  const a21 = 2.0 * a2;
  const a22 = 1.0 - 2.0 * a3;
  const b1 = 2.0 * a2;
  const b2 = 2.0 * a3;
  // two frames on: the state, then the second output
  const e11 = all<T>(a11 * a11 + a12 * a21);
  const e12 = all<T>(a11 * a12 + a12 * a22);
  const e21 = all<T>(a21 * a11 + a22 * a21);
  const e22 = all<T>(a21 * a12 + a22 * a22);
  const f1 = all<T>(a11 * b1 + a12 * b2);
  const f2 = all<T>(a21 * b1 + a22 * b2);
  const g1 = all<T>(c1 * a11 + c2 * a21);
  const g2 = all<T>(c1 * a12 + c2 * a22);
  const h = all<T>(c1 * b1 + c2 * b2);
  const bb1 = all<T>(b1);
  const bb2 = all<T>(b2);
  const cc1 = all<T>(c1);
  const cc2 = all<T>(c2);
  const dd = all<T>(d);
  let x1 = load<T>(state);
  let x2 = load<T>(state, 16);
  let at = data;
  const end = data + <usize>(frames & ~1) * sizeof<T>();
  for (; at < end; at += 2 * sizeof<T>()) {
    const v0 = load<T>(at);
    const v1 = load<T>(at + sizeof<T>());
    store<T>(at, add<T>(mul<T>(dd, v0), add<T>(mul<T>(cc1, x1), mul<T>(cc2, x2))));
    const y1 = add<T>(mul<T>(h, v0), mul<T>(dd, v1));
    store<T>(at + sizeof<T>(), add<T>(y1, add<T>(mul<T>(g1, x1), mul<T>(g2, x2))));
    const u1 = add<T>(mul<T>(f1, v0), mul<T>(bb1, v1));
    const u2 = add<T>(mul<T>(f2, v0), mul<T>(bb2, v1));
    const next = add<T>(add<T>(mul<T>(e11, x1), mul<T>(e12, x2)), u1);
    x2 = add<T>(add<T>(mul<T>(e21, x1), mul<T>(e22, x2)), u2);
    x1 = next;
  }
  if (frames & 1) {
    const v0 = load<T>(at);
    store<T>(at, add<T>(mul<T>(dd, v0), add<T>(mul<T>(cc1, x1), mul<T>(cc2, x2))));
    const next = add<T>(add<T>(mul<T>(all<T>(a11), x1), mul<T>(all<T>(a12), x2)), mul<T>(bb1, v0));
    x2 = add<T>(add<T>(mul<T>(all<T>(a21), x1), mul<T>(all<T>(a22), x2)), mul<T>(bb2, v0));
    x1 = next;
  }
  store<T>(state, x1);
  store<T>(state, x2, 16);
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
