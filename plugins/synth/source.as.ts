import { addWave, Oscillator, Slide, SLIDE_BYTES } from './oscillator.as';

const FADE_STRIDES: u32 = 30; // between two waves: 10 ms at 48,000 Hz

/**
 * What the oscillators of all voices have in common: wave, gain and width. Another wave fades in.
 *
 * 0 wave u32 · 4 before u32 · 8 strides u32, of the fade, left · 12 width u32 (2^32 a cycle), where the stride ends
 * 16 widthChange i32 · 20 unused u32 · 24 Slide, gain of the wave · 32 Slide, of the wave before
 */
@final
@unmanaged
export class Source {
  wave: u32;
  before: u32;
  strides: u32;
  width: u32;
  widthChange: i32;
  unused20: u32;

  @inline private get gain(): Slide {
    return changetype<Slide>(changetype<usize>(this) + offsetof<Source>());
  }

  @inline private get gainBefore(): Slide {
    return changetype<Slide>(changetype<usize>(this) + offsetof<Source>() + SLIDE_BYTES);
  }

  /** Is there at once; `width` in percent. [render] */
  jump(wave: u32, level: f32, width: f64): void {
    this.wave = wave;
    this.before = wave;
    this.strides = 0;
    this.gain.jump(level);
    this.gainBefore.jump(0);
    this.width = widthOf(width);
    this.widthChange = 0;
  }

  /** Heads there within a stride, for another wave within 30. [render] */
  aim(wave: u32, level: f32, width: f64, rest: u32, stride: u32): void {
    if (this.strides == 0 && wave != this.wave) {
      this.before = this.wave;
      this.wave = wave;
      this.strides = FADE_STRIDES;
      this.gainBefore.to = this.gain.to;
      this.gainBefore.change = this.gain.change;
      this.gain.jump(0);
    }
    if (this.strides) this.strides -= 1;
    const share = <f32>this.strides / <f32>FADE_STRIDES;
    this.gain.aim(level * (1 - share), rest, stride);
    this.gainBefore.aim(level * share, rest, stride);
    const now = this.width - this.widthChange * rest;
    this.width = widthOf(width);
    this.widthChange = (<i32>(this.width - now)) / <i32>stride;
  }

  /** Adds rows of an oscillator, and takes it on. [render] */
  @inline add(oscillator: Oscillator, rows: usize, frames: u32, left: u32): void {
    if (!this.gain.isZero) addWave(this.wave, oscillator, rows, frames, left, this.gain, this.width, this.widthChange);
    if (!this.gainBefore.isZero) addWave(this.before, oscillator, rows, frames, left, this.gainBefore, this.width, this.widthChange);
    oscillator.pass(frames, left);
  }
}

/** Bytes of one Source. */
export const SOURCE_BYTES: usize = 24 + 2 * SLIDE_BYTES;

/** 1 to 99 percent of a cycle, of 2^32. */
@inline function widthOf(percent: f64): u32 {
  return <u32>(Math.min(99.0, Math.max(1.0, percent)) * 42949672.96);
}
