import { Instance } from '../../dsp/instance.as';
import { Brown, Difference, Noise, PER_BLUE, PER_VIOLET, Pink } from '../../dsp/noise.as';
import { Amplitude, Jump, Linear, Octave, STRIDE } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { phaseStep, pulseWave, sawWave, sineWave, squareWave, triangleWave, upperPhases } from '../../dsp/wave.as';

const TYPE: u32 = 0;
const FREQUENCY: u32 = 1;
const LEVEL: u32 = 2;
const WIDTH: u32 = 3;

const SINE: u32 = 0;
const SAW: u32 = 1;
const SQUARE: u32 = 2;
const TRIANGLE: u32 = 3;
const WHITE: u32 = 4;
const PINK: u32 = 5;
const PULSE: u32 = 6;
const BROWN: u32 = 7;
const BLUE: u32 = 8;
// 9 is violet

const GLIDE_SECONDS: f32 = 0.01;
const FADE_STRIDES: u32 = 30; // between two waveforms: 10 ms at 48,000 Hz
const HIGHEST: f64 = 0.497; // of the sample rate
const BROWN_HZ: f64 = 20.0; // where brown noise is flat below

/**
 * A test tone, the same in every output channel. Waveforms start at zero, rising, and have `level` as their peak; noise
 * has the RMS of the white one, 4.77 dB below `level`. Another width of the pulse glides, in steps of a stride.
 */
@final
@unmanaged
export class Tone extends Instance {
  phase: u64; // 2^64 is a cycle
  step: f64; // cycles per frame where the stride ends
  stepChange: f64; // of each frame in the stride
  level: usize; // Ramp
  fade: usize; // Ramp: share of `type`, the rest is `typeBefore`
  noise: usize; // Noise
  pink: usize; // Pink
  brown: usize; // Brown
  blue: usize; // Difference
  violet: usize; // Difference
  type: u32;
  typeBefore: u32;
  fadeStrides: u32; // left
  phases: usize; // u64[4]: of four frames
  perStep: usize; // f32[4]: 2^-32 / cycles per frame, of four frames
  samples: usize; // f32[8]: noise of four frames, then that of `typeBefore`
  width: u32; // 2^32 is a cycle

  create(): void {
    this.output(2);
    this.parameter(0, 9, 0, Jump);
    this.parameter(1, 40000, 1000, Octave, GLIDE_SECONDS);
    this.parameter(-120, 0, -18, Amplitude, GLIDE_SECONDS);
    this.parameter(1, 99, 50, Linear, GLIDE_SECONDS);
  }

  activate(): void {
    this.level = this.allocate(RAMP_BYTES);
    this.fade = this.allocate(RAMP_BYTES);
    this.noise = this.allocate(offsetof<Noise>());
    this.pink = this.allocate(offsetof<Pink>());
    this.brown = this.allocate(offsetof<Brown>());
    this.blue = this.allocate(offsetof<Difference>());
    this.violet = this.allocate(offsetof<Difference>());
    this.phases = this.allocate(32);
    this.perStep = this.allocate(16);
    this.samples = this.allocate(32);
  }

  reset(): void {
    this.phase = 0;
    this.type = this.of(TYPE).choice;
    this.typeBefore = this.type;
    this.fadeStrides = 0;
    changetype<Ramp>(this.fade).aim(1, 0);
    changetype<Noise>(this.noise).seed(this.seed);
    memory.fill(this.pink, 0, offsetof<Pink>());
    memory.fill(this.blue, 0, offsetof<Difference>());
    memory.fill(this.violet, 0, offsetof<Difference>());
    changetype<Brown>(this.brown).init(BROWN_HZ / this.sampleRate);
  }

