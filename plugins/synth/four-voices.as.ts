import { exp2MinusFour } from '../../dsp/logarithm.as';
import { HIGHEST_STEP, Oscillator, OSCILLATOR_BYTES, Slide } from './oscillator.as';
import { VOICE_FILTER_BYTES, VoiceFilter } from './voice-filter.as';

/**
 * What all voices have in common, as the parameters say now.
 *
 *  0 tune1 f64 · 8 tune2 f64: of the oscillators, ratios · 16 cutoff f32, octaves below the sample rate at note 60
 * 20 keyShare f32: octaves of cutoff for an octave of keys · 24 amount f32: octaves of the filter's envelope
 * 28 k f32, 1 / Q · 32 lfoPitch f32 · 36 wheelPitch f32 · 40 lfoCutoff f32 · 44 bendPitch f32: octaves
 */
@final
@unmanaged
export class Patch {
  tune1: f64;
  tune2: f64;
  cutoff: f32;
  keyShare: f32;
  amount: f32;
  k: f32;
  lfoPitch: f32;
  wheelPitch: f32;
  lfoCutoff: f32;
  bendPitch: f32;
}

/** Bytes of one Patch. */
export const PATCH_BYTES: usize = 48;

/**
 * Four voices side by side, a lane each.
 *
 *   0 stepLow f64[2] · 16 stepHigh f64[2]: of their notes, 2^32 a cycle · 32 key f32[4], octaves above note 60
 *  48 bend f32[4], -1 to 1 · 64 wheel f32[4], 0 to 1 · 80 glideStep f32[4], octaves for a frame · 96 glideLeft f32[4], frames
 * 112 fresh i32[4], all bits: begins from silence · 128 panLeft f32[4] · 144 panRight f32[4] · 160 noise u32[4]
 * 176 Oscillator · 256 Oscillator · 336 VoiceFilter
 */
@final
@unmanaged
export class FourVoices {
  stepLow: v128;
  stepHigh: v128;
  key: v128;
  bend: v128;
  wheel: v128;
  glideStep: v128;
  glideLeft: v128;
  fresh: v128;
  panLeft: v128;
  panRight: v128;
  noise: v128;

  @inline get one(): Oscillator {
    return changetype<Oscillator>(changetype<usize>(this) + offsetof<FourVoices>());
  }

  @inline get two(): Oscillator {
    return changetype<Oscillator>(changetype<usize>(this) + offsetof<FourVoices>() + OSCILLATOR_BYTES);
  }

  @inline get filter(): VoiceFilter {
    return changetype<VoiceFilter>(changetype<usize>(this) + offsetof<FourVoices>() + 2 * OSCILLATOR_BYTES);
  }

  /** All lanes silent and fresh, at a pitch that nobody hears; noise and places stay. */
  reset(): void {
    this.stepLow = f64x2.splat(65536);
    this.stepHigh = f64x2.splat(65536);
    this.key = f32x4.splat(0);
    this.bend = f32x4.splat(0);
    this.wheel = f32x4.splat(0);
    this.glideStep = f32x4.splat(0);
    this.glideLeft = f32x4.splat(0);
    this.fresh = i32x4.splat(-1);
  }

  /** A lane gets a note: `step` of its frequency, `glide` octaves away from it, which it loses within `glideFrames`. [render] */
  tune(lane: u32, step: f64, octaves: f32, glide: f32, glideFrames: u32): void {
    const at = changetype<usize>(this) + (<usize>lane << 2);
    store<f64>(changetype<usize>(this) + (<usize>lane << 3), step);
    store<f32>(at, octaves, offsetof<FourVoices>("key"));
    store<f32>(at, glideFrames ? glide / <f32>glideFrames : 0, offsetof<FourVoices>("glideStep"));
    store<f32>(at, <f32>glideFrames, offsetof<FourVoices>("glideLeft"));
  }

  /** Begins from silence: its waves at their start. [render] */
  refresh(lane: u32): void {
    const at = changetype<usize>(this) + (<usize>lane << 2);
    store<i32>(at, -1, offsetof<FourVoices>("fresh"));
    store<i32>(changetype<usize>(this.one) + (<usize>lane << 2), 0);
    store<i32>(changetype<usize>(this.two) + (<usize>lane << 2), 0);
  }

  setBend(lane: u32, bend: f32): void {
    store<f32>(changetype<usize>(this) + (<usize>lane << 2), bend, offsetof<FourVoices>("bend"));
  }

  setPan(lane: u32, left: f32, right: f32): void {
    const at = changetype<usize>(this) + (<usize>lane << 2);
    store<f32>(at, left, offsetof<FourVoices>("panLeft"));
    store<f32>(at, right, offsetof<FourVoices>("panRight"));
  }

  setWheel(lane: u32, wheel: f32): void {
    store<f32>(changetype<usize>(this) + (<usize>lane << 2), wheel, offsetof<FourVoices>("wheel"));
  }

  /** Octaves that a lane is still away from its note. */
  glideOf(lane: u32): f32 {
    const at = changetype<usize>(this) + (<usize>lane << 2);
    return load<f32>(at, offsetof<FourVoices>("glideStep")) * load<f32>(at, offsetof<FourVoices>("glideLeft"));
  }

