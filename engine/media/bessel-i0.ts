/** Modified Bessel function of order 0 by its series; 60 terms are exact in f64 up to 20. Windows of Kaiser are made of it. [any] */
export function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 60 && term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
