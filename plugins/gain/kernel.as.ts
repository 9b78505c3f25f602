import { Instance } from '../../dsp/instance.as';
import { Amplitude, Linear } from '../../dsp/parameter.as';
import { Ramp, RAMP_BYTES } from '../../dsp/ramp.as';

const GAIN: u32 = 0;
const PAN: u32 = 1;
const MUTE: u32 = 2;
const GLIDE_SECONDS: f32 = 0.01; // shorter is heard as a click, longer as lag

/**
 * Gain, mute and the place of a sound between left and right.
 *
 * Port widths decide what `pan` means: 1 to 2 is constant power (-3.01 dB in the middle), 2 to 2 is balance (the other
 * side gets quieter, the middle is unchanged), any other width ignores it. A mono input feeds every output; otherwise channel c
 * goes to channel c and outputs without an input are silent. At the lowest gain the output is exactly zero.
 */
@final
@unmanaged
export class Gain extends Instance {
  ramps: usize; // Ramp[outputChannels]

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(-120, 24, 0, Amplitude, GLIDE_SECONDS);
    this.parameter(-1, 1, 0, Linear, GLIDE_SECONDS);
    this.parameter(0, 1, 0, Linear, GLIDE_SECONDS);
  }

  activate(): void {
    this.ramps = this.allocate(<usize>this.outputChannels * RAMP_BYTES);
  }

  @inline ramp(channel: u32): Ramp {
    return changetype<Ramp>(this.ramps + <usize>channel * RAMP_BYTES);
  }

  update(frames: u32): void {
    const gain = this.of(GAIN).now * (1.0 - this.of(MUTE).now);
    const pan = this.of(PAN).now;
    let left = gain;
    let right = gain;
    if (this.outputChannels == 2 && this.inputChannels == 1) {
      // constant power: the squares of both sides add up to 1
      const angle = (pan + 1.0) * (Math.PI / 4.0);
      left = gain * Math.cos(angle);
      right = gain * Math.sin(angle);
    } else if (this.outputChannels == 2 && this.inputChannels == 2) {
      left = gain * Math.min(1.0, 1.0 - pan);
      right = gain * Math.min(1.0, 1.0 + pan);
    }
    for (let c: u32 = 0; c < this.outputChannels; c++) this.ramp(c).aim(<f32>(c & 1 ? right : left), frames);
  }

  render(from: u32, to: u32): void {
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      const output = this.out(c);
      const source = this.inputChannels == 1 ? <u32>0 : c;
      if (source < this.inputChannels) scale(this.in(source), output, from, to, this.ramp(c), this.strideLeft);
      else memory.fill(output + (<usize>from << 2), 0, <usize>(to - from) << 2);
    }
  }

  /** Is the output zero whatever comes in? */
  isMute(): bool {
    for (let c: u32 = 0; c < this.outputChannels; c++) if (this.ramp(c).to != 0) return false;
    return true;
  }
}

/** output[n] = input[n] * ramp, frames `from` to `to`. Zero gain gives zero, also from an input that is not finite. */
function scale(input: usize, output: usize, from: u32, to: u32, ramp: Ramp, left: u32): void {
  let i = from;
  if (left == 0) {
    const gain = ramp.to;
    if (gain == 0) return memory.fill(output + (<usize>from << 2), 0, <usize>(to - from) << 2);
    const gains = f32x4.splat(gain);
    for (; i + 4 <= to; i += 4) {
      const at = <usize>i << 2;
      v128.store(output + at, f32x4.mul(v128.load(input + at), gains));
    }
    for (; i < to; i++) store<f32>(output + (<usize>i << 2), load<f32>(input + (<usize>i << 2)) * gain);
    return;
  }
  for (; i < to; i++, left--) store<f32>(output + (<usize>i << 2), load<f32>(input + (<usize>i << 2)) * ramp.at(left));
}
