import { Instance } from '../../dsp/instance.as';
import { Jump } from '../../dsp/parameter.as';
import { K_WEIGHTING_STATE_BYTES, KWeighting } from '../../dsp/k-weighting.as';
import { Loudness, LOUDNESS_BYTES, STEPS_PER_SECOND } from '../../dsp/loudness.as';

const RESTART: u32 = 0;

const MOMENTARY: u32 = 0;
const SHORT_TERM: u32 = 1;
const INTEGRATED: u32 = 2;
const PER_CHANNEL: u32 = 3; // peaks, then RMS

const FLOOR_LUFS: f64 = -120.0; // what reports say for silence
const FLOOR_DB: f64 = -140.0;
const SURROUND_WEIGHT: f64 = 1.41; // BS.1770-4, table 3
const RMS_SECONDS: f64 = 0.3;
const PEAK_FALL_DB: f64 = 20.0; // a second: IEC 60268-18 falls 20 dB in 1.7 s, a digital meter faster

/**
 * Levels and loudness of what passes through, unchanged. Six channels are L, R, C, LFE, Ls, Rs: the LFE is left out and the
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
  sum: f64; // weighted squares of the step under way
  stepFrames: u32;
  filled: u32; // frames of the step under way
  isRestarting: u32;

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
    this.stepFrames = <u32>Math.round(this.sampleRate / <f64>STEPS_PER_SECOND);
    this.report(PER_CHANNEL + 2 * this.inputChannels);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>this.inputChannels * K_WEIGHTING_STATE_BYTES);
    memory.fill(this.peaks, 0, <usize>this.inputChannels << 3);
    memory.fill(this.squares, 0, <usize>this.inputChannels << 3);
    changetype<Loudness>(this.loudness).reset();
    this.sum = 0;
    this.filled = 0;
    this.isRestarting = this.of(RESTART).choice;
    this.publish();
  }

  update(frames: u32): void {
    const isRestarting = this.of(RESTART).choice;
    if (isRestarting && !this.isRestarting) changetype<Loudness>(this.loudness).restart(this.filled != 0);
    this.isRestarting = isRestarting;
  }

  render(from: u32, to: u32): void {
    const at = <usize>from << 2;
    const bytes = <usize>(to - from) << 2;
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      if (c < this.inputChannels) memory.copy(this.out(c) + at, this.in(c) + at, bytes);
      else memory.fill(this.out(c) + at, 0, bytes);
    }
    // the steps of the measure do not heed blocks
    let done = from;
    while (done < to) {
      const part = min(to - done, this.stepFrames - this.filled);
      for (let c: u32 = 0; c < this.inputChannels; c++) {
        const weight = this.weightOf(c);
        const state = this.states + <usize>c * K_WEIGHTING_STATE_BYTES;
        if (weight > 0.0) this.sum += weight * changetype<KWeighting>(this.weighting).sumOfSquares(this.in(c) + (<usize>done << 2), part, state);
      }
      done += part;
      this.filled += part;
      if (this.filled == this.stepFrames) this.finishStep();
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
      const peakAt = this.peaks + (<usize>c << 3);
      const held = load<f64>(peakAt) * fall;
      store<f64>(peakAt, finite(<f64>peak > held ? <f64>peak : held));
      const squareAt = this.squares + (<usize>c << 3);
      const before = load<f64>(squareAt);
      store<f64>(squareAt, finite(before + share * (sum / <f64>frames - before)));
      this.clean(this.states + <usize>c * K_WEIGHTING_STATE_BYTES);
    }
    this.sum = finite(this.sum);
    this.publish();
  }

  tailFrames(): i32 {
    return <i32>(this.sampleRate * 10.0); // until the windows are empty and the levels have fallen
  }

  private finishStep(): void {
    changetype<Loudness>(this.loudness).step(finite(this.sum) / <f64>this.stepFrames);
    this.sum = 0;
    this.filled = 0;
  }

  private publish(): void {
    const loudness = changetype<Loudness>(this.loudness);
    this.setReport(MOMENTARY, <f32>Math.max(loudness.momentary, FLOOR_LUFS));
    this.setReport(SHORT_TERM, <f32>Math.max(loudness.shortTerm, FLOOR_LUFS));
    this.setReport(INTEGRATED, <f32>Math.max(loudness.integrated, FLOOR_LUFS));
    const channels = this.inputChannels;
    for (let c: u32 = 0; c < channels; c++) {
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
