/**
 * Windows for spectra, as f32[size], periodic: frame n of `size`. [control]
 *
 * Source: F. Harris, "On the Use of Windows for Harmonic Analysis with the Discrete Fourier Transform", Proceedings of the IEEE
 * 66(1), 1978. Cost: 1 to 3 cosines a frame, once.
 */

/** 0.5 - 0.5 cos(2 pi n / size): its squares, a quarter of their size apart, add up to 1.5. */
export function hannWindow(window: usize, size: u32): void {
  for (let n: u32 = 0; n < size; n++) {
    store<f32>(window + (<usize>n << 2), <f32>(0.5 - 0.5 * Math.cos((2.0 * Math.PI * <f64>n) / <f64>size)));
  }
}

/** Blackman-Harris of four terms: side lobes 92 dB down; a sine between two bins reads 0.83 dB low. Its sum is 0.35875 size. */
export function blackmanHarrisWindow(window: usize, size: u32): void {
  for (let n: u32 = 0; n < size; n++) {
    const angle = (2.0 * Math.PI * <f64>n) / <f64>size;
    const odd = 0.48829 * Math.cos(angle) + 0.01168 * Math.cos(3.0 * angle);
    store<f32>(window + (<usize>n << 2), <f32>(0.35875 - odd + 0.14128 * Math.cos(2.0 * angle)));
  }
}
