import { gainOfDb } from '../../dsp/decibels.as';
import { envelopeRate } from '../../dsp/envelope.as';
import { Instance } from '../../dsp/instance.as';
import { interleave, LANE_FRAMES, Lanes, separate } from '../../dsp/lanes.as';
import { exp2Four, log2Four } from '../../dsp/logarithm.as';
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
const DB_OF_LOG2: f32 = 6.020599913279624; // 20 log10(2)
const LOG2_OF_DB: f32 = 0.16609640474436813;
const TINY: f64 = 1e-9; // dB of reduction, and squares, that are taken for none
const ROW_BYTES: usize = <usize>LANE_FRAMES * 4;

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
  deepest: usize; // f32[channels]: of this block, for the report
  rows: usize; // f32[4][LANE_FRAMES]: level, then reduction, then gain of the lanes that this instance leads
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

  /** A lane for each channel, or one for all when they are linked. */
  @inline lanesNeeded(): u32 {
    return this.isLinked ? 1 : this.channels;
  }

  @inline private get isLinked(): bool {
    return this.of(LINK).choice != 0 && this.channels > 1;
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
      if (isVector<T>()) {
        // lanes that are not filled repeat the first one
        const count = lanes.count;
        const b = count > 1 ? rows + ROW_BYTES : rows;
        const c = count > 2 ? rows + 2 * ROW_BYTES : rows;
        const d = count > 3 ? rows + 3 * ROW_BYTES : rows;
        const data = lanes.data;
        interleave(rows, b, c, d, data, frames);
        smoothFour(lanes, data, frames);
        separate(data, rows, b, c, d, frames);
      } else {
        smoothOne(lanes, rows, frames);
      }
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
      this.setReport(c, -load<f32>(this.deepest + (<usize>c << 2)));
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
   * Writes into `row` the reduction in dB that the level of each frame asks for: of channel `unit`, or of the loudest.
   *
   * @returns true when none of them asks for any
   */
  wanted(unit: u32, row: usize, from: u32, to: u32): bool {
    const isRms = this.of(DETECTOR).choice != 0;
    const end = this.isLinked ? this.channels : unit + 1;
    for (let c = unit; c < end; c++) {
      const key = this.keyOf(c) + (<usize>from << 2);
      if (isRms) this.squareLevels(c, key, row, to - from, c == unit);
      else peakLevels(key, row, to - from, c == unit);
    }
    const dbOfLog = f32x4.splat(isRms ? DB_OF_LOG2 * 0.5 : DB_OF_LOG2);
    const threshold = f32x4.splat(<f32>this.thresholdDb);
    const half = f32x4.splat(<f32>(this.kneeDb * 0.5));
    const slope = f32x4.splat(<f32>this.slope);
    const knee = f32x4.splat(this.kneeDb > 0.0 ? <f32>(this.slope / (2.0 * this.kneeDb)) : 0);
    const start = f32x4.splat(<f32>this.kneeStart);
    const bytes = <usize>(to - from) << 2;
    let isQuiet = true;
    for (let i: usize = 0; i < bytes; i += 16) {
      const level = v128.load(row + i);
      const isOver = f32x4.gt(level, start);
      if (!v128.any_true(isOver)) {
        v128.store(row + i, f32x4.splat(0));
        continue;
      }
      isQuiet = false;
      const over = f32x4.sub(f32x4.mul(log2Four(level), dbOfLog), threshold);
      const inside = f32x4.add(over, half);
      const bent = f32x4.mul(knee, f32x4.mul(inside, inside));
      const wanted = v128.bitselect(f32x4.mul(slope, over), bent, f32x4.ge(over, half));
      v128.store(row + i, v128.and(wanted, isOver));
    }
    return isQuiet;
  }

  /** The mean squares of one channel over RMS_SECONDS, or the larger of them and what is there. */
  private squareLevels(channel: u32, key: usize, row: usize, frames: u32, isFirst: bool): void {
    const at = this.squares + (<usize>channel << 3);
    let square = load<f64>(at);
    for (let i: usize = 0; i < <usize>frames << 2; i += 4) {
      const x = <f64>load<f32>(key + i);
      square += this.rms * (x * x - square);
      const level = <f32>square;
      store<f32>(row + i, isFirst ? level : max(load<f32>(row + i), level));
    }
    store<f64>(at, square);
  }

  /** Turns reductions into gains and applies them. `isAtRest`: there is no reduction, and `row` is not read. */
  apply(unit: u32, row: usize, from: u32, to: u32, isAtRest: bool): void {
    const first = unit;
    const end = this.isLinked ? this.channels : unit + 1;
    const makeup = changetype<Ramp>(this.makeup);
    const mix = changetype<Ramp>(this.mix);
    const one = f32x4.splat(1);
    let deepest = f32x4.splat(0);
    let left = this.strideLeft;
    const bytes = <usize>(to - from) << 2;
    for (let i: usize = 0; i < bytes; i += 16) {
      let gain = one;
      if (!isAtRest) {
        const reduction = v128.load(row + i);
        deepest = f32x4.pmax(deepest, i + 16 <= bytes ? reduction : firstOf(reduction, (bytes - i) >> 2));
        gain = exp2Four(f32x4.pmax(f32x4.splat(-126), f32x4.mul(reduction, f32x4.splat(-LOG2_OF_DB))));
      }
      const wet = left ? mix.four(left) : f32x4.splat(mix.to);
      const raised = f32x4.mul(f32x4.mul(wet, gain), left ? makeup.four(left) : f32x4.splat(makeup.to));
      v128.store(row + i, f32x4.add(f32x4.sub(one, wet), raised));
      left = left > 4 ? left - 4 : 0;
    }
    const most = max(
      max(f32x4.extract_lane(deepest, 0), f32x4.extract_lane(deepest, 1)),
      max(f32x4.extract_lane(deepest, 2), f32x4.extract_lane(deepest, 3)),
    );
    for (let c = first; c < end; c++) {
      const deep = this.deepest + (<usize>c << 2);
      if (most > load<f32>(deep)) store<f32>(deep, most);
      multiply(this.in(c) + (<usize>from << 2), row, this.out(c) + (<usize>from << 2), to - from);
    }
    if (this.isLinked) {
      const reduction = load<f64>(this.reductions);
      for (let c = first + 1; c < end; c++) store<f64>(this.reductions + (<usize>c << 3), reduction);
    }
  }
}

