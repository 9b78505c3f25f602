import { asAudioCloudError, type DomainEvent, type ExportStart } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { EventJournal } from '../events/event-journal.ts';

/** Somebody who waits for an event. */
export interface EventWaiter {
  application: string;
  start: ExportStart;
  /** Only later ones; undefined: it waits no longer. */
  after(): number | undefined;
  begin(event: number): void;
}

/** Read at once. */
const MOST_READ = 500;

/** Whether an event is one that an export waits for. [any] */
export function begins(start: ExportStart, application: string, event: DomainEvent): boolean {
  if (!('on' in start) || !('application' in event) || event.application !== application) return false;
  const { types, task, data = {} } = start.on;
  if (!types.includes(event.type)) return false;
  if (task !== undefined && !('task' in event && event.task === task)) return false;
  const has = event.data as Record<string, unknown>;
  return Object.entries(data).every(([name, value]) => Object.hasOwn(has, name) && has[name] === value);
}

/**
 * Begins what waits for an event of the log, each once, in the order of the log: also what came while the domain was away. [control]
 */
export class EventStarts {
  readonly #journal: EventJournal;
  readonly #logger: FastifyBaseLogger;
  readonly #waiters = new Set<EventWaiter>();
  readonly #unfollow: () => void;
  /** All that waits has seen the events up to this number. */
  #seen = Number.POSITIVE_INFINITY;
  #reading: Promise<void> | undefined;
  #isEnded = false;

  constructor(journal: EventJournal, logger: FastifyBaseLogger) {
    this.#journal = journal;
    this.#logger = logger;
    this.#unfollow = journal.follow(() => this.#look());
  }

  add(waiter: EventWaiter): void {
    const after = waiter.after();
    if (after === undefined) return;
    this.#waiters.add(waiter);
    this.#seen = Math.min(this.#seen, after);
    this.#look();
  }

  async end(): Promise<void> {
    this.#isEnded = true;
    this.#unfollow();
    await this.#reading;
  }

  #look(): void {
    if (this.#reading || this.#waiters.size === 0 || this.#isEnded) return;
    this.#reading = this.#read()
      .catch((error) => this.#logger.error({ error: asAudioCloudError(error).toJSON() }, 'events were not read'))
      .finally(() => {
        this.#reading = undefined;
        // What came between the last page and now.
        if (!this.#isEnded && this.#waiters.size > 0 && this.#seen < this.#journal.newest) this.#look();
      });
  }

  async #read(): Promise<void> {
    while (!this.#isEnded) {
      for (const waiter of this.#waiters) if (waiter.after() === undefined) this.#waiters.delete(waiter);
      if (this.#waiters.size === 0) {
        this.#seen = Number.POSITIVE_INFINITY;
        return;
      }
      const from = this.#seen;
      const { events, next, newest } = await this.#journal.read(from, MOST_READ);
      for (const event of events)
        for (const waiter of [...this.#waiters]) {
          const after = waiter.after();
          if (after === undefined || event.number <= after || !begins(waiter.start, waiter.application, event))
            continue;
          this.#waiters.delete(waiter);
          waiter.begin(event.number);
        }
      // One that came meanwhile may want to begin further back.
      if (this.#seen === from) this.#seen = Math.max(from, next);
      if (this.#seen >= newest) return;
    }
  }
}
