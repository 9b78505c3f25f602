/**
 * Fourier transform in place, of a length that is a power of 2; not scaled.
 *
 * Source: J. W. Cooley and J. W. Tukey, An Algorithm for the Machine Calculation of Complex Fourier Series, radix 2.
 */
export function transform(re: Float64Array, im: Float64Array, isInverse = false): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j]!, re[i]!];
    [im[i], im[j]] = [im[j]!, im[i]!];
  }
  for (let span = 1; span < size; span <<= 1) {
    const step = ((isInverse ? 1 : -1) * Math.PI) / span;
    for (let k = 0; k < span; k++) {
      const c = Math.cos(step * k);
      const s = Math.sin(step * k);
      for (let a = k; a < size; a += 2 * span) {
        const b = a + span;
        const r = re[b]! * c - im[b]! * s;
        const i = re[b]! * s + im[b]! * c;
        re[b] = re[a]! - r;
        im[b] = im[a]! - i;
        re[a] = re[a]! + r;
        im[a] = im[a]! + i;
      }
    }
  }
}

/** What `signal`, played round and round, has in common with `pattern` at each lag: sum over n of signal[n + lag] pattern[n]. */
export function circularCorrelation(signal: ArrayLike<number>, pattern: ArrayLike<number>): Float64Array {
  const { length } = pattern;
  const size = 2 ** Math.ceil(Math.log2(3 * length));
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  // both at once: the signal, twice, as the real part, the pattern as the imaginary one
  for (let n = 0; n < 2 * length; n++) re[n] = signal[n % length]!;
  for (let n = 0; n < length; n++) im[n] = pattern[n]!;
  transform(re, im);
  const product = new Float64Array(size);
  const productIm = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const other = (size - k) & (size - 1);
    const a = (re[k]! + re[other]!) / 2;
    const aIm = (im[k]! - im[other]!) / 2;
    const b = (im[k]! + im[other]!) / 2;
    const bIm = (re[other]! - re[k]!) / 2;
    product[k] = a * b + aIm * bIm; // the signal times the conjugate of the pattern
    productIm[k] = aIm * b - a * bIm;
  }
  transform(product, productIm, true);
  return product.subarray(0, length).map((x) => x / size);
}
