import { envelopeRate } from '../../dsp/envelope.as';
import { Instance } from '../../dsp/instance.as';
import { add, all, mul, sub, whereGreater } from '../../dsp/lane.as';
import { largerMagnitudes, magnitudes, multiplyRow, readRow, ROW_BYTES, writeRow } from '../../dsp/lane-channels.as';
import { amplifyRow } from '../../dsp/lane-ramp.as';
import { four, rowBytes } from '../../dsp/lane-order.as';
import { COEFFICIENTS, gather, Lanes, scatter, STATES } from '../../dsp/lanes.as';
import { exp2MinusFour, log2Four, PER_EXPONENT, PER_S, PER_S3 } from '../../dsp/logarithm.as';
import { Amplitude, Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { cleanStates } from '../../dsp/svf.as';

const ATTACK: u32 = 0;
const SUSTAIN: u32 = 1;
const ATTACK_TIME: u32 = 2;
const SUSTAIN_TIME: u32 = 3;
const OUTPUT: u32 = 4;
const LINK: u32 = 5;

const GLIDE_SECONDS: f32 = 0.02;
const FAST_SECONDS: f64 = 0.001; // the envelope, and what follows it quickly
const FALL_SECONDS: f64 = 0.06; // of the envelope: over the waves of 20 Hz
const FLOOR: f32 = 1e-5; // -100 dB: what is softer has no transients
const MOST: f32 = 3.9863137138648355; // log2 of 24 dB: the most it raises or lowers

/** Bytes of the state of one lane, f32: 0 envelope, 4 the one that rises slowly, 8 the one that falls slowly, 12 unused. */
const STATE_BYTES: usize = 16;

/** f32: 0 fast · 4 fall · 8 rise · 12 sink: shares of the way in a frame · 16 attack · 20 sustain */
@final
@unmanaged
class Shape {
  fast: f32;
  fall: f32;
  rise: f32;
  sink: f32;
  attack: f32;
  sustain: f32;
}

/**
 * Attacks and what follows them, louder or softer, whatever their level. An envelope follows the sound within 1 ms up and 60 ms down;
 * one behind it rises in the attack time, one falls in the sustain time. How many dB the envelope is above the first, as long as it
 * rises, is how much of an attack there is; how many it is below the second, how much has died away. Both are added to the sound,
 * times the amounts: at 100 % an attack stands out by as much again.
 * Source: the differential envelopes of SPL's Transient Designer, as described in its manual; the followers of Giannoulis, Massberg
 * and Reiss, 2012, eq. 16.
 */
@final
@unmanaged
export class TransientShaper extends Instance {
  channels: u32;
  shape: usize; // Shape
  outputGain: usize; // Ramp
  states: usize; // for each channel STATE_BYTES
  envelope: usize; // row: sizes, envelopes, then gains of the lanes that this instance leads
  slow: usize; // row: the envelope that rises slowly
  long: usize; // row: the envelope that falls slowly
  data: usize; // row: a channel

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(-100, 100, 0, Linear, GLIDE_SECONDS);
    this.parameter(-100, 100, 0, Linear, GLIDE_SECONDS);
    this.parameter(2, 200, 20, Octave, GLIDE_SECONDS);
    this.parameter(80, 5000, 400, Octave, GLIDE_SECONDS);
    this.parameter(-24, 24, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(0, 1, 1, Jump);
  }

  activate(): void {
    this.channels = min(this.inputChannels, this.outputChannels);
    this.shape = this.allocate(offsetof<Shape>());
    this.outputGain = this.allocate(RAMP_BYTES);
    this.states = this.allocate(<usize>this.channels * STATE_BYTES);
    this.envelope = this.allocate(ROW_BYTES);
    this.slow = this.allocate(ROW_BYTES);
    this.long = this.allocate(ROW_BYTES);
    this.data = this.allocate(ROW_BYTES);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>this.channels * STATE_BYTES);
  }

  update(frames: u32): void {
    const shape = changetype<Shape>(this.shape);
    shape.fast = <f32>envelopeRate(FAST_SECONDS, this.sampleRate);
    shape.fall = <f32>envelopeRate(FALL_SECONDS, this.sampleRate);
    shape.rise = <f32>envelopeRate(this.of(ATTACK_TIME).hertz * 0.001, this.sampleRate); // Octave values: equal ratios
    shape.sink = <f32>envelopeRate(this.of(SUSTAIN_TIME).hertz * 0.001, this.sampleRate);
    shape.attack = <f32>(this.of(ATTACK).now * 0.01);
    shape.sustain = <f32>(this.of(SUSTAIN).now * 0.01);
    changetype<Ramp>(this.outputGain).aim(<f32>this.of(OUTPUT).now, frames);
  }

  /** A lane for each channel, or one for all when they are linked. */
  @inline lanesNeeded(): u32 {
    return this.isLinked ? 1 : this.channels;
  }

  @inline private get isLinked(): bool {
    return this.of(LINK).choice != 0 && this.channels > 1;
  }

  /** Linked instances share vectors when they are as wide. */
  @inline laneKey(): u64 {
    return this.isLinked ? this.channels : 0;
  }

  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const frames = to - from;
    const bytes = rowBytes<T>(frames);
    const isLinked = this.isLinked;
    const channels = isLinked ? this.channels : 1;
    for (let lane: u32 = 0; lane < 4; lane++) {
      const kernel = changetype<TransientShaper>(lanes.instance(lane));
      lanes.place(COEFFICIENTS, lane, kernel.shape);
      lanes.place(STATES, lane, kernel.states + <usize>lanes.unit(lane) * STATE_BYTES);
    }
    for (let k: u32 = 0; k < channels; k++) {
      this.read<T>(lanes, k, isLinked, k ? this.data : this.envelope, from, to);
      if (k) largerMagnitudes(this.envelope, this.data, bytes);
      else magnitudes(this.envelope, bytes);
    }
    this.follow<T>(lanes, frames);
    this.findGains<T>(lanes, bytes);
    const left = this.strideLeft;
    amplifyRow<T>(this.envelope, frames, left, outputOf(lanes, 0), outputOf(lanes, 1), outputOf(lanes, 2), outputOf(lanes, 3));
    if (isLinked) for (let lane: u32 = 0; lane < lanes.count; lane++) changetype<TransientShaper>(lanes.instance(lane)).spread();
    for (let k: u32 = 0; k < channels; k++) {
      const a = isLinked ? k : lanes.unit(0);
      const b = isLinked ? k : lanes.unit(1);
      const c = isLinked ? k : lanes.unit(2);
      const d = isLinked ? k : lanes.unit(3);
      this.read<T>(lanes, k, isLinked, this.data, from, to);
      multiplyRow(this.data, this.envelope, bytes);
      writeRow<T>(lanes, a, b, c, d, this.data, from, to);
    }
  }

  finishBlock(frames: u32): void {
    for (let c: u32 = 0; c < this.channels; c++) cleanStates(this.states + <usize>c * STATE_BYTES, 3);
    for (let c = this.channels; c < this.outputChannels; c++) memory.fill(this.out(c), 0, <usize>frames << 2);
  }

  tailFrames(): i32 {
    // not a sound of its own: the time until the envelopes are below the floor, so that what comes after a pause is a new attack
    return <i32>(this.of(SUSTAIN_TIME).plain * 0.001 * this.sampleRate * 20.0);
  }

  /** Sizes in `envelope` become envelopes: the part that waits for the frame before. */
  private follow<T>(lanes: Lanes, frames: u32): void {
    const ca = lanes.at(COEFFICIENTS, 0);
    const cb = lanes.at(COEFFICIENTS, 1);
    const cc = lanes.at(COEFFICIENTS, 2);
    const cd = lanes.at(COEFFICIENTS, 3);
    const fast = gather<T>(ca, cb, cc, cd, offsetof<Shape>("fast"));
    const fall = gather<T>(ca, cb, cc, cd, offsetof<Shape>("fall"));
    const rise = gather<T>(ca, cb, cc, cd, offsetof<Shape>("rise"));
    const sink = gather<T>(ca, cb, cc, cd, offsetof<Shape>("sink"));
    const a = lanes.at(STATES, 0);
    const b = lanes.at(STATES, 1);
    const c = lanes.at(STATES, 2);
    const d = lanes.at(STATES, 3);
    let envelope = gather<T>(a, b, c, d, 0);
    let slow = gather<T>(a, b, c, d, 4);
    let long = gather<T>(a, b, c, d, 8);
    const zero = all<T>(0);
    for (let i: usize = 0; i < <usize>frames * sizeof<T>(); i += sizeof<T>()) {
      const way = sub<T>(load<T>(this.envelope + i), envelope);
      envelope = add<T>(envelope, mul<T>(whereGreater<T>(way, zero, fast, fall), way));
      const ofSlow = sub<T>(envelope, slow);
      slow = add<T>(slow, mul<T>(whereGreater<T>(ofSlow, zero, rise, fall), ofSlow));
      const ofLong = sub<T>(envelope, long);
      long = add<T>(long, mul<T>(whereGreater<T>(ofLong, zero, fast, sink), ofLong));
      store<T>(this.envelope + i, envelope);
      store<T>(this.slow + i, slow);
      store<T>(this.long + i, long);
    }
    scatter<T>(a, b, c, d, 0, envelope);
    scatter<T>(a, b, c, d, 4, slow);
    scatter<T>(a, b, c, d, 8, long);
  }

  /** Envelopes become gains, in `envelope`. */
  private findGains<T>(lanes: Lanes, bytes: usize): void {
    const ca = lanes.at(COEFFICIENTS, 0);
    const cb = lanes.at(COEFFICIENTS, 1);
    const cc = lanes.at(COEFFICIENTS, 2);
    const cd = lanes.at(COEFFICIENTS, 3);
    const attack = four<T>(gather<T>(ca, cb, cc, cd, offsetof<Shape>("attack")));
    const sustain = four<T>(gather<T>(ca, cb, cc, cd, offsetof<Shape>("sustain")));
    const most = f32x4.splat(MOST);
    const least = f32x4.neg(most);
    const zero = f32x4.splat(0);
    for (let i: usize = 0; i < bytes; i += 16) {
      const envelope = logarithm(v128.load(this.envelope + i));
      const isAttack = f32x4.pmax(zero, f32x4.sub(envelope, logarithm(v128.load(this.slow + i))));
      const isSustain = f32x4.pmax(zero, f32x4.sub(logarithm(v128.load(this.long + i)), envelope));
      const raised = f32x4.add(f32x4.mul(attack, isAttack), f32x4.mul(sustain, isSustain));
      const gain = f32x4.pmax(least, f32x4.pmin(most, raised));
      v128.store(this.envelope + i, exp2MinusFour(f32x4.neg(gain)));
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

  /** All channels have the state of the first. */
  private spread(): void {
    for (let c: u32 = 1; c < this.channels; c++) memory.copy(this.states + <usize>c * STATE_BYTES, this.states, STATE_BYTES);
  }
}

/** log2 of four sizes; what is below the floor, or not a number, as at the floor. */
@inline function logarithm(x: v128): v128 {
  return log2Four(
    f32x4.pmax(f32x4.splat(FLOOR), x),
    f32x4.splat(<f32>PER_EXPONENT),
    f32x4.splat(<f32>PER_S),
    f32x4.splat(<f32>PER_S3),
    f32x4.splat(0),
  );
}

@inline function outputOf(lanes: Lanes, lane: u32): usize {
  return changetype<TransientShaper>(lanes.instance(lane)).outputGain;
}
