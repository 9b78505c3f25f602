import { Cuts, CUTS_BYTES, CUTS_STATE_BYTES, HIGHEST_HZ, LOWEST_HZ } from '../../dsp/cuts.as';
import { DelayLine } from '../../dsp/delay-line.as';
import { gainOfDb } from '../../dsp/decibels.as';
import { envelopeRate } from '../../dsp/envelope.as';
import { Instance } from '../../dsp/instance.as';
import { LANE_FRAMES, Lanes } from '../../dsp/lanes.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { cleanStates } from '../../dsp/svf.as';
import { applyOne, gainsOf, multiply, scaleAll } from './gains.as';
import { bend, Bent, Curve, CURVE_BYTES, Hard, largerLevels, largestLevel, levels } from './curve.as';
import { FEED_BACK_BYTES, FeedBack } from './feed-back.as';
import { Four, FOUR_BYTES } from './four.as';
import { Larger, Smaller, smoothOne, STATE_BYTES } from './smooth.as';

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
const TOPOLOGY: u32 = 10;
const LOW_CUT: u32 = 11;
const HIGH_CUT: u32 = 12;
const LOOKAHEAD: u32 = 13;

const GLIDE_SECONDS: f32 = 0.02;
const RMS_SECONDS: f64 = 0.01;
const DB_OF_LOG2: f32 = 6.020599913279624; // 20 log10(2)
const LOG2_OF_DB: f64 = 0.16609640474436813;
const SILENT: f32 = -100; // log2 of a level
const TINY: f32 = 1e-10; // reductions that are taken for none
const TINY_SQUARE: f64 = 1e-18;
const ROW_BYTES: usize = <usize>LANE_FRAMES * 4;

/**
 * A compressor with a side chain, feed-forward or feed-back (feed-back.as.ts).
 *
 * The level (peak, or RMS over 10 ms) goes through the static curve with a quadratic knee; the reduction in dB that
 * comes out is smoothed, with the attack time while it grows and the release time while it falls (63.2 % in that time).
 * Source: D. Giannoulis, M. Massberg and J. D. Reiss, "Digital Dynamic Range Compressor Design", J. Audio Eng. Soc.
 * 60(6), 2012: the curve of eq. 4, the log-domain smooth detector of eq. 23.
 *
 * The detector hears its key through a low and a high cut; with look-ahead it hears it earlier than the sound, which comes so much later.
 *
 * Linked channels share the reduction of the loudest; otherwise each has its own. Levels and reductions are kept as log2: a
 * doubling is 1, which is 6.02 dB.
 */
