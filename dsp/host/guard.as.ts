/** Largest finite magnitude of a channel; `UNCLEAN` when something in it is not finite. [render] */
export const UNCLEAN: f32 = Infinity;

const INFINITE: u32 = 0xff000000; // as bits without the sign, one up: from here on it is infinite or not a number

/**
 * One pass finds both: magnitudes of floats have the order of their bits. The sign is shifted out, which needs no constant that
 * would be made anew for every vector.
 */
export function peakOf(channel: usize, frames: u32): f32 {
  let even = i32x4.splat(0);
  let odd = i32x4.splat(0);
  let at = channel;
  for (const end = channel + (<usize>(frames & ~31) << 2); at < end; at += 128) {
    even = i32x4.max_u(even, i32x4.shl(v128.load(at), 1));
    odd = i32x4.max_u(odd, i32x4.shl(v128.load(at, 16), 1));
    even = i32x4.max_u(even, i32x4.shl(v128.load(at, 32), 1));
    odd = i32x4.max_u(odd, i32x4.shl(v128.load(at, 48), 1));
    even = i32x4.max_u(even, i32x4.shl(v128.load(at, 64), 1));
    odd = i32x4.max_u(odd, i32x4.shl(v128.load(at, 80), 1));
    even = i32x4.max_u(even, i32x4.shl(v128.load(at, 96), 1));
    odd = i32x4.max_u(odd, i32x4.shl(v128.load(at, 112), 1));
  }
  for (const end = channel + (<usize>(frames & ~3) << 2); at < end; at += 16) {
    even = i32x4.max_u(even, i32x4.shl(v128.load(at), 1));
  }
  even = i32x4.max_u(even, odd);
  even = i32x4.max_u(even, v128.shuffle<i32>(even, even, 2, 3, 0, 1));
  even = i32x4.max_u(even, v128.shuffle<i32>(even, even, 1, 0, 3, 2));
  let peak = <u32>i32x4.extract_lane(even, 0);
  for (const end = channel + (<usize>frames << 2); at < end; at += 4) peak = max(peak, load<u32>(at) << 1);
  return peak >= INFINITE ? UNCLEAN : reinterpret<f32>(peak >> 1);
}

/** Replaces by 0 what is not finite. @returns the largest magnitude left */
export function scrub(channel: usize, frames: u32): f32 {
  for (let i: u32 = 0; i < frames; i++) {
    const at = channel + (<usize>i << 2);
    if (load<u32>(at) << 1 >= INFINITE) store<i32>(at, 0);
  }
  return peakOf(channel, frames);
}
