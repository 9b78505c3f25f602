import { envelopeRate } from '../../dsp/envelope.as';
import { Instance } from '../../dsp/instance.as';
import { largerMagnitudes, magnitudes, multiplyRow, readRow, ROW_BYTES, writeRow } from '../../dsp/lane-channels.as';
import { rowBytes } from '../../dsp/lane-order.as';
import { all } from '../../dsp/lane.as';
import { COEFFICIENTS, Lanes, STATES } from '../../dsp/lanes.as';
import { Jump, Linear, Octave } from '../../dsp/parameter.as';
import { gains, logarithms } from '../../dsp/row-logarithm.as';
import { Opening, OPENING_BYTES, OPENING_STATE_BYTES, openings } from './opening.as';

const THRESHOLD: u32 = 0;
const HYSTERESIS: u32 = 1;
const RATIO: u32 = 2;
const KNEE: u32 = 3;
const RANGE: u32 = 4;
const ATTACK: u32 = 5;
const HOLD: u32 = 6;
const RELEASE: u32 = 7;
const KEY: u32 = 8;
const LINK: u32 = 9;

const GLIDE_SECONDS: f32 = 0.02;
const OFF_DB: f64 = -100; // the lowest threshold: nothing is too soft
const NEVER: f64 = -1000; // log2 of a level that no sound is below
const DB_OF_LOG2: f32 = 6.020599913279624; // 20 log10(2)
const LOG2_OF_DB: f64 = 0.16609640474436813;
/** log2: a level at the threshold, whose logarithm is known to 7e-6, is not taken for a softer one: every bit stays. */
const MARGIN: f64 = 1e-5;
const TINY: f32 = 1e-10; // reductions that are taken for none

/**
 * A gate and downward expander: what is softer than the threshold gets softer still, by the ratio and at most by the range. A ratio
 * of 100 is a gate. Opening takes the attack time, shutting the release time (63.2 % of the way in dB), once the level has been too
 * low for the hold time. Once open it shuts `hysteresis` below the threshold. Linked channels open by the loudest.
 *
 * Each frame is looked at as it is: the hold time, not a smoothed level, carries a gate over the zeros of a wave.
 */
@final
@unmanaged
export class Gate extends Instance {
  channels: u32; // that have an input and an output
  opening: usize; // Opening
  states: usize; // for each channel, OPENING_STATE_BYTES
  row: usize; // levels, reductions, then gains of the lanes that this instance leads
  data: usize; // a channel of them

  create(): void {
    this.input(2);
    this.input(2);
    this.output(2);
    this.parameter(OFF_DB, 0, OFF_DB, Linear, GLIDE_SECONDS);
    this.parameter(0, 24, 3, Linear, GLIDE_SECONDS);
    this.parameter(1, 100, 100, Octave, GLIDE_SECONDS);
    this.parameter(0, 24, 0, Linear, GLIDE_SECONDS);
    this.parameter(0, 120, 80, Linear, GLIDE_SECONDS);
    this.parameter(0.05, 500, 1, Octave, GLIDE_SECONDS);
    this.parameter(0, 2000, 50, Linear, 0);
    this.parameter(1, 5000, 100, Octave, GLIDE_SECONDS);
    this.parameter(0, 1, 0, Jump);
    this.parameter(0, 1, 1, Jump);
  }

