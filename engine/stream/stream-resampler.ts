import { resample } from '../media/resample.ts';

/** Frames of the lower rate on each side that the filter of `resample` reads, and some more. */
const FILTER_FRAMES = 108;

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/**
 * Converts to another rate what comes bit by bit; the same samples as `resample` of the whole. [stream thread]
 *
 * Output frame n is the sound of input frame n x from / to: its filter's delay is not in the sound, but what comes last waits for
 * what follows, some ms.
 */
export class StreamResampler {
  readonly #from: number;
  readonly #to: number;
  readonly #up: number;
  readonly #down: number;
  readonly #margin: number;
  /** Input from frame `#start` on. */
  #planes: Float32Array[];
  #start = 0;
  #given = 0;
  #taken = 0;

  constructor(from: number, to: number, channels: number) {
    const divisor = gcd(from, to);
    this.#from = from;
    this.#to = to;
    this.#up = to / divisor;
    this.#down = from / divisor;
    const half = FILTER_FRAMES * Math.max(1, from / to);
    this.#margin = Math.ceil(half / this.#down) * this.#down;
    this.#planes = Array.from({ length: channels }, () => new Float32Array(0));
  }

  /** What can be told by now: planes of the same length, perhaps empty. */
  push(planes: readonly Float32Array[]): Float32Array[] {
    this.#planes = this.#planes.map((plane, c) => {
      const longer = new Float32Array(plane.length + planes[c]!.length);
      longer.set(plane);
      longer.set(planes[c]!, plane.length);
      return longer;
    });
    this.#given += planes[0]!.length;
    const periods = Math.floor((this.#given - this.#margin) / this.#down);
    return this.#take(Math.max(this.#taken, periods * this.#up));
  }

  /** The rest: silence follows. */
  flush(): Float32Array[] {
    return this.#take(Math.round((this.#given * this.#to) / this.#from));
  }

  /** Output frames up to `end`. */
  #take(end: number): Float32Array[] {
    const first = this.#taken;
    if (end <= first) return this.#planes.map(() => new Float32Array(0));
    // `taken` is a multiple of `up` here, as it is after all but a flush, so that windows begin on whole frames of both rates
    const from = Math.max(0, (first / this.#up) * this.#down - this.#margin);
    this.#planes = this.#planes.map((plane) => plane.subarray(from - this.#start));
    this.#start = from;
    const frames = this.#planes[0]!.length;
    const channels = this.#planes.length;
    const { data } = resample({ sampleRate: this.#from, channels, frames, data: this.#planes }, this.#to);
    const offset = first - (from / this.#down) * this.#up;
    this.#taken = end;
    return data.map((plane) => plane.subarray(offset, offset + end - first));
  }
}
