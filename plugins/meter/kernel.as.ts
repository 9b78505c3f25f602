import { Instance } from '../../dsp/instance.as';
import { LANE_FRAMES, Lanes, STATES } from '../../dsp/lanes.as';
import { Jump } from '../../dsp/parameter.as';
import { K_WEIGHTING_STATE_BYTES, KWeighting } from '../../dsp/k-weighting.as';
import { HOP_STEPS, Loudness, LOUDNESS_BYTES, STEPS_PER_SECOND } from '../../dsp/loudness.as';
import { LOUDNESS_RANGE_BYTES, LoudnessRange } from '../../dsp/loudness-range.as';
import { TRUE_PEAK_GAIN, TRUE_PEAK_PAST, truePeaks } from '../../dsp/true-peak.as';

const RESTART: u32 = 0;

const MOMENTARY: u32 = 0;
const SHORT_TERM: u32 = 1;
const INTEGRATED: u32 = 2;
const PER_CHANNEL: u32 = 3; // peaks, then RMS; behind them the range, then true peaks

const STEPS_AHEAD: usize = 4; // a piece of 128 frames at 8,000 Hz touches three steps of 80

const FLOOR_LUFS: f64 = -120.0; // what reports say for silence
const FLOOR_DB: f64 = -140.0;
const SURROUND_WEIGHT: f64 = 1.41; // BS.1770-4, table 3
const RMS_SECONDS: f64 = 0.3;
const PAST_BYTES: usize = <usize>TRUE_PEAK_PAST << 2;
const PEAK_FALL_DB: f64 = 20.0; // a second: IEC 60268-18 falls 20 dB in 1.7 s, a digital meter faster

/**
 * Levels, loudness, loudness range and true peaks of what passes through, unchanged. Six channels are L, R, C, LFE, Ls, Rs: the LFE is left out and the
 * surrounds weigh 1.41; any other width weighs all channels alike.
 */
