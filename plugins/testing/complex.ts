/** A complex number. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

export const complex = (re: number, im = 0): Complex => ({ re, im });
export const plus = (a: Complex, b: Complex): Complex => ({ re: a.re + b.re, im: a.im + b.im });
export const minus = (a: Complex, b: Complex): Complex => ({ re: a.re - b.re, im: a.im - b.im });
export const times = (a: Complex, b: Complex): Complex => ({
  re: a.re * b.re - a.im * b.im,
  im: a.re * b.im + a.im * b.re,
});
export const over = (a: Complex, b: Complex): Complex => {
  const d = b.re * b.re + b.im * b.im;
  return { re: (a.re * b.re + a.im * b.im) / d, im: (a.im * b.re - a.re * b.im) / d };
};
export const magnitude = ({ re, im }: Complex): number => Math.hypot(re, im);
export const degrees = ({ re, im }: Complex): number => (Math.atan2(im, re) * 180) / Math.PI;

/** c[0] + c[1] s + c[2] s^2 + ... */
export const polynomial = (s: Complex, ...c: number[]): Complex =>
  c.reduceRight<Complex>((sum, value) => plus(times(sum, s), complex(value)), complex(0));
