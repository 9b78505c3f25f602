/**
 * Arithmetic that is written once for one channel (T = f64) and for two side by side (T = v128, a lane each). Both give
 * the same bits. [render]
 */
@inline export function add<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.add(a, b);
  return a + b;
}

@inline export function sub<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.sub(a, b);
  return a - b;
}

@inline export function mul<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.mul(a, b);
  return a * b;
}

/** The same number for every channel. */
@inline export function all<T>(value: f64): T {
  if (isVector<T>()) return f64x2.splat(value);
  return value;
}
