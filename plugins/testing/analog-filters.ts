import { type Complex, complex, minus, over, polynomial, times } from './complex.ts';

/** A filter as published: its transfer function over s, for a corner at |s| = 1. */
export type Analog = (s: Complex) => Complex;

const amplitude = (gainDb: number) => 10 ** (gainDb / 40);

/** R. Bristow-Johnson, Audio EQ Cookbook, H(s) of peakingEQ. */
export const bell =
  (gainDb: number, q: number): Analog =>
  (s) => {
    const a = amplitude(gainDb);
    return over(polynomial(s, 1, a / q, 1), polynomial(s, 1, 1 / (a * q), 1));
  };

/** Audio EQ Cookbook, lowShelf. */
export const lowShelf =
  (gainDb: number, q: number): Analog =>
  (s) => {
    const a = amplitude(gainDb);
    const slope = Math.sqrt(a) / q;
    return times(complex(a), over(polynomial(s, a, slope, 1), polynomial(s, 1, slope, a)));
  };

/** Audio EQ Cookbook, highShelf. */
export const highShelf =
  (gainDb: number, q: number): Analog =>
  (s) => {
    const a = amplitude(gainDb);
    const slope = Math.sqrt(a) / q;
    return times(complex(a), over(polynomial(s, 1, slope, a), polynomial(s, a, slope, 1)));
  };

/** Audio EQ Cookbook, notch. */
export const notch =
  (q: number): Analog =>
  (s) =>
    over(polynomial(s, 1, 0, 1), polynomial(s, 1, 1 / q, 1));

/** Butterworth low-pass: poles exp(i pi (2 n + order - 1) / (2 order)), n = 1 to order, on the unit circle. */
export const highCut =
  (order: number): Analog =>
  (s) => {
    let h = complex(1);
    for (let n = 1; n <= order; n++) {
      const angle = (Math.PI * (2 * n + order - 1)) / (2 * order);
      h = over(h, minus(s, complex(Math.cos(angle), Math.sin(angle))));
    }
    return h;
  };

/** Butterworth high-pass: the low-pass at 1 / s. */
export const lowCut =
  (order: number): Analog =>
  (s) =>
    highCut(order)(over(complex(1), s));

/** The response at `hertz` of a published filter with its corner at `cornerHertz` under the bilinear transform. */
export function digitalResponse(analog: Analog, hertz: number, cornerHertz: number, sampleRate: number): Complex {
  const warp = (f: number) => Math.tan((Math.PI * f) / sampleRate);
  return analog(complex(0, warp(hertz) / warp(cornerHertz)));
}
