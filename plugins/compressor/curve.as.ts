/** From the samples of a key to the reductions (log2) that their levels ask for. Rows are padded to four frames. [render] */
import { log2Four, PER_EXPONENT, PER_S, PER_S3 } from '../../dsp/logarithm.as';

/**
 * The curve is begun so much later (in log2 of the level) that a level at its start, whose logarithm is known to 7e-6, never
 * asks for a reduction: below it every bit of the sound stays.
 */
const MARGIN: f64 = 1e-5;

/**
 * The numbers of a curve: what is asked for is unit log2(level) - from, 0 at the level `start`, and then bent if it has a knee.
 *
 * 0 start f32, a level or its square · 4 unit PER_EXPONENT, 8 unit PER_S, 12 unit PER_S3: f32 · 16 from f32
 * 20 knee f32, log2 of a level · 24 slope / (2 knee) f32 · 28 slope f32
 */
@final
@unmanaged
export class Curve {
  start: f32;
  perExponent: f32;
  perS: f32;
  perS3: f32;
  from: f32;
  knee: f32;
  bend: f32;
  slope: f32;

  /**
   * @param start where it begins: a level, or its square · @param perLevel log2 of a level by that of what is given: 1, or 1/2 for
   * squares · @param threshold, knee log2 of a level · @param slope 1 - 1 / ratio
   */
  set(start: f64, perLevel: f64, threshold: f64, knee: f64, slope: f64): void {
    const unit = knee > 0.0 ? perLevel : perLevel * slope;
    this.start = <f32>start;
    this.perExponent = <f32>(PER_EXPONENT * unit);
    this.perS = <f32>(PER_S * unit);
    this.perS3 = <f32>(PER_S3 * unit);
    this.from = <f32>(knee > 0.0 ? threshold - knee * 0.5 + MARGIN : (threshold + MARGIN) * slope);
    this.knee = <f32>knee;
    this.bend = knee > 0.0 ? <f32>(slope / (2.0 * knee)) : 0;
    this.slope = <f32>slope;
  }
}

export const CURVE_BYTES: usize = 32;

/** What four levels ask for before the knee; below the start, and for what is not a number, as at the start. */
@inline function straight(level: v128, curve: usize): v128 {
  const x = f32x4.pmax(v128.load_splat<f32>(curve), level);
  return log2Four(
    x,
    v128.load_splat<f32>(curve, 4),
    v128.load_splat<f32>(curve, 8),
    v128.load_splat<f32>(curve, 12),
    v128.load_splat<f32>(curve, 16),
  );
}

// The two kinds of curves as types: what uses them is compiled once for each. They give the reductions of four levels.
@unmanaged
export class Hard {
  @inline of(level: v128, curve: usize): v128 {
    return f32x4.pmax(f32x4.splat(0), straight(level, curve));
  }
}

/** A parabola over the width of the knee, then the slope. */
@unmanaged
export class Bent {
  @inline of(level: v128, curve: usize): v128 {
    const zero = f32x4.splat(0);
    const knee = v128.load_splat<f32>(curve, 20);
    const over = straight(level, curve);
    const inside = f32x4.pmax(zero, f32x4.pmin(knee, over));
    const above = f32x4.pmax(zero, f32x4.sub(over, knee));
    return f32x4.add(
      f32x4.mul(v128.load_splat<f32>(curve, 24), f32x4.mul(inside, inside)),
      f32x4.mul(v128.load_splat<f32>(curve, 28), above),
    );
  }
}

/** Levels in a row become reductions. */
export function bend<C>(row: usize, frames: u32, curve: usize): void {
  for (const end = row + (<usize>frames << 2); row < end; row += 16) {
    v128.store(row, changetype<C>(0).of(v128.load(row), curve));
  }
}

/** Magnitudes of one channel. */
export function levels(key: usize, row: usize, frames: u32): void {
  const whole = <usize>(frames & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += 16) v128.store(row + i, f32x4.abs(v128.load(key + i)));
  for (; i < <usize>frames << 2; i += 4) store<f32>(row + i, abs(load<f32>(key + i)));
}

/** The larger of what is in the row and the magnitudes of one more channel. */
export function largerLevels(key: usize, row: usize, frames: u32): void {
  const whole = <usize>(frames & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += 16) v128.store(row + i, f32x4.pmax(v128.load(row + i), f32x4.abs(v128.load(key + i))));
  for (; i < <usize>frames << 2; i += 4) {
    const before = load<f32>(row + i);
    const own = abs(load<f32>(key + i));
    store<f32>(row + i, before < own ? own : before);
  }
}

/** The largest magnitude of one channel, 0 or more; not a number counts for nothing. */
export function largestLevel(key: usize, frames: u32): f32 {
  const whole = <usize>(frames & ~3) << 2;
  let most = f32x4.splat(0);
  let i: usize = 0;
  for (; i < whole; i += 16) most = f32x4.pmax(most, f32x4.abs(v128.load(key + i)));
  let largest = largestOf(most);
  for (; i < <usize>frames << 2; i += 4) {
    const level = abs(load<f32>(key + i));
    if (level > largest) largest = level;
  }
  return largest;
}

/** The largest of four numbers of 0 or more. */
@inline export function largestOf(four: v128): f32 {
  return max(
    max(f32x4.extract_lane(four, 0), f32x4.extract_lane(four, 1)),
    max(f32x4.extract_lane(four, 2), f32x4.extract_lane(four, 3)),
  );
}
