import { AudioCloudError, type DomainEvent, type EventPage } from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import type { Store, StoreWrite } from '../store/store.ts';
import { redactedEvent } from './redacted-event.ts';
import { type EventFilter, isWanted } from './event-filter.ts';

type Unnumbered<E> = E extends DomainEvent ? Omit<E, 'number' | 'timestamp'> : never;
export type NewDomainEvent = Unnumbered<DomainEvent>;

/** What is written with a change, in its transaction. */
export interface WrittenWith {
  events?: NewDomainEvent[];
  writes?: StoreWrite[];
}

export interface EventJournalOptions {
  store: Store;
  clock: Clock;
  /** More are forgotten, from the oldest. */
  mostEvents?: number;
  /** Older ones are forgotten. */
  keptDays?: number;
}

const PREFIX = 'event/';
// so that keys sort as numbers do
const keyOf = (number: number) => PREFIX + String(number).padStart(15, '0');
const DAY_MS = 24 * 60 * 60 * 1000;
/** Transactions that wait for the disk at the same time and become one. */
const MOST_JOINED = 64;
/** Read or forgotten at once: a filter that finds little must not stop everything else for long. */
const MOST_AT_ONCE = 500;
/** Of the last events, which most of those who read want. */
const MOST_REMEMBERED = 100;

/** A change with its events, until it is stored. */
interface Transaction {
  writes: readonly StoreWrite[] | (() => readonly StoreWrite[]);
  events: NewDomainEvent[];
  more: readonly StoreWrite[];
  outcome: PromiseWithResolvers<number[]>;
}

/**
 * The ordered log of the domain: every event once, numbered without gaps, stored in the transaction of the change it tells of.
 * [control]
 *
 * Transactions with events are made one after another, so that the order of numbers is the order in the store. A number is
 * given when its transaction is made and used up only when that succeeded; the key of an event must not be there before. Those
 * that come while the store is busy are made as one, which costs one wait for the disk; each is still refused by itself.
 */
export class EventJournal {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #mostEvents: number;
  readonly #keptMs: number;
  readonly #followers = new Set<() => void>();
  #tail: Promise<unknown> = Promise.resolve();
  /** In the order in which they were asked for. */
  #waiting: Transaction[] = [];
  #oldest: number;
  #newest: number;
  /** The last events, as they are in the store. */
  #remembered: DomainEvent[] = [];

  static async open({ store, clock, mostEvents = 100_000, keptDays = 30 }: EventJournalOptions): Promise<EventJournal> {
    const [first] = await store.list<DomainEvent>(PREFIX, { limit: 1 });
    const [last] = await store.list<DomainEvent>(PREFIX, { limit: 1, isDescending: true });
    return new EventJournal({ store, clock, mostEvents, keptDays }, first?.value.number ?? 1, last?.value.number ?? 0);
  }

