/**
 * Logarithms and powers of four f32 at once. [render]
 *
 * Constants stand four times in memory: to load them takes a processor a third of what it takes to make them anew in every turn
 * of a loop.
 */

/** sqrt(1/2) as bits · 16 the bits of sign and exponent */
const BITS: usize = memory.data<u32>(
  [0x3f3504f3, 0x3f3504f3, 0x3f3504f3, 0x3f3504f3, 0xff800000, 0xff800000, 0xff800000, 0xff800000],
  16,
);
/** 1 · 16 1.5 * 2^23: where the last bit of an f32 is 1 · 32 the largest power of exp2MinusFour */
const NUMBERS: usize = memory.data<f32>([1, 1, 1, 1, 12582912, 12582912, 12582912, 12582912, 126, 126, 126, 126], 16);
/** Of y to y^4. */
const EXP2_TERMS: usize = memory.data<f32>(
  [
    -0.6931241927487349, -0.6931241927487349, -0.6931241927487349, -0.6931241927487349,
    0.2402409860717852, 0.2402409860717852, 0.2402409860717852, 0.2402409860717852,
    -0.055906430438484284, -0.055906430438484284, -0.055906430438484284, -0.055906430438484284,
    0.009582855315129982, 0.009582855315129982, 0.009582855315129982, 0.009582855315129982,
  ],
  16,
);

// What to multiply by the unit that a logarithm is wanted in, for log2Four.
export const PER_EXPONENT: f64 = 1.0 / 8388608.0;
export const PER_S: f64 = 2.8852285696114968;
export const PER_S3: f64 = 0.9835345091036354;

/**
 * unit log2(x) - from, of four numbers above 0 and not denormal; log2 is within 6e-6 and 2e-7 of its size. Of others it is a
 * finite number.
 *
 * The exponent, and of the mantissa m (sqrt(1/2) to sqrt(2)) an odd polynomial in s = (m - 1) / (m + 1), whose coefficients
 * are those of the smallest largest error (5.6e-6), near 2/ln 2 (1, 1/3). Cost: a division, 4 multiplications, 7 additions, a
 * bit operation, a conversion.
 *
 * @param perExponent, perS, perS3 the constants PER_..., each times the unit
 */
@inline export function log2Four(x: v128, perExponent: v128, perS: v128, perS3: v128, from: v128): v128 {
  const exponent = v128.and(i32x4.sub(x, v128.load(BITS)), v128.load(BITS, 16));
  const m = i32x4.sub(x, exponent);
  const s = f32x4.div(f32x4.sub(m, v128.load(NUMBERS)), f32x4.add(m, v128.load(NUMBERS)));
  const ofExponent = f32x4.sub(f32x4.mul(f32x4.convert_i32x4_s(exponent), perExponent), from);
  return f32x4.add(ofExponent, f32x4.mul(s, f32x4.add(perS, f32x4.mul(perS3, f32x4.mul(s, s)))));
}

/**
 * 2^-x of four numbers from -126 on (above 126 as for 126), within 3.2e-6 of its size; exactly 1 for 0.
 *
 * The nearest whole number by the exponent, the rest (-0.5 to 0.5) by a polynomial of the fourth degree whose coefficients are
 * those of the smallest largest error (2.9e-6). Cost: 4 multiplications, 8 additions, a minimum, a shift.
 */
@inline export function exp2MinusFour(x: v128): v128 {
  const power = f32x4.pmin(v128.load(NUMBERS, 32), x);
  const shifted = f32x4.sub(v128.load(NUMBERS, 16), power); // its last bits are the nearest whole number, negative
  const y = f32x4.add(power, f32x4.sub(shifted, v128.load(NUMBERS, 16)));
  let sum = f32x4.add(f32x4.mul(v128.load(EXP2_TERMS, 48), y), v128.load(EXP2_TERMS, 32));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(EXP2_TERMS, 16));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(EXP2_TERMS));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(NUMBERS));
  return i32x4.add(sum, i32x4.shl(shifted, 23));
}