@final
@unmanaged
export class Meter extends Instance {
  weighting: usize; // KWeighting
  states: usize; // for each channel
  loudness: usize; // Loudness
  peaks: usize; // f64[channels], linear
  squares: usize; // f64[channels], smoothed mean square
  steps: usize; // f64[STEPS_AHEAD]: weighted squares of the step under way, and of those that a piece reaches into
  stepFrames: u32;
  filled: u32; // frames of the step under way
  isRestarting: u32;
  range: usize; // LoudnessRange
  pasts: usize; // f32[channels][TRUE_PEAK_PAST]: the last frames of each channel
  truePeaks: usize; // f32[channels], linear, the highest since reset or restart
  samples: usize; // f32: the past of a channel and a piece of it, for the interpolator
  between: usize; // f32[LANE_FRAMES]: peaks between samples
  sums: usize; // f64[4]: of the lanes that this instance leads

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, 1, 0, Jump);
  }

  activate(): void {
    this.weighting = this.allocate(offsetof<KWeighting>());
    changetype<KWeighting>(this.weighting).init(this.sampleRate);
    this.states = this.allocate(<usize>this.inputChannels * K_WEIGHTING_STATE_BYTES);
    this.loudness = this.allocate(LOUDNESS_BYTES);
    this.peaks = this.allocate(<usize>this.inputChannels << 3);
    this.squares = this.allocate(<usize>this.inputChannels << 3);
    this.range = this.allocate(LOUDNESS_RANGE_BYTES);
    this.pasts = this.allocate(<usize>this.inputChannels * PAST_BYTES);
    this.truePeaks = this.allocate(<usize>this.inputChannels << 2);
    this.samples = this.allocate(PAST_BYTES + <usize>LANE_FRAMES * 4 + 16);
    this.between = this.allocateFrames(LANE_FRAMES);
    this.sums = this.allocate(32);
    this.steps = this.allocate(STEPS_AHEAD << 3);
    this.stepFrames = <u32>Math.round(this.sampleRate / <f64>STEPS_PER_SECOND);
    this.report(PER_CHANNEL + 3 * this.inputChannels + 1);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>this.inputChannels * K_WEIGHTING_STATE_BYTES);
    memory.fill(this.peaks, 0, <usize>this.inputChannels << 3);
    memory.fill(this.squares, 0, <usize>this.inputChannels << 3);
    changetype<Loudness>(this.loudness).reset();
    changetype<LoudnessRange>(this.range).reset();
    memory.fill(this.pasts, 0, <usize>this.inputChannels * PAST_BYTES);
    memory.fill(this.truePeaks, 0, <usize>this.inputChannels << 2);
    memory.fill(this.steps, 0, STEPS_AHEAD << 3);
    this.filled = 0;
    this.isRestarting = this.of(RESTART).choice;
    this.publish();
  }

  update(frames: u32): void {
    const isRestarting = this.of(RESTART).choice;
    if (isRestarting && !this.isRestarting) {
      changetype<Loudness>(this.loudness).restart(this.filled != 0);
      changetype<LoudnessRange>(this.range).reset();
      memory.fill(this.truePeaks, 0, <usize>this.inputChannels << 2);
    }
    this.isRestarting = isRestarting;
  }

  /** A lane for each channel. */
  @inline lanesNeeded(): u32 {
    return this.inputChannels;
  }

  /** Those whose steps end at the same frame share vectors. */
  @inline laneKey(): u64 {
    return this.filled;
  }

  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const at = <usize>from << 2;
    const bytes = <usize>(to - from) << 2;
    for (let lane: u32 = 0; lane < lanes.count; lane++) memory.copy(lanes.output(lane) + at, lanes.input(lane) + at, bytes);
    for (let lane: u32 = 0; lane < 4; lane++) {
      const kernel = changetype<Meter>(lanes.instance(lane));
      lanes.place(STATES, lane, kernel.states + <usize>lanes.unit(lane) * K_WEIGHTING_STATE_BYTES);
    }
    // the steps of the measure do not heed blocks
    const data = isVector<T>() ? lanes.read<T>(from, to) : lanes.input(0) + at;
    let ends: u32 = 0;
    let filled = this.filled;
    for (let done: u32 = 0, frames = to - from; done < frames; ) {
      const part = min(frames - done, this.stepFrames - filled);
      this.measure<T>(lanes, data + <usize>done * sizeof<T>(), part, ends);
      done += part;
      filled += part;
      if (filled == this.stepFrames) {
        filled = 0;
        ends += 1;
      }
    }
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      const kernel = changetype<Meter>(lanes.instance(lane));
      if (lanes.unit(lane) + 1 == kernel.inputChannels) kernel.endPiece(filled, ends);
    }
  }

  /** Adds the weighted squares of some frames to the step under way, or to the `ahead`-th after it. */
  private measure<T>(lanes: Lanes, data: usize, frames: u32, ahead: u32): void {
    const weighting = changetype<KWeighting>(this.weighting);
    if (isVector<T>()) weighting.sumsOfSquares(lanes, data, frames, this.sums);
    else store<f64>(this.sums, weighting.sumOfSquares(data, frames, lanes.at(STATES, 0)));
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      const kernel = changetype<Meter>(lanes.instance(lane));
      const weight = kernel.weightOf(lanes.unit(lane));
      if (weight == 0.0) continue;
      const at = kernel.steps + (<usize>ahead << 3);
      store<f64>(at, load<f64>(at) + weight * load<f64>(this.sums + (<usize>lane << 3)));
    }
  }

  /** After the last channel of a piece in which `ends` steps ended. */
  private endPiece(filled: u32, ends: u32): void {
    this.filled = filled;
    for (; ends; ends--) {
      const loudness = changetype<Loudness>(this.loudness);
      loudness.step(finite(load<f64>(this.steps)) / <f64>this.stepFrames);
      const range = changetype<LoudnessRange>(this.range);
      range.count();
      if (loudness.next % <u32>HOP_STEPS == 0) range.take(loudness.shortTerm);
      memory.copy(this.steps, this.steps + 8, (STEPS_AHEAD - 1) << 3);
      store<f64>(this.steps + ((STEPS_AHEAD - 1) << 3), 0);
    }
  }

  finishBlock(frames: u32): void {
    const fall = Math.pow(10.0, (-PEAK_FALL_DB / 20.0) * (<f64>frames / this.sampleRate));
    const share = 1.0 - Math.exp(-<f64>frames / (RMS_SECONDS * this.sampleRate));
    for (let c: u32 = 0; c < this.inputChannels; c++) {
      let peak: f32 = 0;
      let sum: f64 = 0;
      const end = this.in(c) + (<usize>frames << 2);
      for (let at = this.in(c); at < end; at += 4) {
        const x = load<f32>(at);
        peak = max(peak, abs(x));
        sum += <f64>x * <f64>x;
      }
      this.findTruePeak(c, peak, frames);
      const peakAt = this.peaks + (<usize>c << 3);
      const held = load<f64>(peakAt) * fall;
      store<f64>(peakAt, finite(<f64>peak > held ? <f64>peak : held));
      const squareAt = this.squares + (<usize>c << 3);
      const before = load<f64>(squareAt);
      store<f64>(squareAt, finite(before + share * (sum / <f64>frames - before)));
      this.clean(this.states + <usize>c * K_WEIGHTING_STATE_BYTES);
    }
    store<f64>(this.steps, finite(load<f64>(this.steps)));
    for (let c = this.inputChannels; c < this.outputChannels; c++) memory.fill(this.out(c), 0, <usize>frames << 2);
    this.publish();
  }

  /**
   * The largest peak between the samples of a channel, if it can be above the highest so far. Of this block's samples `peak` is the
   * largest; those of the past it knows.
   */
  private findTruePeak(channel: u32, peak: f32, frames: u32): void {
    const past = this.pasts + <usize>channel * PAST_BYTES;
    const highestAt = this.truePeaks + (<usize>channel << 2);
    let highest = load<f32>(highestAt);
    let most = peak;
    for (let i: usize = 0; i < PAST_BYTES; i += 4) most = max(most, abs(load<f32>(past + i)));
    if (most < Infinity && peak > highest) highest = peak;
    const isHigher = most < Infinity && most * TRUE_PEAK_GAIN > highest;
    const present = this.samples + PAST_BYTES;
    // without a higher peak to find only the last frames are wanted
    let done: u32 = isHigher || frames <= TRUE_PEAK_PAST ? 0 : frames - TRUE_PEAK_PAST;
    while (done < frames) {
      const part = min(frames - done, LANE_FRAMES);
      memory.copy(this.samples, past, PAST_BYTES);
      memory.copy(present, this.in(channel) + (<usize>done << 2), <usize>part << 2);
      if (isHigher) {
        truePeaks(this.samples, this.between, (part + 3) & ~3);
        for (let i: usize = 0; i < <usize>part << 2; i += 4) highest = max(highest, load<f32>(this.between + i));
      }
      memory.copy(past, this.samples + (<usize>part << 2), PAST_BYTES);
      done += part;
    }
    store<f32>(highestAt, <f32>finite(<f64>highest));
  }

  tailFrames(): i32 {
    return <i32>(this.sampleRate * 10.0); // until the windows are empty and the levels have fallen
  }

  private publish(): void {
    const loudness = changetype<Loudness>(this.loudness);
    this.setReport(MOMENTARY, <f32>Math.max(loudness.momentary, FLOOR_LUFS));
    this.setReport(SHORT_TERM, <f32>Math.max(loudness.shortTerm, FLOOR_LUFS));
    this.setReport(INTEGRATED, <f32>Math.max(loudness.integrated, FLOOR_LUFS));
    const channels = this.inputChannels;
    this.setReport(PER_CHANNEL + 2 * channels, <f32>changetype<LoudnessRange>(this.range).range);
    for (let c: u32 = 0; c < channels; c++) {
      const truePeak = 20.0 * Math.log10(<f64>load<f32>(this.truePeaks + (<usize>c << 2)));
      this.setReport(PER_CHANNEL + 2 * channels + 1 + c, <f32>Math.max(truePeak, FLOOR_DB));
      const peak = 20.0 * Math.log10(load<f64>(this.peaks + (<usize>c << 3)));
      const level = 10.0 * Math.log10(load<f64>(this.squares + (<usize>c << 3)));
      this.setReport(PER_CHANNEL + c, <f32>Math.max(peak, FLOOR_DB));
      this.setReport(PER_CHANNEL + channels + c, <f32>Math.max(level, FLOOR_DB));
    }
  }

  private weightOf(channel: u32): f64 {
    if (this.inputChannels != 6 || channel < 3) return 1.0;
    return channel == 3 ? 0.0 : SURROUND_WEIGHT;
  }

  private clean(state: usize): void {
    for (let at = state; at < state + K_WEIGHTING_STATE_BYTES; at += 8) {
      const size = Math.abs(load<f64>(at));
      if (!(size >= 1e-18 && size < Infinity)) store<f64>(at, 0); // far below hearing, long before denormal
    }
  }
}

@inline function finite(value: f64): f64 {
  return value - value == 0.0 ? value : 0.0;
}
