/** Taps of a shift register of so many bits that goes through all its states: of the polynomial x^order + x^tap + 1, which is primitive. */
const TAPS = new Map([
  [9, 4],
  [15, 1],
  [17, 3],
]);

export type SequenceOrder = 9 | 15 | 17;

/**
 * A maximum-length sequence of 2^order - 1 samples, each 1 or -1.
 *
 * Played again and again it holds all frequencies alike, and correlated with itself it is 2^order - 1 at 0 and -1 at every other lag.
 * Source: S. W. Golomb, Shift Register Sequences, chapter III.
 */
export function maximumLengthSequence(order: SequenceOrder): Float32Array {
  const tap = TAPS.get(order)!;
  const length = 2 ** order - 1;
  const bits = new Uint8Array(length).fill(1, 0, order);
  for (let n = order; n < length; n++) bits[n] = bits[n - order]! ^ bits[n - order + tap]!;
  return Float32Array.from(bits, (bit) => 1 - 2 * bit);
}