@final
@unmanaged
export class Compressor extends Instance {
  reductions: usize; // for each channel the state of its smoothing: log2, 0 or more
  squares: usize; // f64[channels]: smoothed, for RMS
  deepest: usize; // f32[channels]: of this block, for the report
  rows: usize; // f32[4][LANE_FRAMES]: level, then reduction, then gain of the lanes that this instance leads
  makeup: usize; // Ramp, linear gain
  mix: usize; // Ramp, 0 to 1
  channels: u32;
  curve: usize; // Curve
  four: usize; // Four, of the lanes that this instance leads
  rms: f64;
  loop: usize; // FeedBack
  before: usize; // f32[channels], of the feed-back: log2 of the level of the frame before
  keyFilter: usize; // Cuts
  keyStates: usize; // for each channel CUTS_STATE_BYTES
  keys: usize; // f32[channels][LANE_FRAMES]: filtered
  lookahead: u32; // frames
  delays: usize; // DelayLine[channels]
  late: usize; // f32[channels][LANE_FRAMES]
  attackRate: f32;
  releaseRate: f32;

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
    this.parameter(0, 1, 0, Jump);
    this.parameter(LOWEST_HZ, 2000, LOWEST_HZ, Octave, GLIDE_SECONDS);
    this.parameter(500, HIGHEST_HZ, HIGHEST_HZ, Octave, GLIDE_SECONDS);
    this.parameter(0, 20, 0, Linear, 0);
  }

  activate(): void {
    this.channels = min(this.inputWidth(0), this.outputChannels);
    this.reductions = this.allocate(<usize>this.channels * STATE_BYTES);
    this.squares = this.allocate(<usize>this.channels << 3);
    this.deepest = this.allocate(<usize>this.channels << 2);
    this.rows = this.allocate(4 * ROW_BYTES);
    this.curve = this.allocate(CURVE_BYTES);
    this.four = this.allocate(FOUR_BYTES);
    this.makeup = this.allocate(RAMP_BYTES);
    this.mix = this.allocate(RAMP_BYTES);
    this.rms = envelopeRate(RMS_SECONDS, this.sampleRate);
    this.loop = this.allocate(FEED_BACK_BYTES);
    this.before = this.allocate(<usize>this.channels << 2);
    this.keyFilter = this.allocate(CUTS_BYTES);
    this.keyStates = this.allocate(<usize>this.channels * CUTS_STATE_BYTES);
    this.keys = this.allocate(<usize>this.channels * ROW_BYTES);
    this.lookahead = <u32>Math.round(this.of(LOOKAHEAD).plain * 0.001 * this.sampleRate);
    if (this.lookahead) {
      this.delays = this.allocate(<usize>this.channels * offsetof<DelayLine>());
      for (let c: u32 = 0; c < this.channels; c++) this.delay(c).init(this.allocateFrames(this.lookahead), this.lookahead);
      this.late = this.allocate(<usize>this.channels * ROW_BYTES);
    }
    this.report(this.inputWidth(0));
  }

  reset(): void {
    memory.fill(this.reductions, 0, <usize>this.channels * STATE_BYTES);
    memory.fill(this.squares, 0, <usize>this.channels << 3);
    memory.fill(this.deepest, 0, <usize>this.channels << 2);
    changetype<Cuts>(this.keyFilter).reset();
    memory.fill(this.keyStates, 0, <usize>this.channels * CUTS_STATE_BYTES);
    for (let c: u32 = 0; c < this.channels; c++) {
      store<f32>(this.before + (<usize>c << 2), SILENT);
      if (this.lookahead) this.delay(c).reset();
    }
    for (let c: u32 = 0; c < this.reportCount; c++) this.setReport(c, 0);
  }

  update(frames: u32): void {
    const thresholdDb = this.of(THRESHOLD).now;
    const kneeDb = this.of(KNEE).now;
    const isRms = this.of(DETECTOR).choice != 0;
    const slope = 1.0 - 1.0 / this.of(RATIO).hertz; // an Octave value: moves by equal ratios
    const start = gainOfDb(thresholdDb - kneeDb * 0.5);
    const curve = changetype<Curve>(this.curve);
    if (isRms) curve.set(start * start, 0.5, thresholdDb * LOG2_OF_DB, kneeDb * LOG2_OF_DB, slope);
    else curve.set(start, 1.0, thresholdDb * LOG2_OF_DB, kneeDb * LOG2_OF_DB, slope);
    this.attackRate = <f32>envelopeRate(this.of(ATTACK).hertz * 0.001, this.sampleRate);
    this.releaseRate = <f32>envelopeRate(this.of(RELEASE).hertz * 0.001, this.sampleRate);
    const loop = changetype<FeedBack>(this.loop);
    const perLevel = isRms ? 0.5 : 1.0;
    const ratio = this.of(RATIO).hertz;
    loop.set(thresholdDb * LOG2_OF_DB, kneeDb * LOG2_OF_DB, ratio, perLevel, this.attackRate, this.releaseRate);
    changetype<Cuts>(this.keyFilter).aim(this.of(LOW_CUT).hertz, this.of(HIGH_CUT).hertz, this.sampleRate, frames);
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

  @inline private get isFeedBack(): bool {
    return this.of(TOPOLOGY).choice != 0;
  }

  /** Those whose attack is faster than the release are smoothed by other steps than the rest: see smooth.as.ts; so is feed-back. */
  @inline laneKey(): u64 {
    return (this.isFeedBack ? 2 : 0) | (this.attackRate >= this.releaseRate ? 1 : 0);
  }

  /**
   * Only the smoothing waits for the frame before, so only that is done in lanes; level, curve and gain are computed four
   * frames of a lane at a time.
   */
  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const frames = to - from;
    for (let lane: u32 = 0; lane < lanes.count; lane++)
      changetype<Compressor>(lanes.instance(lane)).prepare(lanes, lanes.unit(lane), from, frames);
    if (this.isFeedBack) {
      for (let lane: u32 = 0; lane < lanes.count; lane++)
        changetype<Compressor>(lanes.instance(lane)).renderFeedBack(lanes.unit(lane), from, to);
      return;
    }
    if (isVector<T>()) {
      if (!(frames & 3) && this.arePlain(lanes)) return renderFour(lanes, from, frames);
    }
    const rows = this.rows;
    let isAtRest = true; // nothing asks for a reduction, and none is left
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      const kernel = changetype<Compressor>(lanes.instance(lane));
      const isQuiet = kernel.wanted(lanes.unit(lane), rows + <usize>lane * ROW_BYTES, from, to);
      isAtRest = isAtRest && isQuiet && load<f32>(kernel.stateOf(lanes.unit(lane))) == 0;
    }
    if (!isAtRest) {
      if (this.laneKey() & 1) smoothLanes<T, Larger>(lanes, rows, frames);
      else smoothLanes<T, Smaller>(lanes, rows, frames);
    }
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      const kernel = changetype<Compressor>(lanes.instance(lane));
      kernel.apply(lanes.unit(lane), rows + <usize>lane * ROW_BYTES, from, to, isAtRest);
    }
  }

  /** Whether all lanes are what `four.as.ts` can do, by the same curve. */
  private arePlain(lanes: Lanes): bool {
    for (let lane: u32 = 0; lane < 4; lane++) {
      const kernel = changetype<Compressor>(lanes.instance(lane));
      const isPlain = !kernel.strideLeft && !kernel.isLinked && !kernel.of(DETECTOR).choice && kernel.laneKey();
      if (!isPlain || kernel.hasKnee != this.hasKnee) return false;
    }
    return true;
  }

  /** Keys through their filter, and the sound later by the look-ahead, of a lane. */
  private prepare(lanes: Lanes, unit: u32, from: u32, frames: u32): void {
    const at = <usize>from << 2;
    const end = this.isLinked ? this.channels : unit + 1;
    const filter = changetype<Cuts>(this.keyFilter);
    const left = this.strideLeft;
    for (let c = unit; c < end; c++) {
      if (this.lookahead) this.delay(c).process(this.in(c) + at, this.late + <usize>c * ROW_BYTES, frames);
      if (!filter.isActive) continue;
      const row = this.keys + <usize>c * ROW_BYTES;
      memory.copy(row, this.keyOf(c) + at, <usize>frames << 2);
      filter.process(lanes, row, this.keyStates + <usize>c * CUTS_STATE_BYTES, frames, left);
    }
    if (end == this.channels) filter.isOdd = left ? 0 : (filter.isOdd ^ frames) & 1;
  }

  /** What the detector of channel c hears from frame `from` on. */
  @inline keyAt(channel: u32, from: u32): usize {
    if (changetype<Cuts>(this.keyFilter).isActive) return this.keys + <usize>channel * ROW_BYTES;
    return this.keyOf(channel) + (<usize>from << 2);
  }

  /** The sound of channel c from frame `from` on. */
  @inline soundAt(channel: u32, from: u32): usize {
    return this.lookahead ? this.late + <usize>channel * ROW_BYTES : this.in(channel) + (<usize>from << 2);
  }

  /** A lane by feed-back: what waits for the frame before is a few operations, not worth a vector. */
  private renderFeedBack(unit: u32, from: u32, to: u32): void {
    this.levelsOf(unit, this.rows, from, to);
    const before = this.before + (<usize>unit << 2);
    changetype<FeedBack>(this.loop).process(this.rows, to - from, this.stateOf(unit), before);
    if (this.isLinked) for (let c = unit + 1; c < this.channels; c++) store<f32>(this.before + (<usize>c << 2), load<f32>(before));
    this.apply(unit, this.rows, from, to, false);
  }

  finishBlock(frames: u32): void {
    for (let c: u32 = 0; c < this.channels; c++) {
      cleanStates(this.keyStates + <usize>c * CUTS_STATE_BYTES, <u32>(CUTS_STATE_BYTES >> 2));
      const reduction = load<f32>(this.stateOf(c));
      if (!(reduction > TINY && reduction < Infinity)) memory.fill(this.stateOf(c), 0, STATE_BYTES);
      const square = load<f64>(this.squares + (<usize>c << 3));
      if (!(square > TINY_SQUARE && square < Infinity)) store<f64>(this.squares + (<usize>c << 3), 0);
      this.setReport(c, -DB_OF_LOG2 * load<f32>(this.deepest + (<usize>c << 2)));
      store<f32>(this.deepest + (<usize>c << 2), 0);
    }
    for (let c = this.channels; c < this.outputChannels; c++) memory.fill(this.out(c), 0, <usize>frames << 2);
  }

  tailFrames(): i32 {
    // not a sound of its own: the time until the reduction has let go, so that what comes after a pause meets the same gain
    return <i32>(this.of(RELEASE).plain * 0.001 * this.sampleRate * 20.0) + this.lookahead;
  }

  latencyFrames(): i32 {
    return this.lookahead;
  }

  @inline private delay(channel: u32): DelayLine {
    return changetype<DelayLine>(this.delays + <usize>channel * offsetof<DelayLine>());
  }

  @inline stateOf(channel: u32): usize {
    return this.reductions + <usize>channel * STATE_BYTES;
  }

  @inline get hasKnee(): bool {
    return changetype<Curve>(this.curve).knee > 0;
  }

  /** The channel that the detector of channel c listens to. */
  @inline keyOf(channel: u32): usize {
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
    this.levelsOf(unit, row, from, to);
    if (!(largestLevel(row, frames) > changetype<Curve>(this.curve).start)) {
      memory.fill(row, 0, <usize>((frames + 3) & ~3) << 2);
      return true;
    }
    if (this.hasKnee) bend<Bent>(row, frames, this.curve);
    else bend<Hard>(row, frames, this.curve);
    return false;
  }

  /** Writes into `row` the level of each frame, or its square for RMS: of channel `unit`, or of the loudest. */
  private levelsOf(unit: u32, row: usize, from: u32, to: u32): void {
    const frames = to - from;
    const isRms = this.of(DETECTOR).choice != 0;
    const end = this.isLinked ? this.channels : unit + 1;
    for (let c = unit; c < end; c++) {
      const key = this.keyAt(c, from);
      if (isRms) this.squareLevels(c, key, row, frames, c == unit);
      else if (c == unit) levels(key, row, frames);
      else largerLevels(key, row, frames);
    }
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
    const frames = to - from;
    const at = <usize>from << 2;
    const left = this.strideLeft;
    const makeup = changetype<Ramp>(this.makeup);
    const mix = changetype<Ramp>(this.mix);
    const end = this.isLinked ? this.channels : unit + 1;
    let most: f32 = 0;
    if (isAtRest && !left) {
      const gain = mix.to * makeup.to + (<f32>1 - mix.to);
      for (let c = unit; c < end; c++) scaleAll(this.soundAt(c, from), this.out(c) + at, frames, gain);
    } else if (!left && end == unit + 1) {
      most = applyOne(this.soundAt(unit, from), row, this.out(unit) + at, frames, mix.to * makeup.to, <f32>1 - mix.to);
    } else {
      most = gainsOf(row, frames, mix, makeup, left);
      for (let c = unit; c < end; c++) multiply(this.soundAt(c, from), row, this.out(c) + at, frames);
    }
    for (let c = unit; c < end; c++) {
      const deep = this.deepest + (<usize>c << 2);
      if (most > load<f32>(deep)) store<f32>(deep, most);
    }
    if (this.isLinked) {
      const state = load<u64>(this.stateOf(unit));
      for (let c = unit + 1; c < end; c++) store<u64>(this.stateOf(c), state);
    }
  }
}

