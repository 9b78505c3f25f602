import { clean } from '../../dsp/clean.as';
import { Instance } from '../../dsp/instance.as';
import { absolute, add, all, div, larger, mul, smaller, sub } from '../../dsp/lane.as';
import { gather, Lanes, STATES } from '../../dsp/lanes.as';
import { Oversampler, OVERSAMPLER_BYTES, OVERSAMPLER_STATES, oversamplerBytes, PIECE_FRAMES } from '../../dsp/oversampler.as';
import { Amplitude, Jump, Linear } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { tanhOf } from '../../dsp/tanh.as';

const SHAPE: u32 = 0;
const DRIVE: u32 = 1;
const BIAS: u32 = 2;
const OUTPUT: u32 = 3;
const MIX: u32 = 4;
const RATE: u32 = 5;

const GLIDE_SECONDS: f32 = 0.02;
const FADE_STRIDES: u32 = 30; // between two curves: 10 ms at 48,000 Hz

// Ramps, one after the other.
const DRIVE_RAMP: usize = 0;
const BIAS_RAMP: usize = RAMP_BYTES;
const WET_RAMP: usize = 2 * RAMP_BYTES;
const DRY_RAMP: usize = 3 * RAMP_BYTES;
const FADE_RAMP: usize = 4 * RAMP_BYTES; // share of `shape`, the rest is `shapeBefore`

/**
 * Saturation: out = f(drive x + bias) - f(bias) at 2, 4 or 8 times the sample rate, so that what the curve f adds beyond half the
 * rate does not fold back; then output gain, and the dry sound as late as the wet one.
 *
 * f: soft tanh(x) · gentle x / (1 + |x|) · cubic 1.5 x - 0.5 x^3, held at |x| = 1 · hard x, held at |x| = 1.
 * A bias adds even harmonics. Latency: that of oversampler.as.ts, 63, 71 or 74 frames.
 */
