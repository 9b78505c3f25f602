import type { DeviceClock } from './device-clock.ts';

const FIRST_MS = 1000;
const LONGEST_MS = 30_000;

/** How long something is left alone that failed again and again: twice as long each time, up to 30 s. [control] */
export class BackOff {
  private readonly clock: DeviceClock;
  private nextMs = FIRST_MS;
  private untilMs = Number.NEGATIVE_INFINITY;

  constructor(clock: DeviceClock) {
    this.clock = clock;
  }

  get isWaiting(): boolean {
    return this.clock.now() < this.untilMs;
  }

  /** It failed once more. Returns for how long it is left alone now, in ms. */
  failed(): number {
    const ms = this.nextMs;
    this.untilMs = this.clock.now() + ms;
    this.nextMs = Math.min(LONGEST_MS, 2 * ms);
    return ms;
  }

  /** It counts as one that never failed. */
  reset(): void {
    this.nextMs = FIRST_MS;
    this.untilMs = Number.NEGATIVE_INFINITY;
  }
}
