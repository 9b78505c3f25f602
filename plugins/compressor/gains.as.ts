/** From smoothed reductions (log2, 0 or more) to sound. Rows are padded to four frames. [render] */
import { exp2MinusFour } from '../../dsp/logarithm.as';
import { Ramp } from '../../dsp/ramp.as';
import { largestOf } from './curve.as';

/** The first `count` (1 to 3) of four numbers, then zeros. */
@inline function firstOf(four: v128, count: usize): v128 {
  return v128.and(four, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>count)));
}

/** output = input (wet gain + dry). @returns the largest reduction */
export function applyOne(input: usize, row: usize, output: usize, frames: u32, wet: f32, dry: f32): f32 {
  const whole = <usize>(frames & ~3) << 2;
  const wets = f32x4.splat(wet);
  const dries = f32x4.splat(dry);
  let most = f32x4.splat(0);
  let i: usize = 0;
  for (; i < whole; i += 16) {
    const reduction = v128.load(row + i);
    most = f32x4.pmax(most, reduction);
    const gain = f32x4.add(f32x4.mul(exp2MinusFour(reduction), wets), dries);
    v128.store(output + i, f32x4.mul(v128.load(input + i), gain));
  }
  if (frames & 3) {
    const reduction = v128.load(row + i);
    most = f32x4.pmax(most, firstOf(reduction, frames & 3));
    v128.store(row + i, f32x4.add(f32x4.mul(exp2MinusFour(reduction), wets), dries));
    multiply(input + i, row + i, output + i, frames & 3);
  }
  return largestOf(most);
}

/** Reductions become gains, with make-up and mix that may move, `left` frames before their stride ends. @returns the largest */
export function gainsOf(row: usize, frames: u32, mix: Ramp, makeup: Ramp, left: u32): f32 {
  const one = f32x4.splat(1);
  const bytes = <usize>frames << 2;
  let most = f32x4.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) {
    const reduction = v128.load(row + i);
    most = f32x4.pmax(most, i + 16 <= bytes ? reduction : firstOf(reduction, (bytes - i) >> 2));
    const share = left ? mix.four(left) : f32x4.splat(mix.to);
    const wet = f32x4.mul(share, left ? makeup.four(left) : f32x4.splat(makeup.to));
    v128.store(row + i, f32x4.add(f32x4.mul(exp2MinusFour(reduction), wet), f32x4.sub(one, share)));
    left = left > 4 ? left - 4 : 0;
  }
  return largestOf(most);
}

/** output = input * row */
export function multiply(input: usize, row: usize, output: usize, frames: u32): void {
  const whole = <usize>(frames & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += 16) v128.store(output + i, f32x4.mul(v128.load(input + i), v128.load(row + i)));
  for (; i < <usize>frames << 2; i += 4) store<f32>(output + i, load<f32>(input + i) * load<f32>(row + i));
}

/** output = input * gain */
export function scaleAll(input: usize, output: usize, frames: u32, gain: f32): void {
  const whole = <usize>(frames & ~3) << 2;
  const gains = f32x4.splat(gain);
  let i: usize = 0;
  for (; i < whole; i += 16) v128.store(output + i, f32x4.mul(v128.load(input + i), gains));
  for (; i < <usize>frames << 2; i += 4) store<f32>(output + i, load<f32>(input + i) * gain);
}
