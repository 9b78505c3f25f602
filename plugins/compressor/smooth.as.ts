/**
 * The one-pole smoothing of wanted reductions, in place, a step of the way at each frame: the part of a compressor that must
 * wait for the frame before. In f64, for a long release takes steps of 1e-6 of what is left. [render]
 *
 * With an attack that is faster than the release the larger of both steps is right: where the way goes up the attack's, where
 * it goes down the release's, which is nearer to zero. With a slower one it is the smaller.
 */
export function smoothOne(reductionAt: usize, attack: f64, release: f64, row: usize, frames: u32): void {
  let reduction = load<f64>(reductionAt);
  const isFaster = attack >= release;
  for (const end = row + (<usize>frames << 2); row < end; row += 4) {
    const way = <f64>load<f32>(row) - reduction;
    const up = attack * way;
    const down = release * way;
    reduction += up < down == isFaster ? down : up;
    store<f32>(row, <f32>reduction);
  }
  store<f64>(reductionAt, reduction);
}

/** Which of two steps is taken, as types: `smoothFour` is compiled once for each. */
@unmanaged
export class Larger {
  @inline of(a: v128, b: v128): v128 {
    return f64x2.pmax(a, b);
  }
}

@unmanaged
export class Smaller {
  @inline of(a: v128, b: v128): v128 {
    return f64x2.pmin(a, b);
  }
}

/** One frame of two rows: `from` holds what is wanted in its lower half, all else are f64x2. @returns the reductions then */
@inline function two<S>(from: v128, reductions: v128, attack: v128, release: v128): v128 {
  const way = f64x2.sub(f64x2.promote_low_f32x4(from), reductions);
  return f64x2.add(reductions, changetype<S>(0).of(f64x2.mul(attack, way), f64x2.mul(release, way)));
}

@inline function upper(x: v128): v128 {
  return v128.shuffle<f64>(x, x, 1, 1);
}

/** Two frames of two rows as f32: those of the first row, then those of the second. */
@inline function both(a: v128, b: v128): v128 {
  return v128.shuffle<f32>(f32x4.demote_f64x2_zero(a), f32x4.demote_f64x2_zero(b), 0, 4, 1, 5);
}

/** Four rows side by side; `frames` is a multiple of four. Rows may be the same one. */
export function smoothFour<S>(
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  frames: u32,
  atA: usize,
  atB: usize,
  atC: usize,
  atD: usize,
  attackLow: v128,
  attackHigh: v128,
  releaseLow: v128,
  releaseHigh: v128,
): void {
  let low = f64x2(load<f64>(atA), load<f64>(atB));
  let high = f64x2(load<f64>(atC), load<f64>(atD));
  const bytes = <usize>frames << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    const wantedA = v128.load(a + i);
    const wantedB = v128.load(b + i);
    const wantedC = v128.load(c + i);
    const wantedD = v128.load(d + i);
    const abFirst = v128.shuffle<f32>(wantedA, wantedB, 0, 4, 1, 5);
    const abLast = v128.shuffle<f32>(wantedA, wantedB, 2, 6, 3, 7);
    const cdFirst = v128.shuffle<f32>(wantedC, wantedD, 0, 4, 1, 5);
    const cdLast = v128.shuffle<f32>(wantedC, wantedD, 2, 6, 3, 7);
    const low0 = two<S>(abFirst, low, attackLow, releaseLow);
    const high0 = two<S>(cdFirst, high, attackHigh, releaseHigh);
    const low1 = two<S>(upper(abFirst), low0, attackLow, releaseLow);
    const high1 = two<S>(upper(cdFirst), high0, attackHigh, releaseHigh);
    const low2 = two<S>(abLast, low1, attackLow, releaseLow);
    const high2 = two<S>(cdLast, high1, attackHigh, releaseHigh);
    low = two<S>(upper(abLast), low2, attackLow, releaseLow);
    high = two<S>(upper(cdLast), high2, attackHigh, releaseHigh);
    const ab01 = both(low0, low1);
    const ab23 = both(low2, low);
    const cd01 = both(high0, high1);
    const cd23 = both(high2, high);
    v128.store(a + i, v128.shuffle<f64>(ab01, ab23, 0, 2));
    v128.store(b + i, v128.shuffle<f64>(ab01, ab23, 1, 3));
    v128.store(c + i, v128.shuffle<f64>(cd01, cd23, 0, 2));
    v128.store(d + i, v128.shuffle<f64>(cd01, cd23, 1, 3));
  }
  store<f64>(atA, f64x2.extract_lane(low, 0));
  store<f64>(atB, f64x2.extract_lane(low, 1));
  store<f64>(atC, f64x2.extract_lane(high, 0));
  store<f64>(atD, f64x2.extract_lane(high, 1));
}
