import { Instance } from '../../dsp/instance.as';
import { addProduct, largerMagnitudes, magnitudes, readRow, ROW_BYTES, writeRow } from '../../dsp/lane-channels.as';
import { four, rowBytes } from '../../dsp/lane-order.as';
import { amplifyRow } from '../../dsp/lane-ramp.as';
import { COEFFICIENTS, gather, Lanes, STATES } from '../../dsp/lanes.as';
import { exp2MinusFour } from '../../dsp/logarithm.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp } from '../../dsp/ramp.as';
import { DB_OF_LOG2, reduce, REDUCTION_STATE_BYTES, takeLargest } from '../../dsp/reduction.as';
import { cleanStates, svf, SVF_STATE_BYTES } from '../../dsp/svf.as';
import { Band, BAND_BYTES, GAIN_AT, OFF, REDUCTION_AT, SIGN_AT } from './band.as';

const BANDS: u32 = 4;
/** Places for bands: behind them one that does nothing, for a lane whose band is off. */
const PLACES: u32 = BANDS + 1;
const BAND_STATE_BYTES: usize = SVF_STATE_BYTES + REDUCTION_STATE_BYTES;

const TYPE: u32 = 0;
const FREQUENCY: u32 = 1;
const Q: u32 = 2;
const GAIN: u32 = 3;
const THRESHOLD: u32 = 4;
const RATIO: u32 = 5;
const RANGE: u32 = 6;
const ATTACK: u32 = 7;
const RELEASE: u32 = 8;
const OUTPUT: u32 = 9;
const LINK: u32 = 10;

const GLIDE_SECONDS: f32 = 0.02;
const HIGHEST: f64 = 0.497; // of the sample rate: keeps tan below about 106

/**
 * Four bands of an equalizer whose gains move with the level of what they act on, one after the other, then a gain. Each band is
 * output = input + (gain - 1) part, where the part is a band-pass (bell), a low-pass (low shelf) or a high-pass (high shelf) of the
 * second order; its level, above the threshold, moves the gain by the ratio: down when the range is negative, up when it is positive,
 * and at most by the range.
 * Source: P. Regalia and S. Mitra, "Tunable Digital Frequency Response Equalization Filters", IEEE Trans. ASSP 35(1), 1987: at a
 * standing gain a bell is (s^2 + gain k s + 1) / (s^2 + k s + 1), k = 1 / Q; a low shelf has gain instead of the last 1, a high
 * shelf instead of the first.
 */
