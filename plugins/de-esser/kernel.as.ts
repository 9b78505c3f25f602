import { Instance } from '../../dsp/instance.as';
import { addProduct, largerMagnitudes, magnitudes, readRow, ROW_BYTES, writeRow } from '../../dsp/lane-channels.as';
import { rowBytes } from '../../dsp/lane-order.as';
import { COEFFICIENTS, Lanes, STATES } from '../../dsp/lanes.as';
import { Jump, Linear, Octave } from '../../dsp/parameter.as';
import {
  DB_OF_LOG2,
  reduce,
  Reduction,
  REDUCTION_BYTES,
  REDUCTION_STATE_BYTES,
  takeLargest,
} from '../../dsp/reduction.as';
import { gainsLessOne } from '../../dsp/row-logarithm.as';
import { cleanStates, Svf, svf, SVF_BYTES, SVF_STATE_BYTES } from '../../dsp/svf.as';

const FREQUENCY: u32 = 0;
const Q: u32 = 1;
const SHAPE: u32 = 2;
const THRESHOLD: u32 = 3;
const RATIO: u32 = 4;
const RANGE: u32 = 5;
const ATTACK: u32 = 6;
const RELEASE: u32 = 7;
const LISTEN: u32 = 8;
const LINK: u32 = 9;

const BAND: u32 = 0;

const GLIDE_SECONDS: f32 = 0.02;
const FADE_STRIDES: u32 = 60; // to another shape: 20 ms at 48,000 Hz
const HIGHEST: f64 = 0.497; // of the sample rate: keeps tan below about 106

/**
 * A de-esser: where a part of the spectrum is louder than the threshold, that part gets softer: output = input + (gain - 1) part.
 * The part is a band (band-pass of 0 dB) or all above a frequency (high-pass), both of the second order; with a gain of 1 nothing of
 * it is left in the sound, to the bit. At a standing gain the band is the filter (s^2 + gain k s + 1) / (s^2 + k s + 1), k = 1 / Q.
 * Source: P. Regalia and S. Mitra, "Tunable Digital Frequency Response Equalization Filters", IEEE Trans. ASSP 35(1), 1987.
 */
