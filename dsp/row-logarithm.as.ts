import { four } from './lane-order.as';
import { exp2MinusFour, log2Four, PER_EXPONENT, PER_S, PER_S3 } from './logarithm.as';

/** What stands for silence in a logarithm: 2^-100, -602 dB, far from denormal. */
const SILENCE: f32 = 7.888609052210118e-31;

/**
 * Sizes in a row of whole vectors become log2(size) - from, each within 6e-6 (dsp/logarithm.as.ts says at what cost). 0, and what is
 * not a number, counts as 2^-100. [render]
 */
@inline export function logarithms<T>(row: usize, bytes: usize, from: T): void {
  const silence = f32x4.splat(SILENCE);
  const perExponent = f32x4.splat(<f32>PER_EXPONENT);
  const perS = f32x4.splat(<f32>PER_S);
  const perS3 = f32x4.splat(<f32>PER_S3);
  const begin = four<T>(from);
  for (const end = row + bytes; row < end; row += 16) {
    v128.store(row, log2Four(f32x4.pmax(silence, v128.load(row)), perExponent, perS, perS3, begin));
  }
}

/** Reductions (log2) in a row of whole vectors become gains; 0 gives exactly 1. [render] */
@inline export function gains(row: usize, bytes: usize): void {
  for (const end = row + bytes; row < end; row += 16) v128.store(row, exp2MinusFour(v128.load(row)));
}

/** Reductions (log2) in a row of whole vectors become gains less 1; 0 gives exactly 0. [render] */
@inline export function gainsLessOne(row: usize, bytes: usize): void {
  const one = f32x4.splat(1);
  for (const end = row + bytes; row < end; row += 16) v128.store(row, f32x4.sub(exp2MinusFour(v128.load(row)), one));
}