/** Four lanes that are plain, at rest or not; those that are not filled repeat the first one. */
function renderFour(lanes: Lanes, from: u32, frames: u32): void {
  const at = <usize>from << 2;
  const first = changetype<Compressor>(lanes.instance(0));
  const four = changetype<Four>(first.four);
  let isAtRest = true;
  for (let lane: u32 = 0; lane < 4; lane++) {
    const kernel = changetype<Compressor>(lanes.instance(lane));
    const unit = lanes.unit(lane);
    const key = kernel.keyAt(unit, from);
    const wet = changetype<Ramp>(kernel.mix).to;
    const raised = wet * changetype<Ramp>(kernel.makeup).to;
    four.channel(lane, key, kernel.soundAt(unit, from), kernel.out(unit) + at, kernel.curve, raised, <f32>1 - wet);
    four.take(lane, kernel.stateOf(unit), kernel.attackRate, kernel.releaseRate);
    if (!isAtRest) continue;
    isAtRest = load<f32>(kernel.stateOf(unit)) == 0 && !(largestLevel(key, frames) > changetype<Curve>(kernel.curve).start);
  }
  if (isAtRest) {
    for (let lane: u32 = 0; lane < lanes.count; lane++)
      changetype<Compressor>(lanes.instance(lane)).apply(lanes.unit(lane), 0, from, from + frames, true);
    return;
  }
  if (first.hasKnee) four.compress<Bent>(frames, first.rows);
  else four.compress<Hard>(frames, first.rows);
  for (let lane: u32 = 0; lane < lanes.count; lane++) {
    four.give(lane);
    const deep = changetype<Compressor>(lanes.instance(lane)).deepest + (<usize>lanes.unit(lane) << 2);
    if (four.largest(lane) > load<f32>(deep)) store<f32>(deep, four.largest(lane));
  }
}

