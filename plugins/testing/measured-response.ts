import { type Complex, degrees, magnitude, over } from './complex.ts';
import { db } from './signals.ts';

/** The response at `hertz` of what has this impulse response. */
export function responseAt(impulseResponse: ArrayLike<number>, hertz: number, sampleRate: number): Complex {
  const step = (2 * Math.PI * hertz) / sampleRate;
  const [turnRe, turnIm] = [Math.cos(step), Math.sin(step)];
  let re = 0;
  let im = 0;
  // turned on from frame to frame; every 256 frames anew, so that nothing adds up
  for (let start = 0; start < impulseResponse.length; start += 256) {
    let [atRe, atIm] = [Math.cos(step * start), Math.sin(step * start)];
    for (let n = start, end = Math.min(start + 256, impulseResponse.length); n < end; n++) {
      const x = impulseResponse[n]!;
      re += x * atRe;
      im -= x * atIm;
      const next = atRe * turnRe - atIm * turnIm;
      atIm = atRe * turnIm + atIm * turnRe;
      atRe = next;
    }
  }
  return { re, im };
}

/** `count` frequencies from `from` to `to` in equal ratios. */
export const frequencies = (count: number, from: number, to: number): number[] =>
  Array.from({ length: count }, (_, i) => from * (to / from) ** (i / (count - 1)));

export interface ResponseError {
  readonly magnitudeDb: number;
  readonly phaseDegrees: number;
}

/** The worst differences of two responses where the wanted one is above -60 dB: below, the rounding of f32 hides it. */
export function worstError(measured: readonly Complex[], wanted: readonly Complex[]): ResponseError {
  let magnitudeDb = 0;
  let phaseDegrees = 0;
  for (const [i, reference] of wanted.entries()) {
    if (magnitude(reference) < 1e-3) continue;
    const ratio = over(measured[i]!, reference);
    magnitudeDb = Math.max(magnitudeDb, Math.abs(db(magnitude(ratio))));
    phaseDegrees = Math.max(phaseDegrees, Math.abs(degrees(ratio)));
  }
  return { magnitudeDb, phaseDegrees };
}