@final
@unmanaged
export class DynamicEqualizer extends Instance {
  channels: u32;
  bands: usize; // Band[PLACES]
  states: usize; // for each channel, of each of the PLACES: { filter, reduction }
  level: usize; // row: levels, reductions, then gain - 1 of a band
  data: usize; // a row for each channel: the sound
  parts: usize; // a row for each channel: the part of a band
  outputGain: usize; // Ramp
  active: u32; // bit b: band b does something
  isOdd: u32; // 1: an odd number of frames came since the filters stand still

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, 3, OFF, Jump, 0, BANDS);
    this.parameter(10, 40000, 1000, Octave, GLIDE_SECONDS, BANDS);
    const frequencies = memory.data<f64>([100, 500, 2500, 8000]);
    for (let b: u32 = 0; b < BANDS; b++) this.of(FREQUENCY, b).set(load<f64>(frequencies + (<usize>b << 3)));
    this.parameter(0.1, 40, Math.SQRT1_2, Octave, GLIDE_SECONDS, BANDS);
    this.parameter(-24, 24, 0, Amplitude, GLIDE_SECONDS, BANDS);
    this.parameter(-80, 0, 0, Linear, GLIDE_SECONDS, BANDS);
    this.parameter(1, 100, 3, Octave, GLIDE_SECONDS, BANDS);
    this.parameter(-24, 24, -12, Linear, GLIDE_SECONDS, BANDS);
    this.parameter(0.05, 500, 10, Octave, GLIDE_SECONDS, BANDS);
    this.parameter(1, 5000, 100, Octave, GLIDE_SECONDS, BANDS);
    this.parameter(-24, 24, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(0, 1, 1, Jump);
  }

  activate(): void {
    this.channels = min(this.inputChannels, this.outputChannels);
    this.bands = this.allocate(<usize>PLACES * BAND_BYTES);
    this.states = this.allocate(<usize>(this.channels * PLACES) * BAND_STATE_BYTES);
    this.level = this.allocate(ROW_BYTES);
    this.data = this.allocate(<usize>this.channels * ROW_BYTES);
    this.parts = this.allocate(<usize>this.channels * ROW_BYTES);
    this.outputGain = this.allocate(offsetof<Ramp>());
    this.report(BANDS);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>(this.channels * PLACES) * BAND_STATE_BYTES);
    for (let b: u32 = 0; b < BANDS; b++) {
      this.band(b).q = 0; // no band has it: all are made anew
      this.setReport(b, 0);
    }
    this.isOdd = 0;
  }

  update(frames: u32): void {
    changetype<Ramp>(this.outputGain).aim(<f32>this.of(OUTPUT).now, frames);
    this.active = 0;
    for (let b: u32 = 0; b < BANDS; b++) {
      const band = this.band(b);
      const g = (Math.PI * Math.min(this.of(FREQUENCY, b).hertz, HIGHEST * this.sampleRate)) / this.sampleRate;
      const isMoving = band.aimFilter(this.of(TYPE, b).choice, g, this.of(Q, b).hertz, frames);
      if (isMoving) this.keepMoving();
      // Octave values: ratio and times move by equal ratios
      const reduction = band.reduction;
      const range = this.of(RANGE, b).now;
      reduction.set(this.of(THRESHOLD, b).now, this.of(RATIO, b).hertz, 0, Math.abs(range));
      reduction.setTimes(this.of(ATTACK, b).hertz * 0.001, this.of(RELEASE, b).hertz * 0.001, this.sampleRate);
      band.aimGain(<f32>this.of(GAIN, b).now, range, frames);
      if (!band.isNothing) {
        this.active |= 1 << b;
      } else {
        for (let c: u32 = 0; c < this.channels; c++) memory.fill(this.stateOf(c, b), 0, BAND_STATE_BYTES);
      }
    }
  }

  /** A lane for each channel, or one for all when they are linked. */
  @inline lanesNeeded(): u32 {
    return this.isLinked ? 1 : this.channels;
  }

  @inline private get isLinked(): bool {
    return this.of(LINK).choice != 0 && this.channels > 1;
  }

  /** Filters share vectors at the same frame of a pair; linked instances when they are as wide. */
  @inline laneKey(): u64 {
    return ((this.isLinked ? <u64>this.channels : 0) << 1) | this.isOdd;
  }

  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const frames = to - from;
    const bytes = rowBytes<T>(frames);
    const isLinked = this.isLinked;
    const channels = isLinked ? this.channels : 1;
    const left = this.strideLeft;
    let active: u32 = 0;
    for (let lane: u32 = 0; lane < 4; lane++) active |= changetype<DynamicEqualizer>(lanes.instance(lane)).active;
    for (let k: u32 = 0; k < channels; k++) {
      const a = isLinked ? k : lanes.unit(0);
      const b = isLinked ? k : lanes.unit(1);
      const c = isLinked ? k : lanes.unit(2);
      const d = isLinked ? k : lanes.unit(3);
      readRow<T>(lanes, a, b, c, d, this.data + <usize>k * ROW_BYTES, from, to);
    }
    for (let b: u32 = 0; b < BANDS; b++) {
      if (active & (1 << b)) this.renderBand<T>(lanes, b, channels, isLinked, frames, bytes, left);
    }
    for (let k: u32 = 0; k < channels; k++) {
      const row = this.data + <usize>k * ROW_BYTES;
      amplifyRow<T>(row, frames, left, outputOf(lanes, 0), outputOf(lanes, 1), outputOf(lanes, 2), outputOf(lanes, 3));
      const a = isLinked ? k : lanes.unit(0);
      const b = isLinked ? k : lanes.unit(1);
      const c = isLinked ? k : lanes.unit(2);
      const d = isLinked ? k : lanes.unit(3);
      writeRow<T>(lanes, a, b, c, d, row, from, to);
    }
    const isOdd = left ? 0 : (this.isOdd ^ frames) & 1;
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      changetype<DynamicEqualizer>(lanes.instance(lane)).endPiece(lanes.unit(lane), isOdd);
    }
  }

  /** One band of the channels of the lanes, in `data`. */
  private renderBand<T>(
    lanes: Lanes,
    band: u32,
    channels: u32,
    isLinked: bool,
    frames: u32,
    bytes: usize,
    left: u32,
  ): void {
    for (let k: u32 = 0; k < channels; k++) {
      const part = this.parts + <usize>k * ROW_BYTES;
      for (let lane: u32 = 0; lane < 4; lane++) {
        const kernel = changetype<DynamicEqualizer>(lanes.instance(lane));
        const place = kernel.placeOf(band);
        lanes.place(COEFFICIENTS, lane, changetype<usize>(kernel.band(place)));
        lanes.place(STATES, lane, kernel.stateOf(isLinked ? k : lanes.unit(lane), place));
      }
      memory.copy(part, this.data + <usize>k * ROW_BYTES, bytes);
      svf<T>(lanes, part, frames, left, this.isOdd != 0, none<T>());
      if (!k) memory.copy(this.level, part, bytes);
      if (k) largerMagnitudes(this.level, part, bytes);
      else magnitudes(this.level, bytes);
    }
    for (let lane: u32 = 0; lane < 4; lane++) {
      const kernel = changetype<DynamicEqualizer>(lanes.instance(lane));
      const place = kernel.placeOf(band);
      lanes.place(COEFFICIENTS, lane, changetype<usize>(kernel.band(place)) + REDUCTION_AT);
      lanes.place(STATES, lane, kernel.stateOf(lanes.unit(lane), place) + SVF_STATE_BYTES);
    }
    reduce<T>(lanes, this.level, frames);
    const a = lanes.at(COEFFICIENTS, 0) - REDUCTION_AT;
    const b = lanes.at(COEFFICIENTS, 1) - REDUCTION_AT;
    const c = lanes.at(COEFFICIENTS, 2) - REDUCTION_AT;
    const d = lanes.at(COEFFICIENTS, 3) - REDUCTION_AT;
    const sign = four<T>(gather<T>(a, b, c, d, SIGN_AT));
    for (let at = this.level, end = at + bytes; at < end; at += 16) {
      v128.store(at, exp2MinusFour(f32x4.mul(sign, v128.load(at))));
    }
    amplifyRow<T>(this.level, frames, left, a + GAIN_AT, b + GAIN_AT, c + GAIN_AT, d + GAIN_AT);
    const one = f32x4.splat(1);
    for (let at = this.level, end = at + bytes; at < end; at += 16) v128.store(at, f32x4.sub(v128.load(at), one));
    for (let k: u32 = 0; k < channels; k++) {
      const offset = <usize>k * ROW_BYTES;
      addProduct(this.data + offset, this.parts + offset, this.level, bytes);
    }
  }

  /** After a lane: of the last one the filters' place in their pair, of a linked one the reductions for all channels. */
  private endPiece(unit: u32, isOdd: u32): void {
    const isLinked = this.isLinked;
    if (isLinked || unit + 1 == this.channels) this.isOdd = isOdd;
    if (!isLinked) return;
    for (let b: u32 = 0; b < BANDS; b++) {
      const first = this.stateOf(0, b) + SVF_STATE_BYTES;
      for (let c: u32 = 1; c < this.channels; c++) {
        memory.copy(this.stateOf(c, b) + SVF_STATE_BYTES, first, REDUCTION_STATE_BYTES);
      }
    }
  }

  finishBlock(frames: u32): void {
    for (let b: u32 = 0; b < BANDS; b++) {
      let largest: f32 = 0;
      for (let c: u32 = 0; c < this.channels; c++) {
        cleanStates(this.stateOf(c, b), 3);
        largest = max(largest, takeLargest(this.stateOf(c, b) + SVF_STATE_BYTES));
      }
      this.setReport(b, -DB_OF_LOG2 * this.band(b).sign * largest);
    }
    for (let c = this.channels; c < this.outputChannels; c++) memory.fill(this.out(c), 0, <usize>frames << 2);
  }

  tailFrames(): i32 {
    let seconds: f64 = 0;
    for (let b: u32 = 0; b < BANDS; b++) {
      if (!(this.active & (1 << b))) continue;
      // a filter falls by 180 dB in 21 times 2 Q / (2 pi f); then the gain lets go, so that what comes next meets the same one
      const ring = (6.6 * this.of(Q, b).hertz) / this.of(FREQUENCY, b).hertz;
      seconds = Math.max(seconds, ring + this.of(RELEASE, b).plain * 0.001 * 20.0);
    }
    return <i32>((seconds + 0.02) * this.sampleRate);
  }

  @inline band(place: u32): Band {
    return changetype<Band>(this.bands + <usize>place * BAND_BYTES);
  }

  /** Where a band is, or what stands in for it when it is off. */
  @inline placeOf(band: u32): u32 {
    return this.active & (1 << band) ? band : BANDS;
  }

  @inline stateOf(channel: u32, place: u32): usize {
    return this.states + <usize>(channel * PLACES + place) * BAND_STATE_BYTES;
  }
}

@inline function outputOf(lanes: Lanes, lane: u32): usize {
  return changetype<DynamicEqualizer>(lanes.instance(lane)).outputGain;
}

@inline function none<T>(): T {
  if (isVector<T>()) return f32x4.splat(0);
  return 0;
}
