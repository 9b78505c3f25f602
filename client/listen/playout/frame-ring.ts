import { beyondRow, rowOf, sincTable, TAPS } from './sinc-table.ts';

const BEFORE = TAPS / 2 - 1;

/** Frames of a few channels by their place, which counts from 0 and never wraps; the last `capacityFrames` are there. */
export class FrameRing {
  readonly channels: number;
  readonly capacityFrames: number;
  /** The place behind the last frame. */
  written = 0;
  readonly #samples: Float32Array;
  readonly #table = sincTable();

  constructor(channels: number, capacityFrames: number) {
    this.channels = channels;
    this.capacityFrames = capacityFrames;
    this.#samples = new Float32Array(channels * capacityFrames);
  }

  /** Interleaved; at most `capacityFrames`. */
  write(interleaved: Float32Array): void {
    const { channels, capacityFrames } = this;
    const frames = interleaved.length / channels;
    const start = this.written % capacityFrames;
    const first = Math.min(frames, capacityFrames - start);
    this.#samples.set(interleaved.subarray(0, first * channels), start * channels);
    this.#samples.set(interleaved.subarray(first * channels), 0);
    this.written += frames;
  }

  silence(frames: number): void {
    const { channels, capacityFrames } = this;
    const start = this.written % capacityFrames;
    const first = Math.min(frames, capacityFrames - start);
    this.#samples.fill(0, start * channels, (start + first) * channels);
    this.#samples.fill(0, 0, (frames - first) * channels);
    this.written += frames;
  }

  /** The sample at a place, also between two frames; the very sample where the place is whole. Beyond the last frame is silence. [audio] */
  at(place: number, channel: number): number {
    const { channels, capacityFrames, written } = this;
    const whole = Math.floor(place);
    const fraction = place - whole;
    if (fraction === 0) return whole < written ? this.#samples[(whole % capacityFrames) * channels + channel]! : 0;
    const table = this.#table;
    const row = rowOf(fraction) * TAPS;
    const beyond = beyondRow(fraction);
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++) {
      const from = whole - BEFORE + tap;
      if (from < 0 || from >= written) continue;
      const weight = table[row + tap]!;
      const sample = this.#samples[(from % capacityFrames) * channels + channel]!;
      sum += sample * (weight + beyond * (table[row + TAPS + tap]! - weight));
    }
    return sum;
  }
}
