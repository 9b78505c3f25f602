import { Slide } from './oscillator.as';

/**
 * The four lanes of each row together, times a level: `frames` values at `to`. Rows beyond `frames` are there to be read. [render]
 *
 * @param left frames until the stride of the level ends
 */
export function sumRows(rows: usize, to: usize, frames: u32, left: u32, level: Slide): void {
  const levelTo = f32x4.splat(level.to);
  const change = f32x4.splat(level.change);
  const four = f32x4.splat(4);
  let lefts = f32x4.sub(f32x4.splat(<f32>left), f32x4(0, 1, 2, 3));
  for (let rest = frames; ; rest -= 4) {
    const a = v128.load(rows);
    const b = v128.load(rows, 16);
    const c = v128.load(rows, 32);
    const d = v128.load(rows, 48);
    const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
    const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 2, 4, 6), v128.shuffle<f32>(c, d, 1, 3, 5, 7));
    const sums = f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
    const y = f32x4.mul(sums, f32x4.sub(levelTo, f32x4.mul(change, lefts)));
    if (rest > 4) {
      v128.store(to, y);
      to += 16;
      rows += 64;
      lefts = f32x4.sub(lefts, four);
      continue;
    }
    v128.store_lane<f32>(to, y, 0);
    if (rest > 1) v128.store_lane<f32>(to, y, 1, 4);
    if (rest > 2) v128.store_lane<f32>(to, y, 2, 8);
    if (rest > 3) v128.store_lane<f32>(to, y, 3, 12);
    return;
  }
}
