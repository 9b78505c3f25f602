import { gainOfDb } from '../../dsp/decibels.as';
import { envelopeRate } from '../../dsp/envelope.as';
import { Instance } from '../../dsp/instance.as';
import { LANE_FRAMES, Lanes } from '../../dsp/lanes.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { applyOne, gainsOf, multiply, scaleAll } from './gains.as';
import { bent, hard, largerLevels, levels } from './curve.as';
import { Larger, Smaller, smoothFour, smoothOne } from './smooth.as';

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
const DB_OF_LOG2: f32 = 6.020599913279624; // 20 log10(2)
const LOG2_OF_DB: f64 = 0.16609640474436813;
const TINY: f64 = 1e-10; // reductions and squares that are taken for none
const ROW_BYTES: usize = <usize>LANE_FRAMES * 4;

/**
 * A feed-forward compressor with a side chain.
 *
 * The level (peak, or RMS over 10 ms) goes through the static curve with a quadratic knee; the reduction in dB that
 * comes out is smoothed, with the attack time while it grows and the release time while it falls (63.2 % in that time).
 * Source: D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", J. Audio Eng. Soc.
 * 60(6), 2012: the curve of eq. 4, the log-domain smooth detector of eq. 23.
 *
 * Linked channels share the reduction of the loudest; otherwise each has its own. Levels and reductions are kept as log2: a
 * doubling is 1, which is 6.02 dB.
 */
