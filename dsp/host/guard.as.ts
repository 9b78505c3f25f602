/** Largest finite magnitude of a channel; `UNCLEAN` when something in it is not finite. [render] */
export const UNCLEAN: f32 = Infinity;

const MAGNITUDE: i32 = 0x7fffffff;
const INFINITE: i32 = 0x7f800000; // as bits, magnitudes from here on are infinite or not a number

/** One pass finds both: magnitudes of floats have the order of their bits. */
export function peakOf(channel: usize, frames: u32): f32 {
  const magnitude = i32x4.splat(MAGNITUDE);
  let even = i32x4.splat(0);
  let odd = i32x4.splat(0);
  let at = channel;
  for (const end = channel + (<usize>(frames & ~15) << 2); at < end; at += 64) {
    even = i32x4.max_s(even, v128.and(v128.load(at), magnitude));
    odd = i32x4.max_s(odd, v128.and(v128.load(at, 16), magnitude));
    even = i32x4.max_s(even, v128.and(v128.load(at, 32), magnitude));
    odd = i32x4.max_s(odd, v128.and(v128.load(at, 48), magnitude));
  }
  for (const end = channel + (<usize>(frames & ~3) << 2); at < end; at += 16) {
    even = i32x4.max_s(even, v128.and(v128.load(at), magnitude));
  }
  const peaks = i32x4.max_s(even, odd);
  let peak = max(
    max(i32x4.extract_lane(peaks, 0), i32x4.extract_lane(peaks, 1)),
    max(i32x4.extract_lane(peaks, 2), i32x4.extract_lane(peaks, 3)),
  );
  for (const end = channel + (<usize>frames << 2); at < end; at += 4) peak = max(peak, load<i32>(at) & MAGNITUDE);
  return peak >= INFINITE ? UNCLEAN : reinterpret<f32>(peak);
}

/** Replaces by 0 what is not finite. @returns the largest magnitude left */
export function scrub(channel: usize, frames: u32): f32 {
  for (let i: u32 = 0; i < frames; i++) {
    const at = channel + (<usize>i << 2);
    if ((load<i32>(at) & MAGNITUDE) >= INFINITE) store<i32>(at, 0);
  }
  return peakOf(channel, frames);
}