/** Smooths the rows of all lanes. */
function smoothLanes<T, S>(lanes: Lanes, rows: usize, frames: u32): void {
  const count = lanes.count;
  let whole: u32 = 0;
  if (isVector<T>()) {
    whole = frames & ~3;
    const four = changetype<Four>(changetype<Compressor>(lanes.instance(0)).four);
    for (let lane: u32 = 0; lane < 4; lane++) {
      const kernel = changetype<Compressor>(lanes.instance(lane));
      four.take(lane, kernel.stateOf(lanes.unit(lane)), kernel.attackRate, kernel.releaseRate);
    }
    four.smooth<S>(
      rows,
      count > 1 ? rows + ROW_BYTES : rows, // lanes that are not filled repeat the first one
      count > 2 ? rows + 2 * ROW_BYTES : rows,
      count > 3 ? rows + 3 * ROW_BYTES : rows,
      whole,
    );
    for (let lane: u32 = 0; lane < count; lane++) four.give(lane);
  }
  if (whole == frames) return;
  for (let lane: u32 = 0; lane < count; lane++) {
    const kernel = changetype<Compressor>(lanes.instance(lane));
    const row = rows + <usize>lane * ROW_BYTES + (<usize>whole << 2);
    smoothOne<S>(kernel.stateOf(lanes.unit(lane)), kernel.attackRate, kernel.releaseRate, row, frames - whole);
  }
}
