import type { Resampler } from '@audiocloud/api';
import { besselI0 } from './bessel-i0.ts';

interface ResamplerClass {
  /** Of the stop band, by Kaiser's formula for beta. */
  attenuationDb: number;
  /** Where the pass band ends, as a part of the lower rate. */
  pass: number;
}

/** A class costs what it has taps: 68, 168 and 324 for each frame, of input rates above the output's times their ratio. */
const CLASSES: Record<Resampler, ResamplerClass> = {
  fast: { attenuationDb: 100, pass: 0.4 },
  standard: { attenuationDb: 126, pass: 0.45 },
  best: { attenuationDb: 146, pass: 0.47 },
};
/** Where the stop band begins, as a part of the lower rate: nothing folds back, not even into the transition. */
const STOP = 0.5;
/**
 * Phases that a frame of the lower rate is cut into where the ratio has larger numbers than this (44100 to 47999 would
 * need 47,999): rows between are interpolated linearly, error below (pi / 4096)^2 / 8 = -142 dB. So no table is larger
 * than 6 MB, 11 of `best`.
 */
const MAX_PHASES = 4096;

export interface PhaseTable {
  taps: number;
  phases: number;
  /** phases + 1 rows of taps; row p is the filter at a delay of p / phases input frames. */
  table: Float64Array;
}

/** The tables of so many conversions are kept, the last used last: to make one takes longer than a packet sounds. */
const MOST_KEPT = 4;
const kept = new Map<string, PhaseTable>();

/**
 * The filter from `down` to `up`, which have no divisor in common. Each row is scaled to a sum of 1, so a constant stays a constant.
 *
 * Windowed sinc with a Kaiser window. Source: J. O. Smith, Digital Audio Resampling (CCRMA); J. F. Kaiser and R. W. Schafer, On the
 * use of the I0-sinh window for spectrum analysis, IEEE ASSP-28 (1980).
 */
export function phaseTable(resampler: Resampler, up: number, down: number): PhaseTable {
  const of = `${resampler} ${up} ${down}`;
  const made = kept.get(of) ?? makeTable(CLASSES[resampler], up, down);
  kept.delete(of);
  kept.set(of, made);
  if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
  return made;
}

function makeTable({ attenuationDb, pass }: ResamplerClass, up: number, down: number): PhaseTable {
  const beta = 0.1102 * (attenuationDb - 8.7);
  const lower = Math.min(1, up / down); // the lower rate, in units of the input rate
  // Kaiser: length for a transition of (STOP - pass) of the lower rate
  const length = (attenuationDb - 8) / (2.285 * 2 * Math.PI * (STOP - pass) * lower);
  const taps = 4 * Math.ceil(length / 4 + 0.5); // even for the middle, fourfold for the loop
  const half = taps / 2;
  const cutoffPerFrame = ((pass + STOP) / 2) * lower;
  const phases = Math.max(up, down) <= MAX_PHASES ? up : Math.ceil(MAX_PHASES * lower);
  const table = new Float64Array((phases + 1) * taps);
  const scale = besselI0(beta);
  for (let p = 0; p <= phases; p++) {
    let sum = 0;
    for (let k = 0; k < taps; k++) {
      const t = k - (half - 1) - p / phases; // distance of the tap from the output frame, in input frames
      const w = t / half;
      const window = Math.abs(w) >= 1 ? 0 : besselI0(beta * Math.sqrt(1 - w * w)) / scale;
      const x = 2 * cutoffPerFrame * t;
      const value = (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)) * window;
      table[p * taps + k] = value;
      sum += value;
    }
    for (let k = 0; k < taps; k++) table[p * taps + k]! /= sum;
  }
  return { taps, phases, table };
}
