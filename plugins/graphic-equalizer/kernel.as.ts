import { gainOfDb } from '../../dsp/decibels.as';
import { Instance } from '../../dsp/instance.as';
import { amplifyRow } from '../../dsp/lane-ramp.as';
import { COEFFICIENTS, Lanes, STATES } from '../../dsp/lanes.as';
import { Amplitude, Linear } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { cleanStates, Svf, svf, SVF_BYTES, SVF_STATE_BYTES } from '../../dsp/svf.as';
import { bellGain, interactions, invert } from './interaction.as';

const BANDS: u32 = 31;
/** Places for sections: behind those of the bands one that stands in for a lane that has no more of them. */
const PLACES: u32 = BANDS + 1;
const AT_1000_HZ: i32 = 17; // the band of 1,000 Hz

const GAIN: u32 = 0;
const OUTPUT: u32 = 1;

const GLIDE_SECONDS: f32 = 0.02;
/** Of each bell: 12 dB everywhere ripple by 2.3 dB, and every slider is met within 1 dB. Wider bells ripple less and are met worse. */
const Q: f64 = 3;
/** Of the sample rate: a band with its centre above it is off. 20 kHz are 0.4535 of 44,100 Hz. */
const HIGHEST: f64 = 0.46;
const NOTHING_DB: f64 = 0.0002; // a bell of less is none
const QUIET: f32 = 1e-9; // -180 dB

/**
 * 31 bands of a third of an octave, then a gain. Centres are the exact ones of ISO 266 and IEC 61260, 1000 * 10^(n / 10) Hz; each band
 * is a bell of R. Bristow-Johnson's "Audio EQ Cookbook" whose gain is worked out from all sliders (interaction.as.ts), so that the
 * curve goes through them.
 */
@final
@unmanaged
export class GraphicEqualizer extends Instance {
  count: u32; // bands below half the sample rate
  corners: usize; // f64[BANDS]: tan(pi centre / sampleRate)
  matrix: usize; // f64[BANDS][2 BANDS], the inverse in its right half
  sliders: usize; // f64[BANDS], dB
  gains: usize; // f64[BANDS], dB of the bells
  filters: usize; // Svf[PLACES]
  states: usize; // for each channel the states of PLACES
  active: u32; // bit s: section s does something
  isOdd: u32; // 1: an odd number of frames came since the filters stand still
  isMade: u32; // 0: every filter is to be made anew
  gain: usize; // Ramp

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(-12, 12, 0, Linear, GLIDE_SECONDS, BANDS);
    this.parameter(-24, 24, 0, Amplitude, GLIDE_SECONDS);
  }

  activate(): void {
    this.corners = this.allocate(<usize>BANDS << 3);
    this.sliders = this.allocate(<usize>BANDS << 3);
    this.gains = this.allocate(<usize>BANDS << 3);
    this.matrix = this.allocate(<usize>(BANDS * 2 * BANDS) << 3);
    this.filters = this.allocate(<usize>PLACES * SVF_BYTES);
    this.states = this.allocate(<usize>(this.outputChannels * PLACES) * SVF_STATE_BYTES);
    this.gain = this.allocate(RAMP_BYTES);
    this.count = 0;
    for (let b: u32 = 0; b < BANDS; b++) {
      const hertz = 1000.0 * Math.pow(10.0, <f64>(<i32>b - AT_1000_HZ) * 0.1);
      if (hertz > HIGHEST * this.sampleRate) break;
      store<f64>(this.corners + (<usize>b << 3), Math.tan((Math.PI * hertz) / this.sampleRate));
      this.count += 1;
    }
    interactions(this.matrix, this.corners, this.count, Q);
    invert(this.matrix, this.count);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>(this.outputChannels * PLACES) * SVF_STATE_BYTES);
    this.isOdd = 0;
    this.isMade = 0;
  }

  update(frames: u32): void {
    changetype<Ramp>(this.gain).aim(<f32>this.of(OUTPUT).now, frames);
    let isSame = this.isMade != 0;
    this.isMade = 1;
    for (let b: u32 = 0; b < this.count; b++) {
      const at = this.sliders + (<usize>b << 3);
      const slider = this.of(GAIN, b).now;
      if (load<f64>(at) != slider) isSame = false;
      store<f64>(at, slider);
    }
    this.active = 0;
    for (let b: u32 = 0; b < this.count; b++) {
      const filter = this.filter(b);
      if (isSame) filter.settle();
      else this.aimBand(b, frames);
      if (!filter.isIdentity) this.active |= 1 << b;
      else for (let c: u32 = 0; c < this.outputChannels; c++) memory.fill(this.stateOf(c, b), 0, SVF_STATE_BYTES);
    }
  }

  /** A lane for each channel. */
  @inline lanesNeeded(): u32 {
    return this.outputChannels;
  }

  /** Filters share a vector when they are at the same frame of a pair; whatever bands each of them has. */
  @inline laneKey(): u64 {
    return this.isOdd;
  }

  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const frames = to - from;
    const left = this.strideLeft;
    let a = changetype<GraphicEqualizer>(lanes.instance(0)).active;
    let b = changetype<GraphicEqualizer>(lanes.instance(1)).active;
    let c = changetype<GraphicEqualizer>(lanes.instance(2)).active;
    let d = changetype<GraphicEqualizer>(lanes.instance(3)).active;
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
      const kernel = changetype<GraphicEqualizer>(lanes.instance(lane));
      if (lanes.unit(lane) + 1 == kernel.outputChannels) kernel.isOdd = isOdd; // after its last channel
    }
    amplifyRow<T>(data, frames, left, gainOf(lanes, 0), gainOf(lanes, 1), gainOf(lanes, 2), gainOf(lanes, 3));
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
    return <i32>(this.sampleRate * 2.0); // decay is watched, not counted
  }

  /** Sets a bell, or sets it on its way within the stride, where its gain is another than before. */
  private aimBand(band: u32, frames: u32): void {
    let gainDb = bellGain(this.matrix, band, this.count, this.sliders);
    if (Math.abs(gainDb) < NOTHING_DB) gainDb = 0;
    const amplitude = gainOfDb(gainDb * 0.5); // the cookbook's A
    const k = 1.0 / (Q * amplitude);
    const g = load<f64>(this.corners + (<usize>band << 3));
    this.filter(band).aim(g, k, 1, k * (amplitude * amplitude - 1.0), 0, 1, frames);
  }

  @inline filter(band: u32): Svf {
    return changetype<Svf>(this.filters + <usize>band * SVF_BYTES);
  }

  @inline stateOf(channel: u32, band: u32): usize {
    return this.states + <usize>(channel * PLACES + band) * SVF_STATE_BYTES;
  }
}

/** Names the first of the sections `rest` for a lane, or what stands in for it when there is none. */
@inline function placeSection(lanes: Lanes, lane: u32, rest: u32): void {
  const kernel = changetype<GraphicEqualizer>(lanes.instance(lane));
  const section = rest ? <u32>ctz(rest) : BANDS;
  lanes.place(COEFFICIENTS, lane, changetype<usize>(kernel.filter(section)));
  lanes.place(STATES, lane, kernel.stateOf(lanes.unit(lane), section));
}

/** The lanes that have no section left, all bits of each set. */
@inline function passing<T>(a: u32, b: u32, c: u32, d: u32): T {
  if (isVector<T>()) return i32x4.eq(i32x4(a, b, c, d), i32x4.splat(0));
  return 0;
}

@inline function gainOf(lanes: Lanes, lane: u32): usize {
  return changetype<GraphicEqualizer>(lanes.instance(lane)).gain;
}
