/** I0, the modified Bessel function of order 0, by its power series: all terms that matter to an f64 for x up to 20. [any] */
export function bessel(x: f64): f64 {
  let sum: f64 = 1;
  let term: f64 = 1;
  for (let k = 1; k < 60; k++) {
    const half = x / <f64>(2 * k);
    term *= half * half;
    sum += term;
  }
  return sum;
}