@final
@unmanaged
export class Saturation extends Instance {
  oversampler: usize; // Oversampler
  states: usize; // f32[channels][OVERSAMPLER_STATES]
  ramps: usize; // Ramp[5]
  factor: u32; // 1, 2 or 3: 2, 4, 8 times
  shape: u32;
  shapeBefore: u32;
  fadeStrides: u32; // left

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, 3, 0, Jump);
    this.parameter(0, 48, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(-100, 100, 0, Linear, GLIDE_SECONDS);
    this.parameter(-48, 24, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(0, 100, 0, Linear, GLIDE_SECONDS);
    this.parameter(0, 2, 1, Jump);
  }

  activate(): void {
    this.factor = this.of(RATE).choice + 1;
    this.oversampler = this.allocate(OVERSAMPLER_BYTES + oversamplerBytes());
    changetype<Oversampler>(this.oversampler).init(this.oversampler + OVERSAMPLER_BYTES, this.factor);
    this.states = this.allocate(<usize>(this.outputChannels * OVERSAMPLER_STATES) << 2);
    this.ramps = this.allocate(5 * RAMP_BYTES);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>(this.outputChannels * OVERSAMPLER_STATES) << 2);
    this.shape = this.of(SHAPE).choice;
    this.shapeBefore = this.shape;
    this.fadeStrides = 0;
  }

  update(frames: u32): void {
    const mix = this.of(MIX).now * 0.01;
    this.ramp(DRIVE_RAMP).aim(<f32>this.of(DRIVE).now, frames);
    this.ramp(BIAS_RAMP).aim(<f32>(this.of(BIAS).now * 0.01), frames);
    this.ramp(WET_RAMP).aim(<f32>(mix * this.of(OUTPUT).now), frames);
    this.ramp(DRY_RAMP).aim(<f32>(1.0 - mix), frames);
    if (this.fadeStrides == 0 && this.shape != this.of(SHAPE).choice) {
      this.shapeBefore = this.shape;
      this.shape = this.of(SHAPE).choice;
      this.fadeStrides = FADE_STRIDES;
      this.ramp(FADE_RAMP).aim(0, 0);
    }
    if (this.fadeStrides) {
      this.fadeStrides -= 1;
      this.ramp(FADE_RAMP).aim(1 - <f32>this.fadeStrides / <f32>FADE_STRIDES, frames);
      this.keepMoving();
    } else {
      this.ramp(FADE_RAMP).aim(1, 0);
      this.shapeBefore = this.shape;
    }
  }

  /** A lane for each channel. */
  @inline lanesNeeded(): u32 {
    return this.outputChannels;
  }

  /** Those of one curve and one rate share vectors. */
  @inline laneKey(): u64 {
    return this.shape | (this.factor << 8);
  }

  renderLanes<T>(lanes: Lanes, from: u32, to: u32): void {
    const oversampler = changetype<Oversampler>(this.oversampler);
    const shape = this.shape;
    const data = lanes.read<T>(from, to);
    for (let lane: u32 = 0; lane < 4; lane++) {
      const kernel = changetype<Saturation>(lanes.instance(lane));
      lanes.place(STATES, lane, kernel.states + (<usize>(lanes.unit(lane) * OVERSAMPLER_STATES) << 2));
    }
    oversampler.take<T>(lanes);
    let left = this.strideLeft;
    for (let done: u32 = 0, frames = to - from; done < frames; ) {
      const part = min(PIECE_FRAMES, frames - done);
      const at = data + <usize>done * sizeof<T>();
      const input = oversampler.input<T>();
      for (let i: usize = 0; i < <usize>part * sizeof<T>(); i += sizeof<T>()) store<T>(input + i, clean<T>(load<T>(at + i)));
      oversampler.raise<T>(part);
      if (shape != this.shapeBefore) this.fadeCurves<T>(oversampler.top<T>(), part, left);
      else if (shape == 0) bend<T, Soft>(lanes, oversampler.top<T>(), part, this.factor, left);
      else if (shape == 1) bend<T, Gentle>(lanes, oversampler.top<T>(), part, this.factor, left);
      else if (shape == 2) bend<T, Cubic>(lanes, oversampler.top<T>(), part, this.factor, left);
      else bend<T, Hard>(lanes, oversampler.top<T>(), part, this.factor, left);
      oversampler.lower<T>(part, at);
      mixIn<T>(lanes, oversampler.dry<T>(), at, part, left);
      oversampler.advance<T>(part);
      if (left) left -= part;
      done += part;
    }
    oversampler.give<T>(lanes);
    lanes.write<T>(data, from, to);
  }

  /** From one curve to the other; what moves is alone. */
  private fadeCurves<T>(at: usize, frames: u32, left: u32): void {
    for (let n: u32 = 0; n < frames; n++, left--) {
      const drive = all<T>(this.ramp(DRIVE_RAMP).at(left));
      const bias = all<T>(this.ramp(BIAS_RAMP).at(left));
      const fade = all<T>(this.ramp(FADE_RAMP).at(left));
      const rest = sub<T>(curve<T>(this.shape, bias), curve<T>(this.shapeBefore, bias));
      for (const end = at + (<usize>1 << this.factor) * sizeof<T>(); at < end; at += sizeof<T>()) {
        const x = add<T>(mul<T>(drive, load<T>(at)), bias);
        const before = curve<T>(this.shapeBefore, x);
        const change = sub<T>(sub<T>(curve<T>(this.shape, x), before), rest);
        store<T>(at, add<T>(sub<T>(before, curve<T>(this.shapeBefore, bias)), mul<T>(fade, change)));
      }
    }
  }

  latencyFrames(): i32 {
    return changetype<Oversampler>(this.oversampler).latencyFrames;
  }

  tailFrames(): i32 {
    return 2 * this.latencyFrames() + 2; // all taps of all filters
  }

  @inline ramp(offset: usize): Ramp {
    return changetype<Ramp>(this.ramps + offset);
  }
}

