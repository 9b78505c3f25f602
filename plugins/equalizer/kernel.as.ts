import { butterworthK } from '../../dsp/butterworth.as';
import { gainOfDb } from '../../dsp/decibels.as';
import { Instance } from '../../dsp/instance.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { cleanStates, Svf, svf, SVF_BYTES, SVF_STATE_BYTES } from '../../dsp/svf.as';

const BANDS: u32 = 8;
const SECTIONS: u32 = 4; // of one band: 48 dB/oct
const ALL_SECTIONS: u32 = BANDS * SECTIONS;

const TYPE: u32 = 0;
const FREQUENCY: u32 = 1;
const GAIN: u32 = 2;
const Q: u32 = 3;
const SLOPE: u32 = 4;
const OUTPUT: u32 = 5;

const OFF: u32 = 0;
const BELL: u32 = 1;
const LOW_SHELF: u32 = 2;
const HIGH_SHELF: u32 = 3;
const LOW_CUT: u32 = 4;
const HIGH_CUT: u32 = 5;
const NOTCH: u32 = 6;

const GLIDE_SECONDS: f32 = 0.02;
const FADE_STRIDES: u32 = 60; // to another type or slope: 20 ms at 48,000 Hz
const HIGHEST: f64 = 0.497; // of the sample rate: keeps tan below about 106
const QUIET: f64 = 1e-9; // -180 dB

/** What the sections of a band were last made for, 40 bytes: a band that stands still costs no new coefficients. */
@final
@unmanaged
class Band {
  frequencyHz: f64;
  gainDb: f64;
  q: f64;
  type: u32;
  slope: u32;
  fadeStrides: u32;
}

/**
 * Eight bands of a parametric equalizer, then a gain. Bells, shelves and notch have the magnitude of the analog filters in R.
 * Bristow-Johnson's "Audio EQ Cookbook" under the bilinear transform; cuts are Butterworth of order 2, 4, 6 and 8.
 * Computed in double precision: the states of a 20 Hz filter would lose 20 bits of single ones.
 */
