import { gainOfDb } from '../../dsp/decibels.as';
import { envelopeRate } from '../../dsp/envelope.as';
import { Instance } from '../../dsp/instance.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';

const THRESHOLD: u32 = 0;
const RATIO: u32 = 1;
const KNEE: u32 = 2;
const ATTACK: u32 = 3;
const RELEASE: u32 = 4;
const MAKEUP: u32 = 5;
const MIX: u32 = 6;
const DETECTOR: u32 = 7;
const KEY: u32 = 8;
const LINK: u32 = 9;

const GLIDE_SECONDS: f32 = 0.02;
const RMS_SECONDS: f64 = 0.01;
const DB_OF_LOG: f64 = 8.685889638065035; // 20 / ln 10
const TINY: f64 = 1e-9; // dB of reduction, and squares, that are taken for none

/**
 * A feed-forward compressor with a side chain.
 *
 * The level (peak, or RMS over 10 ms) goes through the static curve with a quadratic knee; the reduction in dB that
 * comes out is smoothed, with the attack time while it grows and the release time while it falls (63.2 % in that time).
 * Source: D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", J. Audio Eng. Soc.
 * 60(6), 2012: the curve of eq. 4, the log-domain smooth detector of eq. 23.
 *
 * Linked channels share the reduction of the loudest; otherwise each has its own.
 */
@final
@unmanaged
export class Compressor extends Instance {
  reductions: usize; // f64[channels]: dB, smoothed, 0 or more
  squares: usize; // f64[channels]: smoothed, for RMS
  deepest: usize; // f64[channels]: of this block, for the report
  makeup: usize; // Ramp, linear gain
  mix: usize; // Ramp, 0 to 1
  channels: u32;
  thresholdDb: f64;
  kneeDb: f64;
  slope: f64; // 1 - 1 / ratio
  attackRate: f64;
  releaseRate: f64;
  rms: f64;
  kneeStart: f64; // linear level, or square, below which nothing happens

