import { add, all, div, larger, mul, smaller } from './lane.as';

/**
 * tanh(x), within 1e-4 everywhere and 2e-6 up to |x| = 3, of one or four. [render]
 *
 * J. Lambert's continued fraction cut after the seventh term, held within 1, which it reaches at 4.97.
 * Cost: 9 multiplications, 1 division.
 */
@inline export function tanhOf<T>(value: T): T {
  const x = larger<T>(smaller<T>(value, all<T>(4.97)), all<T>(-4.97));
  const y = mul<T>(x, x);
  const over = add<T>(all<T>(135135), mul<T>(y, add<T>(all<T>(17325), mul<T>(y, add<T>(all<T>(378), y)))));
  const under = add<T>(all<T>(62370), mul<T>(y, add<T>(all<T>(3150), mul<T>(y, all<T>(28)))));
  const ratio = div<T>(mul<T>(x, over), add<T>(all<T>(135135), mul<T>(y, under)));
  return larger<T>(smaller<T>(ratio, all<T>(1)), all<T>(-1));
}