@final
@unmanaged
export class Equalizer extends Instance {
  bands: usize; // Band[BANDS]
  filters: usize; // Svf[ALL_SECTIONS]
  states: usize; // for each pair of channels ALL_SECTIONS states of two lanes
  active: usize; // u8[activeCount]: the sections that do something
  activeCount: u32;
  pairs: u32;
  scratch: usize; // frames of two channels side by side, f64
  gain: usize; // Ramp

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, 6, 0, Jump, 0, BANDS);
    this.parameter(10, 40000, 1000, Octave, GLIDE_SECONDS, BANDS);
    const frequencies = memory.data<f64>([32, 80, 200, 500, 1250, 3150, 8000, 16000]);
    for (let b: u32 = 0; b < BANDS; b++) this.of(FREQUENCY, b).set(load<f64>(frequencies + (<usize>b << 3)));
    this.parameter(-24, 24, 0, Linear, GLIDE_SECONDS, BANDS);
    this.parameter(0.1, 40, Math.SQRT1_2, Linear, GLIDE_SECONDS, BANDS);
    this.parameter(0, 3, 1, Jump, 0, BANDS);
    this.parameter(-24, 24, 0, Amplitude, GLIDE_SECONDS);
  }

  activate(): void {
    this.pairs = (this.outputChannels + 1) >> 1;
    this.bands = this.allocate(<usize>BANDS * offsetof<Band>());
    this.filters = this.allocate(<usize>ALL_SECTIONS * SVF_BYTES);
    this.states = this.allocate(<usize>(this.pairs * ALL_SECTIONS) * SVF_STATE_BYTES);
    this.active = this.allocate(ALL_SECTIONS);
    this.scratch = this.allocate(<usize>this.maxFrames << 4);
    this.gain = this.allocate(RAMP_BYTES);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>(this.pairs * ALL_SECTIONS) * SVF_STATE_BYTES);
    for (let b: u32 = 0; b < BANDS; b++) this.band(b).q = 0; // no band has it: all are made anew
  }

  update(frames: u32): void {
    for (let b: u32 = 0; b < BANDS; b++) this.updateBand(b, frames);
    changetype<Ramp>(this.gain).aim(<f32>this.of(OUTPUT).now, frames);
    this.activeCount = 0;
    for (let s: u32 = 0; s < ALL_SECTIONS; s++) {
      if (!this.filter(s).isIdentity) {
        store<u8>(this.active + this.activeCount, <u8>s);
        this.activeCount += 1;
      } else {
        for (let p: u32 = 0; p < this.pairs; p++) memory.fill(this.stateOf(p, s), 0, SVF_STATE_BYTES);
      }
    }
  }

  render(from: u32, to: u32): void {
    const channels = this.outputChannels;
    const gain = changetype<Ramp>(this.gain);
    for (let c: u32 = 0; c < channels; c += 2) {
      if (c + 1 < channels && c + 1 < this.inputChannels) this.renderPair(c, from, to, gain);
      else {
        for (let d = c; d < min(c + 2, channels); d++) {
          if (d < this.inputChannels) this.renderOne(d, from, to, gain);
          else memory.fill(this.out(d) + (<usize>from << 2), 0, <usize>(to - from) << 2);
        }
      }
    }
  }

  finishBlock(frames: u32): void {
    for (let i: u32 = 0; i < this.activeCount; i++) {
      const section = <u32>load<u8>(this.active + i);
      for (let p: u32 = 0; p < this.pairs; p++) cleanStates(this.stateOf(p, section), 4);
    }
  }

  isQuiet(): bool {
    for (let i: u32 = 0; i < this.activeCount; i++) {
      const section = <u32>load<u8>(this.active + i);
      for (let p: u32 = 0; p < this.pairs; p++) {
        const state = this.stateOf(p, section);
        for (let at = state; at < state + SVF_STATE_BYTES; at += 8) if (Math.abs(load<f64>(at)) >= QUIET) return false;
      }
    }
    return true;
  }

  tailFrames(): i32 {
    return <i32>(this.sampleRate * 2.0); // a bell at 10 Hz with a Q of 40 sounds longer; its decay is watched, not counted
  }

  private renderPair(channel: u32, from: u32, to: u32, gain: Ramp): void {
    const frames = to - from;
    if (this.activeCount == 0 && !this.strideLeft) {
      const at = <usize>from << 2;
      scale(this.in(channel) + at, this.out(channel) + at, frames, gain.to);
      return scale(this.in(channel + 1) + at, this.out(channel + 1) + at, frames, gain.to);
    }
    const scratch = this.scratch;
    let a = this.in(channel) + (<usize>from << 2);
    let b = this.in(channel + 1) + (<usize>from << 2);
    const end = scratch + (<usize>frames << 4);
    for (let at = scratch; at < end; at += 16, a += 4, b += 4) {
      store<f64>(at, <f64>load<f32>(a));
      store<f64>(at, <f64>load<f32>(b), 8);
    }
    for (let i: u32 = 0; i < this.activeCount; i++) {
      const section = <u32>load<u8>(this.active + i);
      svf<v128>(this.filter(section), this.stateOf(channel >> 1, section), scratch, frames, this.strideLeft);
    }
    a = this.out(channel) + (<usize>from << 2);
    b = this.out(channel + 1) + (<usize>from << 2);
    let left = this.strideLeft;
    for (let at = scratch; at < end; at += 16, a += 4, b += 4) {
      const level = <f64>gain.at(left);
      if (left) left--;
      store<f32>(a, <f32>(load<f64>(at) * level));
      store<f32>(b, <f32>(load<f64>(at, 8) * level));
    }
  }

  private renderOne(channel: u32, from: u32, to: u32, gain: Ramp): void {
    const scratch = this.scratch;
    const frames = to - from;
    const lane = <usize>(channel & 1) << 3;
    const input = this.in(channel) + (<usize>from << 2);
    const output = this.out(channel) + (<usize>from << 2);
    if (this.activeCount == 0 && !this.strideLeft) return scale(input, output, frames, gain.to);
    widen(input, scratch, frames);
    for (let i: u32 = 0; i < this.activeCount; i++) {
      const section = <u32>load<u8>(this.active + i);
      svf<f64>(this.filter(section), this.stateOf(channel >> 1, section) + lane, scratch, frames, this.strideLeft);
    }
    if (!this.strideLeft) return narrow(scratch, output, frames, gain.to);
    let left = this.strideLeft;
    for (let i: usize = 0; i < frames; i++) {
      store<f32>(output + (i << 2), <f32>(load<f64>(scratch + (i << 3)) * <f64>gain.at(left)));
      if (left) left--;
    }
  }

  /** Sets the four sections of a band, or sets them on their way: at once, within the stride, or to another type more slowly. */
  private updateBand(index: u32, frames: u32): void {
    const band = this.band(index);
    const type = this.of(TYPE, index).choice;
    const slope = this.of(SLOPE, index).choice;
    const frequencyHz = Math.min(this.of(FREQUENCY, index).hertz, HIGHEST * this.sampleRate);
    const gainDb = this.of(GAIN, index).now;
    const q = this.of(Q, index).now;
    const isNew = band.type != type || band.slope != slope;
    const isSame = !isNew && band.frequencyHz == frequencyHz && band.gainDb == gainDb && band.q == q;
    if (frames == 0) band.fadeStrides = 0;
    else if (isNew && band.q != 0) band.fadeStrides = FADE_STRIDES;
    band.type = type;
    band.slope = slope;
    band.frequencyHz = frequencyHz;
    band.gainDb = gainDb;
    band.q = q;
    if (isSame && !band.fadeStrides) {
      for (let s: u32 = 0; s < SECTIONS; s++) this.filter(index * SECTIONS + s).settle();
      return;
    }
    let share = 1.0;
    if (band.fadeStrides) {
      share = 1.0 / <f64>band.fadeStrides;
      band.fadeStrides -= 1;
      this.keepMoving();
    }
    const g = Math.tan((Math.PI * frequencyHz) / this.sampleRate);
    const first = this.filter(index * SECTIONS);
    if (type == LOW_CUT || type == HIGH_CUT) {
      for (let s: u32 = 0; s < SECTIONS; s++) {
        const filter = this.filter(index * SECTIONS + s);
        const k = s <= slope ? butterworthK(s, slope + 1) : Math.SQRT2;
        if (s > slope) filter.aim(g, k, 1, 0, 0, share, frames);
        else if (type == LOW_CUT) filter.aim(g, k, 1, -k, -1, share, frames);
        else filter.aim(g, k, 0, 0, 1, share, frames);
      }
      return;
    }
    for (let s: u32 = 1; s < SECTIONS; s++) this.filter(index * SECTIONS + s).aim(g, Math.SQRT2, 1, 0, 0, share, frames);
    const amplitude = gainOfDb(gainDb * 0.5); // the cookbook's A
    const k = 1.0 / q;
    if (type == BELL) {
      first.aim(g, k / amplitude, 1, (k / amplitude) * (amplitude * amplitude - 1.0), 0, share, frames);
    } else if (type == LOW_SHELF) {
      first.aim(g / Math.sqrt(amplitude), k, 1, k * (amplitude - 1.0), amplitude * amplitude - 1.0, share, frames);
    } else if (type == HIGH_SHELF) {
      const square = amplitude * amplitude;
      first.aim(g * Math.sqrt(amplitude), k, square, k * (1.0 - amplitude) * amplitude, 1.0 - square, share, frames);
    } else if (type == NOTCH) {
      first.aim(g, k, 1, -k, 0, share, frames);
    } else {
      first.aim(g, k, 1, 0, 0, share, frames);
    }
  }

  @inline private band(index: u32): Band {
    return changetype<Band>(this.bands + <usize>index * offsetof<Band>());
  }

  @inline private filter(section: u32): Svf {
    return changetype<Svf>(this.filters + <usize>section * SVF_BYTES);
  }

  @inline private stateOf(pair: u32, section: u32): usize {
    return this.states + <usize>(pair * ALL_SECTIONS + section) * SVF_STATE_BYTES;
  }
}

