import { clean, cleanAll } from '../../dsp/clean.as';
import { Instance } from '../../dsp/instance.as';
import { add, all, mul, sub } from '../../dsp/lane.as';
import { gather, interleave, LANE_FRAMES, Lanes, scatter } from '../../dsp/lanes.as';
import { Lfo, LFO_BYTES } from '../../dsp/lfo.as';
import { Jump, Linear, Octave } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';

const STAGES: u32 = 0;
const RATE: u32 = 1;
const CENTER: u32 = 2;
const DEPTH: u32 = 3;
const FEEDBACK: u32 = 4;
const SPREAD: u32 = 5;
const MIX: u32 = 6;

const GLIDE_SECONDS: f32 = 0.02;
const HIGHEST: f64 = 0.45; // of the sample rate
const CELL: u32 = 16; // frames from one corner that is computed to the next
const QUIET: f32 = 1e-9; // -180 dB
const MOST_STAGES: u32 = 12;
const COUNTS: usize = memory.data<u32>([2, 4, 6, 8, 12]);

// State of a channel, f32: what the all-passes hold, the last output, coefficient where the cell begins and where it ends.
const LAST: usize = <usize>MOST_STAGES << 2;
const CELL_FROM: usize = LAST + 4;
const CELL_TO: usize = LAST + 8;
const STATE_BYTES: usize = 64;

// Ramps, one after the other.
const FEEDBACK_RAMP: usize = 0;
const WET_RAMP: usize = RAMP_BYTES;
const DRY_RAMP: usize = 2 * RAMP_BYTES;

/**
 * A phaser: a chain of all-passes (a + z^-1) / (1 + a z^-1), a = (g - 1) / (g + 1), g = tan(pi f / rate), each with 90 degrees at f;
 * f = center 2^(depth / 2 sin(2 pi (rate t + c spread))). What comes out is fed back, a frame later.
 *
 * The corner is computed every 16 frames, and the coefficient goes from one to the next in a straight line: which stays
 * stable, |a| < 1. Source: U. Zölzer (ed.), "DAFX", 2nd edition, 2.4.2 and 2.2.3 (first-order all-pass).
 */
