/** From the samples of a key to the reductions that their levels ask for. Rows are padded to four frames. [render] */
import { log2Four } from '../../dsp/logarithm.as';

/** Magnitudes of one channel. @returns the largest of them, 0 or more; not a number counts for nothing */
export function levels(key: usize, row: usize, frames: u32): f32 {
  const whole = <usize>(frames & ~3) << 2;
  let most = f32x4.splat(0);
  let i: usize = 0;
  for (; i < whole; i += 16) {
    const level = f32x4.abs(v128.load(key + i));
    v128.store(row + i, level);
    most = f32x4.pmax(most, level);
  }
  let largest = largestOf(most);
  for (; i < <usize>frames << 2; i += 4) {
    const level = abs(load<f32>(key + i));
    store<f32>(row + i, level);
    if (level > largest) largest = level;
  }
  return largest;
}

/** The larger of what is in the row and the magnitudes of one more channel. @returns the largest of them */
export function largerLevels(key: usize, row: usize, frames: u32): f32 {
  const whole = <usize>(frames & ~3) << 2;
  let most = f32x4.splat(0);
  let i: usize = 0;
  for (; i < whole; i += 16) {
    const level = f32x4.pmax(v128.load(row + i), f32x4.abs(v128.load(key + i)));
    v128.store(row + i, level);
    most = f32x4.pmax(most, level);
  }
  let largest = largestOf(most);
  for (; i < <usize>frames << 2; i += 4) {
    const before = load<f32>(row + i);
    const own = abs(load<f32>(key + i));
    const level = before < own ? own : before;
    store<f32>(row + i, level);
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

/** Levels become reductions, by a curve that bends at once: slope (log2 of the level - threshold), none below `start`. */
export function hard(row: usize, frames: u32, start: f32, slope: f32, thresholdBySlope: f32): void {
  const starts = f32x4.splat(start);
  const slopes = f32x4.splat(slope);
  const thresholds = f32x4.splat(thresholdBySlope);
  for (const end = row + (<usize>frames << 2); row < end; row += 16) {
    const level = v128.load(row);
    const over = f32x4.sub(f32x4.mul(slopes, log2Four(level)), thresholds);
    v128.store(row, v128.and(f32x4.pmax(f32x4.splat(0), over), f32x4.gt(level, starts)));
  }
}

/** The same with a knee: a parabola over its width, then the slope. */
export function bent(row: usize, frames: u32, start: f32, perLevel: f32, threshold: f32, knee: f32, slope: f32): void {
  const starts = f32x4.splat(start);
  const perLevels = f32x4.splat(perLevel);
  const begins = f32x4.splat(threshold - knee * 0.5);
  const knees = f32x4.splat(knee);
  const slopes = f32x4.splat(slope);
  const curve = f32x4.splat(slope / (2 * knee));
  const zero = f32x4.splat(0);
  for (const end = row + (<usize>frames << 2); row < end; row += 16) {
    const level = v128.load(row);
    const over = f32x4.sub(f32x4.mul(perLevels, log2Four(level)), begins);
    const inside = f32x4.pmax(zero, f32x4.pmin(knees, over));
    const above = f32x4.pmax(zero, f32x4.sub(over, knees));
    const wanted = f32x4.add(f32x4.mul(curve, f32x4.mul(inside, inside)), f32x4.mul(slopes, above));
    v128.store(row, v128.and(wanted, f32x4.gt(level, starts)));
  }
}
