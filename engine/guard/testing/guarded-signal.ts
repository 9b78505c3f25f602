import { GuardMemory, type GuardOptions } from '../guard-memory.ts';
import { GuardRunner } from '../guard-runner.ts';

const RATE = 48000;

export interface GuardedSignalOptions extends Partial<Omit<GuardOptions, 'channels'>> {
  /** Sizes of the blocks, again and again. */
  blocks?: number[];
}

/** A guard alone, driven block by block. */
export class GuardedSignal {
  readonly #memory = new GuardMemory();
  readonly #address: number;
  readonly #runner: GuardRunner;
  readonly #blocks: number[];

  constructor(
    channels: number,
    { sampleRate = RATE, ceilingDb = -0.1, blocks = [128], maxFrames = Math.max(...blocks) }: GuardedSignalOptions = {},
  ) {
    this.#address = this.#memory.make({ channels, maxFrames, sampleRate, ceilingDb });
    this.#runner = new GuardRunner(this.#memory.image, this.#address, maxFrames);
    this.#blocks = blocks;
  }

  get isBusy(): boolean {
    return this.#runner.isBusy;
  }

  get counts() {
    return this.#memory.counts(this.#address);
  }

  reset(): void {
    this.#runner.reset();
  }

  /** What leaves, by channel. brokenAt: the frame, first of a block, at which an instance failed. */
  play(channels: readonly Float32Array[], brokenAt = -1): Float32Array[] {
    const out = channels.map((channel) => new Float32Array(channel.length));
    const frames = channels[0]!.length;
    for (let at = 0, b = 0; at < frames; b++) {
      const block = Math.min(frames - at, this.#blocks[b % this.#blocks.length]!);
      for (const [c, channel] of channels.entries()) this.#runner.channels[c]!.set(channel.subarray(at, at + block));
      this.#runner.process(block, brokenAt === at);
      for (const [c, channel] of out.entries()) channel.set(this.#runner.channels[c]!.subarray(0, block), at);
      at += block;
    }
    return out;
  }
}