  update(frames: u32): void {
    const step = Math.min(this.of(FREQUENCY).hertz / this.sampleRate, HIGHEST);
    this.stepChange = frames ? (step - this.step) / <f64>frames : 0.0;
    this.step = step;
    this.width = <u32>(this.of(WIDTH).now * 0.01 * 4294967296.0);
    changetype<Ramp>(this.level).aim(<f32>this.of(LEVEL).now, frames);
    const fade = changetype<Ramp>(this.fade);
    if (this.fadeStrides == 0 && this.type != this.of(TYPE).choice) {
      this.typeBefore = this.type;
      this.type = this.of(TYPE).choice;
      this.fadeStrides = FADE_STRIDES;
      fade.aim(0, 0);
    }
    if (this.fadeStrides) {
      this.fadeStrides -= 1;
      fade.aim(1 - <f32>this.fadeStrides / <f32>FADE_STRIDES, frames);
      this.keepMoving();
    } else {
      fade.aim(1, 0);
      this.typeBefore = this.type;
    }
  }

  render(from: u32, to: u32): void {
    const output = this.out(0);
    if (this.strideLeft) this.renderMoving(output, from, to);
    else this.renderStill(output, from, to);
    const at = <usize>from << 2;
    for (let c: u32 = 1; c < this.outputChannels; c++) memory.copy(this.out(c) + at, output + at, <usize>(to - from) << 2);
  }

  isMute(): bool {
    return changetype<Ramp>(this.level).to == 0;
  }

  /** One waveform of one frequency at one level: a loop of its own for each. */
  private renderStill(output: usize, from: u32, to: u32): void {
    const at = output + (<usize>from << 2);
    const frames = to - from;
    const level = f32x4.splat(changetype<Ramp>(this.level).to);
    const step = phaseStep(this.step);
    const phase = this.phase;
    this.phase = phase + step * <u64>frames;
    if (this.type == SINE) still<Sine>(at, frames, phase, step, level);
    else if (this.type == SAW) still<Saw>(at, frames, phase, step, level);
    else if (this.type == SQUARE) still<Square>(at, frames, phase, step, level);
    else if (this.type == TRIANGLE) still<Triangle>(at, frames, phase, step, level);
    else if (this.type == PULSE) still<Pulse>(at, frames, phase, step, level, this.width);
    else {
      for (let i: u32 = 0; i < frames; i += 4) {
        const left = min<u32>(4, frames - i);
        storeFour(at + (<usize>i << 2), left, f32x4.mul(this.noiseWave(this.type, left), level));
      }
    }
  }

  /** Frequency and level move from frame to frame, and a waveform may fade into another. */
  private renderMoving(output: usize, from: u32, to: u32): void {
    const level = changetype<Ramp>(this.level);
    const fade = changetype<Ramp>(this.fade);
    const isFading = this.type != this.typeBefore;
    let left = this.strideLeft;
    for (let i = from; i < to; i += 4) {
      const count = min<u32>(4, to - i);
      for (let f: u32 = 0; f < count; f++) {
        const step = this.step - this.stepChange * <f64>(left - f);
        store<u64>(this.phases + (<usize>f << 3), this.phase);
        store<f32>(this.perStep + (<usize>f << 2), perStepOf(step));
        this.phase += phaseStep(step);
      }
      const phases = upperPhases(v128.load(this.phases), v128.load(this.phases, 16));
      const perStep = v128.load(this.perStep);
      const isTwoNoises = isFading && isNoise(this.type) && isNoise(this.typeBefore);
      if (isTwoNoises) this.drawBoth(count);
      let y = isTwoNoises ? v128.load(this.samples) : this.wave(this.type, phases, perStep, count);
      if (isFading) {
        const before = isTwoNoises ? v128.load(this.samples, 16) : this.wave(this.typeBefore, phases, perStep, count);
        y = f32x4.add(before, f32x4.mul(f32x4.sub(y, before), fade.four(left)));
      }
      storeFour(output + (<usize>i << 2), count, f32x4.mul(y, level.four(left)));
      left -= count;
    }
  }

  @inline private wave(type: u32, phases: v128, perStep: v128, count: u32): v128 {
    if (type == SINE) return sineWave(phases);
    if (type == SAW) return sawWave(phases, perStep);
    if (type == SQUARE) return squareWave(phases, perStep);
    if (type == TRIANGLE) return triangleWave(phases, perStep);
    if (type == PULSE) return pulseWave(phases, perStep, this.width);
    return this.noiseWave(type, count);
  }