/** Magnitudes of one channel, or the larger of them and what is there. Rows are padded to 4 frames. */
function peakLevels(key: usize, row: usize, frames: u32, isFirst: bool): void {
  const whole = <usize>(frames & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += 16) {
    const level = f32x4.abs(v128.load(key + i));
    v128.store(row + i, isFirst ? level : f32x4.pmax(v128.load(row + i), level));
  }
  for (; i < <usize>frames << 2; i += 4) {
    const level = abs(load<f32>(key + i));
    store<f32>(row + i, isFirst ? level : max(load<f32>(row + i), level));
  }
}

function multiply(input: usize, gains: usize, output: usize, frames: u32): void {
  const whole = <usize>(frames & ~3) << 2;
  let i: usize = 0;
  for (; i < whole; i += 16) v128.store(output + i, f32x4.mul(v128.load(input + i), v128.load(gains + i)));
  for (; i < <usize>frames << 2; i += 4) store<f32>(output + i, load<f32>(input + i) * load<f32>(gains + i));
}

/** The first `count` (1 to 3) of four numbers, then zeros. */
@inline function firstOf(four: v128, count: usize): v128 {
  return v128.and(four, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>count)));
}

/** Smooths wanted reductions in place: a step of the way at each frame. In f64, for a long release takes steps of 1e-6. */
function smoothOne(lanes: Lanes, data: usize, frames: u32): void {
  const kernel = changetype<Compressor>(lanes.instance(0));
  const at = kernel.reductions + (<usize>lanes.unit(0) << 3);
  const attack = kernel.attackRate;
  const release = kernel.releaseRate;
  let reduction = load<f64>(at);
  for (const end = data + (<usize>frames << 2); data < end; data += 4) {
    const wanted = <f64>load<f32>(data);
    reduction += (wanted > reduction ? attack : release) * (wanted - reduction);
    store<f32>(data, <f32>reduction);
  }
  store<f64>(at, reduction);
}

/** The same for four lanes, two to a vector of f64. */
function smoothFour(lanes: Lanes, data: usize, frames: u32): void {
  const a = changetype<Compressor>(lanes.instance(0));
  const b = changetype<Compressor>(lanes.instance(1));
  const c = changetype<Compressor>(lanes.instance(2));
  const d = changetype<Compressor>(lanes.instance(3));
  const atA = a.reductions + (<usize>lanes.unit(0) << 3);
  const atB = b.reductions + (<usize>lanes.unit(1) << 3);
  const atC = c.reductions + (<usize>lanes.unit(2) << 3);
  const atD = d.reductions + (<usize>lanes.unit(3) << 3);
  const attackLow = f64x2(a.attackRate, b.attackRate);
  const attackHigh = f64x2(c.attackRate, d.attackRate);
  const releaseLow = f64x2(a.releaseRate, b.releaseRate);
  const releaseHigh = f64x2(c.releaseRate, d.releaseRate);
  let low = f64x2(load<f64>(atA), load<f64>(atB));
  let high = f64x2(load<f64>(atC), load<f64>(atD));
  for (const end = data + (<usize>frames << 4); data < end; data += 16) {
    const wanted = v128.load(data);
    const toLow = f64x2.sub(f64x2.promote_low_f32x4(wanted), low);
    const toHigh = f64x2.sub(f64x2.promote_low_f32x4(v128.shuffle<f32>(wanted, wanted, 2, 3, 2, 3)), high);
    const zero = f64x2.splat(0);
    low = f64x2.add(low, f64x2.mul(v128.bitselect(attackLow, releaseLow, f64x2.gt(toLow, zero)), toLow));
    high = f64x2.add(high, f64x2.mul(v128.bitselect(attackHigh, releaseHigh, f64x2.gt(toHigh, zero)), toHigh));
    v128.store(
      data,
      v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5),
    );
  }
  store<f64>(atA, f64x2.extract_lane(low, 0));
  store<f64>(atB, f64x2.extract_lane(low, 1));
  store<f64>(atC, f64x2.extract_lane(high, 0));
  store<f64>(atD, f64x2.extract_lane(high, 1));
}
