import type { Clock } from '../clock/clock.ts';

const WINDOW_MS = 60_000;
/** With so many wrong tries within a minute an address is not listened to until the minute is over. */
export const MOST_WRONG_TRIES = 20;
/** So many addresses are remembered; more than that in a minute, and the oldest begin anew. */
const MOST_ADDRESSES = 10_000;

/** Counts wrong keys and tokens by address. [control] */
export class WrongTries {
  readonly #clock: Clock;
  readonly #tries = new Map<string, { sinceMs: number; count: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long the address is not listened to; 0 for one that may try. */
  waitMs(address: string): number {
    const tries = this.#tries.get(address);
    if (!tries || tries.count < MOST_WRONG_TRIES) return 0;
    return Math.max(0, tries.sinceMs + WINDOW_MS - this.#clock.now());
  }

  add(address: string): void {
    const now = this.#clock.now();
    const before = this.#tries.get(address);
    const isOver = !before || now - before.sinceMs >= WINDOW_MS;
    if (isOver) this.#tries.delete(address);
    this.#tries.set(address, isOver ? { sinceMs: now, count: 1 } : { ...before, count: before.count + 1 });
    if (this.#tries.size > MOST_ADDRESSES) this.#tries.delete(this.#tries.keys().next().value!);
  }
}