  private constructor(options: Required<EventJournalOptions>, oldest: number, newest: number) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#mostEvents = options.mostEvents;
    this.#keptMs = options.keptDays * DAY_MS;
    this.#oldest = oldest;
    this.#newest = newest;
  }

  /** Number of the oldest event that is kept; one more than `newest` when there was never one. */
  get oldest(): number {
    return this.#oldest;
  }

  /** Number of the last event; 0 when there was never one. */
  get newest(): number {
    return this.#newest;
  }

  /**
   * Makes changes with their events, or none of it. Returns the revisions of `writes`. Throws as Store.write does.
   *
   * writes: a function is called when its turn has come, and nothing comes between `newest` and the events.
   */
  write(
    writes: readonly StoreWrite[] | (() => readonly StoreWrite[]),
    { events = [], writes: more = [] }: WrittenWith = {},
  ): Promise<number[]> {
    if (events.length === 0) return this.#store.write([...given(writes), ...more]);
    const outcome = Promise.withResolvers<number[]>();
    this.#waiting.push({ writes, events, more, outcome });
    void this.#enqueue(() => this.#writeNext());
    return outcome.promise;
  }

  /** Stores an event that belongs to no change. */
  async tell(...events: NewDomainEvent[]): Promise<void> {
    await this.write([], { events });
  }

  /** Events after a number, in order: at most `limit` of those that the filter lets through. */
  async read(after: number, limit: number, filter: EventFilter = {}): Promise<EventPage> {
    const newest = this.#newest;
    const events: DomainEvent[] = [];
    let next = after;
    while (next < newest && events.length < limit) {
      const page = this.#rememberedAfter(next) ?? (await this.#storedAfter(next));
      for (const event of page) {
        if (events.length === limit || event.number > newest) break;
        if (isWanted(event, filter)) events.push(event);
        next = event.number;
      }
      if (page.length < MOST_AT_ONCE) break;
      await this.#clock.turn();
    }
    return { events, next, oldest: this.#oldest, newest };
  }

  /** Calls `added` after events were stored. Returns the end of it. */
  follow(added: () => void): () => void {
    this.#followers.add(added);
    return () => void this.#followers.delete(added);
  }

  /** Forgets what is too old or too much. The last event stays: the numbers go on from it. */
  forget(): Promise<void> {
    return this.#enqueue(async () => {
      const since = new Date(this.#clock.now() - this.#keptMs).toISOString();
      for (;;) {
        const page = await this.#store.list<DomainEvent>(PREFIX, { limit: MOST_AT_ONCE });
        const kept = page.find(
          ({ value: { number, timestamp } }) =>
            number === this.#newest || (number > this.#newest - this.#mostEvents && timestamp >= since),
        );
        const gone = kept ? page.slice(0, page.indexOf(kept)) : page;
        await this.#store.write(gone.map(({ key }) => ({ key })));
        this.#oldest = kept?.value.number ?? this.#oldest;
        this.#remembered = this.#remembered.filter(({ number }) => number >= this.#oldest);
        if (kept || page.length === 0) return;
      }
    });
  }

  /** Takes from the events of an application what clients and files said in them; ids, times and numbers stay. */
  redact(application: string): Promise<void> {
    return this.#enqueue(async () => {
      for (let after: string | undefined; ; ) {
        const page = await this.#store.list<DomainEvent>(PREFIX, { limit: MOST_AT_ONCE, ...(after ? { after } : {}) });
        const writes = page.flatMap(({ key, value }) => {
          const redacted = redactedEvent(value, application);
          return redacted ? [{ key, value: redacted }] : [];
        });
        await this.#store.write(writes);
        if (page.length < MOST_AT_ONCE) break;
        after = page.at(-1)!.key;
        await this.#clock.turn();
      }
      this.#remembered = this.#remembered.map((event) => redactedEvent(event, application) ?? event);
    });
  }

  /** Makes the transactions that wait, as many as can be joined. */
  async #writeNext(): Promise<void> {
    if (this.#waiting.length === 0) return; // it was joined to one before
    await this.#clock.turn(); // what this turn brings becomes one transaction
    const [first] = this.#waiting as [Transaction, ...Transaction[]];
    const before = this.#newest;
    const follows = this.#waiting.slice(1, MOST_JOINED).findIndex(({ writes }) => typeof writes === 'function');
    const count = typeof first.writes === 'function' ? 1 : follows === -1 ? MOST_JOINED : follows + 1;
    const joined = this.#waiting.splice(0, count);
    try {
      await this.#make(joined);
    } catch (error) {
      const isOneOfMany = joined.length > 1 && error instanceof AudioCloudError && error.code === 'REVISION_CONFLICT';
      if (!isOneOfMany) for (const { outcome } of joined) outcome.reject(error);
      else for (const one of joined) await this.#make([one]).catch(one.outcome.reject);
    }
    if (this.#newest > before) for (const follower of [...this.#followers]) follower();
  }

  /** Makes them as one transaction. */
  async #make(transactions: readonly Transaction[]): Promise<void> {
    const timestamp = new Date(this.#clock.now()).toISOString();
    const own = transactions.map(({ writes, more }) => [...given(writes), ...more]);
    const events = transactions.flatMap((one) => one.events);
    const numbered = events.map((event, i) => ({ number: this.#newest + 1 + i, timestamp, ...event }));
    const revisions = await this.#store.write([
      ...own.flat(),
      ...numbered.map((event) => ({ key: keyOf(event.number), value: event, expected: 0 })),
    ]);
    this.#newest += events.length;
    const remembered = JSON.parse(JSON.stringify(numbered)) as DomainEvent[];
    this.#remembered = [...this.#remembered, ...remembered].slice(-MOST_REMEMBERED);
    let at = 0;
    for (const [i, { outcome }] of transactions.entries()) {
      outcome.resolve(revisions.slice(at, at + own[i]!.length));
      at += own[i]!.length;
    }
  }

  /** All events after a number; undefined when some of them are not remembered. */
  #rememberedAfter(after: number): readonly DomainEvent[] | undefined {
    const [first] = this.#remembered;
    return first && first.number <= after + 1 ? this.#remembered.slice(after + 1 - first.number) : undefined;
  }

  async #storedAfter(after: number): Promise<readonly DomainEvent[]> {
    const page = await this.#store.list<DomainEvent>(PREFIX, { after: keyOf(after), limit: MOST_AT_ONCE });
    return page.map(({ value }) => value);
  }

  #enqueue<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}

const given = (writes: Transaction['writes']) => (typeof writes === 'function' ? writes() : writes);
