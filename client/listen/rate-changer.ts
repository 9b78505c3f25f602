import { FrameRing } from './playout/frame-ring.ts';
import { TAPS } from './playout/sinc-table.ts';

const RING_SECONDS = 1;

/**
 * Interleaved samples of one rate as those of another, piece by piece; for opus, which is always 48 kHz. The pieces together are
 * in time with those given: frame n of the output is at n / `to` seconds. What it holds back comes with the next piece, or `rest`.
 *
 * Downwards it filters nothing: what opus has above 20 kHz is not heard.
 */
export class RateChanger {
  readonly #ring: FrameRing;
  readonly #step: number;
  #given = 0;

  constructor(from: number, to: number, channels: number) {
    this.#ring = new FrameRing(channels, RING_SECONDS * from);
    this.#step = from / to;
  }

  /** At most half a second. */
  push(samples: Float32Array): Float32Array {
    this.#ring.write(samples);
    // behind a place the interpolator looks at so many frames
    return this.#upTo(this.#ring.written - TAPS / 2);
  }

  rest(): Float32Array {
    return this.#upTo(this.#ring.written);
  }

  #upTo(end: number): Float32Array {
    const { channels } = this.#ring;
    const frames = Math.max(0, Math.ceil(end / this.#step) - this.#given);
    const out = new Float32Array(frames * channels);
    for (let i = 0; i < frames; i++, this.#given++)
      for (let c = 0; c < channels; c++) out[i * channels + c] = this.#ring.at(this.#given * this.#step, c);
    return out;
  }
}
