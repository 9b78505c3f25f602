import { asAudioCloudError, type AuditEntry, type AuditPage } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Store } from '../store/store.ts';

const PREFIX = 'audit/';
// so that keys sort as numbers do
const keyOf = (number: number) => PREFIX + String(number).padStart(15, '0');
/** Entries are written together after so long, in one transaction. */
const WRITE_MS = 200;
const DAY_MS = 24 * 60 * 60 * 1000;
const KEPT_MS = 90 * DAY_MS;
const MOST_ENTRIES = 100_000;
const MOST_AT_ONCE = 500;
/** While the store takes none. */
const MOST_WAITING = 10_000;

export type NewAuditEntry = Omit<AuditEntry, 'number' | 'timestamp' | 'times'>;

/**
 * Who did or tried what, when, from where, with what outcome. [control]
 *
 * Apart from the log of the domain, and without bodies: no secret comes here. Entries are on the disk within a fifth of a second, so
 * that a flood of refused tries costs one transaction, and one entry for each address and outcome.
 */
export class AuditLog {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: FastifyBaseLogger;
  #newest: number;
  #oldest: number;
  #waiting: (NewAuditEntry & { timestamp: string; times?: number })[] = [];
  #cancelWrite: Cancel | undefined;
  #tail: Promise<void> = Promise.resolve();

  static async open(store: Store, clock: Clock, logger: FastifyBaseLogger): Promise<AuditLog> {
    const [first] = await store.list<AuditEntry>(PREFIX, { limit: 1 });
    const [last] = await store.list<AuditEntry>(PREFIX, { limit: 1, isDescending: true });
    return new AuditLog(store, clock, logger, first?.value.number ?? 1, last?.value.number ?? 0);
  }

  private constructor(store: Store, clock: Clock, logger: FastifyBaseLogger, oldest: number, newest: number) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#oldest = oldest;
    this.#newest = newest;
  }

  add(entry: NewAuditEntry): void {
    const same = entry.who === 'nobody' ? this.#waiting.find((one) => isSameTry(one, entry)) : undefined;
    if (same) same.times = (same.times ?? 1) + 1;
    else this.#waiting.push({ ...entry, timestamp: new Date(this.#clock.now()).toISOString() });
    this.#cancelWrite ??= this.#clock.after(WRITE_MS, () => void this.flush());
  }

  /** Settles when all entries so far are stored. */
  flush(): Promise<void> {
    this.#cancelWrite?.();
    this.#cancelWrite = undefined;
    this.#tail = this.#tail.then(() => this.#write());
    return this.#tail;
  }

  async #write(): Promise<void> {
    const entries = this.#waiting.map((entry, i): AuditEntry => ({ number: this.#newest + 1 + i, ...entry }));
    this.#waiting = [];
    try {
      await this.#store.write(entries.map((entry) => ({ key: keyOf(entry.number), value: entry, expected: 0 })));
      this.#newest += entries.length;
    } catch (error) {
      this.#logger.error({ error: asAudioCloudError(error).toJSON() }, 'audit entries were not stored');
      // They are tried again with the next ones.
      this.#waiting = [...entries.map(({ number: _, ...entry }) => entry), ...this.#waiting].slice(-MOST_WAITING);
    }
  }

  /** Entries after a number, in order, at most `limit`. */
  async read(after: number, limit: number): Promise<AuditPage> {
    await this.flush();
    const page = await this.#store.list<AuditEntry>(PREFIX, { after: keyOf(after), limit });
    const entries = page.map(({ value }) => value);
    const next = entries.at(-1)?.number ?? Math.max(after, this.#newest);
    return { entries, next, oldest: this.#oldest, newest: this.#newest };
  }

  /** Forgets what is too old or too much; the last entry stays, so that the numbers go on. */
  async forget(): Promise<void> {
    const since = new Date(this.#clock.now() - KEPT_MS).toISOString();
    for (;;) {
      const page = await this.#store.list<AuditEntry>(PREFIX, { limit: MOST_AT_ONCE });
      const kept = page.find(
        ({ value: { number, timestamp } }) =>
          number === this.#newest || (number > this.#newest - MOST_ENTRIES && timestamp >= since),
      );
      const gone = kept ? page.slice(0, page.indexOf(kept)) : page;
      await this.#store.write(gone.map(({ key }) => ({ key })));
      this.#oldest = kept?.value.number ?? this.#oldest;
      if (kept || page.length === 0) return;
    }
  }
}

/** Of one that nobody knows: the path may name anything. */
const isSameTry = (one: NewAuditEntry, other: NewAuditEntry): boolean =>
  one.from === other.from && one.code === other.code && one.what === other.what;
