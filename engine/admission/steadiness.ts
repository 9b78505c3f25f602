/** How unsteady a machine is taken to be of which nothing is known: the same block was seen to take twice as long a few seconds later. */
const UNKNOWN_SPREAD = 2;
/** After so many seconds only what was seen counts. */
const KNOWN_SECONDS = 600;
/** More is not held back: it was a disturbance, and not the pace of the machine. */
const MOST_SPREAD = 2;
/** What was seen once counts half after an hour in which it was not seen again. */
const HOUR_SECONDS = 3600;

/** What is kept from one run of an engine to the next. */
export interface KnownSteadiness {
  /** Seconds in which enough played to tell. */
  seconds: number;
  /** The longest that the same work took by the shortest, within half a minute; 1 to 2. */
  spread: number;
}

export const isKnownSteadiness = (value: unknown): value is KnownSteadiness => {
  const { seconds, spread } = (value ?? {}) as Partial<KnownSteadiness>;
  return Number.isFinite(seconds) && seconds! >= 0 && Number.isFinite(spread) && spread! >= 1 && spread! <= MOST_SPREAD;
};

/**
 * How much longer the same work takes at times than at others, on this machine: its clock changes, others use its caches, its
 * memory, its processors. Learned while tasks play. [control]
 */
export class Steadiness {
  #seconds: number;
  #seen: number;

  constructor({ seconds, spread }: KnownSteadiness = { seconds: 0, spread: 1 }) {
    this.#seconds = seconds;
    this.#seen = spread;
  }

  get known(): KnownSteadiness {
    return { seconds: this.#seconds, spread: this.#seen };
  }

  /** A task may take so many times as long as in its quickest second; 1 to 2. */
  get spread(): number {
    const unknown = Math.max(0, 1 - this.#seconds / KNOWN_SECONDS);
    return Math.max(this.#seen, 1 + (UNKNOWN_SPREAD - 1) * unknown);
  }

  /**
   * Once a second. spreads: of each task that has played for long enough, its slowest second by its quickest. The middle one
   * of three or more counts and of fewer the least: a task may well have become dearer by itself.
   */
  observe(spreads: readonly number[]): void {
    if (spreads.length === 0) return;
    const sorted = [...spreads].sort((a, b) => a - b);
    const found = Math.min(MOST_SPREAD, sorted[sorted.length < 3 ? 0 : (sorted.length - 1) >> 1]!);
    this.#seconds++;
    this.#seen = Math.max(found, 1 + (this.#seen - 1) * 0.5 ** (1 / HOUR_SECONDS));
  }
}
