/** Loops over one channel of f32. Rows and channels are multiples of 4 frames long. What lies behind the frames stays. [render] */

/** The largest size of `frames` finite samples. */
export function largest(channel: usize, frames: u32): f32 {
  let most = f32x4.splat(0);
  let i: usize = 0;
  for (const whole = <usize>(frames & ~3) << 2; i < whole; i += 16) most = f32x4.pmax(most, f32x4.abs(v128.load(channel + i)));
  let found = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  for (; i < <usize>frames << 2; i += 4) found = max(found, abs(load<f32>(channel + i)));
  return found;
}

/** row = the larger one of row and the size of the channel; what lies behind the frames, up to a multiple of 4, may change. */
export function larger(row: usize, channel: usize, frames: u32): void {
  for (let i: usize = 0; i < <usize>frames << 2; i += 16) {
    v128.store(row + i, f32x4.pmax(v128.load(row + i), f32x4.abs(v128.load(channel + i))));
  }
}

export function sum(channel: usize, frames: u32): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  let i: usize = 0;
  for (const whole = <usize>(frames & ~3) << 2; i < whole; i += 16) {
    const x = v128.load(channel + i);
    low = f64x2.add(low, f64x2.promote_low_f32x4(x));
    high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(x, x, 2, 3, 2, 3)));
  }
  const both = f64x2.add(low, high);
  let found = f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
  for (; i < <usize>frames << 2; i += 4) found += load<f32>(channel + i);
  return found;
}

/** Brings every sample to -most .. most. */
export function bound(channel: usize, most: f32, frames: u32): void {
  const high = f32x4.splat(most);
  const low = f32x4.splat(-most);
  let i: usize = 0;
  for (const whole = <usize>(frames & ~3) << 2; i < whole; i += 16) {
    v128.store(channel + i, f32x4.pmin(high, f32x4.pmax(low, v128.load(channel + i))));
  }
  for (; i < <usize>frames << 2; i += 4) store<f32>(channel + i, min(most, max(-most, load<f32>(channel + i))));
}

/** channel = channel * row */
export function multiply(channel: usize, row: usize, frames: u32): void {
  let i: usize = 0;
  for (const whole = <usize>(frames & ~3) << 2; i < whole; i += 16) {
    v128.store(channel + i, f32x4.mul(v128.load(channel + i), v128.load(row + i)));
  }
  for (; i < <usize>frames << 2; i += 4) store<f32>(channel + i, load<f32>(channel + i) * load<f32>(row + i));
}
