import { add, all, mul, sub } from './lane.as';
import { COEFFICIENTS, gather, Lanes, scatter, STATES } from './lanes.as';

/** Bytes of one Svf. */
export const SVF_BYTES: usize = 160;
/** Bytes of the state of one filter for one channel, f32: x1, x2, the input frame that waits for the second of its pair, unused. */
export const SVF_STATE_BYTES: usize = 16;

/**
 * The coefficients of a second-order state-variable filter, with a straight way to them within a stride.
 * Source: A. Simper (Cytomic), "Linear Trapezoidal Integrated SVF", SvfLinearTrapOptimised2, 2013:
 * g = tan(pi f / rate), k = 1 / Q, a1 = 1 / (1 + g (g + k)), a2 = g a1, a3 = g a2, output = m0 input + m1 band + m2 low.
 *
 * Straight ways between two filters stay stable: with 0 < a1, a1 + a3 < 1 and a2 * a2 <= a1 * a3, which any mixture
 * of two such sets keeps, the poles are inside the unit circle (Jury's conditions).
 *
 * Samples and states are f32. What is added to a state in a frame is computed by itself, from coefficients that were
 * rounded as differences (2 a1 - 2, never 2 a1 - 1): so a pole at 20 Hz, which is 1 - 0.003, is where it should be, and
 * only the sum is rounded, 2^-25 of the state. At 20 Hz that adds up to noise 120 dB below the signal, less at higher
 * frequencies.
 *
 *   0 a1 · 8 a2 · 16 a3 · 24 m0 · 32 m1 · 40 m2: f64, where the stride ends · 48 to 88: change of each for a frame
 *  96 to 152: f32, the filter that stands still (`settle`) · 156 isStill u32
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
  p11: f32;
  p12: f32;
  p21: f32;
  p22: f32;
  f1: f32;
  f2: f32;
  b1: f32;
  b2: f32;
  c1: f32;
  c2: f32;
  d: f32;
  g1: f32;
  g2: f32;
  h: f32;
  n1: f32;
  isStill: u32;

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
    this.isStill = 0;
    if (frames == 0) this.settle();
  }

  /**
   * Stands still from here on. [render]
   *
   * As a state space x' = x + N x + B v, y = C x + D v; two frames on: x'' = x + (2 N + N N) x + (B + N B) v0 + B v1 and
   * y1 = C (I + N) x + C B v0 + D v1. What waits for the frame before is then a multiplication and three additions for two.
   */
  settle(): void {
    if (this.isStill) return;
    this.isStill = 1;
    this.a1Step = 0;
    this.a2Step = 0;
    this.a3Step = 0;
    this.m0Step = 0;
    this.m1Step = 0;
    this.m2Step = 0;
    const n1 = 2.0 * this.a1 - 2.0;
    const b1 = 2.0 * this.a2;
    const b2 = 2.0 * this.a3;
    const c1 = this.m1 * this.a1 + this.m2 * this.a2;
    const c2 = this.m2 * (1.0 - this.a3) - this.m1 * this.a2;
    this.p11 = <f32>(n1 * (2.0 + n1) - b1 * b1);
    this.p12 = <f32>(-b1 * (2.0 + n1 - b2));
    this.p21 = <f32>(b1 * (2.0 + n1 - b2));
    this.p22 = <f32>(-b2 * (2.0 - b2) - b1 * b1);
    this.n1 = <f32>n1;
    this.f1 = <f32>(b1 + n1 * b1 - b1 * b2);
    this.f2 = <f32>(b2 + b1 * b1 - b2 * b2);
    this.b1 = <f32>b1;
    this.b2 = <f32>b2;
    this.c1 = <f32>c1;
    this.c2 = <f32>c2;
    this.d = <f32>(this.m0 + this.m1 * this.a2 + this.m2 * this.a3);
    this.g1 = <f32>(c1 * (1.0 + n1) + c2 * b1);
    this.g2 = <f32>(c2 * (1.0 - b2) - c1 * b1);
    this.h = <f32>(c1 * b1 + c2 * b2);
  }

  /** Does it leave its input as it is, and stay so? */
  @inline get isIdentity(): bool {
    return this.m0 == 1.0 && this.m1 == 0.0 && this.m2 == 0.0 && this.m0Step == 0.0 && this.m1Step == 0.0 && this.m2Step == 0.0;
  }
}

