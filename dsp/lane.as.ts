/**
 * Arithmetic that is written once for one channel (T = f32) and for four side by side (T = v128, a lane each). Both give
 * the same bits. [render]
 */
@inline export function add<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.add(a, b);
  return a + b;
}

@inline export function sub<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.sub(a, b);
  return a - b;
}

@inline export function mul<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.mul(a, b);
  return a * b;
}

/** The same number for every lane. */
@inline export function all<T>(value: f32): T {
  if (isVector<T>()) return f32x4.splat(value);
  return value;
}

/** `yes` where a > b, else `no`: also where one of them is NaN. */
@inline export function whereGreater<T>(a: T, b: T, yes: T, no: T): T {
  if (isVector<T>()) return v128.bitselect(yes, no, f32x4.gt(a, b));
  return a > b ? yes : no;
}

@inline export function div<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.div(a, b);
  return a / b;
}

@inline export function absolute<T>(a: T): T {
  if (isVector<T>()) return f32x4.abs(a);
  return abs(a);
}

/** Where one of them is NaN: a. */
@inline export function smaller<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.pmin(a, b);
  return b < a ? b : a;
}

/** Where one of them is NaN: a. */
@inline export function larger<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.pmax(a, b);
  return a < b ? b : a;
}
