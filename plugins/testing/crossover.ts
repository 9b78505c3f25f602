import type { Analog } from './analog-filters.ts';
import { highCut, lowCut } from './analog-filters.ts';
import { over, polynomial, times } from './complex.ts';

/** The halves of a Linkwitz-Riley crossover of the fourth order: a Butterworth filter of the second order, twice. */
export const lower: Analog = (s) => times(highCut(2)(s), highCut(2)(s));
export const upper: Analog = (s) => times(lowCut(2)(s), lowCut(2)(s));
/** What they add up to, as published: S. Linkwitz, 1976. */
export const sum: Analog = (s) => over(polynomial(s, 1, -Math.SQRT2, 1), polynomial(s, 1, Math.SQRT2, 1));