@final
@unmanaged
export class Compressor extends Instance {
  reductions: usize; // f64[channels]: log2, smoothed, 0 or more
  squares: usize; // f64[channels]: smoothed, for RMS
  deepest: usize; // f32[channels]: of this block, for the report
  rows: usize; // f32[4][LANE_FRAMES]: level, then reduction, then gain of the lanes that this instance leads
  makeup: usize; // Ramp, linear gain
  mix: usize; // Ramp, 0 to 1
  channels: u32;
  threshold: f32; // log2
  knee: f32; // log2, whole width
  slope: f32; // 1 - 1 / ratio
  perLevel: f32; // log2 of a level by that of what the detector gives: 1, or 1/2 for squares
  attackRate: f64;
  releaseRate: f64;
  rms: f64;
  kneeStart: f32; // linear level, or square, below which nothing happens

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
    this.deepest = this.allocate(<usize>this.channels << 2);
    this.rows = this.allocate(4 * ROW_BYTES);
    this.makeup = this.allocate(RAMP_BYTES);
    this.mix = this.allocate(RAMP_BYTES);
    this.rms = envelopeRate(RMS_SECONDS, this.sampleRate);
    this.report(this.inputWidth(0));
  }

  reset(): void {
    memory.fill(this.reductions, 0, <usize>this.channels << 3);
    memory.fill(this.squares, 0, <usize>this.channels << 3);
    memory.fill(this.deepest, 0, <usize>this.channels << 2);
    for (let c: u32 = 0; c < this.reportCount; c++) this.setReport(c, 0);
  }

  update(frames: u32): void {
    const thresholdDb = this.of(THRESHOLD).now;
    const kneeDb = this.of(KNEE).now;
    const isRms = this.of(DETECTOR).choice != 0;
    this.threshold = <f32>(thresholdDb * LOG2_OF_DB);
    this.knee = <f32>(kneeDb * LOG2_OF_DB);
    this.slope = <f32>(1.0 - 1.0 / this.of(RATIO).hertz); // an Octave value: moves by equal ratios
    this.perLevel = isRms ? 0.5 : 1;
    this.attackRate = envelopeRate(this.of(ATTACK).hertz * 0.001, this.sampleRate);
    this.releaseRate = envelopeRate(this.of(RELEASE).hertz * 0.001, this.sampleRate);
    const start = gainOfDb(thresholdDb - kneeDb * 0.5);
    this.kneeStart = <f32>(isRms ? start * start : start);
    changetype<Ramp>(this.makeup).aim(<f32>this.of(MAKEUP).now, frames);
    changetype<Ramp>(this.mix).aim(<f32>(this.of(MIX).now * 0.01), frames);
  }

  /** A lane for each channel, or one for all when they are linked. */
  @inline lanesNeeded(): u32 {
    return this.isLinked ? 1 : this.channels;
  }

  @inline private get isLinked(): bool {
    return this.of(LINK).choice != 0 && this.channels > 1;
  }

  /** Those whose attack is faster than the release are smoothed by other steps than the rest: see smooth.as.ts. */
  @inline laneKey(): u64 {
    return this.attackRate >= this.releaseRate ? 1 : 0;
  }

  /**
   * Only the smoothing waits for the frame before, so only that is done in lanes; level, curve and gain are computed four
   * frames of a lane at a time.
   */
  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const frames = to - from;
    const rows = this.rows;
    let isAtRest = true; // nothing asks for a reduction, and none is left
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      const kernel = changetype<Compressor>(lanes.instance(lane));
      const isQuiet = kernel.wanted(lanes.unit(lane), rows + <usize>lane * ROW_BYTES, from, to);
      isAtRest = isAtRest && isQuiet && load<f64>(kernel.reductions + (<usize>lanes.unit(lane) << 3)) == 0;
    }
    if (!isAtRest) {
      if (!isVector<T>()) smoothLane(lanes, 0, rows, frames);
      else if (this.laneKey()) smoothLanes<Larger>(lanes, rows, frames);
      else smoothLanes<Smaller>(lanes, rows, frames);
    }
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      const kernel = changetype<Compressor>(lanes.instance(lane));
      kernel.apply(lanes.unit(lane), rows + <usize>lane * ROW_BYTES, from, to, isAtRest);
    }
  }

  finishBlock(frames: u32): void {
    for (let c: u32 = 0; c < this.channels; c++) {
      const at = <usize>c << 3;
      const reduction = load<f64>(this.reductions + at);
      if (!(reduction > TINY && reduction < Infinity)) store<f64>(this.reductions + at, 0);
      const square = load<f64>(this.squares + at);
      if (!(square > TINY * TINY && square < Infinity)) store<f64>(this.squares + at, 0);
      this.setReport(c, -DB_OF_LOG2 * load<f32>(this.deepest + (<usize>c << 2)));
      store<f32>(this.deepest + (<usize>c << 2), 0);
    }
    for (let c = this.channels; c < this.outputChannels; c++) memory.fill(this.out(c), 0, <usize>frames << 2);
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

  /**
   * Writes into `row` the reduction that the level of each frame asks for: of channel `unit`, or of the loudest.
   *
   * @returns true when none of them asks for any: then `row` is zero
   */
  wanted(unit: u32, row: usize, from: u32, to: u32): bool {
    const frames = to - from;
    const isRms = this.of(DETECTOR).choice != 0;
    const end = this.isLinked ? this.channels : unit + 1;
    let largest: f32 = 0;
    for (let c = unit; c < end; c++) {
      const key = this.keyOf(c) + (<usize>from << 2);
      const level = isRms
        ? this.squareLevels(c, key, row, frames, c == unit)
        : c == unit
          ? levels(key, row, frames)
          : largerLevels(key, row, frames);
      largest = max(largest, level);
    }
    if (!(largest > this.kneeStart)) {
      memory.fill(row, 0, <usize>((frames + 3) & ~3) << 2);
      return true;
    }
    if (this.knee > 0) bent(row, frames, this.kneeStart, this.perLevel, this.threshold, this.knee, this.slope);
    else hard(row, frames, this.kneeStart, this.perLevel * this.slope, this.threshold * this.slope);
    return false;
  }

  /** The mean squares of one channel over RMS_SECONDS, or the larger of them and what is there. @returns the largest */
  private squareLevels(channel: u32, key: usize, row: usize, frames: u32, isFirst: bool): f32 {
    const at = this.squares + (<usize>channel << 3);
    let square = load<f64>(at);
    let largest: f32 = 0;
    for (let i: usize = 0; i < <usize>frames << 2; i += 4) {
      const x = <f64>load<f32>(key + i);
      square += this.rms * (x * x - square);
      const level = isFirst ? <f32>square : max(load<f32>(row + i), <f32>square);
      if (level > largest) largest = level;
      store<f32>(row + i, level);
    }
    store<f64>(at, square);
    return largest;
  }

  /** Turns reductions into gains and applies them. `isAtRest`: there is no reduction, and `row` is not read. */
  apply(unit: u32, row: usize, from: u32, to: u32, isAtRest: bool): void {
    const frames = to - from;
    const at = <usize>from << 2;
    const left = this.strideLeft;
    const makeup = changetype<Ramp>(this.makeup);
    const mix = changetype<Ramp>(this.mix);
    const end = this.isLinked ? this.channels : unit + 1;
    let most: f32 = 0;
    if (isAtRest && !left) {
      const gain = mix.to * makeup.to + (<f32>1 - mix.to);
      for (let c = unit; c < end; c++) scaleAll(this.in(c) + at, this.out(c) + at, frames, gain);
    } else if (!left && end == unit + 1) {
      most = applyOne(this.in(unit) + at, row, this.out(unit) + at, frames, mix.to * makeup.to, <f32>1 - mix.to);
    } else {
      most = gainsOf(row, frames, mix, makeup, left);
      for (let c = unit; c < end; c++) multiply(this.in(c) + at, row, this.out(c) + at, frames);
    }
    for (let c = unit; c < end; c++) {
      const deep = this.deepest + (<usize>c << 2);
      if (most > load<f32>(deep)) store<f32>(deep, most);
    }
    if (this.isLinked) {
      const reduction = load<f64>(this.reductions);
      for (let c = unit + 1; c < end; c++) store<f64>(this.reductions + (<usize>c << 3), reduction);
    }
  }
}