/**
 * Filters `frames` values of T at `data` in place. [render]
 *
 * Cost of a frame: 7.5 multiplications and 6.5 additions where it stands still, 7 and 7 where it moves, and 14 multiplications
 * in f64 for the coefficients, once for all lanes.
 *
 * A filter that stands still takes its frames in pairs, counted from where it came to stand. A pair that is cut in two by
 * the end of a block is finished in the next: so the sound is the same, bit for bit, however blocks are cut.
 *
 * @param lanes COEFFICIENTS are the lanes' Svf, which differ only where all stand still; STATES their states
 * @param left frames until the stride of a moving filter ends; 0 when it stands still
 * @param isOdd whether the first frame is the second of a pair: an odd number of frames came since the filter stands still
 * @param passing lanes (all bits of each set) whose values stay as they are: they have no filter here, and what stands in
 * for its coefficients and states is 0
 */
export function svf<T>(lanes: Lanes, data: usize, frames: u32, left: u32, isOdd: bool, passing: T): void {
  if (isAny<T>(passing)) filter<T, Some>(lanes, data, frames, left, isOdd, passing);
  else filter<T, All>(lanes, data, frames, left, isOdd, passing);
}

@inline function isAny<T>(mask: T): bool {
  if (isVector<T>()) return v128.any_true(mask);
  return false;
}

// Which lanes are filtered, as types: `filter` is compiled once for each.
@unmanaged
class All {
  @inline heard<T>(input: T, filtered: T, passing: T): T {
    return filtered;
  }
}

@unmanaged
class Some {
  @inline heard<T>(input: T, filtered: T, passing: T): T {
    if (isVector<T>()) return v128.bitselect(input, filtered, passing);
    return filtered;
  }
}

