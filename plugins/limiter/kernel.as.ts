import { DelayLine } from '../../dsp/delay-line.as';
import { envelopeRate } from '../../dsp/envelope.as';
import { Instance } from '../../dsp/instance.as';
import { LANE_FRAMES } from '../../dsp/lanes.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { TRUE_PEAK_GAIN, TRUE_PEAK_LATENCY, TRUE_PEAK_PAST, truePeaks } from '../../dsp/true-peak.as';
import { GAIN_PATH_BYTES, GainPath } from './gain-path.as';

const GAIN: u32 = 0;
const CEILING: u32 = 1;
const LOOKAHEAD: u32 = 2;
const RELEASE: u32 = 3;
const TRUE_PEAK: u32 = 4;

const GLIDE_SECONDS: f32 = 0.02;
const TIME_CONSTANTS: f64 = 22; // until the gain is 1 to 2^-31
const PAST_BYTES: usize = <usize>TRUE_PEAK_PAST << 2;
/** Past and present of one channel; the interpolator reads whole groups of four frames. */
const SAMPLES_BYTES: usize = PAST_BYTES + <usize>LANE_FRAMES * 4 + 4;

/**
 * A limiter: nothing leaves above the ceiling, neither a sample nor, as far as the interpolator of BS.1770 sees, what lies between
 * samples. All channels get the same gain, which is down before the peak comes: the latency is the look-ahead and 5 frames.
 *
 * Not in lanes: the gain is found by comparing and counting, frame by frame; the interpolator takes four frames at a time, and only
 * where a sample is within 6.2 dB of the ceiling.
 */
