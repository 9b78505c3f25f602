import { type Complex, degrees, magnitude, over } from './complex.ts';
import { db } from './signals.ts';

/** The response at `hertz` of what has this impulse response. */
export function responseAt(impulseResponse: ArrayLike<number>, hertz: number, sampleRate: number): Complex {
  const step = (2 * Math.PI * hertz) / sampleRate;
  let re = 0;
  let im = 0;
  for (let n = 0; n < impulseResponse.length; n++) {
    const x = impulseResponse[n]!;
    if (x === 0) continue;
    re += x * Math.cos(step * n);
    im -= x * Math.sin(step * n);
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
