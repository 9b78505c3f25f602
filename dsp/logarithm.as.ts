/** Logarithms and powers of four f32 at once. [render] */

const MANTISSA: i32 = 0x007fffff;
const ROOT_HALF: i32 = 0x3f3504f3; // sqrt(1/2) as bits

/**
 * log2 of four numbers above 0 and not denormal, within 1e-6 and 2e-7 of its size.
 *
 * The exponent, and of the mantissa m (sqrt(1/2) to sqrt(2)) the series 2/ln 2 (s + s^3/3 + s^5/5 + s^7/7 + s^9/9) with
 * s = (m - 1) / (m + 1); the first term left out, s^11 / 11, is below 4e-10.
 */
@inline export function log2Four(x: v128): v128 {
  const offset = i32x4.sub(x, i32x4.splat(ROOT_HALF));
  const exponent = f32x4.convert_i32x4_s(i32x4.shr_s(offset, 23));
  const m = i32x4.add(v128.and(offset, i32x4.splat(MANTISSA)), i32x4.splat(ROOT_HALF));
  const s = f32x4.div(f32x4.sub(m, f32x4.splat(1)), f32x4.add(m, f32x4.splat(1)));
  const y = f32x4.mul(s, s);
  let sum = f32x4.splat(<f32>(2.0 / (9.0 * Math.LN2)));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(<f32>(2.0 / (7.0 * Math.LN2))));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(<f32>(2.0 / (5.0 * Math.LN2))));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(<f32>(2.0 / (3.0 * Math.LN2))));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(<f32>(2.0 / Math.LN2)));
  return f32x4.add(exponent, f32x4.mul(sum, s));
}

/**
 * 2^x of four numbers from -126 to 126, within 2.5e-7 of its size; exactly 1 for 0.
 *
 * The nearest whole number by the exponent, the rest (-0.5 to 0.5) by the series of e^(x ln 2); the first term left out,
 * (ln 2 / 2)^7 / 7!, is 1.2e-7.
 */
@inline export function exp2Four(x: v128): v128 {
  const whole = f32x4.nearest(x);
  const y = f32x4.mul(f32x4.sub(x, whole), f32x4.splat(<f32>Math.LN2));
  let sum = f32x4.splat(<f32>(1.0 / 720.0));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(<f32>(1.0 / 120.0)));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(<f32>(1.0 / 24.0)));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(<f32>(1.0 / 6.0)));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(0.5));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(1));
  sum = f32x4.add(f32x4.mul(sum, y), f32x4.splat(1));
  return i32x4.add(sum, i32x4.shl(i32x4.trunc_sat_f32x4_s(whole), 23));
}
