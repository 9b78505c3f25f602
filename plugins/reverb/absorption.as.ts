/**
 * What each of 16 delay lines takes off at a pass, so that every frequency falls by 60 dB in its own time: a gain, a low shelf and
 * a high shelf of the first order, four lines to a vector.
 *
 * A line of m frames has |H(f)| = 10^(-3 m / (rate T(f))). Shelves are (s + w sqrt(k)) / (s + w / sqrt(k)) below w and
 * (k s + w sqrt(k)) / (s + w sqrt(k)) above, under the bilinear transform: half of their dB at their corner, so that all lines,
 * whose dB are in proportion to m, agree on T(f) also between.
 * Source: J.-M. Jot and A. Chaigne, "Digital Delay Networks for Designing Artificial Reverberators", AES 90, 1991.
 *
 * Coefficients of a group of four: v128 b0 · b1 · a1 of the low shelf with the gain · b0 · b1 · a1 of the high shelf · two states
 */
const GROUP_BYTES: usize = 128;

/** Bytes of one Absorption. */
export const ABSORPTION_BYTES: usize = 4 * GROUP_BYTES;

@final
@unmanaged
export class Absorption {
  reset(): void {
    for (let g: usize = 0; g < 4; g++) memory.fill(changetype<usize>(this) + g * GROUP_BYTES + 96, 0, 32);
  }

  /**
   * Sets line i, of `frames` frames. Decays are the frames in which 60 dB are lost; corners in cycles per frame. Stable while
   * `high` is at most `middle`: then no frequency has a gain of 1.
   */
  aim(i: u32, frames: f64, middle: f64, low: f64, high: f64, lowCorner: f64, highCorner: f64): void {
    const at = changetype<usize>(this) + <usize>(i >> 2) * GROUP_BYTES + (<usize>(i & 3) << 2);
    const gain = lossOf(frames, middle);
    const l = Math.sqrt(lossOf(frames, low) / gain);
    const wl = Math.tan(Math.PI * lowCorner);
    const lowScale = 1.0 / (1.0 + wl / l);
    store<f32>(at, <f32>(gain * (1.0 + wl * l) * lowScale));
    store<f32>(at, <f32>(gain * (wl * l - 1.0) * lowScale), 16);
    store<f32>(at, <f32>((wl / l - 1.0) * lowScale), 32);
    const h = Math.sqrt(lossOf(frames, high) / gain);
    const wh = Math.tan(Math.PI * highCorner);
    const highScale = 1.0 / (1.0 + wh * h);
    store<f32>(at, <f32>((h * h + wh * h) * highScale), 48);
    store<f32>(at, <f32>((wh * h - h * h) * highScale), 64);
    store<f32>(at, <f32>((wh * h - 1.0) * highScale), 80);
  }

  /** Four lines of group g. [render] */
  @inline pass(g: usize, x: v128): v128 {
    const at = changetype<usize>(this) + g * GROUP_BYTES;
    const y = f32x4.add(f32x4.mul(v128.load(at), x), v128.load(at, 96));
    v128.store(at, f32x4.sub(f32x4.mul(v128.load(at, 16), x), f32x4.mul(v128.load(at, 32), y)), 96);
    const z = f32x4.add(f32x4.mul(v128.load(at, 48), y), v128.load(at, 112));
    v128.store(at, f32x4.sub(f32x4.mul(v128.load(at, 64), y), f32x4.mul(v128.load(at, 80), z)), 112);
    return z;
  }

  /** States of group g, f32[8]. */
  @inline states(g: usize): usize {
    return changetype<usize>(this) + g * GROUP_BYTES + 96;
  }
}

/** The gain of `frames` frames when 60 dB are lost in `decay` frames. */
@inline export function lossOf(frames: f64, decay: f64): f64 {
  return Math.pow(10.0, (-3.0 * frames) / decay);
}
