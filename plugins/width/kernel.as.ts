import { Instance } from '../../dsp/instance.as';
import { COEFFICIENTS, LANE_FRAMES, Lanes, LANES_BYTES, STATES } from '../../dsp/lanes.as';
import { aimNothing, aimSum, aimUpper } from '../../dsp/linkwitz-riley.as';
import { Jump, Linear, Octave } from '../../dsp/parameter.as';
import { cleanStates, Svf, svf, SVF_BYTES, SVF_STATE_BYTES } from '../../dsp/svf.as';
import { TWO_BY_TWO_BYTES, TwoByTwo } from '../../dsp/two-by-two.as';

const WIDTH: u32 = 0;
const MONO_BASS: u32 = 1;
const FREQUENCY: u32 = 2;

const GLIDE_SECONDS: f32 = 0.02;
const FADE_STRIDES: u32 = 60; // mono bass on or off: 20 ms at 48,000 Hz
const HIGHEST: f64 = 0.497; // of the sample rate: keeps tan below about 106
const QUIET: f32 = 1e-9; // -180 dB

// Sections: one that keeps the mid in phase with the side, two of the side.
const MID: u32 = 0;
const SIDE: u32 = 1;
const SECTIONS: u32 = 3;

/**
 * The side of a stereo sound louder or softer than its mid, and below a frequency gone: left = mid + width side,
 * right = mid - width side. Mono bass is the upper half of a Linkwitz-Riley crossover on the side; the mid goes through its
 * all-pass, so that left and right keep their phase above the crossover.
 *
 * A model that couples its channels: mid and side are rendered one after the other, not in lanes.
 */
