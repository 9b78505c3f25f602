import { AudioCloudError } from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import type { Principal } from '../permissions/principal.ts';

const WINDOW_MS = 60_000;

/** Counts the requests of everybody who is known, wherever they come from. [control] */
export class PrincipalLimit {
  readonly #clock: Clock;
  readonly #limitOf: (application: string) => number;
  #counts = new Map<string, number>();
  #sinceMs = 0;

  /** limitOf: requests a minute of each key of an application. */
  constructor(clock: Clock, limitOf: (application: string) => number) {
    this.#clock = clock;
    this.#limitOf = limitOf;
  }

  /** Throws RATE_LIMITED. */
  count({ application, id }: Principal): void {
    const now = this.#clock.now();
    if (now - this.#sinceMs >= WINDOW_MS || now < this.#sinceMs) {
      this.#counts = new Map();
      this.#sinceMs = now;
    }
    const key = `${application}/${id}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    const most = this.#limitOf(application);
    if (count > most)
      throw new AudioCloudError(
        'RATE_LIMITED',
        `Cannot take more than ${most} requests a minute of ${id}: wait ${Math.ceil((this.#sinceMs + WINDOW_MS - now) / 1000)} s`,
      );
  }
}
