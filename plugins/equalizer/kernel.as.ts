import { butterworthK } from '../../dsp/butterworth.as';
import { gainOfDb } from '../../dsp/decibels.as';
import { Instance } from '../../dsp/instance.as';
import { all, mul } from '../../dsp/lane.as';
import { COEFFICIENTS, gather, Lanes, STATES } from '../../dsp/lanes.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { cleanStates, Svf, svf, SVF_BYTES, SVF_STATE_BYTES } from '../../dsp/svf.as';

const BANDS: u32 = 8;
const SECTIONS: u32 = 4; // of one band: 48 dB/oct
const ALL_SECTIONS: u32 = BANDS * SECTIONS;
/** Places for sections: behind those of the bands one that stands in for a lane that has no more of them. */
const PLACES: u32 = ALL_SECTIONS + 1;

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
const QUIET: f32 = 1e-9; // -180 dB

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
 * Coefficients are computed in double precision, sound in single: `dsp/svf.as.ts` says what that costs.
 */
@final
@unmanaged
export class Equalizer extends Instance {
  bands: usize; // Band[BANDS]
  filters: usize; // Svf[PLACES]
  states: usize; // for each channel the states of PLACES
  active: u32; // bit s: section s does something
  isOdd: u32; // 1: an odd number of frames came since the filters stand still
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
    this.bands = this.allocate(<usize>BANDS * offsetof<Band>());
    this.filters = this.allocate(<usize>PLACES * SVF_BYTES);
    this.states = this.allocate(<usize>(this.outputChannels * PLACES) * SVF_STATE_BYTES);
    this.gain = this.allocate(RAMP_BYTES);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>(this.outputChannels * PLACES) * SVF_STATE_BYTES);
    this.isOdd = 0;
    for (let b: u32 = 0; b < BANDS; b++) this.band(b).q = 0; // no band has it: all are made anew
  }

  update(frames: u32): void {
    for (let b: u32 = 0; b < BANDS; b++) this.updateBand(b, frames);
    changetype<Ramp>(this.gain).aim(<f32>this.of(OUTPUT).now, frames);
    this.active = 0;
    for (let s: u32 = 0; s < ALL_SECTIONS; s++) {
      if (!this.filter(s).isIdentity) {
        this.active |= 1 << s;
      } else {
        for (let c: u32 = 0; c < this.outputChannels; c++) memory.fill(this.stateOf(c, s), 0, SVF_STATE_BYTES);
      }
    }
  }

  /** A lane for each channel. */
  @inline lanesNeeded(): u32 {
    return this.outputChannels;
  }

  /** Filters share a vector when they are at the same frame of a pair; whatever sections each of them has. */
  @inline laneKey(): u64 {
    return this.isOdd;
  }

  /**
   * Lanes go through their sections side by side: the first that each one has, then the second. A lane that has no more is
   * passed through as it is.
   */
  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const frames = to - from;
    const left = this.strideLeft;
    let a = changetype<Equalizer>(lanes.instance(0)).active;
    let b = changetype<Equalizer>(lanes.instance(1)).active;
    let c = changetype<Equalizer>(lanes.instance(2)).active;
    let d = changetype<Equalizer>(lanes.instance(3)).active;
    if (!(a | b | c | d) && !left) {
      const at = <usize>from << 2;
      for (let lane: u32 = 0; lane < lanes.count; lane++) {
        const gain = changetype<Ramp>(changetype<Equalizer>(lanes.instance(lane)).gain).to;
        scale(lanes.input(lane) + at, lanes.output(lane) + at, frames, gain);
      }
      return;
    }
    const data = lanes.read<T>(from, to);
    while (a | b | c | d) {
      placeSection(lanes, 0, a);
      placeSection(lanes, 1, b);
      placeSection(lanes, 2, c);
      placeSection(lanes, 3, d);
      svf<T>(lanes, data, frames, left, this.isOdd != 0, passing<T>(a, b, c, d));
      a &= a - 1; // 0 stays 0
      b &= b - 1;
      c &= c - 1;
      d &= d - 1;
    }
    const isOdd = left ? 0 : (this.isOdd ^ frames) & 1;
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      const kernel = changetype<Equalizer>(lanes.instance(lane));
      if (lanes.unit(lane) + 1 == kernel.outputChannels) kernel.isOdd = isOdd; // after its last channel
    }
    amplify<T>(lanes, data, frames, left);
    lanes.write<T>(data, from, to);
  }

  finishBlock(frames: u32): void {
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      for (let rest = this.active; rest; rest &= rest - 1) cleanStates(this.stateOf(c, ctz(rest)), 3);
    }
  }

  isQuiet(): bool {
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      for (let rest = this.active; rest; rest &= rest - 1) {
        const state = this.stateOf(c, ctz(rest));
        const waiting = this.isOdd ? abs(load<f32>(state, 8)) : 0;
        if (abs(load<f32>(state)) >= QUIET || abs(load<f32>(state, 4)) >= QUIET || waiting >= QUIET) return false;
      }
    }
    return true;
  }

  tailFrames(): i32 {
    return <i32>(this.sampleRate * 2.0); // a bell at 10 Hz with a Q of 40 sounds longer; its decay is watched, not counted
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

  @inline filter(section: u32): Svf {
    return changetype<Svf>(this.filters + <usize>section * SVF_BYTES);
  }

  @inline stateOf(channel: u32, section: u32): usize {
    return this.states + <usize>(channel * PLACES + section) * SVF_STATE_BYTES;
  }
}

