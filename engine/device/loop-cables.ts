import type { LoopCable } from '@audiocloud/api';

interface Cable {
  input: number;
  output: number;
  gain: number;
  /** What is on its way, one frame for each frame of delay, and a block more; frame n stands at n modulo its length. */
  line: Float32Array;
  frames: number;
}

/** Virtual cables from the outputs of a device back to its inputs; several to one input are added. [device] */
export class LoopCables {
  private readonly cables: Cable[];
  private readonly blockFrames: number;
  private frame = 0;

  constructor(loop: readonly LoopCable[], blockFrames: number) {
    this.blockFrames = blockFrames;
    this.cables = loop.map(({ output, input, frames, gainDb = 0, isReversed = false }) => ({
      input,
      output,
      gain: (isReversed ? -1 : 1) * 10 ** (gainDb / 20),
      line: new Float32Array(frames + blockFrames),
      frames,
    }));
  }

  /** Writes what comes back in the next block. To be called before each block. */
  hear(input: readonly Float32Array[]): void {
    const { cables, blockFrames, frame } = this;
    for (let c = 0; c < input.length; c++) input[c]!.fill(0, 0, blockFrames);
    for (let k = 0; k < cables.length; k++) {
      const { line, frames, gain } = cables[k]!;
      const to = input[cables[k]!.input]!;
      let at = (frame - frames + 2 * line.length) % line.length;
      for (let i = 0; i < blockFrames; i++) {
        to[i] = to[i]! + line[at]! * gain;
        at = at + 1 === line.length ? 0 : at + 1;
      }
    }
  }

  /** Takes what was played in that block. */
  play(mix: readonly Float32Array[]): void {
    const { cables, blockFrames, frame } = this;
    for (let k = 0; k < cables.length; k++) {
      const { line } = cables[k]!;
      const from = mix[cables[k]!.output]!;
      let at = frame % line.length;
      for (let i = 0; i < blockFrames; i++) {
        line[at] = from[i]!;
        at = at + 1 === line.length ? 0 : at + 1;
      }
    }
    this.frame = frame + blockFrames;
  }
}
