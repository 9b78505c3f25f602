import { downMix, earChannels, type HeardPiece, PlayoutBuffer, type PlayoutOptions } from '../index.ts';

const QUANTUM = 128;
const TURN_MS = 2;

/**
 * What a sound card would play: takes 128 frames at a time from a playout buffer, by the clock of the machine, and keeps them all.
 * The very buffer that the worklet of a page has.
 */
export class NodeEar {
  readonly buffer: PlayoutBuffer;
  readonly channels: number;
  readonly #chunks: Float32Array[] = [];
  readonly #rate: number;
  readonly #begun = performance.now();
  readonly #timer: NodeJS.Timeout;
  #now = 0;

  constructor(channels: number, sampleRate: number, options: Partial<PlayoutOptions> = {}) {
    this.channels = earChannels(channels);
    this.#rate = sampleRate;
    this.buffer = new PlayoutBuffer({ ...options, channels: this.channels, sampleRate });
    this.#timer = setInterval(() => this.#turn(), TURN_MS);
  }

  push({ play, streamFrame, timelineFrame, samples, channels }: HeardPiece): void {
    this.buffer.push({ playId: play, streamFrame, timelineFrame, samples: downMix(samples, channels) }, this.#now);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** All that was heard, planar. */
  heard(): Float32Array[] {
    return Array.from({ length: this.channels }, (_, channel) => {
      const all = new Float32Array(this.#now);
      const own = this.#chunks.filter((_, i) => i % this.channels === channel);
      for (const [i, chunk] of own.entries()) all.set(chunk, i * QUANTUM);
      return all;
    });
  }

  #turn(): void {
    const elapsed = ((performance.now() - this.#begun) / 1000) * this.#rate;
    for (; this.#now + QUANTUM <= elapsed; this.#now += QUANTUM) {
      const planes = Array.from({ length: this.channels }, () => new Float32Array(QUANTUM));
      this.buffer.pull(planes, this.#now);
      this.#chunks.push(...planes);
    }
  }
}
