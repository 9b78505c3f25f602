/** Largest finite magnitude of a channel; `UNCLEAN` when something in it is not finite. [render] */
export const UNCLEAN: f32 = Infinity;

const MAGNITUDE: i32 = 0x7fffffff;
const INFINITE: i32 = 0x7f800000; // as bits, magnitudes from here on are infinite or not a number

/** One pass finds both: magnitudes of floats have the order of their bits. */
export function peakOf(channel: usize, frames: u32): f32 {
  let peaks = i32x4.splat(0);
  let i: u32 = 0;
  for (; i + 4 <= frames; i += 4) {
    peaks = i32x4.max_s(peaks, v128.and(v128.load(channel + (<usize>i << 2)), i32x4.splat(MAGNITUDE)));
  }
  let peak = max(
    max(i32x4.extract_lane(peaks, 0), i32x4.extract_lane(peaks, 1)),
    max(i32x4.extract_lane(peaks, 2), i32x4.extract_lane(peaks, 3)),
  );
  for (; i < frames; i++) peak = max(peak, load<i32>(channel + (<usize>i << 2)) & MAGNITUDE);
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