  create(): void {
    this.input(2);
    this.input(2);
    this.output(2);
    this.parameter(-80, 0, 0, Linear, GLIDE_SECONDS);
    this.parameter(1, 100, 2, Octave, GLIDE_SECONDS);
    this.parameter(0, 24, 0, Linear, GLIDE_SECONDS);
    this.parameter(0.05, 500, 10, Octave, GLIDE_SECONDS);
    this.parameter(1, 5000, 100, Octave, GLIDE_SECONDS);
    this.parameter(-24, 24, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(0, 100, 100, Linear, GLIDE_SECONDS);
    this.parameter(0, 1, 0, Jump);
    this.parameter(0, 1, 0, Jump);
    this.parameter(0, 1, 1, Jump);
  }

  activate(): void {
    this.channels = min(this.inputWidth(0), this.outputChannels);
    this.reductions = this.allocate(<usize>this.channels << 3);
    this.squares = this.allocate(<usize>this.channels << 3);
    this.deepest = this.allocate(<usize>this.channels << 3);
    this.makeup = this.allocate(RAMP_BYTES);
    this.mix = this.allocate(RAMP_BYTES);
    this.rms = envelopeRate(RMS_SECONDS, this.sampleRate);
    this.report(this.inputWidth(0));
  }

  reset(): void {
    memory.fill(this.reductions, 0, <usize>this.channels << 3);
    memory.fill(this.squares, 0, <usize>this.channels << 3);
    memory.fill(this.deepest, 0, <usize>this.channels << 3);
    for (let c: u32 = 0; c < this.reportCount; c++) this.setReport(c, 0);
  }

  update(frames: u32): void {
    this.thresholdDb = this.of(THRESHOLD).now;
    this.kneeDb = this.of(KNEE).now;
    this.slope = 1.0 - 1.0 / this.of(RATIO).hertz; // an Octave value: moves by equal ratios
    this.attackRate = envelopeRate(this.of(ATTACK).hertz * 0.001, this.sampleRate);
    this.releaseRate = envelopeRate(this.of(RELEASE).hertz * 0.001, this.sampleRate);
    const start = gainOfDb(this.thresholdDb - this.kneeDb * 0.5);
    this.kneeStart = this.of(DETECTOR).choice ? start * start : start;
    changetype<Ramp>(this.makeup).aim(<f32>this.of(MAKEUP).now, frames);
    changetype<Ramp>(this.mix).aim(<f32>(this.of(MIX).now * 0.01), frames);
  }

  render(from: u32, to: u32): void {
    const channels = this.channels;
    if (this.of(LINK).choice && channels > 1) this.renderLinked(from, to);
    else for (let c: u32 = 0; c < channels; c++) this.renderChannel(c, from, to);
    for (let c = channels; c < this.outputChannels; c++) memory.fill(this.out(c) + (<usize>from << 2), 0, <usize>(to - from) << 2);
  }

  finishBlock(frames: u32): void {
    for (let c: u32 = 0; c < this.channels; c++) {
      const at = <usize>c << 3;
      const reduction = load<f64>(this.reductions + at);
      if (!(reduction > TINY && reduction < Infinity)) store<f64>(this.reductions + at, 0);
      const square = load<f64>(this.squares + at);
      if (!(square > TINY * TINY && square < Infinity)) store<f64>(this.squares + at, 0);
      this.setReport(c, <f32>-load<f64>(this.deepest + at));
      store<f64>(this.deepest + at, 0);
    }
  }

  tailFrames(): i32 {
    // not a sound of its own: the time until the reduction has let go, so that what comes after a pause meets the same gain
    return <i32>(this.of(RELEASE).plain * 0.001 * this.sampleRate * 20.0);
  }

  /** The channel that the detector of channel c listens to. */
  @inline private keyOf(channel: u32): usize {
    if (!this.of(KEY).choice) return this.in(channel);
    const first = this.inputWidth(0);
    return this.in(first + min(channel, this.inputWidth(1) - 1));
  }

  private renderChannel(c: u32, from: u32, to: u32): void {
    const at = <usize>c << 3;
    const key = this.keyOf(c);
    const input = this.in(c);
    const output = this.out(c);
    const makeup = changetype<Ramp>(this.makeup);
    const mix = changetype<Ramp>(this.mix);
    const isRms = this.of(DETECTOR).choice != 0;
    let square = load<f64>(this.squares + at);
    let reduction = load<f64>(this.reductions + at);
    let deepest = load<f64>(this.deepest + at);
    let left = this.strideLeft;
    for (let i = <usize>from << 2; i < <usize>to << 2; i += 4) {
      const x = <f64>load<f32>(key + i);
      let level = Math.abs(x);
      if (isRms) {
        square += this.rms * (x * x - square);
        level = square;
      }
      reduction = this.follow(level, isRms, reduction);
      if (reduction > deepest) deepest = reduction;
      const wet = <f64>mix.at(left);
      const gain = reduction > TINY ? Math.exp(reduction * (-1.0 / DB_OF_LOG)) : 1.0;
      store<f32>(output + i, load<f32>(input + i) * <f32>((1.0 - wet + wet * gain * <f64>makeup.at(left))));
      if (left) left--;
    }
    store<f64>(this.squares + at, square);
    store<f64>(this.reductions + at, reduction);
    store<f64>(this.deepest + at, deepest);
  }

  private renderLinked(from: u32, to: u32): void {
    const channels = this.channels;
    const makeup = changetype<Ramp>(this.makeup);
    const mix = changetype<Ramp>(this.mix);
    const isRms = this.of(DETECTOR).choice != 0;
    let reduction = load<f64>(this.reductions);
    let deepest = load<f64>(this.deepest);
    let left = this.strideLeft;
    for (let i = <usize>from << 2; i < <usize>to << 2; i += 4) {
      let level: f64 = 0;
      for (let c: u32 = 0; c < channels; c++) {
        const x = <f64>load<f32>(this.keyOf(c) + i);
        let own = Math.abs(x);
        if (isRms) {
          const at = this.squares + (<usize>c << 3);
          own = load<f64>(at) + this.rms * (x * x - load<f64>(at));
          store<f64>(at, own);
        }
        if (own > level) level = own;
      }
      reduction = this.follow(level, isRms, reduction);
      if (reduction > deepest) deepest = reduction;
      const wet = <f64>mix.at(left);
      const gain = reduction > TINY ? Math.exp(reduction * (-1.0 / DB_OF_LOG)) : 1.0;
      const factor = <f32>(1.0 - wet + wet * gain * <f64>makeup.at(left));
      for (let c: u32 = 0; c < channels; c++) store<f32>(this.out(c) + i, load<f32>(this.in(c) + i) * factor);
      if (left) left--;
    }
    for (let c: u32 = 0; c < channels; c++) {
      store<f64>(this.reductions + (<usize>c << 3), reduction);
      store<f64>(this.deepest + (<usize>c << 3), deepest);
    }
  }

  /** One frame on: the reduction in dB that the level asks for, smoothed. */
  @inline private follow(level: f64, isSquare: bool, reduction: f64): f64 {
    let wanted: f64 = 0;
    if (level > this.kneeStart) {
      const levelDb = Math.log(level) * (isSquare ? DB_OF_LOG * 0.5 : DB_OF_LOG);
      const over = levelDb - this.thresholdDb;
      const half = this.kneeDb * 0.5;
      // without a knee, rounding may put `over` below zero here, and the curve of the knee would divide by it
      wanted = over >= half || half == 0.0 ? this.slope * over : (this.slope * (over + half) * (over + half)) / (2.0 * this.kneeDb);
    }
    const rate = wanted > reduction ? this.attackRate : this.releaseRate;
    return reduction + rate * (wanted - reduction);
  }
}