  /**
   * Heads for where pitch and cutoff will be in `stride` frames. [render]
   *
   * @param now, ahead levels of the filters' envelopes now and then
   * @param swingNow, swing of the slow sine now and then
   * @param rest frames that were missing in the stride before
   */
  aim(patch: Patch, now: v128, ahead: v128, swingNow: f32, swing: f32, rest: u32, stride: u32): void {
    const gliding = f32x4.pmax(f32x4.splat(0), f32x4.sub(this.glideLeft, f32x4.splat(<f32>stride)));
    const swung = f32x4.add(f32x4.splat(patch.lfoPitch), f32x4.mul(this.wheel, f32x4.splat(patch.wheelPitch)));
    const bent = f32x4.add(f32x4.mul(this.bend, f32x4.splat(patch.bendPitch)), f32x4.mul(swung, f32x4.splat(swing)));
    const ratio = exp2MinusFour(f32x4.neg(f32x4.add(bent, f32x4.mul(this.glideStep, gliding))));
    const low = f64x2.mul(this.stepLow, f64x2.promote_low_f32x4(ratio));
    const high = f64x2.mul(this.stepHigh, f64x2.promote_low_f32x4(v128.shuffle<i32>(ratio, ratio, 2, 3, 2, 3)));
    this.one.aim(stepsOf(low, high, patch.tune1), this.fresh, rest, stride);
    this.two.aim(stepsOf(low, high, patch.tune2), this.fresh, rest, stride);
    if (v128.any_true(this.fresh)) this.filter.start(this.cutoffs(patch, now, swingNow), patch.k, this.fresh);
    this.filter.aim(this.cutoffs(patch, ahead, swing), patch.k, stride);
    this.fresh = i32x4.splat(0);
  }

  /** `frames` frames on. [render] */
  @inline pass(frames: u32): void {
    this.glideLeft = f32x4.pmax(f32x4.splat(0), f32x4.sub(this.glideLeft, f32x4.splat(<f32>frames)));
  }

  /**
   * Adds white noise, uniform from -1 to 1 and another in every lane. [render]
   * Source: G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14), 2003: 13, 17, 5.
   */
  addNoise(rows: usize, frames: u32, left: u32, gain: Slide): void {
    const to = f32x4.splat(gain.to * <f32>(1.0 / 2147483648.0));
    const change = f32x4.splat(gain.change * <f32>(1.0 / 2147483648.0));
    let lefts = f32x4.splat(<f32>left);
    let x = this.noise;
    for (const end = rows + (<usize>frames << 4); rows < end; rows += 16) {
      x = v128.xor(x, i32x4.shl(x, 13));
      x = v128.xor(x, i32x4.shr_u(x, 17));
      x = v128.xor(x, i32x4.shl(x, 5));
      const level = f32x4.sub(to, f32x4.mul(change, lefts));
      v128.store(rows, f32x4.add(v128.load(rows), f32x4.mul(f32x4.convert_i32x4_s(x), level)));
      lefts = f32x4.sub(lefts, f32x4.splat(1));
    }
    this.noise = x;
  }

  /** Adds rows times levels to the sums of the left side, and of the right. [render] */
  @inline place(rows: usize, levels: usize, leftSums: usize, rightSums: usize, frames: u32): void {
    const panLeft = this.panLeft;
    const panRight = this.panRight;
    for (let at: usize = 0, end = <usize>frames << 4; at < end; at += 16) {
      const y = f32x4.mul(v128.load(rows + at), v128.load(levels + at));
      v128.store(leftSums + at, f32x4.add(v128.load(leftSums + at), f32x4.mul(y, panLeft)));
      v128.store(rightSums + at, f32x4.add(v128.load(rightSums + at), f32x4.mul(y, panRight)));
    }
  }

  /** Octaves below the sample rate. */
  @inline private cutoffs(patch: Patch, levels: v128, swing: f32): v128 {
    const still = f32x4.splat(patch.cutoff - swing * patch.lfoCutoff);
    const up = f32x4.add(f32x4.mul(this.key, f32x4.splat(patch.keyShare)), f32x4.mul(levels, f32x4.splat(patch.amount)));
    return f32x4.sub(still, up);
  }
}

/** Bytes of one FourVoices. */
export const FOUR_VOICES_BYTES: usize = 176 + 2 * OSCILLATOR_BYTES + VOICE_FILTER_BYTES;

/** Steps of phases of 2^32 a cycle. */
@inline function stepsOf(low: v128, high: v128, tune: f64): v128 {
  const most = f64x2.splat(HIGHEST_STEP);
  const tunes = f64x2.splat(tune);
  const a = i32x4.trunc_sat_f64x2_s_zero(f64x2.pmin(most, f64x2.mul(low, tunes)));
  const b = i32x4.trunc_sat_f64x2_s_zero(f64x2.pmin(most, f64x2.mul(high, tunes)));
  return v128.shuffle<i32>(a, b, 0, 1, 4, 5);
}
