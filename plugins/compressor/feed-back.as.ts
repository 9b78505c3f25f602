import { log2Four, PER_EXPONENT, PER_S, PER_S3 } from '../../dsp/logarithm.as';

/** What stands for silence in a logarithm: 2^-100, -602 dB, far from denormal. */
const SILENCE: f32 = 7.888609052210118e-31;
/** As of the curve: a level at the threshold, whose logarithm is known to 7e-6, never asks for a reduction. */
const MARGIN: f64 = 1e-5;

/** Bytes of one FeedBack. */
export const FEED_BACK_BYTES: usize = 32;

/**
 * A compressor that listens to its own output: the level that decides is that of the frame before, less the reduction it got. For a
 * ratio R above the threshold it asks for R - 1 times what the output is above it, which leaves the input's excess over R.
 * Source: D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", 2012, section 2.1 and eq. 2; the
 * knee is that of eq. 4, of the output's level.
 *
 * The loop hastens its own smoothing: with a share a of the way a frame, what is left of a way falls by 1 - a R. So that it never
 * swings, a is at most 1 / R.
 *
 * f32: 0 perLevel, log2 of a level by that of what is given · 4 from, log2 · 8 knee · 12 bend = slope / (2 knee) · 16 slope = R - 1
 * 20 attack · 24 release
 */
@final
@unmanaged
export class FeedBack {
  perLevel: f32;
  from: f32;
  knee: f32;
  bend: f32;
  slope: f32;
  attack: f32;
  release: f32;

  /** @param threshold, knee log2 of a level · @param perLevel 1, or 1/2 for squares · @param attack, release shares of the way [render] */
  set(threshold: f64, knee: f64, ratio: f64, perLevel: f64, attack: f32, release: f32): void {
    const slope = ratio - 1.0;
    this.perLevel = <f32>perLevel;
    this.from = <f32>(threshold - knee * 0.5 + MARGIN);
    this.knee = <f32>knee;
    this.bend = knee > 0.0 ? <f32>(slope / (2.0 * knee)) : 0;
    this.slope = <f32>slope;
    this.attack = min(attack, <f32>(1.0 / ratio));
    this.release = min(release, <f32>(1.0 / ratio));
  }

  /**
   * Levels in `row`, padded to four frames, become smoothed reductions (log2). [render]
   *
   * @param state reduction f32, what its sum lost f32 · @param before f32, log2 of the level of the frame before
   */
  process(row: usize, frames: u32, state: usize, before: usize): void {
    const silence = f32x4.splat(SILENCE);
    const perExponent = f32x4.splat(<f32>(PER_EXPONENT * <f64>this.perLevel));
    const perS = f32x4.splat(<f32>(PER_S * <f64>this.perLevel));
    const perS3 = f32x4.splat(<f32>(PER_S3 * <f64>this.perLevel));
    const zero = f32x4.splat(0);
    for (let i: usize = 0; i < <usize>frames << 2; i += 16) {
      v128.store(row + i, log2Four(f32x4.pmax(silence, v128.load(row + i)), perExponent, perS, perS3, zero));
    }
    let level = load<f32>(before);
    let reduction = load<f32>(state);
    let lost = load<f32>(state, 4);
    for (const end = row + (<usize>frames << 2); row < end; row += 4) {
      const over = level - reduction - this.from;
      const inside = max<f32>(0, min<f32>(this.knee, over));
      const wanted = this.bend * (inside * inside) + this.slope * max<f32>(0, over - this.knee);
      const way = wanted - reduction;
      const step = lost + (way > 0 ? this.attack : this.release) * way;
      const next = reduction + step;
      lost = step - (next - reduction);
      reduction = next;
      level = load<f32>(row);
      store<f32>(row, reduction);
    }
    store<f32>(before, level);
    store<f32>(state, reduction);
    store<f32>(state, lost, 4);
  }
}
