import { Instance } from '../../dsp/instance.as';
import {
  addRow,
  largerMagnitudes,
  magnitudes,
  multiplyRow,
  readRow,
  ROW_BYTES,
  writeRow,
} from '../../dsp/lane-channels.as';
import { rowBytes } from '../../dsp/lane-order.as';
import { amplifyRow } from '../../dsp/lane-ramp.as';
import { COEFFICIENTS, Lanes, STATES } from '../../dsp/lanes.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import {
  DB_OF_LOG2,
  reduce,
  Reduction,
  REDUCTION_BYTES,
  REDUCTION_STATE_BYTES,
  takeLargest,
} from '../../dsp/reduction.as';
import { gains } from '../../dsp/row-logarithm.as';
import { cleanStates } from '../../dsp/svf.as';
import { BANDS, CROSSOVER_STATE_BYTES, CrossoverLanes, CROSSOVERS, Crossovers, CROSSOVERS_BYTES } from './crossovers.as';

const CROSSOVER: u32 = 0;
const THRESHOLD: u32 = 1;
const RATIO: u32 = 2;
const KNEE: u32 = 3;
const ATTACK: u32 = 4;
const RELEASE: u32 = 5;
const GAIN: u32 = 6;
const LINK: u32 = 7;

const GLIDE_SECONDS: f32 = 0.02;
const HIGHEST: f64 = 0.497; // of the sample rate: keeps tan below about 106
const NO_LIMIT_DB: f64 = 1000; // of a reduction

/**
 * Four bands by Linkwitz-Riley crossovers, each with a feed-forward compressor (peak level, quadratic knee) and a gain, added up. As long
 * as nothing is compressed the sum is flat: an all-pass, the sound at another phase.
 */
