import { gainOfDb } from './decibels.as';

/** A level range that goes down to here ends in silence. */
const SILENCE_DB: f64 = -120.0;

/**
 * One value of a parameter and its way to the next: a straight line in the parameter's domain.
 *
 * Linear     the plain value
 * Amplitude  decibels, moving as a linear gain: an even fade; a minimum of -120 dB or less is exactly 0
 * Octave     a frequency in Hz, moving by equal ratios
 * Jump       never moves: lists, toggles, stepped values
 */
export const Linear: u32 = 0;
export const Amplitude: u32 = 1;
export const Octave: u32 = 2;
export const Jump: u32 = 3;

/** Frames between two updates of what depends on moving parameters; a power of two. */
export const STRIDE: u32 = 16;

/**
 *  0 plain f64    the value last set, in the model's unit, within minimum and maximum
 *  8 to f64       the same in the domain
 * 16 step f64     change of the domain's value for a frame
 * 24 minimum f64 · 32 maximum f64
 * 40 remaining u32   frames until `to` is reached
 * 44 domain u32 · 48 glideSeconds f32 · 52 glide u32 (frames, a multiple of STRIDE)
 *
 * The value at a frame is `to - step * remaining`, never a running sum: it is the same however blocks are cut.
 */
@final
@unmanaged
export class Parameter {
  plain: f64;
  to: f64;
  step: f64;
  minimum: f64;
  maximum: f64;
  remaining: u32;
  domain: u32;
  glideSeconds: f32;
  glide: u32;

  /** The value now, in the domain: Amplitude gives a linear gain, Octave log2 of Hz. [render] */
  @inline get now(): f64 {
    return this.to - this.step * <f64>this.remaining;
  }

  /** The value now in Hz, for domain Octave. [render] */
  @inline get hertz(): f64 {
    return this.remaining ? Math.pow(2.0, this.now) : this.plain;
  }

  /** The value now as a whole number, for lists, toggles and stepped values. [render] */
  @inline get choice(): u32 {
    return <u32>this.plain;
  }

  /** Takes `value` at once. NaN is ignored. [any] */
  set(value: f64): void {
    if (value != value) return;
    value = Math.min(Math.max(value, this.minimum), this.maximum);
    if (this.domain == Jump) value = Math.floor(value + 0.5);
    this.plain = value;
    this.to = toDomain(value, this.domain, this.minimum);
    this.remaining = 0;
    this.step = 0;
  }

  /** Moves from the value now to `value` within `frames`, rounded up to the stride. [render] */
  glideTo(value: f64, frames: u32): void {
    const from = this.now;
    this.set(value);
    if (this.domain == Jump || frames == 0 || from == this.to) return;
    this.remaining = (frames + STRIDE - 1) & ~(STRIDE - 1);
    this.step = (this.to - from) / <f64>this.remaining;
  }

  /** Goes on by one stride. [render] @returns frames that remain */
  @inline advance(): u32 {
    const remaining = this.remaining;
    this.remaining = remaining > STRIDE ? remaining - STRIDE : 0;
    return this.remaining;
  }

  /** Is at its goal from now on. [render] */
  @inline settle(): void {
    this.remaining = 0;
  }
}

function toDomain(value: f64, domain: u32, floor: f64): f64 {
  if (domain == Amplitude) return value <= floor && floor <= SILENCE_DB ? 0.0 : gainOfDb(value);
  if (domain == Octave) return Math.log2(value);
  return value;
}
