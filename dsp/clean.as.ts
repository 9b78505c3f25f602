/** Below it (-360 dB) a sample is taken for zero: long before numbers become denormal and slow. */
const TINY: f32 = 1e-18;
/** From here on (+120 dBFS) a sample is no sound: a sum of many stays far from infinity. */
const HUGE: f32 = 1e6;

/**
 * x where 1e-18 <= |x| < 1e6, else 0: also for NaN. What goes into a memory that feeds back passes through this, so that one bad
 * input does no lasting harm and nothing decays into denormal numbers. [render]
 *
 * Cost: 2 comparisons and 2 bit operations.
 */
@inline export function clean<T>(x: T): T {
  if (isVector<T>()) {
    const size = f32x4.abs(x);
    return v128.and(x, v128.and(f32x4.ge(size, f32x4.splat(TINY)), f32x4.lt(size, f32x4.splat(HUGE))));
  }
  const size = abs<f32>(<f32>x);
  return size >= TINY && size < HUGE ? x : 0;
}

/** Cleans `count` f32 of a state in place. [render] */
export function cleanAll(states: usize, count: u32): void {
  for (const end = states + (<usize>count << 2); states < end; states += 4) store<f32>(states, clean<f32>(load<f32>(states)));
}
