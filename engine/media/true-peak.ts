/** Taps of each phase. 24 with this window: sines up to 0.45 of the rate within 0.05 dB, before the grid of 4 adds its own 0.17. */
const TAPS = 24;
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
  private readonly phases: Float64Array[];
  /** Most that a phase makes of samples of at most 1. */
  private readonly gain: number;
  private readonly line = new Float64Array(TAPS + STRETCH);

  constructor(sampleRate: number) {
    const factor = sampleRate < 96000 ? 4 : sampleRate < 192000 ? 2 : 1;
    this.phases = Array.from({ length: factor - 1 }, (_, p) => phase((p + 1) / factor));
    this.gain = Math.max(0, ...this.phases.map((taps) => taps.reduce((sum, tap) => sum + Math.abs(tap), 0)));
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
    if (most * this.gain > this.peak) {
      let { peak } = this;
      for (const taps of this.phases) {
        for (let i = 1; i <= frames; i++) {
          let sum = 0;
          for (let k = 0; k < TAPS; k += 4)
            sum +=
              taps[k]! * line[i + k]! +
              taps[k + 1]! * line[i + k + 1]! +
              taps[k + 2]! * line[i + k + 2]! +
              taps[k + 3]! * line[i + k + 3]!;
          const size = Math.abs(sum);
          if (size > peak) peak = size;
        }
      }
      this.peak = peak;
    }
    line.copyWithin(0, frames, frames + TAPS);
  }
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

/** Modified Bessel function of order 0 by its series. */
function besselI0(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 60 && term > sum * 1e-17; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