@final
@unmanaged
export class Limiter extends Instance {
  channels: u32; // that have an input and an output
  samples: usize; // for each channel SAMPLES_BYTES
  delays: usize; // DelayLine[channels]
  path: usize; // GainPath
  row: usize; // f32[LANE_FRAMES]: peaks, then gains
  other: usize; // f32[LANE_FRAMES]: peaks between samples, then the late input
  gain: usize; // Ramp
  ceiling: usize; // Ramp
  lookahead: u32; // frames
  smallest: f64; // gain of this block, for the report

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(-24, 24, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(-30, 0, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(0.1, 20, 2, Linear, 0);
    this.parameter(1, 5000, 100, Octave, GLIDE_SECONDS);
    this.parameter(0, 1, 1, Jump);
  }

  activate(): void {
    this.channels = min(this.inputChannels, this.outputChannels);
    this.lookahead = max<u32>(2, <u32>Math.round(this.of(LOOKAHEAD).plain * 0.001 * this.sampleRate));
    this.samples = this.allocate(<usize>this.channels * SAMPLES_BYTES);
    this.delays = this.allocate(<usize>this.channels * offsetof<DelayLine>());
    const late = this.lookahead + TRUE_PEAK_LATENCY;
    for (let c: u32 = 0; c < this.channels; c++) this.delay(c).init(this.allocateFrames(late), late);
    this.path = this.allocate(GAIN_PATH_BYTES);
    changetype<GainPath>(this.path).init(this.allocate(GainPath.ringBytes(this.lookahead)), this.lookahead);
    this.row = this.allocateFrames(LANE_FRAMES);
    this.other = this.allocateFrames(LANE_FRAMES);
    this.gain = this.allocate(RAMP_BYTES);
    this.ceiling = this.allocate(RAMP_BYTES);
    this.report(1);
  }

  reset(): void {
    memory.fill(this.samples, 0, <usize>this.channels * SAMPLES_BYTES);
    for (let c: u32 = 0; c < this.channels; c++) this.delay(c).reset();
    changetype<GainPath>(this.path).reset();
    this.smallest = 1;
    this.setReport(0, 0);
  }

  update(frames: u32): void {
    changetype<Ramp>(this.gain).aim(<f32>this.of(GAIN).now, frames);
    changetype<Ramp>(this.ceiling).aim(<f32>this.of(CEILING).now, frames);
    // an Octave value: moves by equal ratios
    changetype<GainPath>(this.path).release = envelopeRate(this.of(RELEASE).hertz * 0.001, this.sampleRate);
  }

  latencyFrames(): i32 {
    return this.lookahead + TRUE_PEAK_LATENCY;
  }

  tailFrames(): i32 {
    // the sound is through after the latency; then the gain lets go, so that what comes after a pause meets the same one
    return this.latencyFrames() + <i32>(this.of(RELEASE).plain * 0.001 * this.sampleRate * TIME_CONSTANTS);
  }

  render(from: u32, to: u32): void {
    let left = this.strideLeft;
    while (from < to) {
      const end = min(to, from + LANE_FRAMES);
      this.renderPiece(from, end - from, left);
      left = left > end - from ? left - (end - from) : 0;
      from = end;
    }
  }

  finishBlock(frames: u32): void {
    this.setReport(0, this.smallest < 1.0 ? <f32>(20.0 * Math.log10(Math.max(this.smallest, 1e-10))) : 0);
    this.smallest = 1;
    for (let c = this.channels; c < this.outputChannels; c++) memory.fill(this.out(c), 0, <usize>frames << 2);
  }

  private renderPiece(from: u32, frames: u32, left: u32): void {
    const at = <usize>from << 2;
    const path = changetype<GainPath>(this.path);
    let isAtRest = path.isAtRest;
    for (let c: u32 = 0; c < this.channels; c++) this.hear(c, this.in(c) + at, frames, left);
    if (!this.findPeaks(frames, left)) memory.fill(this.row, 0, <usize>frames << 2);
    else isAtRest = false;
    if (!isAtRest) this.findGains(frames, left);
    for (let c: u32 = 0; c < this.channels; c++) {
      const output = this.out(c) + at;
      const present = this.samples + <usize>c * SAMPLES_BYTES + PAST_BYTES;
      this.delay(c).process(present, output, frames);
      if (!isAtRest) multiply(output, this.row, frames);
      memory.copy(present - PAST_BYTES, present - PAST_BYTES + (<usize>frames << 2), PAST_BYTES);
    }
  }

  /** The frames of a channel with the input gain, behind its past. What is not finite becomes 0: it must not stay in a delay. */
  private hear(channel: u32, input: usize, frames: u32, left: u32): void {
    const present = this.samples + <usize>channel * SAMPLES_BYTES + PAST_BYTES;
    const gain = changetype<Ramp>(this.gain);
    for (let i: usize = 0; i < <usize>frames << 2; i += 4) {
      const x = load<f32>(input + i) * gain.at(left);
      store<f32>(present + i, x - x == 0 ? x : 0);
      if (left) left--;
    }
  }

  /** The largest peak of all channels beside each frame, to `row`. @returns false when none can be above the ceiling */
  private findPeaks(frames: u32, left: u32): bool {
    const ceiling = changetype<Ramp>(this.ceiling);
    const isTruePeak = this.of(TRUE_PEAK).choice != 0;
    const lowest = min(ceiling.to, ceiling.at(left));
    const most = isTruePeak ? lowest / TRUE_PEAK_GAIN : lowest;
    let found = false;
    for (let c: u32 = 0; c < this.channels; c++) {
      const samples = this.samples + <usize>c * SAMPLES_BYTES;
      if (largest(samples, frames + TRUE_PEAK_PAST) <= most) continue;
      if (isTruePeak) truePeaks(samples, this.other, (frames + 3) & ~3);
      else memory.fill(this.other, 0, LANE_FRAMES * 4);
      // beside the points are the frames 6 and 5 before
      const older = samples + PAST_BYTES - 24;
      for (let i: usize = 0; i < <usize>((frames + 3) & ~3) << 2; i += 16) {
        const sides = f32x4.pmax(f32x4.abs(v128.load(older + i)), f32x4.abs(v128.load(older + i, 4)));
        const own = f32x4.pmax(v128.load(this.other + i), sides);
        v128.store(this.row + i, found ? f32x4.pmax(v128.load(this.row + i), own) : own);
      }
      found = true;
    }
    return found;
  }

  /** Peaks in `row` become gains. */
  private findGains(frames: u32, left: u32): void {
    const path = changetype<GainPath>(this.path);
    const ceiling = changetype<Ramp>(this.ceiling);
    let smallest = this.smallest;
    for (let row = this.row, end = this.row + (<usize>frames << 2); row < end; row += 4) {
      const most = ceiling.at(left);
      const peak = load<f32>(row);
      const gain = path.next(peak > most ? <f64>most / <f64>peak : 1.0);
      smallest = Math.min(smallest, gain);
      store<f32>(row, <f32>gain);
      if (left) left--;
    }
    this.smallest = smallest;
  }

  @inline private delay(channel: u32): DelayLine {
    return changetype<DelayLine>(this.delays + <usize>channel * offsetof<DelayLine>());
  }
}

/** The largest size of `count` samples. */
function largest(samples: usize, count: u32): f32 {
  let most = f32x4.splat(0);
  let i: usize = 0;
  for (const whole = <usize>(count & ~3) << 2; i < whole; i += 16) most = f32x4.pmax(most, f32x4.abs(v128.load(samples + i)));
  let found = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  for (; i < <usize>count << 2; i += 4) found = max(found, abs(load<f32>(samples + i)));
  return found;
}

/** output = output * row */
function multiply(output: usize, row: usize, frames: u32): void {
  let i: usize = 0;
  for (const whole = <usize>(frames & ~3) << 2; i < whole; i += 16) {
    v128.store(output + i, f32x4.mul(v128.load(output + i), v128.load(row + i)));
  }
  for (; i < <usize>frames << 2; i += 4) store<f32>(output + i, load<f32>(output + i) * load<f32>(row + i));
}