@final
@unmanaged
export class DeEsser extends Instance {
  channels: u32;
  filter: usize; // Svf
  filterStates: usize; // for each channel
  reduction: usize; // Reduction
  states: usize; // for each channel, REDUCTION_STATE_BYTES
  level: usize; // row: levels, reductions, then gain - 1, of the lanes that this instance leads
  data: usize; // row: a channel of them
  parts: usize; // a row for each channel: the part that is softened
  frequencyHz: f64;
  q: f64;
  shape: u32;
  fadeStrides: u32;
  isOdd: u32; // 1: an odd number of frames came since the filter stands still

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(500, 20000, 6500, Octave, GLIDE_SECONDS);
    this.parameter(0.3, 8, 1, Octave, GLIDE_SECONDS);
    this.parameter(0, 1, BAND, Jump);
    this.parameter(-80, 0, 0, Linear, GLIDE_SECONDS);
    this.parameter(1, 100, 4, Octave, GLIDE_SECONDS);
    this.parameter(0, 40, 12, Linear, GLIDE_SECONDS);
    this.parameter(0.05, 100, 1, Octave, GLIDE_SECONDS);
    this.parameter(1, 1000, 60, Octave, GLIDE_SECONDS);
    this.parameter(0, 1, 0, Jump);
    this.parameter(0, 1, 1, Jump);
  }

  activate(): void {
    this.channels = min(this.inputChannels, this.outputChannels);
    this.filter = this.allocate(SVF_BYTES);
    this.filterStates = this.allocate(<usize>this.channels * SVF_STATE_BYTES);
    this.reduction = this.allocate(REDUCTION_BYTES);
    this.states = this.allocate(<usize>this.channels * REDUCTION_STATE_BYTES);
    this.level = this.allocate(ROW_BYTES);
    this.data = this.allocate(ROW_BYTES);
    this.parts = this.allocate(<usize>this.channels * ROW_BYTES);
    this.report(this.inputChannels);
  }

  reset(): void {
    memory.fill(this.filterStates, 0, <usize>this.channels * SVF_STATE_BYTES);
    memory.fill(this.states, 0, <usize>this.channels * REDUCTION_STATE_BYTES);
    this.isOdd = 0;
    this.q = 0; // the filter is made anew
    for (let c: u32 = 0; c < this.reportCount; c++) this.setReport(c, 0);
  }

  update(frames: u32): void {
    const reduction = changetype<Reduction>(this.reduction);
    reduction.set(this.of(THRESHOLD).now, this.of(RATIO).hertz, 0, this.of(RANGE).now); // Octave values: equal ratios
    reduction.setTimes(this.of(ATTACK).hertz * 0.001, this.of(RELEASE).hertz * 0.001, this.sampleRate);
    this.updateFilter(frames);
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
    const width = this.isLinked ? <u64>this.channels : 0;
    return (width << 2) | (<u64>this.of(LISTEN).choice << 1) | this.isOdd;
  }

  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const frames = to - from;
    const bytes = rowBytes<T>(frames);
    const isLinked = this.isLinked;
    const channels = isLinked ? this.channels : 1;
    const left = this.strideLeft;
    for (let k: u32 = 0; k < channels; k++) {
      const part = this.parts + <usize>k * ROW_BYTES;
      for (let lane: u32 = 0; lane < 4; lane++) {
        const kernel = changetype<DeEsser>(lanes.instance(lane));
        const channel = isLinked ? k : lanes.unit(lane);
        lanes.place(COEFFICIENTS, lane, kernel.filter);
        lanes.place(STATES, lane, kernel.filterStates + <usize>channel * SVF_STATE_BYTES);
      }
      this.read<T>(lanes, k, isLinked, part, from, to);
      svf<T>(lanes, part, frames, left, this.isOdd != 0, none<T>());
      if (!k) memory.copy(this.level, part, bytes);
      if (k) largerMagnitudes(this.level, part, bytes);
      else magnitudes(this.level, bytes);
    }
    for (let lane: u32 = 0; lane < 4; lane++) {
      const kernel = changetype<DeEsser>(lanes.instance(lane));
      lanes.place(COEFFICIENTS, lane, kernel.reduction);
      lanes.place(STATES, lane, kernel.states + <usize>lanes.unit(lane) * REDUCTION_STATE_BYTES);
    }
    reduce<T>(lanes, this.level, frames);
    gainsLessOne(this.level, bytes);
    const isListening = this.of(LISTEN).choice != 0;
    for (let k: u32 = 0; k < channels; k++) {
      const part = this.parts + <usize>k * ROW_BYTES;
      const a = isLinked ? k : lanes.unit(0);
      const b = isLinked ? k : lanes.unit(1);
      const c = isLinked ? k : lanes.unit(2);
      const d = isLinked ? k : lanes.unit(3);
      if (isListening) {
        writeRow<T>(lanes, a, b, c, d, part, from, to);
        continue;
      }
      this.read<T>(lanes, k, isLinked, this.data, from, to);
      addProduct(this.data, part, this.level, bytes);
      writeRow<T>(lanes, a, b, c, d, this.data, from, to);
    }
    const isOdd = left ? 0 : (this.isOdd ^ frames) & 1;
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      changetype<DeEsser>(lanes.instance(lane)).endPiece(lanes.unit(lane), isOdd);
    }
  }

  /** Channel k of linked channels, or the lanes' own. */
  private read<T>(lanes: Lanes, k: u32, isLinked: bool, data: usize, from: u32, to: u32): void {
    const a = isLinked ? k : lanes.unit(0);
    const b = isLinked ? k : lanes.unit(1);
    const c = isLinked ? k : lanes.unit(2);
    const d = isLinked ? k : lanes.unit(3);
    readRow<T>(lanes, a, b, c, d, data, from, to);
  }

  /** After a lane: of the last one the filters' place in their pair, of a linked one the state for all channels. */
  private endPiece(unit: u32, isOdd: u32): void {
    const isLinked = this.isLinked;
    if (isLinked || unit + 1 == this.channels) this.isOdd = isOdd;
    if (!isLinked) return;
    for (let c: u32 = 1; c < this.channels; c++)
      memory.copy(this.states + <usize>c * REDUCTION_STATE_BYTES, this.states, REDUCTION_STATE_BYTES);
  }

  finishBlock(frames: u32): void {
    for (let c: u32 = 0; c < this.channels; c++) {
      cleanStates(this.filterStates + <usize>c * SVF_STATE_BYTES, 3);
      this.setReport(c, -DB_OF_LOG2 * takeLargest(this.states + <usize>c * REDUCTION_STATE_BYTES));
    }
    for (let c = this.channels; c < this.outputChannels; c++) memory.fill(this.out(c), 0, <usize>frames << 2);
  }

  tailFrames(): i32 {
    // the time until the gain has let go, so that what comes after a pause meets the same one; the filter's tail is shorter
    return <i32>((0.02 + this.of(RELEASE).plain * 0.001 * 20.0) * this.sampleRate);
  }

  /** Sets the filter, or sets it on its way: at once, within the stride, or to another shape more slowly. */
  private updateFilter(frames: u32): void {
    const filter = changetype<Svf>(this.filter);
    const frequencyHz = Math.min(this.of(FREQUENCY).hertz, HIGHEST * this.sampleRate);
    const q = this.of(Q).hertz;
    const shape = this.of(SHAPE).choice;
    const isNew = shape != this.shape;
    const isSame = !isNew && frequencyHz == this.frequencyHz && q == this.q;
    if (frames == 0) this.fadeStrides = 0;
    else if (isNew && this.q != 0) this.fadeStrides = FADE_STRIDES;
    this.frequencyHz = frequencyHz;
    this.q = q;
    this.shape = shape;
    if (isSame && !this.fadeStrides) return filter.settle();
    let share = 1.0;
    if (this.fadeStrides) {
      share = 1.0 / <f64>this.fadeStrides;
      this.fadeStrides -= 1;
      this.keepMoving();
    }
    const g = Math.tan((Math.PI * frequencyHz) / this.sampleRate);
    const k = 1.0 / q;
    if (shape == BAND) filter.aim(g, k, 0, k, 0, share, frames);
    else filter.aim(g, k, 1, -k, -1, share, frames);
  }
}

@inline function none<T>(): T {
  if (isVector<T>()) return f32x4.splat(0);
  return 0;
}
