import { FLAG } from './program.ts';
import type { HardwareImage } from './task-image.ts';

/** The channels of one piece of hardware, from its task to the device and back. [render] */
export class HardwarePlayer {
  private readonly image: HardwareImage;
  private readonly sends: Float32Array[];
  private readonly returns: Float32Array[];
  private readonly words: Uint32Array;
  private readonly flags: number[];

  /** sends, returns: its buffers. words: of the memory of the returns, which says what of them is silent. [render, between blocks] */
  constructor(image: HardwareImage, sends: Float32Array[], returns: Float32Array[], words: Uint32Array) {
    this.image = image;
    this.sends = sends;
    this.returns = returns;
    this.words = words;
    this.flags = image.return.flags.map((flag) => flag >>> 2);
  }

  /**
   * Takes what came back, from frame `at` of the block on. What is not finite is taken for silence. Returns whether anything
   * came, or did until now.
   */
  take(input: Float32Array[], at: number, frames: number): boolean {
    const { returns, words, flags, image } = this;
    const { device, gains } = image.return;
    let isHeard = false;
    for (let c = 0; c < returns.length; c++) {
      const from = input[device[c]!];
      const to = returns[c]!;
      const flag = flags[c]!;
      const gain = gains[c]!;
      let isSound = false;
      for (let i = 0; from && i < frames; i++) {
        const sample = from[at + i]! * gain;
        // a number minus itself is 0, unless it is no number, or infinite
        const clean = sample - sample === 0 ? sample : 0;
        to[i] = clean;
        if (clean !== 0) isSound = true;
      }
      if (isSound) {
        words[flag] = FLAG.sound;
        isHeard = true;
      } else if (words[flag] !== FLAG.empty) {
        to.fill(0);
        words[flag] = FLAG.empty;
        isHeard = true;
      }
    }
    return isHeard;
  }

  /** Adds what is sent to the output of the device, from frame `at` of the block on; fall: of its gain, for each frame. */
  give(output: Float32Array[], at: number, frames: number, fall: number): void {
    const { sends, image } = this;
    const { device } = image.send;
    for (let c = 0; c < sends.length; c++) {
      const to = output[device[c]!];
      const from = sends[c]!;
      if (!to) continue;
      for (let i = 0; i < frames; i++) to[at + i] = to[at + i]! + from[i]! * (1 + fall * (i + 1));
    }
  }
}
