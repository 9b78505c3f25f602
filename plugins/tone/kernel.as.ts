import { Instance } from '../../dsp/instance.as';
import { Noise, Pink } from '../../dsp/noise.as';
import { Amplitude, Jump, Octave, STRIDE } from '../../dsp/parameter.as';
import { polyBlamp, polyBlep } from '../../dsp/poly-blep.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';
import { sineOfPhase } from '../../dsp/sine.as';

const TYPE: u32 = 0;
const FREQUENCY: u32 = 1;
const LEVEL: u32 = 2;

const SINE: u32 = 0;
const SAW: u32 = 1;
const SQUARE: u32 = 2;
const TRIANGLE: u32 = 3;
const WHITE: u32 = 4;

const GLIDE_SECONDS: f32 = 0.01;
const FADE_STRIDES: u32 = 30; // between two waveforms: 10 ms at 48,000 Hz
const HIGHEST: f64 = 0.497; // of the sample rate

/**
 * A test tone, the same in every output channel. Waveforms start at zero, rising, and have `level` as their peak; noise
 * has the RMS of the white one, 4.77 dB below `level`.
 */
@final
@unmanaged
export class Tone extends Instance {
  phase: f64; // cycles, 0 to 1
  step: f64; // cycles per frame where the stride ends
  stepChange: f64; // of each frame in the stride
  level: usize; // Ramp
  fade: usize; // Ramp: share of `type`, the rest is `typeBefore`
  noise: usize; // Noise
  pink: usize; // Pink
  type: u32;
  typeBefore: u32;
  fadeStrides: u32; // left

  create(): void {
    this.output(2);
    this.parameter(0, 5, 0, Jump);
    this.parameter(1, 40000, 1000, Octave, GLIDE_SECONDS);
    this.parameter(-120, 0, -18, Amplitude, GLIDE_SECONDS);
  }

  activate(): void {
    this.level = this.allocate(RAMP_BYTES);
    this.fade = this.allocate(RAMP_BYTES);
    this.noise = this.allocate(offsetof<Noise>());
    this.pink = this.allocate(offsetof<Pink>());
  }

  reset(): void {
    this.phase = 0;
    this.type = this.of(TYPE).choice;
    this.typeBefore = this.type;
    this.fadeStrides = 0;
    changetype<Ramp>(this.fade).aim(1, 0);
    changetype<Noise>(this.noise).seed(this.seed);
    memory.fill(this.pink, 0, offsetof<Pink>());
  }

  update(frames: u32): void {
    const step = Math.min(this.of(FREQUENCY).hertz / this.sampleRate, HIGHEST);
    this.stepChange = frames ? (step - this.step) / <f64>frames : 0.0;
    this.step = step;
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
    const level = changetype<Ramp>(this.level);
    const fade = changetype<Ramp>(this.fade);
    let left = this.strideLeft;
    let phase = this.phase;
    let step = this.step;
    for (let i = from; i < to; i++) {
      if (left) step = this.step - this.stepChange * <f64>left;
      let y = this.sample(this.type, phase, step);
      if (this.type != this.typeBefore) {
        const before = this.sample(this.typeBefore, phase, step);
        y = before + (y - before) * <f64>fade.at(left);
      }
      store<f32>(output + (<usize>i << 2), <f32>(y * <f64>level.at(left)));
      phase += step;
      if (phase >= 1.0) phase -= 1.0;
      if (left) left--;
    }
    this.phase = phase;
    const at = <usize>from << 2;
    for (let c: u32 = 1; c < this.outputChannels; c++) memory.copy(this.out(c) + at, output + at, <usize>(to - from) << 2);
  }

  isMute(): bool {
    return changetype<Ramp>(this.level).to == 0;
  }

  @inline private sample(type: u32, phase: f64, step: f64): f64 {
    if (type == SINE) return sineOfPhase(phase);
    if (type == SAW) return 2.0 * (phase < 0.5 ? phase : phase - 1.0) - polyBlep(phase, 0.5, step);
    if (type == SQUARE) return (phase < 0.5 ? 1.0 : -1.0) + polyBlep(phase, 0.0, step) - polyBlep(phase, 0.5, step);
    if (type == TRIANGLE) {
      const y = phase < 0.25 ? 4.0 * phase : phase < 0.75 ? 2.0 - 4.0 * phase : 4.0 * phase - 4.0;
      return y + 8.0 * step * (polyBlamp(phase, 0.75, step) - polyBlamp(phase, 0.25, step));
    }
    const white = changetype<Noise>(this.noise).white();
    return type == WHITE ? white : changetype<Pink>(this.pink).next(white);
  }
}
