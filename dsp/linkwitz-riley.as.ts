import { Svf } from './svf.as';

/**
 * The halves of a Linkwitz-Riley crossover of the fourth order, from second-order sections: two Butterworth sections of the
 * same corner in a row, -6.02 dB there. The halves are in phase at every frequency, and add up to the all-pass
 * (s^2 - sqrt(2) s + 1) / (s^2 + sqrt(2) s + 1): what goes by a crossover gets that one, and stays in phase with what goes through.
 * Source: S. Linkwitz, "Active Crossover Networks for Noncoincident Drivers", J. Audio Eng. Soc. 24(1), 1976.
 *
 * g = tan(pi corner / sampleRate). `share`, `frames`: as Svf.aim. A section costs what dsp/svf.as.ts says: 4 a split, 1 to go by.
 */

/** One of the two sections of the lower half. [render] */
export function aimLower(section: Svf, g: f64, share: f64, frames: u32): void {
  section.aim(g, Math.SQRT2, 0, 0, 1, share, frames);
}

/** One of the two sections of the upper half. [render] */
export function aimUpper(section: Svf, g: f64, share: f64, frames: u32): void {
  section.aim(g, Math.SQRT2, 1, -Math.SQRT2, -1, share, frames);
}

/** What both halves add up to. [render] */
export function aimSum(section: Svf, g: f64, share: f64, frames: u32): void {
  section.aim(g, Math.SQRT2, 1, -2.0 * Math.SQRT2, 0, share, frames);
}

/** A section that leaves its input as it is, at the corner g. [render] */
export function aimNothing(section: Svf, g: f64, share: f64, frames: u32): void {
  section.aim(g, Math.SQRT2, 1, 0, 0, share, frames);
}