function filter<T, W>(lanes: Lanes, data: usize, frames: u32, left: u32, isOdd: bool, passing: T): void {
  const a = lanes.at(STATES, 0);
  const b = lanes.at(STATES, 1);
  const c = lanes.at(STATES, 2);
  const d = lanes.at(STATES, 3);
  const fa = lanes.at(COEFFICIENTS, 0);
  const fb = lanes.at(COEFFICIENTS, 1);
  const fc = lanes.at(COEFFICIENTS, 2);
  const fd = lanes.at(COEFFICIENTS, 3);
  let x1 = gather<T>(a, b, c, d, 0);
  let x2 = gather<T>(a, b, c, d, 4);
  const b1 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("b1"));
  const b2 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("b2"));
  let at = data;
  if (left) {
    if (isOdd) {
      // what waits is taken by the filter that stood still
      const w = sub<T>(gather<T>(a, b, c, d, 8), x2);
      const n1 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("n1"));
      const next = add<T>(x1, add<T>(mul<T>(n1, x1), mul<T>(b1, w)));
      x2 = add<T>(x2, add<T>(mul<T>(b1, x1), mul<T>(b2, w)));
      x1 = next;
    }
    const filter = changetype<Svf>(fa);
    const moving = data + <usize>min(frames, left) * sizeof<T>();
    for (; at < moving; at += sizeof<T>(), left--) {
      const n = <f64>left;
      const a1 = filter.a1 - filter.a1Step * n;
      const a2 = filter.a2 - filter.a2Step * n;
      const a3 = filter.a3 - filter.a3Step * n;
      const m0 = filter.m0 - filter.m0Step * n;
      const m1 = filter.m1 - filter.m1Step * n;
      const m2 = filter.m2 - filter.m2Step * n;
      const v = load<T>(at);
      const w = sub<T>(v, x2);
      const out = mul<T>(all<T>(<f32>(m0 + m1 * a2 + m2 * a3)), v);
      const out1 = mul<T>(all<T>(<f32>(m1 * a1 + m2 * a2)), x1);
      const out2 = mul<T>(all<T>(<f32>(m2 * (1.0 - a3) - m1 * a2)), x2);
      const own1 = all<T>(<f32>(2.0 * a2));
      const in1 = add<T>(mul<T>(all<T>(<f32>(2.0 * a1 - 2.0)), x1), mul<T>(own1, w));
      const in2 = add<T>(mul<T>(own1, x1), mul<T>(all<T>(<f32>(2.0 * a3)), w));
      store<T>(at, add<T>(out, add<T>(out1, out2)));
      x1 = add<T>(x1, in1);
      x2 = add<T>(x2, in2);
    }
  } else {
    const p11 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("p11"));
    const p12 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("p12"));
    const p21 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("p21"));
    const p22 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("p22"));
    const f1 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("f1"));
    const f2 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("f2"));
    const c1 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("c1"));
    const c2 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("c2"));
    const d0 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("d"));
    const g1 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("g1"));
    const g2 = gather<T>(fa, fb, fc, fd, offsetof<Svf>("g2"));
    const h = gather<T>(fa, fb, fc, fd, offsetof<Svf>("h"));
    let rest = frames;
    if (isOdd && rest) {
      const v0 = gather<T>(a, b, c, d, 8);
      const v1 = load<T>(at);
      const out = add<T>(mul<T>(h, v0), mul<T>(d0, v1));
      const y = add<T>(out, add<T>(mul<T>(g1, x1), mul<T>(g2, x2)));
      store<T>(at, changetype<W>(0).heard<T>(v1, y, passing));
      const in1 = add<T>(mul<T>(f1, v0), mul<T>(b1, v1));
      const in2 = add<T>(mul<T>(f2, v0), mul<T>(b2, v1));
      const next = add<T>(x1, add<T>(in1, add<T>(mul<T>(p11, x1), mul<T>(p12, x2))));
      x2 = add<T>(x2, add<T>(in2, add<T>(mul<T>(p21, x1), mul<T>(p22, x2))));
      x1 = next;
      at += sizeof<T>();
      rest -= 1;
    }
    const end = at + <usize>(rest & ~1) * sizeof<T>();
    for (; at < end; at += 2 * sizeof<T>()) {
      const v0 = load<T>(at);
      const v1 = load<T>(at, sizeof<T>());
      const y0 = add<T>(mul<T>(d0, v0), add<T>(mul<T>(c1, x1), mul<T>(c2, x2)));
      const out = add<T>(mul<T>(h, v0), mul<T>(d0, v1));
      const y1 = add<T>(out, add<T>(mul<T>(g1, x1), mul<T>(g2, x2)));
      store<T>(at, changetype<W>(0).heard<T>(v0, y0, passing));
      store<T>(at, changetype<W>(0).heard<T>(v1, y1, passing), sizeof<T>());
      const in1 = add<T>(mul<T>(f1, v0), mul<T>(b1, v1));
      const in2 = add<T>(mul<T>(f2, v0), mul<T>(b2, v1));
      const next = add<T>(x1, add<T>(in1, add<T>(mul<T>(p11, x1), mul<T>(p12, x2))));
      x2 = add<T>(x2, add<T>(in2, add<T>(mul<T>(p21, x1), mul<T>(p22, x2))));
      x1 = next;
    }
    if (rest & 1) {
      const v0 = load<T>(at);
      const y = add<T>(mul<T>(d0, v0), add<T>(mul<T>(c1, x1), mul<T>(c2, x2)));
      store<T>(at, changetype<W>(0).heard<T>(v0, y, passing));
      scatter<T>(a, b, c, d, 8, v0);
    }
  }
  scatter<T>(a, b, c, d, 0, x1);
  scatter<T>(a, b, c, d, 4, x2);
}

/** Below it (-360 dB) a state is taken for zero: long before numbers become denormal and slow. */
const TINY: f32 = 1e-18;

/** Zeroes what is not finite or too small to matter in `count` f32; then one bad input does no lasting harm. [render] */
export function cleanStates(states: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const at = states + (<usize>i << 2);
    const size = abs(load<f32>(at));
    if (!(size >= TINY && size < Infinity)) store<f32>(at, 0);
  }
}