  /** The next `count` (at most 4) frames of noise. */
  private noiseWave(type: u32, count: u32): v128 {
    for (let f: u32 = 0; f < count; f++) {
      const white = changetype<Noise>(this.noise).white();
      const pink = usesPink(type) ? changetype<Pink>(this.pink).next(white) : 0;
      store<f32>(this.samples + (<usize>f << 2), <f32>this.coloured(type, white, pink));
    }
    return v128.load(this.samples);
  }

  /** Two noises of the same numbers: each drawing its own would take them in another order in blocks of other sizes. */
  private drawBoth(count: u32): void {
    for (let f: u32 = 0; f < count; f++) {
      const white = changetype<Noise>(this.noise).white();
      const pink = usesPink(this.type) || usesPink(this.typeBefore) ? changetype<Pink>(this.pink).next(white) : 0;
      store<f32>(this.samples + (<usize>f << 2), <f32>this.coloured(this.type, white, pink));
      store<f32>(this.samples + (<usize>f << 2), <f32>this.coloured(this.typeBefore, white, pink), 16);
    }
  }

  /** White noise becomes another colour. */
  @inline private coloured(type: u32, white: f64, pink: f64): f64 {
    if (type == WHITE) return white;
    if (type == PINK) return pink;
    if (type == BROWN) return changetype<Brown>(this.brown).next(white);
    if (type == BLUE) return PER_BLUE * changetype<Difference>(this.blue).next(pink);
    return PER_VIOLET * changetype<Difference>(this.violet).next(white);
  }
}

@inline function isNoise(type: u32): bool {
  return type >= WHITE && type != PULSE;
}

@inline function usesPink(type: u32): bool {
  return type == PINK || type == BLUE;
}

// Waveforms as types: `still` is compiled once for each.
@unmanaged
class Sine {
  @inline wave(phases: v128, perStep: v128, width: u32): v128 {
    return sineWave(phases);
  }
}

@unmanaged
class Saw {
  @inline wave(phases: v128, perStep: v128, width: u32): v128 {
    return sawWave(phases, perStep);
  }
}

@unmanaged
class Square {
  @inline wave(phases: v128, perStep: v128, width: u32): v128 {
    return squareWave(phases, perStep);
  }
}

@unmanaged
class Triangle {
  @inline wave(phases: v128, perStep: v128, width: u32): v128 {
    return triangleWave(phases, perStep);
  }
}

@unmanaged
class Pulse {
  @inline wave(phases: v128, perStep: v128, width: u32): v128 {
    return pulseWave(phases, perStep, width);
  }
}

function still<W>(output: usize, frames: u32, phase: u64, step: u64, level: v128, width: u32 = 0): void {
  const perStep = f32x4.splat(perStepOf(<f64>step / 18446744073709551616.0));
  let low = i64x2(phase, phase + step);
  let high = i64x2(phase + 2 * step, phase + 3 * step);
  const four = i64x2.splat(4 * step);
  const end = output + (<usize>(frames & ~3) << 2);
  while (output < end) {
    v128.store(output, f32x4.mul(changetype<W>(0).wave(upperPhases(low, high), perStep, width), level));
    low = i64x2.add(low, four);
    high = i64x2.add(high, four);
    output += 16;
  }
  const rest = frames & 3;
  if (rest) storeFour(output, rest, f32x4.mul(changetype<W>(0).wave(upperPhases(low, high), perStep, width), level));
}

@inline function perStepOf(step: f64): f32 {
  return <f32>(2.3283064365386963e-10 / step); // 2^-32
}

/** The first `count` of four frames. */
@inline function storeFour(to: usize, count: u32, frames: v128): void {
  if (count == 4) return v128.store(to, frames);
  v128.store_lane<f32>(to, frames, 0);
  if (count > 1) v128.store_lane<f32>(to, frames, 1, 4);
  if (count > 2) v128.store_lane<f32>(to, frames, 2, 8);
}
