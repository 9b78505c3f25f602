import { act } from './activity.as';
import { isSilent } from './flag.as';

/** 0 sumOfSquares f64 · 8 peak f32 · 12 frames u32; all grow until the host takes them and sets them to 0 */
@final
@unmanaged
export class MeterRecord {
  sumOfSquares: f64;
  peak: f32;
  frames: u32;
}

/** Adds a channel to a meter. What is not finite is left out. [render] */
export function meter(from: usize, record: MeterRecord, fromFlag: usize, frames: u32): void {
  if (isSilent(fromFlag)) {
    record.frames += frames;
    return;
  }
  act();
  let peaks = f32x4.splat(0);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i: u32 = 0;
  for (; i + 4 <= frames; i += 4) {
    const x = v128.load(from + (<usize>i << 2));
    peaks = f32x4.pmax(peaks, f32x4.abs(x));
    const a = f64x2.promote_low_f32x4(x);
    const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sums = f64x2.add(low, high);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  let peak = max(
    max(f32x4.extract_lane(peaks, 0), f32x4.extract_lane(peaks, 1)),
    max(f32x4.extract_lane(peaks, 2), f32x4.extract_lane(peaks, 3)),
  );
  for (; i < frames; i++) {
    const x = load<f32>(from + (<usize>i << 2));
    if (abs(x) > peak) peak = abs(x);
    sum += <f64>x * <f64>x;
  }
  if (peak > record.peak && peak < Infinity) record.peak = peak;
  if (sum < Infinity) record.sumOfSquares += sum;
  record.frames += frames;
}