  activate(): void {
    this.channels = min(this.inputWidth(0), this.outputChannels);
    this.opening = this.allocate(OPENING_BYTES);
    this.states = this.allocate(<usize>this.channels * OPENING_STATE_BYTES);
    this.row = this.allocate(ROW_BYTES);
    this.data = this.allocate(ROW_BYTES);
    this.report(this.inputWidth(0));
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>this.channels * OPENING_STATE_BYTES);
    for (let c: u32 = 0; c < this.reportCount; c++) this.setReport(c, 0);
  }

  update(frames: u32): void {
    const opening = changetype<Opening>(this.opening);
    const thresholdDb = this.of(THRESHOLD).now;
    const isOff = thresholdDb <= OFF_DB;
    const threshold = isOff ? NEVER : thresholdDb * LOG2_OF_DB - MARGIN;
    const halfKnee = this.of(KNEE).now * LOG2_OF_DB * 0.5;
    const slope = this.of(RATIO).hertz - 1.0; // an Octave value: moves by equal ratios
    opening.openAt = <f32>threshold;
    opening.shutAt = <f32>(threshold - this.of(HYSTERESIS).now * LOG2_OF_DB);
    opening.halfKnee = <f32>halfKnee;
    opening.bend = halfKnee > 0.0 ? <f32>(slope / (4.0 * halfKnee)) : 0;
    opening.slope = <f32>slope;
    opening.range = <f32>(this.of(RANGE).now * LOG2_OF_DB);
    opening.attack = <f32>envelopeRate(this.of(ATTACK).hertz * 0.001, this.sampleRate);
    opening.release = <f32>envelopeRate(this.of(RELEASE).hertz * 0.001, this.sampleRate);
    opening.holdFrames = <f32>Math.round(this.of(HOLD).now * 0.001 * this.sampleRate);
  }

  /** A lane for each channel, or one for all when they are linked. */
  @inline lanesNeeded(): u32 {
    return this.isLinked ? 1 : this.channels;
  }

  @inline get isLinked(): bool {
    return this.of(LINK).choice != 0 && this.channels > 1;
  }

  /** Linked instances share vectors when they are as wide. */
  @inline laneKey(): u64 {
    return this.isLinked ? (<u64>this.channels << 8) | this.keyWidth : 0;
  }

  @inline private get keyWidth(): u32 {
    return this.of(KEY).choice ? this.inputWidth(1) : this.channels;
  }

  /** The input that opens channel c. */
  @inline keyOf(channel: u32): u32 {
    return this.of(KEY).choice ? this.inputWidth(0) + min(channel, this.inputWidth(1) - 1) : channel;
  }

  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const frames = to - from;
    const bytes = rowBytes<T>(frames);
    const row = this.row;
    const data = this.data;
    const isLinked = this.isLinked;
    for (let lane: u32 = 0; lane < 4; lane++) {
      const kernel = changetype<Gate>(lanes.instance(lane));
      lanes.place(COEFFICIENTS, lane, kernel.opening);
      lanes.place(STATES, lane, kernel.stateOf(lanes.unit(lane)));
    }
    const keys = isLinked ? this.keyWidth : 1;
    for (let k: u32 = 0; k < keys; k++) {
      const to0 = k ? data : row;
      readRow<T>(lanes, key(lanes, 0, k), key(lanes, 1, k), key(lanes, 2, k), key(lanes, 3, k), to0, from, to);
      if (k) largerMagnitudes(row, data, bytes);
      else magnitudes(row, bytes);
    }
    logarithms<T>(row, bytes, all<T>(0));
    openings<T>(lanes, row, frames);
    gains(row, bytes);
    if (isLinked) for (let lane: u32 = 0; lane < lanes.count; lane++) changetype<Gate>(lanes.instance(lane)).spread();
    const channels = isLinked ? this.channels : 1;
    for (let k: u32 = 0; k < channels; k++) {
      const a = isLinked ? k : lanes.unit(0);
      const b = isLinked ? k : lanes.unit(1);
      const c = isLinked ? k : lanes.unit(2);
      const d = isLinked ? k : lanes.unit(3);
      readRow<T>(lanes, a, b, c, d, data, from, to);
      multiplyRow(data, row, bytes);
      writeRow<T>(lanes, a, b, c, d, data, from, to);
    }
  }

  finishBlock(frames: u32): void {
    for (let c: u32 = 0; c < this.channels; c++) {
      const state = this.stateOf(c);
      if (!(load<f32>(state) > TINY && load<f32>(state) < Infinity)) store<u64>(state, 0);
      this.setReport(c, -DB_OF_LOG2 * load<f32>(state, 16));
    }
    for (let c: u32 = 0; c < this.channels; c++) store<f32>(this.stateOf(c), 0, 16);
    for (let c = this.channels; c < this.outputChannels; c++) memory.fill(this.out(c), 0, <usize>frames << 2);
  }

  tailFrames(): i32 {
    // not a sound of its own: the time until it is shut, so that what comes after a pause meets the same gain
    return <i32>((this.of(RELEASE).plain * 20.0 + this.of(HOLD).plain) * 0.001 * this.sampleRate);
  }

  /** All channels have the state of the first. */
  private spread(): void {
    for (let c: u32 = 1; c < this.channels; c++) memory.copy(this.stateOf(c), this.stateOf(0), OPENING_STATE_BYTES);
  }

  @inline stateOf(channel: u32): usize {
    return this.states + <usize>channel * OPENING_STATE_BYTES;
  }
}

/** The input that lane `lane` listens to: channel k of its key where channels are linked. */
@inline function key(lanes: Lanes, lane: u32, k: u32): u32 {
  const kernel = changetype<Gate>(lanes.instance(lane));
  return kernel.keyOf(kernel.isLinked ? k : lanes.unit(lane));
}
