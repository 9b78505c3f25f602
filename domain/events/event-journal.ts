import type { DomainEvent, EventPage } from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import type { Store, StoreWrite } from '../store/store.ts';
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
/** Read or forgotten at once: a filter that finds little must not stop everything else for long. */
const MOST_AT_ONCE = 500;

/**
 * The ordered log of the domain: every event once, numbered without gaps, stored in the transaction of the change it tells of.
 * [control]
 *
 * Transactions with events are made one after another, so that the order of numbers is the order in the store. A number is
 * given when its transaction is made and used up only when that succeeded; the key of an event must not be there before.
 */
export class EventJournal {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #mostEvents: number;
  readonly #keptMs: number;
  readonly #followers = new Set<() => void>();
  #tail: Promise<unknown> = Promise.resolve();
  #oldest: number;
  #newest: number;

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
    const given = () => (typeof writes === 'function' ? writes() : writes);
    if (events.length === 0) return this.#store.write([...given(), ...more]);
    return this.#enqueue(async () => {
      const timestamp = new Date(this.#clock.now()).toISOString();
      const numbered = events.map((event, i) => ({ number: this.#newest + 1 + i, timestamp, ...event }));
      const revisions = await this.#store.write([
        ...given(),
        ...more,
        ...numbered.map((event) => ({ key: keyOf(event.number), value: event, expected: 0 })),
      ]);
      this.#newest += events.length;
      for (const follower of [...this.#followers]) follower();
      return revisions;
    });
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
      const page = await this.#store.list<DomainEvent>(PREFIX, { after: keyOf(next), limit: MOST_AT_ONCE });
      for (const { value } of page) {
        if (events.length === limit || value.number > newest) break;
        if (isWanted(value, filter)) events.push(value);
        next = value.number;
      }
      if (page.length < MOST_AT_ONCE) break;
      await this.#clock.turn();
    }
    return { events, next, oldest: this.#oldest, newest };
  }

  /** Calls `added` after every transaction with events. Returns the end of it. */
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
        if (kept || page.length === 0) return;
      }
    });
  }

  #enqueue<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}
