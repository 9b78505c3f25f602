import { besselI0 } from '../media/bessel-i0.ts';

/** Zero crossings of the filter on each side, at the lower rate. */
const CROSSINGS = 40;
const PHASES = 512;
/** Kaiser: stop band below -90 dB. */
const BETA = 8.96;
/** Of the lower rate: flat to 0.43 of it. */
const CUTOFF = 0.472;

/**
 * Converts interleaved sound as it comes, at a ratio that may change a little all the time. [control]
 *
 * Windowed sinc in 512 phases, linear between them; pass band to 0.43 of the lower rate within 0.01 dB, images below -85 dB.
 */
export class DriftingResampler {
  readonly channels: number;
  /** Input frames for each output frame, without drift. */
  readonly #ratio: number;
  readonly #half: number;
  readonly #table: Float32Array;
  #kept: Float32Array;
  /** Place of the next output frame in what is kept. */
  #at: number;

  constructor(channels: number, fromRate: number, toRate: number) {
    this.channels = channels;
    this.#ratio = fromRate / toRate;
    const lower = Math.min(1, toRate / fromRate);
    this.#half = Math.ceil(CROSSINGS / lower);
    this.#table = filterTable(this.#half, lower);
    // half of the filter of silence before the first frame
    this.#kept = new Float32Array(this.#half * channels);
    this.#at = this.#half;
  }

  /**
   * What can be said after these frames. drift: how much faster than its rate the input is taken, as a part of 1 (0.001: a
   * thousandth faster).
   */
  push(interleaved: Float32Array, drift = 0): Float32Array {
    const { channels } = this;
    const kept = new Float32Array(this.#kept.length + interleaved.length);
    kept.set(this.#kept);
    kept.set(interleaved, this.#kept.length);
    const step = this.#ratio * (1 + drift);
    const half = this.#half;
    const last = kept.length / channels - half; // an output frame at x needs frames up to floor(x) + half
    const frames = Math.max(0, Math.ceil((last - this.#at) / step));
    const out = new Float32Array(frames * channels);
    let at = this.#at;
    for (let n = 0; n < frames; n++, at += step) this.#frame(kept, at, out, n * channels);
    const gone = Math.max(0, Math.floor(at) - half);
    this.#kept = kept.slice(gone * channels);
    this.#at = at - gone;
    return out;
  }

  #frame(kept: Float32Array, at: number, out: Float32Array, to: number): void {
    const { channels } = this;
    const table = this.#table;
    const half = this.#half;
    const whole = Math.floor(at);
    const place = (at - whole) * PHASES;
    const phase = Math.floor(place);
    const part = place - phase;
    // row p holds the filter for a place of p / PHASES after a frame, from half - 1 frames before it on
    const row = phase * 2 * half;
    const first = whole - half + 1;
    for (let k = 0; k < 2 * half; k++) {
      const a = table[row + k]!;
      const h = a + part * (table[row + 2 * half + k]! - a);
      const from = (first + k) * channels;
      for (let c = 0; c < channels; c++) out[to + c] = out[to + c]! + h * kept[from + c]!;
    }
  }
}

function filterTable(half: number, lower: number): Float32Array {
  const table = new Float32Array((PHASES + 1) * 2 * half);
  const scale = besselI0(BETA);
  for (let p = 0; p <= PHASES; p++) {
    let sum = 0;
    const row = p * 2 * half;
    for (let k = 0; k < 2 * half; k++) {
      const t = k - (half - 1) - p / PHASES;
      const w = t / half;
      const x = 2 * CUTOFF * lower * t;
      const window = Math.abs(w) >= 1 ? 0 : besselI0(BETA * Math.sqrt(1 - w * w)) / scale;
      const value = (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * window;
      table[row + k] = value;
      sum += value;
    }
    for (let k = 0; k < 2 * half; k++) table[row + k] = table[row + k]! / sum;
  }
  return table;
}