@final
@unmanaged
export class Phaser extends Instance {
  lfo: usize; // Lfo, at the end of the cell under way
  states: usize; // for each channel
  ramps: usize; // Ramp[3]
  rows: usize; // f32[4][LANE_FRAMES]: coefficients of the lanes that this instance leads
  vectors: usize; // v128[LANE_FRAMES]: the same side by side
  held: usize; // v128[MOST_STAGES]
  stages: u32;
  done: u32; // frames of the cell under way

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, 4, 1, Jump);
    this.parameter(0.01, 10, 0.3, Octave, GLIDE_SECONDS);
    this.parameter(50, 10000, 800, Octave, GLIDE_SECONDS);
    this.parameter(0, 6, 2, Linear, GLIDE_SECONDS);
    this.parameter(-90, 90, 0, Linear, GLIDE_SECONDS);
    this.parameter(0, 180, 90, Linear, GLIDE_SECONDS);
    this.parameter(0, 100, 0, Linear, GLIDE_SECONDS);
  }

  activate(): void {
    this.stages = load<u32>(COUNTS + (<usize>this.of(STAGES).choice << 2));
    this.lfo = this.allocate(LFO_BYTES);
    this.states = this.allocate(<usize>this.outputChannels * STATE_BYTES);
    this.ramps = this.allocate(3 * RAMP_BYTES);
    this.rows = this.allocate(<usize>LANE_FRAMES << 4);
    this.vectors = this.allocate(<usize>LANE_FRAMES << 4);
    this.held = this.allocate(<usize>MOST_STAGES << 4);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>this.outputChannels * STATE_BYTES);
    changetype<Lfo>(this.lfo).phase = 0;
    this.done = 0;
    for (let c: u32 = 0; c < this.outputChannels; c++) store<f32>(this.stateOf(c) + CELL_TO, this.coefficient(c));
  }

  update(frames: u32): void {
    const mix = this.of(MIX).now * 0.01;
    changetype<Lfo>(this.lfo).aim((<f64>CELL * this.of(RATE).hertz) / this.sampleRate);
    this.ramp(FEEDBACK_RAMP).aim(<f32>(this.of(FEEDBACK).now * 0.01), frames);
    this.ramp(WET_RAMP).aim(<f32>mix, frames);
    this.ramp(DRY_RAMP).aim(<f32>(1.0 - mix), frames);
  }

  /** A lane for each channel. */
  @inline lanesNeeded(): u32 {
    return this.outputChannels;
  }

  /** Chains of one length share vectors. */
  @inline laneKey(): u64 {
    return this.stages;
  }

  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const frames = to - from;
    for (let lane: u32 = 0; lane < lanes.count; lane++) {
      const kernel = changetype<Phaser>(lanes.instance(lane));
      kernel.coefficients(lanes.unit(lane), this.rows + (<usize>(lane * LANE_FRAMES) << 2), frames);
    }
    let row = this.rows;
    if (isVector<T>()) {
      row = this.vectors;
      const a = this.rows;
      const step = <usize>LANE_FRAMES << 2;
      const count = lanes.count; // lanes that are not filled repeat the first one
      interleave(a, a + step, count > 2 ? a + 2 * step : a, count > 3 ? a + 3 * step : a, row, frames);
    }
    const data = lanes.read<T>(from, to);
    this.filter<T>(lanes, data, row, frames);
    lanes.write<T>(data, from, to);
  }

  private filter<T>(lanes: Lanes, data: usize, row: usize, frames: u32): void {
    const a = stateIn(lanes, 0);
    const b = stateIn(lanes, 1);
    const c = stateIn(lanes, 2);
    const d = stateIn(lanes, 3);
    const end = this.held + <usize>this.stages * sizeof<T>();
    for (let held = this.held, offset: usize = 0; held < end; held += sizeof<T>(), offset += 4) {
      store<T>(held, gather<T>(a, b, c, d, offset));
    }
    let last = gather<T>(a, b, c, d, LAST);
    let feedback = ramped<T>(lanes, FEEDBACK_RAMP, 0);
    let wet = ramped<T>(lanes, WET_RAMP, 0);
    let dry = ramped<T>(lanes, DRY_RAMP, 0);
    let left = this.strideLeft;
    for (let n: u32 = 0; n < frames; n++) {
      if (left) {
        feedback = ramped<T>(lanes, FEEDBACK_RAMP, left);
        wet = ramped<T>(lanes, WET_RAMP, left);
        dry = ramped<T>(lanes, DRY_RAMP, left);
        left -= 1;
      }
      const x = load<T>(data);
      const coefficient = load<T>(row);
      let u = add<T>(clean<T>(x), mul<T>(feedback, last));
      for (let held = this.held; held < end; held += sizeof<T>()) {
        const y = add<T>(mul<T>(coefficient, u), load<T>(held));
        store<T>(held, sub<T>(u, mul<T>(coefficient, y)));
        u = y;
      }
      last = u;
      store<T>(data, add<T>(mul<T>(dry, x), mul<T>(wet, u)));
      data += sizeof<T>();
      row += sizeof<T>();
    }
    for (let held = this.held, offset: usize = 0; held < end; held += sizeof<T>(), offset += 4) {
      scatter<T>(a, b, c, d, offset, load<T>(held));
    }
    scatter<T>(a, b, c, d, LAST, last);
  }

  /** The coefficients of one channel; the last one takes the cell further. */
  coefficients(channel: u32, row: usize, frames: u32): void {
    const lfo = changetype<Lfo>(this.lfo);
    const isLast = channel + 1 == this.outputChannels;
    const state = this.stateOf(channel);
    const phase = lfo.phase;
    let done = this.done;
    for (let n: u32 = 0; n < frames; n++) {
      if (done == 0) {
        lfo.next();
        store<f32>(state + CELL_FROM, load<f32>(state + CELL_TO));
        store<f32>(state + CELL_TO, this.coefficient(channel));
      }
      const from = load<f32>(state + CELL_FROM);
      done += 1;
      store<f32>(row + (<usize>n << 2), from + (load<f32>(state + CELL_TO) - from) * (<f32>done * <f32>(1.0 / <f64>CELL)));
      if (done == CELL) done = 0;
    }
    if (isLast) this.done = done;
    else lfo.phase = phase;
  }

  finishBlock(frames: u32): void {
    for (let c: u32 = 0; c < this.outputChannels; c++) cleanAll(this.stateOf(c), MOST_STAGES + 1);
  }

  isQuiet(): bool {
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      const state = this.stateOf(c);
      for (let i: usize = 0; i <= LAST; i += 4) if (abs(load<f32>(state + i)) >= QUIET) return false;
    }
    return true;
  }

  tailFrames(): i32 {
    const feedback = Math.abs(this.of(FEEDBACK).plain) * 0.01;
    const repeats = feedback > 0.0 ? 2.0 - 13.815510557964274 / Math.log(feedback) : 2.0; // 120 dB down
    const lowest = this.of(CENTER).plain * Math.pow(2.0, -0.5 * this.of(DEPTH).plain);
    // an all-pass holds low sounds for 1 / (pi f), and forgets them at that pace
    return <i32>Math.min(1e9, this.sampleRate * (repeats * <f64>this.stages + 14.0) / (Math.PI * lowest)) + 16;
  }

  /** Of a channel where the phase is now. */
  private coefficient(channel: u32): f32 {
    const swing = changetype<Lfo>(this.lfo).at((this.of(SPREAD).now / 360.0) * <f64>channel);
    const corner = this.of(CENTER).now + 0.5 * this.of(DEPTH).now * swing; // as log2
    const g = Math.tan(Math.PI * Math.min(Math.pow(2.0, corner) / this.sampleRate, HIGHEST));
    return <f32>((g - 1.0) / (g + 1.0));
  }

  @inline ramp(offset: usize): Ramp {
    return changetype<Ramp>(this.ramps + offset);
  }

  @inline stateOf(channel: u32): usize {
    return this.states + <usize>channel * STATE_BYTES;
  }
}

@inline function stateIn(lanes: Lanes, lane: u32): usize {
  return changetype<Phaser>(lanes.instance(lane)).stateOf(lanes.unit(lane));
}

/** What a ramp of each lane is, `left` frames before the stride ends: what moves is one instance. */
@inline function ramped<T>(lanes: Lanes, offset: usize, left: u32): T {
  const a = changetype<Phaser>(lanes.instance(0)).ramps + offset;
  if (left) return all<T>(changetype<Ramp>(a).at(left));
  const b = changetype<Phaser>(lanes.instance(1)).ramps + offset;
  const c = changetype<Phaser>(lanes.instance(2)).ramps + offset;
  const d = changetype<Phaser>(lanes.instance(3)).ramps + offset;
  return gather<T>(a, b, c, d, offsetof<Ramp>("to"));
}
