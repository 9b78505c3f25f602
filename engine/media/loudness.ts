import type { MediaLoudness } from '@audiocloud/api';
import { channelWeights, kWeighting } from './k-weighting.ts';
import { LoudnessHistogram, lufsOf } from './loudness-histogram.ts';
import { TruePeak } from './true-peak.ts';

/** Steps of 10 ms: 40 are a momentary window, 300 a short-term one. Fine enough that the loudest 0.4 s are found to 0.1 LU. */
const STEPS_PER_SECOND = 100;
const MOMENTARY_STEPS = 40;
const SHORT_TERM_STEPS = 300;
/** Blocks of the gates begin every 100 ms: an overlap of 75 % (BS.1770-4), of 2.9 s (EBU Tech 3342). */
const BLOCK_STEPS = 10;

/**
 * How loud a sound is, while it passes: ITU-R BS.1770-4 and EBU R 128 (EBU Tech 3341, 3342). The memory does not grow with the
 * length. Any rate and number of channels, in the order of WAV; `weights` when it is another.
 *
 * Two ways to the same: `add` of pieces of any size gives what `add` of the whole gives.
 */
export class Loudness {
  private readonly weights: readonly number[];
  private readonly sampleRate: number;
  private readonly shelf: Float64Array;
  private readonly highPass: Float64Array;
  /** Four of each channel: two of the shelf, two of the high-pass (direct form II transposed). */
  private readonly state: Float64Array;
  private readonly peaks: TruePeak[];
  private readonly steps = new Float64Array(SHORT_TERM_STEPS); // mean squares, a ring
  private readonly blocks = new LoudnessHistogram();
  private readonly shortTerms = new LoudnessHistogram();
  private momentaryMost = 0;
  private shortTermMost = 0;
  private stepCount = 0;
  private sum = 0;
  private frame = 0;
  private stepFrom = 0;
  private stepEnd: number;

  constructor(sampleRate: number, channels: number, weights: readonly number[] = channelWeights(channels)) {
    this.sampleRate = sampleRate;
    this.weights = weights;
    ({ shelf: this.shelf, highPass: this.highPass } = kWeighting(sampleRate));
    this.state = new Float64Array(4 * channels);
    this.peaks = Array.from({ length: channels }, () => new TruePeak(sampleRate));
    this.stepEnd = this.endOfStep(0);
  }

  /** The next frames of all channels, from `first`. [any] */
  add(planes: readonly Float32Array[], frames: number, first = 0): void {
    let at = first;
    const end = first + frames;
    while (at < end) {
      const count = Math.min(end - at, this.stepEnd - this.frame);
      for (let c = 0; c < this.peaks.length; c++) {
        this.peaks[c]!.add(planes[c]!, at, count);
        if (this.weights[c]! > 0) this.sum += this.weights[c]! * this.squares(planes[c]!, at, count, 4 * c);
      }
      at += count;
      this.frame += count;
      if (this.frame === this.stepEnd) this.endStep();
    }
  }

  /** Of everything so far. A momentary or short-term window that is not whole does not count. [any] */
  result(): MediaLoudness {
    const rangeLu = this.shortTerms.rangeLu(20);
    const gated = this.blocks.gatedEnergy(10);
    const truePeak = Math.max(0, ...this.peaks.map((peak) => peak.ended()));
    const samplePeak = Math.max(0, ...this.peaks.map((one) => one.samplePeak));
    return {
      ...(gated === undefined ? {} : { integratedLufs: lufsOf(gated) }),
      ...(rangeLu === undefined ? {} : { rangeLu }),
      ...(this.momentaryMost > SILENCE ? { momentaryMaxLufs: lufsOf(this.momentaryMost) } : {}),
      ...(this.shortTermMost > SILENCE ? { shortTermMaxLufs: lufsOf(this.shortTermMost) } : {}),
      ...(truePeak > 0 ? { truePeakDb: 20 * Math.log10(truePeak) } : {}),
      ...(samplePeak > 0 ? { samplePeakDb: 20 * Math.log10(samplePeak) } : {}),
    };
  }

  /** Sum of squares of one channel behind the filters. */
  private squares(samples: Float32Array, first: number, frames: number, place: number): number {
    const state = this.state;
    const [b0, b1, b2, a1, a2] = this.shelf as unknown as [number, number, number, number, number];
    const c1 = this.highPass[3]!;
    const c2 = this.highPass[4]!;
    let s1 = state[place]!;
    let s2 = state[place + 1]!;
    let h1 = state[place + 2]!;
    let h2 = state[place + 3]!;
    let sum = 0;
    for (let i = first; i < first + frames; i++) {
      const x = samples[i]!;
      const y = b0 * x + s1;
      s1 = b1 * x - a1 * y + s2;
      s2 = b2 * x - a2 * y;
      const z = y + h1;
      h1 = -2 * y - c1 * z + h2;
      h2 = y - c2 * z;
      sum += z * z;
    }
    // what rings on in silence becomes too small for the fast way of the processor
    state[place] = Math.abs(s1) < 1e-30 ? 0 : s1;
    state[place + 1] = Math.abs(s2) < 1e-30 ? 0 : s2;
    state[place + 2] = Math.abs(h1) < 1e-30 ? 0 : h1;
    state[place + 3] = Math.abs(h2) < 1e-30 ? 0 : h2;
    return sum;
  }

  private endStep(): void {
    this.steps[this.stepCount % SHORT_TERM_STEPS] = this.sum / (this.stepEnd - this.stepFrom);
    this.sum = 0;
    this.stepCount++;
    this.stepFrom = this.stepEnd;
    this.stepEnd = this.endOfStep(this.stepCount);
    const isBlock = this.stepCount % BLOCK_STEPS === 0;
    if (this.stepCount >= MOMENTARY_STEPS) {
      const momentary = this.mean(MOMENTARY_STEPS);
      if (momentary > this.momentaryMost) this.momentaryMost = momentary;
      if (isBlock) this.blocks.add(momentary);
    }
    if (this.stepCount >= SHORT_TERM_STEPS && isBlock) {
      const shortTerm = this.mean(SHORT_TERM_STEPS);
      if (shortTerm > this.shortTermMost) this.shortTermMost = shortTerm;
      this.shortTerms.add(shortTerm);
    }
  }

  /** Mean of the last steps. Summed anew each time: a running sum keeps the rounding of what was loud. */
  private mean(steps: number): number {
    let sum = 0;
    for (let i = this.stepCount - steps; i < this.stepCount; i++) sum += this.steps[i % SHORT_TERM_STEPS]!;
    return sum / steps;
  }

  /** Where step `index` ends: at rates that are no multiple of 100, steps differ by a frame. */
  private endOfStep(index: number): number {
    return Math.round(((index + 1) * this.sampleRate) / STEPS_PER_SECOND);
  }
}

/** Mean square of -200 dB. */
const SILENCE = 1e-20;
