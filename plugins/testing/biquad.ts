/**
 * Filters of the second order frame by frame, in double precision: the digital coefficients of R. Bristow-Johnson's "Audio EQ Cookbook"
 * in its first direct form. Another way to the same filters than that of the plugins.
 */
export class Biquad {
  readonly #b: number[];
  readonly #a: number[];
  #x = [0, 0];
  #y = [0, 0];

  /** @param kind low-pass, high-pass, band-pass of 0 dB, or all-pass */
  constructor(kind: 'low' | 'high' | 'band' | 'all', hertz: number, q: number, sampleRate: number) {
    const w = (2 * Math.PI * hertz) / sampleRate;
    const alpha = Math.sin(w) / (2 * q);
    const c = Math.cos(w);
    const top = {
      low: [(1 - c) / 2, 1 - c, (1 - c) / 2],
      high: [(1 + c) / 2, -(1 + c), (1 + c) / 2],
      band: [alpha, 0, -alpha],
      all: [1 - alpha, -2 * c, 1 + alpha],
    }[kind];
    this.#b = top.map((x) => x / (1 + alpha));
    this.#a = [(-2 * c) / (1 + alpha), (1 - alpha) / (1 + alpha)];
  }

  next(x: number): number {
    const [b0, b1, b2] = this.#b as [number, number, number];
    const y = b0 * x + b1 * this.#x[0]! + b2 * this.#x[1]! - this.#a[0]! * this.#y[0]! - this.#a[1]! * this.#y[1]!;
    this.#x = [x, this.#x[0]!];
    this.#y = [y, this.#y[0]!];
    return y;
  }
}
