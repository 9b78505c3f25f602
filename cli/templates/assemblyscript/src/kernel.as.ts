import { Instance } from '@audiocloud/dsp/instance.as';
import { Amplitude, Octave } from '@audiocloud/dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '@audiocloud/dsp/ramp.as';

const FREQUENCY: u32 = 0; // places in `parameters` of the model
const LEVEL: u32 = 1;

const GLIDE_SECONDS: f32 = 0.02; // shorter is heard as a click, longer as lag
const HIGHEST: f64 = 0.497; // of the sample rate
const QUIET: f32 = 1e-18; // below, a state is taken for zero: smaller numbers are slow
const LOUD: f32 = 1e15; // above, and when it is no number, it begins anew: else one bad sample would be there for ever
const TAIL_SECONDS: f64 = 0.34; // from full scale to QUIET at 20 Hz: ln(1e18) / (2 pi 20)

/** y += a (x - y), a = 1 - exp(-2 pi frequency / rate), and a level behind it: the state y of each channel is all there is. */
@final
@unmanaged
export class PluginName extends Instance {
  states: usize; // f32[channels]
  share: usize; // Ramp: a
  level: usize; // Ramp

  /** What the model says, in the same order: ports, then parameters (minimum, maximum, default, domain, seconds to glide). */
  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(20, 20000, 20000, Octave, GLIDE_SECONDS);
    this.parameter(-60, 12, 0, Amplitude, GLIDE_SECONDS);
  }

  /** All memory is taken here; widths and sample rate are known. */
  activate(): void {
    this.states = this.allocateFrames(this.inputChannels);
    this.share = this.allocate(RAMP_BYTES);
    this.level = this.allocate(RAMP_BYTES);
  }

  reset(): void {
    memory.fill(this.states, 0, <usize>this.inputChannels << 2);
  }

  /** What follows from parameters, to be reached within `frames` frames; 0 is at once. */
  update(frames: u32): void {
    const perFrame = Math.min(this.of(FREQUENCY).hertz / this.sampleRate, HIGHEST);
    changetype<Ramp>(this.share).aim(<f32>(1.0 - Math.exp(-2.0 * Math.PI * perFrame)), frames);
    changetype<Ramp>(this.level).aim(<f32>this.of(LEVEL).now, frames);
  }

  /** Frames `from` to `to` - 1: no event lies between them. */
  render(from: u32, to: u32): void {
    const share = changetype<Ramp>(this.share);
    const level = changetype<Ramp>(this.level);
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      const state = this.states + (<usize>c << 2);
      let y = load<f32>(state);
      for (let i = from, left = this.strideLeft; i < to; i++, left -= left ? 1 : 0) {
        const at = <usize>i << 2;
        y += share.at(left) * (load<f32>(this.in(c) + at) - y);
        store<f32>(this.out(c) + at, y * level.at(left));
      }
      store<f32>(state, y);
    }
  }

  finishBlock(frames: u32): void {
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      const state = this.states + (<usize>c << 2);
      const size = Mathf.abs(load<f32>(state));
      if (!(size >= QUIET && size < LOUD)) store<f32>(state, 0);
    }
  }

  tailFrames(): i32 {
    return <i32>Math.ceil(TAIL_SECONDS * this.sampleRate);
  }

  /** Nothing more comes after silence: the instance may sleep. */
  isQuiet(): bool {
    for (let c: u32 = 0; c < this.outputChannels; c++) if (load<f32>(this.states + (<usize>c << 2)) != 0) return false;
    return true;
  }
}
