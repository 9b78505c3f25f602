/**
 * Order and size, written once for one channel (T = f32) and for four side by side (T = v128), as in lane.as.ts. Both give the same
 * bits. [render]
 */

/** The larger of two; b where a is not a number. */
@inline export function larger<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.pmax(b, a);
  return b < a ? a : b;
}

/** The smaller of two; b where a is not a number. */
@inline export function smaller<T>(a: T, b: T): T {
  if (isVector<T>()) return f32x4.pmin(b, a);
  return a < b ? a : b;
}

/** One number, or four, as a vector: what is done four frames of a channel, or four channels of a frame, at a time. */
@inline export function four<T>(value: T): v128 {
  if (isVector<T>()) return value;
  return f32x4.splat(value);
}

/** Bytes of `frames` values of T, rounded up to whole vectors. */
@inline export function rowBytes<T>(frames: u32): usize {
  if (isVector<T>()) return <usize>frames << 4;
  return <usize>((frames + 3) & ~3) << 2;
}