@final
@unmanaged
export class MultibandCompressor extends Instance {
  channels: u32;
  crossovers: usize; // Crossovers
  crossoverLanes: usize; // CrossoverLanes, of the lanes that this instance leads
  filterStates: usize; // for each channel CROSSOVER_STATE_BYTES
  reductions: usize; // Reduction[BANDS]
  states: usize; // for each channel REDUCTION_STATE_BYTES of each band
  bandGains: usize; // Ramp[BANDS]
  corners: usize; // f64[CROSSOVERS], Hz, that the filters were last made for
  level: usize; // row: levels, reductions, then gains of a band
  rows: usize; // for each channel a row of each band
  isOdd: u32; // 1: an odd number of frames came since the filters stand still

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(20, 20000, 1000, Octave, GLIDE_SECONDS, CROSSOVERS);
    this.of(CROSSOVER, 0).set(120);
    this.of(CROSSOVER, 2).set(6000);
    this.parameter(-80, 0, 0, Linear, GLIDE_SECONDS, BANDS);
    this.parameter(1, 100, 2, Octave, GLIDE_SECONDS, BANDS);
    this.parameter(0, 24, 0, Linear, GLIDE_SECONDS, BANDS);
    this.parameter(0.05, 500, 10, Octave, GLIDE_SECONDS, BANDS);
    this.parameter(1, 5000, 100, Octave, GLIDE_SECONDS, BANDS);
    this.parameter(-120, 24, 0, Amplitude, GLIDE_SECONDS, BANDS);
    this.parameter(0, 1, 1, Jump);
  }

  activate(): void {
    this.channels = min(this.inputChannels, this.outputChannels);
    this.crossovers = this.allocate(CROSSOVERS_BYTES);
    this.crossoverLanes = this.allocate(offsetof<CrossoverLanes>());
    this.filterStates = this.allocate(<usize>this.channels * CROSSOVER_STATE_BYTES);
    this.reductions = this.allocate(<usize>BANDS * REDUCTION_BYTES);
    this.states = this.allocate(<usize>(this.channels * BANDS) * REDUCTION_STATE_BYTES);
    this.bandGains = this.allocate(<usize>BANDS * RAMP_BYTES);
    this.corners = this.allocate(<usize>CROSSOVERS << 3);
    this.level = this.allocate(ROW_BYTES);
    this.rows = this.allocate(<usize>(this.channels * BANDS) * ROW_BYTES);
    this.report(BANDS);
  }

  reset(): void {
    memory.fill(this.filterStates, 0, <usize>this.channels * CROSSOVER_STATE_BYTES);
    memory.fill(this.states, 0, <usize>(this.channels * BANDS) * REDUCTION_STATE_BYTES);
    memory.fill(this.corners, 0, <usize>CROSSOVERS << 3); // all filters are made anew
    this.isOdd = 0;
    for (let b: u32 = 0; b < BANDS; b++) this.setReport(b, 0);
  }

  update(frames: u32): void {
    const crossovers = changetype<Crossovers>(this.crossovers);
    for (let i: u32 = 0; i < CROSSOVERS; i++) {
      const hertz = Math.min(this.of(CROSSOVER, i).hertz, HIGHEST * this.sampleRate);
      const made = this.corners + (<usize>i << 3);
      if (load<f64>(made) == hertz) crossovers.settle(i);
      else crossovers.aim(i, Math.tan((Math.PI * hertz) / this.sampleRate), frames);
      store<f64>(made, hertz);
    }
    for (let b: u32 = 0; b < BANDS; b++) {
      const reduction = changetype<Reduction>(this.reductions + <usize>b * REDUCTION_BYTES);
      // Octave values: ratio and times move by equal ratios
      reduction.set(this.of(THRESHOLD, b).now, this.of(RATIO, b).hertz, this.of(KNEE, b).now, NO_LIMIT_DB);
      reduction.setTimes(this.of(ATTACK, b).hertz * 0.001, this.of(RELEASE, b).hertz * 0.001, this.sampleRate);
      changetype<Ramp>(this.gainOf(b)).aim(<f32>this.of(GAIN, b).now, frames);
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
    const split = changetype<CrossoverLanes>(this.crossoverLanes);
    for (let k: u32 = 0; k < channels; k++) {
      for (let lane: u32 = 0; lane < 4; lane++) {
        const kernel = changetype<MultibandCompressor>(lanes.instance(lane));
        const channel = isLinked ? k : lanes.unit(lane);
        split.set(lane, kernel.crossovers, kernel.filterStates + <usize>channel * CROSSOVER_STATE_BYTES);
      }
      const a = isLinked ? k : lanes.unit(0);
      const b = isLinked ? k : lanes.unit(1);
      const c = isLinked ? k : lanes.unit(2);
      const d = isLinked ? k : lanes.unit(3);
      readRow<T>(lanes, a, b, c, d, this.row(k, 1), from, to);
      split.split<T>(lanes, this.row(k, 0), bytes, frames, left, this.isOdd != 0);
    }
    for (let band: u32 = 0; band < BANDS; band++) this.compress<T>(lanes, band, channels, frames, bytes, left);
    for (let k: u32 = 0; k < channels; k++) {
      for (let band: u32 = 1; band < BANDS; band++) addRow(this.row(k, 0), this.row(k, band), bytes);
      const a = isLinked ? k : lanes.unit(0);
      const b = isLinked ? k : lanes.unit(1);
      const c = isLinked ? k : lanes.unit(2);
      const d = isLinked ? k : lanes.unit(3);
      writeRow<T>(lanes, a, b, c, d, this.row(k, 0), from, to);
    }
    const isOdd = left ? 0 : (this.isOdd ^ frames) & 1;
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      changetype<MultibandCompressor>(lanes.instance(lane)).endPiece(lanes.unit(lane), isOdd);
    }
  }

  /** One band of the channels of the lanes, in place. */
  private compress<T>(lanes: Lanes, band: u32, channels: u32, frames: u32, bytes: usize, left: u32): void {
    memory.copy(this.level, this.row(0, band), bytes);
    magnitudes(this.level, bytes);
    for (let k: u32 = 1; k < channels; k++) largerMagnitudes(this.level, this.row(k, band), bytes);
    for (let lane: u32 = 0; lane < 4; lane++) {
      const kernel = changetype<MultibandCompressor>(lanes.instance(lane));
      lanes.place(COEFFICIENTS, lane, kernel.reductions + <usize>band * REDUCTION_BYTES);
      lanes.place(STATES, lane, kernel.stateOf(lanes.unit(lane), band));
    }
    reduce<T>(lanes, this.level, frames);
    gains(this.level, bytes);
    const a = changetype<MultibandCompressor>(lanes.instance(0)).gainOf(band);
    const b = changetype<MultibandCompressor>(lanes.instance(1)).gainOf(band);
    const c = changetype<MultibandCompressor>(lanes.instance(2)).gainOf(band);
    const d = changetype<MultibandCompressor>(lanes.instance(3)).gainOf(band);
    amplifyRow<T>(this.level, frames, left, a, b, c, d);
    for (let k: u32 = 0; k < channels; k++) multiplyRow(this.row(k, band), this.level, bytes);
  }

  /** After a lane: of the last one the filters' place in their pair, of a linked one the states for all channels. */
  private endPiece(unit: u32, isOdd: u32): void {
    const isLinked = this.isLinked;
    if (isLinked || unit + 1 == this.channels) this.isOdd = isOdd;
    if (!isLinked) return;
    const bytes = <usize>BANDS * REDUCTION_STATE_BYTES;
    for (let c: u32 = 1; c < this.channels; c++) memory.copy(this.stateOf(c, 0), this.stateOf(0, 0), bytes);
  }

  finishBlock(frames: u32): void {
    for (let b: u32 = 0; b < BANDS; b++) {
      let largest: f32 = 0;
      for (let c: u32 = 0; c < this.channels; c++) largest = max(largest, takeLargest(this.stateOf(c, b)));
      this.setReport(b, -DB_OF_LOG2 * largest);
    }
    for (let c: u32 = 0; c < this.channels; c++) {
      const states = this.filterStates + <usize>c * CROSSOVER_STATE_BYTES;
      cleanStates(states, <u32>(CROSSOVER_STATE_BYTES >> 2));
    }
    for (let c = this.channels; c < this.outputChannels; c++) memory.fill(this.out(c), 0, <usize>frames << 2);
  }

  tailFrames(): i32 {
    let longest: f64 = 0;
    for (let b: u32 = 0; b < BANDS; b++) longest = Math.max(longest, this.of(RELEASE, b).plain);
    // crossovers at 20 Hz fall by 180 dB in 0.5 s; then the gains let go, so that what comes after a pause meets the same ones
    return <i32>((0.5 + longest * 0.001 * 20.0) * this.sampleRate);
  }

  @inline private row(channel: u32, band: u32): usize {
    return this.rows + <usize>(channel * BANDS + band) * ROW_BYTES;
  }

  @inline stateOf(channel: u32, band: u32): usize {
    return this.states + <usize>(channel * BANDS + band) * REDUCTION_STATE_BYTES;
  }

  @inline gainOf(band: u32): usize {
    return this.bandGains + <usize>band * RAMP_BYTES;
  }
}