@final
@unmanaged
export class Width extends Instance {
  direct: usize; // TwoByTwo: the width of left and right, where nothing is filtered
  encode: usize; // TwoByTwo: to mid and side
  decode: usize; // TwoByTwo: from mid and side, with the width
  places: usize; // Lanes, of which only the first lane's places are used
  filters: usize; // Svf[SECTIONS]
  states: usize; // of SECTIONS
  mid: usize; // f32[LANE_FRAMES]
  side: usize; // f32[LANE_FRAMES]
  frequencyHz: f64;
  hasMonoBass: u32;
  fadeStrides: u32;
  isFiltering: u32;
  isOdd: u32; // 1: an odd number of frames came since the filters stand still

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, 200, 100, Linear, GLIDE_SECONDS);
    this.parameter(0, 1, 0, Jump);
    this.parameter(20, 1000, 120, Octave, GLIDE_SECONDS);
  }

  activate(): void {
    this.direct = this.allocate(TWO_BY_TWO_BYTES);
    this.encode = this.allocate(TWO_BY_TWO_BYTES);
    this.decode = this.allocate(TWO_BY_TWO_BYTES);
    changetype<TwoByTwo>(this.encode).aim(0.5, 0.5, 0.5, -0.5, 1, 0);
    this.places = this.allocate(LANES_BYTES);
    this.filters = this.allocate(<usize>SECTIONS * SVF_BYTES);
    this.states = this.allocate(<usize>SECTIONS * SVF_STATE_BYTES);
    this.mid = this.allocateFrames(LANE_FRAMES);
    this.side = this.allocateFrames(LANE_FRAMES);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>SECTIONS * SVF_STATE_BYTES);
    this.isOdd = 0;
    this.frequencyHz = 0; // no filter has it: all are made anew
  }

  update(frames: u32): void {
    const width = this.of(WIDTH).now * 0.01;
    const own = 0.5 + 0.5 * width;
    changetype<TwoByTwo>(this.direct).aim(own, 1.0 - own, 1.0 - own, own, 1, frames);
    changetype<TwoByTwo>(this.decode).aim(1, width, 1, -width, 1, frames);
    this.updateFilters(frames);
    this.isFiltering = <u32>!(this.filter(MID).isIdentity && this.filter(SIDE).isIdentity);
    if (!this.isFiltering) memory.fill(this.states, 0, <usize>SECTIONS * SVF_STATE_BYTES);
  }

  render(from: u32, to: u32): void {
    while (from < to) {
      const end = min(to, from + LANE_FRAMES);
      this.renderPiece(from, end - from);
      from = end;
    }
  }

  finishBlock(frames: u32): void {
    for (let s: u32 = 0; s < SECTIONS; s++) cleanStates(this.stateOf(s), 3);
  }

  isQuiet(): bool {
    for (let s: u32 = 0; s < SECTIONS; s++) {
      const state = this.stateOf(s);
      const waiting = this.isOdd ? abs(load<f32>(state, 8)) : 0;
      if (abs(load<f32>(state)) >= QUIET || abs(load<f32>(state, 4)) >= QUIET || waiting >= QUIET) return false;
    }
    return true;
  }

  tailFrames(): i32 {
    return <i32>(this.sampleRate * 0.5); // a crossover at 20 Hz falls by 180 dB in 0.3 s
  }

  private renderPiece(from: u32, frames: u32): void {
    const at = <usize>from << 2;
    const left = this.strideLeft;
    const inL = this.in(0) + at;
    const inR = this.in(1) + at;
    const outL = this.out(0) + at;
    const outR = this.out(1) + at;
    if (!this.isFiltering) {
      changetype<TwoByTwo>(this.direct).process(inL, inR, outL, outR, frames, left);
      this.isOdd = left ? 0 : (this.isOdd ^ frames) & 1;
      return;
    }
    const mid = this.mid;
    const side = this.side;
    changetype<TwoByTwo>(this.encode).process(inL, inR, mid, side, frames, 0);
    this.filterRow(MID, mid, frames, left);
    this.filterRow(SIDE, side, frames, left);
    this.filterRow(SIDE + 1, side, frames, left);
    this.isOdd = left ? 0 : (this.isOdd ^ frames) & 1;
    changetype<TwoByTwo>(this.decode).process(mid, side, outL, outR, frames, left);
  }

  private filterRow(section: u32, row: usize, frames: u32, left: u32): void {
    const places = changetype<Lanes>(this.places);
    for (let lane: u32 = 0; lane < 4; lane++) {
      places.place(COEFFICIENTS, lane, changetype<usize>(this.filter(section)));
      places.place(STATES, lane, this.stateOf(section));
    }
    svf<f32>(places, row, frames, left, this.isOdd != 0, 0);
  }

  /** Sets the sections, or sets them on their way: at once, within the stride, or on and off more slowly. */
  private updateFilters(frames: u32): void {
    const hasMonoBass = this.of(MONO_BASS).choice;
    const frequencyHz = Math.min(this.of(FREQUENCY).hertz, HIGHEST * this.sampleRate);
    const isNew = hasMonoBass != this.hasMonoBass;
    const isSame = !isNew && frequencyHz == this.frequencyHz;
    if (frames == 0) this.fadeStrides = 0;
    else if (isNew) this.fadeStrides = FADE_STRIDES;
    this.hasMonoBass = hasMonoBass;
    this.frequencyHz = frequencyHz;
    if (isSame && !this.fadeStrides) {
      for (let s: u32 = 0; s < SECTIONS; s++) this.filter(s).settle();
      return;
    }
    let share = 1.0;
    if (this.fadeStrides) {
      share = 1.0 / <f64>this.fadeStrides;
      this.fadeStrides -= 1;
      this.keepMoving();
    }
    const g = Math.tan((Math.PI * frequencyHz) / this.sampleRate);
    if (hasMonoBass) {
      aimSum(this.filter(MID), g, share, frames);
      aimUpper(this.filter(SIDE), g, share, frames);
      aimUpper(this.filter(SIDE + 1), g, share, frames);
    } else {
      for (let s: u32 = 0; s < SECTIONS; s++) aimNothing(this.filter(s), g, share, frames);
    }
  }

  @inline private filter(section: u32): Svf {
    return changetype<Svf>(this.filters + <usize>section * SVF_BYTES);
  }

  @inline private stateOf(section: u32): usize {
    return this.states + <usize>section * SVF_STATE_BYTES;
  }
}
