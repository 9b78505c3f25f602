import { DelayLine } from '../../dsp/delay-line.as';
import { Instance } from '../../dsp/instance.as';
import { Jump } from '../../dsp/parameter.as';

const DELAY: u32 = 0;
const LONGEST_FRAMES: f64 = 192000;

/**
 * A delay of whole frames that says so: its latency is its delay, so that a host lines everything else up with it. The
 * delay is taken at activation; a change activates the instance anew.
 */
@final
@unmanaged
export class Delay extends Instance {
  lines: usize; // DelayLine[min(inputs, outputs)]
  lineCount: u32;
  delayFrames: u32;

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(0, LONGEST_FRAMES, 0, Jump);
  }

  activate(): void {
    this.delayFrames = this.of(DELAY).choice;
    this.lineCount = min(this.inputChannels, this.outputChannels);
    this.lines = this.allocate(<usize>this.lineCount * offsetof<DelayLine>());
    for (let c: u32 = 0; c < this.lineCount; c++) this.line(c).init(this.allocateFrames(this.delayFrames), this.delayFrames);
  }

  reset(): void {
    for (let c: u32 = 0; c < this.lineCount; c++) this.line(c).reset();
  }

  update(frames: u32): void {}

  render(from: u32, to: u32): void {
    const at = <usize>from << 2;
    for (let c: u32 = 0; c < this.outputChannels; c++) {
      if (c < this.lineCount) this.line(c).process(this.in(c) + at, this.out(c) + at, to - from);
      else memory.fill(this.out(c) + at, 0, <usize>(to - from) << 2);
    }
  }

  latencyFrames(): i32 {
    return this.delayFrames;
  }

  tailFrames(): i32 {
    return this.delayFrames;
  }

  @inline private line(channel: u32): DelayLine {
    return changetype<DelayLine>(this.lines + <usize>channel * offsetof<DelayLine>());
  }
}
