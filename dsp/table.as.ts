/**
 * Functions by a table of f32, one value at each whole number from -1 to size + 1: the outer ones are for the cubic. [render]
 *
 * Error: of the straight line at most max|f''| / 8, of the cubic (Lagrange) at most 3 max|f''''| / 128, by one step of the
 * table. Cost: linear 2 loads, 1 multiplication; cubic 4 loads, 12.
 * Source: M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions", 25.2.
 *
 * @param table address of the value at 0
 * @param x 0 to size
 */
@inline export function tableLinear(table: usize, x: f32): f32 {
  const n = <u32>x;
  const at = table + (<usize>n << 2);
  const a = load<f32>(at);
  return a + (x - <f32>n) * (load<f32>(at, 4) - a);
}

@inline export function tableCubic(table: usize, x: f32): f32 {
  const n = <u32>x;
  const d = x - <f32>n;
  const at = table + (<usize>n << 2);
  const m1 = d - <f32>1;
  const m2 = d - <f32>2;
  const p1 = d + <f32>1;
  const a = load<f32>(at - 4) * (-d * m1 * m2 * <f32>(1.0 / 6.0)) + load<f32>(at) * (p1 * m1 * m2 * <f32>0.5);
  return a + load<f32>(at, 4) * (-p1 * d * m2 * <f32>0.5) + load<f32>(at, 8) * (p1 * d * m1 * <f32>(1.0 / 6.0));
}

/** Bytes of a table; its value at 0 stands 16 bytes behind its start. [any] */
export function tableBytes(size: u32): usize {
  return 16 + (<usize>(size + 3) << 2);
}