/** Names the first of the sections `rest` for a lane, or what stands in for it when there is none. */
@inline function placeSection(lanes: Lanes, lane: u32, rest: u32): void {
  const kernel = changetype<Equalizer>(lanes.instance(lane));
  const section = rest ? <u32>ctz(rest) : ALL_SECTIONS;
  lanes.place(COEFFICIENTS, lane, changetype<usize>(kernel.filter(section)));
  lanes.place(STATES, lane, kernel.stateOf(lanes.unit(lane), section));
}

/** The lanes that have no section left, all bits of each set. */
@inline function passing<T>(a: u32, b: u32, c: u32, d: u32): T {
  if (isVector<T>()) return i32x4.eq(i32x4(a, b, c, d), i32x4.splat(0));
  return 0;
}

/** output = input * gain */
function scale(input: usize, output: usize, frames: u32, gain: f32): void {
  let i: usize = 0;
  const gains = f32x4.splat(gain);
  for (; i + 4 <= frames; i += 4) v128.store(output + (i << 2), f32x4.mul(v128.load(input + (i << 2)), gains));
  for (; i < frames; i++) store<f32>(output + (i << 2), load<f32>(input + (i << 2)) * gain);
}

/** Applies each lane's gain in place. */
function amplify<T>(lanes: Lanes, data: usize, frames: u32, left: u32): void {
  const end = data + <usize>frames * sizeof<T>();
  let at = data;
  if (left) {
    const ramp = changetype<Ramp>(changetype<Equalizer>(lanes.instance(0)).gain); // what moves is alone
    for (; at < end; at += sizeof<T>()) {
      store<T>(at, mul<T>(load<T>(at), all<T>(ramp.at(left))));
      if (left) left--;
    }
    return;
  }
  const gain = gather<T>(
    changetype<Equalizer>(lanes.instance(0)).gain,
    changetype<Equalizer>(lanes.instance(1)).gain,
    changetype<Equalizer>(lanes.instance(2)).gain,
    changetype<Equalizer>(lanes.instance(3)).gain,
    offsetof<Ramp>("to"),
  );
  if (isOne<T>(gain)) return;
  for (; at < end; at += sizeof<T>()) store<T>(at, mul<T>(load<T>(at), gain));
}

@inline function isOne<T>(gain: T): bool {
  if (isVector<T>()) return i32x4.all_true(f32x4.eq(gain, f32x4.splat(1)));
  return <f32>gain == 1;
}