/** output = input * gain */
function scale(input: usize, output: usize, frames: u32, gain: f32): void {
  let i: usize = 0;
  const gains = f32x4.splat(gain);
  for (; i + 4 <= frames; i += 4) v128.store(output + (i << 2), f32x4.mul(v128.load(input + (i << 2)), gains));
  for (; i < frames; i++) store<f32>(output + (i << 2), load<f32>(input + (i << 2)) * gain);
}

/** f32 to f64 */
function widen(input: usize, output: usize, frames: u32): void {
  let i: usize = 0;
  for (; i + 2 <= frames; i += 2) v128.store(output + (i << 3), f64x2.promote_low_f32x4(v128.load64_zero(input + (i << 2))));
  if (i < frames) store<f64>(output + (i << 3), <f64>load<f32>(input + (i << 2)));
}

/** f64 to f32, times a gain */
function narrow(input: usize, output: usize, frames: u32, gain: f32): void {
  let i: usize = 0;
  const level = <f64>gain;
  const levels = f64x2.splat(level);
  for (; i + 2 <= frames; i += 2) {
    const pair = f32x4.demote_f64x2_zero(f64x2.mul(v128.load(input + (i << 3)), levels));
    v128.store64_lane(output + (i << 2), pair, 0);
  }
  if (i < frames) store<f32>(output + (i << 2), <f32>(load<f64>(input + (i << 3)) * level));
}
