/**
 * The one-pole smoothing of wanted reductions, in place, a step of the way at each frame: the part of a compressor that must
 * wait for the frame before. [render]
 *
 * With an attack that is at least as fast as the release the larger of both steps is right: where the way goes up the
 * attack's, where it goes down the release's, which is nearer to zero. With a slower attack it is the smaller.
 *
 * A long release takes steps far below the last bit of a reduction: what a sum lost is kept, and added to the next step.
 * Source: W. Kahan, "Further remarks on reducing truncation errors", Communications of the ACM 8(1), 1965.
 *
 * State of a channel: 0 reduction f32 · 4 lost f32, what is to be added to it
 */
export const STATE_BYTES: usize = 8;

// Which of two steps is taken, as types: what uses them is compiled once for each.
@unmanaged
export class Larger {
  @inline of(a: v128, b: v128): v128 {
    return f32x4.pmax(a, b);
  }
  @inline one(a: f32, b: f32): f32 {
    return a < b ? b : a;
  }
}

@unmanaged
export class Smaller {
  @inline of(a: v128, b: v128): v128 {
    return f32x4.pmin(a, b);
  }
  @inline one(a: f32, b: f32): f32 {
    return b < a ? b : a;
  }
}

/** One channel. */
export function smoothOne<S>(state: usize, attack: f32, release: f32, row: usize, frames: u32): void {
  let reduction = load<f32>(state);
  let lost = load<f32>(state, 4);
  for (const end = row + (<usize>frames << 2); row < end; row += 4) {
    const way = load<f32>(row) - reduction;
    const step = lost + changetype<S>(0).one(attack * way, release * way);
    const next = reduction + step;
    lost = step - (next - reduction);
    reduction = next;
    store<f32>(row, reduction);
  }
  store<f32>(state, reduction);
  store<f32>(state, lost, 4);
}

/**
 * Four frames of four channels, whose rows are at the addresses given.
 *
 * @param at 0 attack f32[4] · 16 release f32[4] · 32 reduction f32[4] · 48 lost f32[4]
 */
@inline export function smoothFour<S>(at: usize, rowA: usize, rowB: usize, rowC: usize, rowD: usize): void {
  const attack = v128.load(at);
  const release = v128.load(at, 16);
  const a = v128.load(rowA);
  const b = v128.load(rowB);
  const c = v128.load(rowC);
  const d = v128.load(rowD);
  const abLow = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cdLow = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  const before = v128.load(at, 32);
  let way = f32x4.sub(v128.shuffle<f64>(abLow, cdLow, 0, 2), before);
  let step = f32x4.add(v128.load(at, 48), changetype<S>(0).of(f32x4.mul(attack, way), f32x4.mul(release, way)));
  const first = f32x4.add(before, step);
  let lost = f32x4.sub(step, f32x4.sub(first, before));
  way = f32x4.sub(v128.shuffle<f64>(abLow, cdLow, 1, 3), first);
  step = f32x4.add(lost, changetype<S>(0).of(f32x4.mul(attack, way), f32x4.mul(release, way)));
  const second = f32x4.add(first, step);
  lost = f32x4.sub(step, f32x4.sub(second, first));
  way = f32x4.sub(v128.shuffle<f64>(abHigh, cdHigh, 0, 2), second);
  step = f32x4.add(lost, changetype<S>(0).of(f32x4.mul(attack, way), f32x4.mul(release, way)));
  const third = f32x4.add(second, step);
  lost = f32x4.sub(step, f32x4.sub(third, second));
  way = f32x4.sub(v128.shuffle<f64>(abHigh, cdHigh, 1, 3), third);
  step = f32x4.add(lost, changetype<S>(0).of(f32x4.mul(attack, way), f32x4.mul(release, way)));
  const fourth = f32x4.add(third, step);
  lost = f32x4.sub(step, f32x4.sub(fourth, third));
  v128.store(at, fourth, 32);
  v128.store(at, lost, 48);
  const low01 = v128.shuffle<f32>(first, second, 0, 4, 1, 5);
  const high01 = v128.shuffle<f32>(first, second, 2, 6, 3, 7);
  const low23 = v128.shuffle<f32>(third, fourth, 0, 4, 1, 5);
  const high23 = v128.shuffle<f32>(third, fourth, 2, 6, 3, 7);
  v128.store(rowA, v128.shuffle<f64>(low01, low23, 0, 2));
  v128.store(rowB, v128.shuffle<f64>(low01, low23, 1, 3));
  v128.store(rowC, v128.shuffle<f64>(high01, high23, 0, 2));
  v128.store(rowD, v128.shuffle<f64>(high01, high23, 1, 3));
}
