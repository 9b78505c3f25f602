import type { Clock } from '../clock/clock.ts';

/** Of one session, on and on: a hand on twenty faders at 100 moves a second, or two clients that send 1,000 values a second. */
const PER_SECOND = 2_000;
/** At once, after a rest. */
const BURST = 2_000;
/** A long message counts as several: it takes as long to read. */
const BYTES_OF_ONE = 4_096;

/** How fast the requests of one session are read: more than that waits in the network, and none is lost. [control] */
export class RequestPace {
  readonly #clock: Clock;
  #left = BURST;
  #atMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#atMs = clock.now();
  }

  /** Counts a message. Returns for how many milliseconds no more is to be read; mostly 0. */
  take(bytes: number): number {
    const now = this.#clock.now();
    // A clock that jumped back gives nothing; one that jumped ahead a burst at most.
    this.#left = Math.min(BURST, this.#left + (Math.max(0, now - this.#atMs) * PER_SECOND) / 1000);
    this.#atMs = now;
    this.#left -= 1 + bytes / BYTES_OF_ONE;
    return this.#left >= 0 ? 0 : (-this.#left * 1000) / PER_SECOND;
  }
}
