/** Logarithms and powers of four f32 at once. [render] */

// Constants stand four times in memory: to load them takes a processor a third of what it takes to make them anew in every
// turn of a loop.

/** sqrt(1/2) as bits · 16 the bits of a mantissa */
const LOG2_BITS: usize = memory.data<u32>(
  [
    0x3f3504f3, 0x3f3504f3, 0x3f3504f3, 0x3f3504f3, 0x007fffff, 0x007fffff, 0x007fffff, 0x007fffff,
  ],
  16,
);
const ONE: usize = memory.data<f32>([1, 1, 1, 1], 16);
/** Of s, s^3, s^5. */
const LOG2_TERMS: usize = memory.data<f32>(
  [
    2.88539128936893, 2.88539128936893, 2.88539128936893, 2.88539128936893,
    0.9614708089540962, 0.9614708089540962, 0.9614708089540962, 0.9614708089540962,
    0.5989738856796067, 0.5989738856796067, 0.5989738856796067, 0.5989738856796067,
  ],
  16,
);
/** 1.5 * 2^23: where the last bit of an f32 is 1. */
const TO_WHOLE: usize = memory.data<f32>([12582912, 12582912, 12582912, 12582912], 16);
/** Of y to y^5. */
const EXP2_TERMS: usize = memory.data<f32>(
  [
    0.6931469775951143, 0.6931469775951143, 0.6931469775951143, 0.6931469775951143,
    0.24022242077095127, 0.24022242077095127, 0.24022242077095127, 0.24022242077095127,
    0.055507337444791666, 0.055507337444791666, 0.055507337444791666, 0.055507337444791666,
    0.009671513182948063, 0.009671513182948063, 0.009671513182948063, 0.009671513182948063,
    0.0013264728768162225, 0.0013264728768162225, 0.0013264728768162225, 0.0013264728768162225,
  ],
  16,
);

/**
 * log2 of four numbers above 0 and not denormal, within 1e-6 and 2e-7 of its size. Of others it is a finite number.
 *
 * The exponent, and of the mantissa m (sqrt(1/2) to sqrt(2)) an odd polynomial in s = (m - 1) / (m + 1), whose coefficients
 * are those of the smallest largest error (3e-8), near 2/ln 2 (1, 1/3, 1/5).
 */
@inline export function log2Four(x: v128): v128 {
  const offset = i32x4.sub(x, v128.load(LOG2_BITS));
  const exponent = f32x4.convert_i32x4_s(i32x4.shr_s(offset, 23));
  const m = i32x4.add(v128.and(offset, v128.load(LOG2_BITS, 16)), v128.load(LOG2_BITS));
  const s = f32x4.div(f32x4.sub(m, v128.load(ONE)), f32x4.add(m, v128.load(ONE)));
  const y = f32x4.mul(s, s);
  let sum = f32x4.add(f32x4.mul(v128.load(LOG2_TERMS, 32), y), v128.load(LOG2_TERMS, 16));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(LOG2_TERMS));
  return f32x4.add(exponent, f32x4.mul(sum, s));
}

/**
 * 2^x of four numbers from -126 to 126, within 2.5e-7 of its size; exactly 1 for 0.
 *
 * The nearest whole number by the exponent, the rest (-0.5 to 0.5) by a polynomial of the fifth degree whose coefficients
 * are those of the smallest largest error (1e-7).
 */
@inline export function exp2Four(x: v128): v128 {
  const shifted = f32x4.add(x, v128.load(TO_WHOLE)); // its last bits are the nearest whole number
  const y = f32x4.sub(x, f32x4.sub(shifted, v128.load(TO_WHOLE)));
  let sum = f32x4.add(f32x4.mul(v128.load(EXP2_TERMS, 64), y), v128.load(EXP2_TERMS, 48));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(EXP2_TERMS, 32));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(EXP2_TERMS, 16));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(EXP2_TERMS));
  sum = f32x4.add(f32x4.mul(sum, y), v128.load(ONE));
  return i32x4.add(sum, i32x4.shl(shifted, 23));
}
