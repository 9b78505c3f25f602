import { sineOfPhase } from './sine.as';

const CYCLE: f64 = 18446744073709551616.0; // 2^64

/**
 * A slow sine that moves something: sin(2 pi (f n / rate + offset)). [render]
 *
 * Its phase is a whole number of 2^-64 cycles: exact, however long it runs and however blocks are cut. Cost: that of sine.as.ts.
 *
 * 0 phase u64 · 8 step u64
 */
@final
@unmanaged
export class Lfo {
  phase: u64;
  step: u64;

  /** `cyclesPerFrame` 0 to below 1. */
  @inline aim(cyclesPerFrame: f64): void {
    this.step = <u64>(cyclesPerFrame * CYCLE);
  }

  /** The value now, `offset` cycles ahead. */
  @inline at(offset: f64): f64 {
    return swingOf(this.phase, offset);
  }

  @inline next(): void {
    this.phase += this.step;
  }
}

/** `at` for a phase that the caller holds. [render] */
@inline export function swingOf(phase: u64, offset: f64): f64 {
  // the upper half of the phase: 2^-32 of a cycle is far below what is heard
  return sineOfPhase(<f64>(<i32>(phase >> 32)) * (1.0 / 4294967296.0) + offset);
}

/** Bytes of one Lfo. */
export const LFO_BYTES: usize = 16;
