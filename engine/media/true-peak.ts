import { besselI0 } from './bessel-i0.ts';

/** Taps of each phase. 24 with this window: sines up to 0.45 of the rate within 0.05 dB, before the grid of 4 adds its own 0.17. */
const TAPS = 24;
const HALF = TAPS / 2;
const BETA = 6;
/** Frames that are looked at together: where they cannot be louder than what was found, nothing is computed. */
const STRETCH = 32;

/**
 * The true peak of a channel: of its sound between the samples, by oversampling. ITU-R BS.1770-4, Annex 2: four times, twice from
 * 96 kHz, not at all from 192 kHz. One object for each channel. Its peak is linear, at least that of the samples.
 */
export class TruePeak {
  peak = 0;
  samplePeak = 0;
  private readonly taps: Taps;
  private readonly line = new Float64Array(TAPS + STRETCH);

  constructor(sampleRate: number) {
    this.taps = tapsFor(sampleRate < 96000 ? 4 : sampleRate < 192000 ? 2 : 1);
  }

  /** Takes `frames` of a channel from `first`. [any] */
  add(samples: Float32Array, first: number, frames: number): void {
    for (let at = first; at < first + frames; at += STRETCH)
      this.stretch(samples, at, Math.min(STRETCH, first + frames - at));
  }

  /** The peak if nothing but silence follows. [any] */
  ended(): number {
    const line = this.line;
    const peak = this.peak;
    const kept = line.slice();
    this.stretch(new Float32Array(TAPS), 0, TAPS);
    const ended = this.peak;
    line.set(kept);
    this.peak = peak;
    return ended;
  }

  private stretch(samples: Float32Array, first: number, frames: number): void {
    const line = this.line;
    for (let i = 0; i < frames; i++) {
      const value = samples[first + i]!;
      line[TAPS + i] = value;
      const size = Math.abs(value);
      if (size > this.samplePeak) this.samplePeak = size;
    }
    if (this.samplePeak > this.peak) this.peak = this.samplePeak;
    let most = 0;
    for (let i = 1; i < TAPS + frames; i++) {
      const size = Math.abs(line[i]!);
      if (size > most) most = size;
    }
    if (most * this.taps.gain > this.peak) this.peak = Math.max(this.peak, loudest(line, frames, this.taps));
    line.copyWithin(0, frames, frames + TAPS);
  }
}

/**
 * The filters of the places between two frames. That of the middle is its own mirror; those of a quarter and of three quarters are
 * each other's. So samples at the same distance from the middle are added and subtracted first: half of the products do.
 */
interface Taps {
  /** Most that any of them makes of samples of at most 1. */
  gain: number;
  /** Places between two frames: 0, 1 or 3. */
  places: number;
  /** Half of each: of the middle, and of what the quarters have in common, and not. */
  middle: Float64Array;
  common: Float64Array;
  apart: Float64Array;
}

/** Largest magnitude between the first `frames` frames of a line and those before. */
function loudest(line: Float64Array, frames: number, { places, middle, common, apart }: Taps): number {
  let peak = 0;
  for (let i = 1; places > 0 && i <= frames; i++) {
    let m = 0;
    let a = 0;
    let b = 0;
    for (let k = 0; k < HALF; k++) {
      const left = line[i + k]!;
      const right = line[i + TAPS - 1 - k]!;
      const sum = left + right;
      m += middle[k]! * sum;
      a += common[k]! * sum;
      b += apart[k]! * (left - right);
    }
    // of a + b and a - b, the larger
    const size = Math.max(Math.abs(m), Math.abs(a) + Math.abs(b));
    if (size > peak) peak = size;
  }
  return peak;
}

/** factor: of the oversampling, 1, 2 or 4. */
function tapsFor(factor: number): Taps {
  const middle = phase(1 / 2);
  const quarter = phase(1 / 4);
  const gainOf = (taps: Float64Array) => taps.reduce((sum, tap) => sum + Math.abs(tap), 0);
  const halfOf = (at: (k: number) => number) => Float64Array.from({ length: HALF }, (_, k) => at(k));
  const hasQuarters = factor === 4;
  return {
    gain: factor === 1 ? 0 : Math.max(gainOf(middle), hasQuarters ? gainOf(quarter) : 0),
    places: factor - 1,
    middle: halfOf((k) => middle[k]!),
    common: halfOf((k) => (hasQuarters ? (quarter[k]! + quarter[TAPS - 1 - k]!) / 2 : 0)),
    apart: halfOf((k) => (hasQuarters ? (quarter[k]! - quarter[TAPS - 1 - k]!) / 2 : 0)),
  };
}

/** Windowed sinc (Kaiser) that gives the sound `part` of a frame after its middle; of sum 1. */
function phase(part: number): Float64Array {
  const taps = new Float64Array(TAPS);
  let sum = 0;
  for (let k = 0; k < TAPS; k++) {
    const t = k - (TAPS / 2 - 1) - part;
    const w = t / (TAPS / 2);
    taps[k] = (Math.sin(Math.PI * t) / (Math.PI * t)) * besselI0(BETA * Math.sqrt(Math.max(0, 1 - w * w)));
    sum += taps[k]!;
  }
  return taps.map((tap) => tap / sum);
}