/** Smooths one lane's row. */
function smoothLane(lanes: Lanes, lane: u32, row: usize, frames: u32): void {
  const kernel = changetype<Compressor>(lanes.instance(lane));
  const at = kernel.reductions + (<usize>lanes.unit(lane) << 3);
  smoothOne(at, kernel.attackRate, kernel.releaseRate, row, frames);
}

/** Smooths the rows of all lanes. */
function smoothLanes<S>(lanes: Lanes, rows: usize, frames: u32): void {
  const count = lanes.count;
  const a = changetype<Compressor>(lanes.instance(0));
  const b = changetype<Compressor>(lanes.instance(1));
  const c = changetype<Compressor>(lanes.instance(2));
  const d = changetype<Compressor>(lanes.instance(3));
  const whole = frames & ~3;
  smoothFour<S>(
    rows,
    count > 1 ? rows + ROW_BYTES : rows, // lanes that are not filled repeat the first one
    count > 2 ? rows + 2 * ROW_BYTES : rows,
    count > 3 ? rows + 3 * ROW_BYTES : rows,
    whole,
    a.reductions + (<usize>lanes.unit(0) << 3),
    b.reductions + (<usize>lanes.unit(1) << 3),
    c.reductions + (<usize>lanes.unit(2) << 3),
    d.reductions + (<usize>lanes.unit(3) << 3),
    f64x2(a.attackRate, b.attackRate),
    f64x2(c.attackRate, d.attackRate),
    f64x2(a.releaseRate, b.releaseRate),
    f64x2(c.releaseRate, d.releaseRate),
  );
  if (whole == frames) return;
  for (let lane: u32 = 0; lane < count; lane++)
    smoothLane(lanes, lane, rows + <usize>lane * ROW_BYTES + (<usize>whole << 2), frames - whole);
}
