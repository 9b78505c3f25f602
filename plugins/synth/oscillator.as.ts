import { pulseWaveOf, sawWave, sineWave, triangleWave } from '../../dsp/wave.as';

export const SINE: u32 = 0;
export const TRIANGLE: u32 = 1;
export const SAW: u32 = 2;
// 3 is the pulse

/** Longest wave: at 49.7 % of the sample rate. */
export const HIGHEST_STEP: f64 = 0.497 * 4294967296.0;

/**
 * One oscillator of four voices side by side. Numbers move straight through a stride: at a frame a step is `to - change left`,
 * left = frames until the stride ends, so that they are the same however blocks are cut.
 *
 *  0 phase i32[4], 2^32 a cycle · 16 to i32[4], its step for a frame where the stride ends · 32 change i32[4]
 * 48 perStep f32[4]: 1 / step where the stride ends · 64 perStepChange f32[4]
 */
@final
@unmanaged
export class Oscillator {
  phase: v128;
  to: v128;
  change: v128;
  perStep: v128;
  perStepChange: v128;

  /** Heads for `steps` from where it is, `elapsed` frames into a stride of `stride`; lanes of `fresh` are there at once. [render] */
  @inline aim(steps: v128, fresh: v128, left: u32, stride: u32): void {
    const lefts = f32x4.splat(<f32>left);
    const now = i32x4.sub(this.to, i32x4.mul(this.change, i32x4.splat(left)));
    const perStepNow = f32x4.sub(this.perStep, f32x4.mul(this.perStepChange, lefts));
    const perStep = f32x4.div(f32x4.splat(1), f32x4.convert_i32x4_s(steps));
    const from = v128.bitselect(steps, now, fresh);
    const perStepFrom = v128.bitselect(perStep, perStepNow, fresh);
    // whole numbers: what the division by a power of two leaves is made up by the start of the next stride
    this.change = i32x4.shr_s(i32x4.sub(steps, from), ctz<i32>(stride));
    this.perStepChange = f32x4.mul(f32x4.sub(perStep, perStepFrom), f32x4.splat(<f32>1 / <f32>stride));
    this.to = steps;
    this.perStep = perStep;
  }

  /** `frames` frames on, from `left` frames before the stride ends. [render] */
  @inline pass(frames: u32, left: u32): void {
    const first = i32x4.sub(this.to, i32x4.mul(this.change, i32x4.splat(left)));
    const rises = i32x4.mul(this.change, i32x4.splat((frames * (frames - 1)) >> 1));
    this.phase = i32x4.add(this.phase, i32x4.add(i32x4.mul(first, i32x4.splat(frames)), rises));
  }
}

/** Bytes of one Oscillator. */
export const OSCILLATOR_BYTES: usize = 80;

/**
 * A number that all voices share and that moves straight through a stride.
 *
 * 0 to f32 · 4 change f32, for a frame
 */
@final
@unmanaged
export class Slide {
  to: f32;
  change: f32;

  /** Heads for `value` from where it is, `left` frames before the stride ended. [render] */
  @inline aim(value: f32, left: u32, stride: u32): void {
    this.change = (value - (this.to - this.change * <f32>left)) / <f32>stride;
    this.to = value;
  }

  /** Is there at once. [render] */
  @inline jump(value: f32): void {
    this.to = value;
    this.change = 0;
  }

  @inline get isZero(): bool {
    return this.to == 0 && this.change == 0;
  }
}

/** Bytes of one Slide. */
export const SLIDE_BYTES: usize = 8;

/**
 * Adds `frames` rows of a wave, each times `gain`, to what is at `rows`. The phase stays: see `pass`. [render]
 *
 * @param width 2^32 a cycle, where the stride ends · `widthChange` of it for a frame
 */
export function addWave(wave: u32, oscillator: Oscillator, rows: usize, frames: u32, left: u32, gain: Slide, width: u32, widthChange: i32): void {
  if (wave == SINE) addRows<Sine>(oscillator, rows, frames, left, gain, width, widthChange);
  else if (wave == TRIANGLE) addRows<Triangle>(oscillator, rows, frames, left, gain, width, widthChange);
  else if (wave == SAW) addRows<Saw>(oscillator, rows, frames, left, gain, width, widthChange);
  else addRows<Pulse>(oscillator, rows, frames, left, gain, width, widthChange);
}

function addRows<W>(oscillator: Oscillator, rows: usize, frames: u32, left: u32, gain: Slide, width: u32, widthChange: i32): void {
  const change = oscillator.change;
  const perStepTo = oscillator.perStep;
  const perStepChange = oscillator.perStepChange;
  const gainTo = f32x4.splat(gain.to);
  const gainChange = f32x4.splat(gain.change);
  const widthStep = i32x4.splat(widthChange);
  const one = f32x4.splat(1);
  let phase = oscillator.phase;
  let step = i32x4.sub(oscillator.to, i32x4.mul(change, i32x4.splat(left)));
  let widths = i32x4.splat(width - widthChange * left);
  let lefts = f32x4.splat(<f32>left);
  for (const end = rows + (<usize>frames << 4); rows < end; rows += 16) {
    const perStep = f32x4.sub(perStepTo, f32x4.mul(perStepChange, lefts));
    const level = f32x4.sub(gainTo, f32x4.mul(gainChange, lefts));
    v128.store(rows, f32x4.add(v128.load(rows), f32x4.mul(changetype<W>(0).wave(phase, perStep, widths), level)));
    phase = i32x4.add(phase, step);
    step = i32x4.add(step, change);
    widths = i32x4.add(widths, widthStep);
    lefts = f32x4.sub(lefts, one);
  }
}

// Waveforms as types: `addRows` is compiled once for each.
@unmanaged
class Sine {
  @inline wave(phases: v128, perStep: v128, widths: v128): v128 {
    return sineWave(phases);
  }
}

@unmanaged
class Triangle {
  @inline wave(phases: v128, perStep: v128, widths: v128): v128 {
    return triangleWave(phases, perStep);
  }
}

@unmanaged
class Saw {
  @inline wave(phases: v128, perStep: v128, widths: v128): v128 {
    return sawWave(phases, perStep);
  }
}

@unmanaged
class Pulse {
  @inline wave(phases: v128, perStep: v128, widths: v128): v128 {
    const share = f32x4.mul(f32x4.convert_i32x4_u(widths), f32x4.splat(<f32>(2.0 / 4294967296.0)));
    return pulseWaveOf(phases, perStep, widths, f32x4.sub(share, f32x4.splat(1)));
  }
}
