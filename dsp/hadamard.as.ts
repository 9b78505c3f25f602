/**
 * Sixteen numbers, mixed so that each goes into all, at the same power: the Hadamard matrix of order 16 times 1/4. [render]
 *
 * Source: J.-M. Jot and A. Chaigne, "Digital Delay Networks for Designing Artificial Reverberators", AES 90, 1991 (a matrix that
 * loses nothing); the fast Walsh-Hadamard transform. Cost: 16 vector additions, 8 shuffles, 4 multiplications.
 *
 * @param at v128[4], in place
 */
@inline export function hadamard16(at: usize): void {
  const a = inner(v128.load(at));
  const b = inner(v128.load(at, 16));
  const c = inner(v128.load(at, 32));
  const d = inner(v128.load(at, 48));
  const ab = f32x4.add(a, b);
  const cd = f32x4.add(c, d);
  const ba = f32x4.sub(a, b);
  const dc = f32x4.sub(c, d);
  const quarter = f32x4.splat(0.25);
  v128.store(at, f32x4.mul(f32x4.add(ab, cd), quarter));
  v128.store(at, f32x4.mul(f32x4.add(ba, dc), quarter), 16);
  v128.store(at, f32x4.mul(f32x4.sub(ab, cd), quarter), 32);
  v128.store(at, f32x4.mul(f32x4.sub(ba, dc), quarter), 48);
}

/** The same of order 4, without its 1/2, within a vector. */
@inline function inner(x: v128): v128 {
  // pairs (0, 1) and (2, 3): sum, difference
  const even = v128.shuffle<f32>(x, x, 0, 0, 2, 2);
  const odd = f32x4.mul(v128.shuffle<f32>(x, x, 1, 1, 3, 3), f32x4(1, -1, 1, -1));
  const y = f32x4.add(even, odd);
  const low = v128.shuffle<f32>(y, y, 0, 1, 0, 1);
  const high = f32x4.mul(v128.shuffle<f32>(y, y, 2, 3, 2, 3), f32x4(1, 1, -1, -1));
  return f32x4.add(low, high);
}