/** What a ramp of each lane is, `left` frames before the stride ends: what moves is one instance. */
@inline function ramped<T>(lanes: Lanes, offset: usize, left: u32): T {
  const a = changetype<Saturation>(lanes.instance(0)).ramps + offset;
  if (left) return all<T>(changetype<Ramp>(a).at(left));
  const b = changetype<Saturation>(lanes.instance(1)).ramps + offset;
  const c = changetype<Saturation>(lanes.instance(2)).ramps + offset;
  const d = changetype<Saturation>(lanes.instance(3)).ramps + offset;
  return gather<T>(a, b, c, d, offsetof<Ramp>("to"));
}

/** The curve S over `frames` << factor values. */
function bend<T, S>(lanes: Lanes, at: usize, frames: u32, factor: u32, left: u32): void {
  if (!left) return bent<T, S>(at, frames << factor, ramped<T>(lanes, DRIVE_RAMP, 0), ramped<T>(lanes, BIAS_RAMP, 0));
  for (let n: u32 = 0; n < frames; n++) {
    bent<T, S>(at, 1 << factor, ramped<T>(lanes, DRIVE_RAMP, left), ramped<T>(lanes, BIAS_RAMP, left));
    at += (<usize>1 << factor) * sizeof<T>();
    left -= 1;
  }
}

@inline function bent<T, S>(at: usize, count: u32, drive: T, bias: T): void {
  const rest = changetype<S>(0).of<T>(bias);
  const end = at + <usize>count * sizeof<T>();
  if (!isVector<T>()) at = bentFours<S>(at, end, <f32>drive, <f32>bias, <f32>rest);
  for (; at < end; at += sizeof<T>()) {
    store<T>(at, sub<T>(changetype<S>(0).of<T>(add<T>(mul<T>(drive, load<T>(at)), bias)), rest));
  }
}

/** Of one channel four values at once, as far as they go. @returns how far */
@inline function bentFours<S>(at: usize, end: usize, drive: f32, bias: f32, rest: f32): usize {
  const drives = f32x4.splat(drive);
  const biases = f32x4.splat(bias);
  const rests = f32x4.splat(rest);
  for (; at + 16 <= end; at += 16) {
    const x = f32x4.add(f32x4.mul(drives, v128.load(at)), biases);
    v128.store(at, f32x4.sub(changetype<S>(0).of<v128>(x), rests));
  }
  return at;
}

/** data = dry share dry + wet share data; `left` is 0 or at least `frames`: strides are cut at their end. */
function mixIn<T>(lanes: Lanes, dry: usize, data: usize, frames: u32, left: u32): void {
  let dryShare = ramped<T>(lanes, DRY_RAMP, 0);
  let wetShare = ramped<T>(lanes, WET_RAMP, 0);
  for (const end = data + <usize>frames * sizeof<T>(); data < end; data += sizeof<T>(), dry += sizeof<T>()) {
    if (left) {
      dryShare = ramped<T>(lanes, DRY_RAMP, left);
      wetShare = ramped<T>(lanes, WET_RAMP, left);
      left -= 1;
    }
    store<T>(data, add<T>(mul<T>(dryShare, load<T>(dry)), mul<T>(wetShare, load<T>(data))));
  }
}

function curve<T>(shape: u32, x: T): T {
  if (shape == 0) return changetype<Soft>(0).of<T>(x);
  if (shape == 1) return changetype<Gentle>(0).of<T>(x);
  if (shape == 2) return changetype<Cubic>(0).of<T>(x);
  return changetype<Hard>(0).of<T>(x);
}

// Curves as types: `bend` is compiled once for each.
@unmanaged
class Soft {
  @inline of<T>(x: T): T {
    return tanhOf<T>(x);
  }
}

@unmanaged
class Gentle {
  @inline of<T>(x: T): T {
    return div<T>(x, add<T>(all<T>(1), absolute<T>(x)));
  }
}

@unmanaged
class Cubic {
  @inline of<T>(x: T): T {
    const y = larger<T>(smaller<T>(x, all<T>(1)), all<T>(-1));
    return mul<T>(y, sub<T>(all<T>(1.5), mul<T>(all<T>(0.5), mul<T>(y, y))));
  }
}

@unmanaged
class Hard {
  @inline of<T>(x: T): T {
    return larger<T>(smaller<T>(x, all<T>(1)), all<T>(-1));
  }
}
