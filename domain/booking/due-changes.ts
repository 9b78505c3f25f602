import { asAudioCloudError } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { BookKeeper } from './book-keeper.ts';
import { decided } from './decision.ts';
import { isOpen } from './reservation-record.ts';
import { dueReservations, nextChangeMs } from './reserve.ts';

/** What is over is kept for so long. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** The clock of the machine may jump: what is due is looked for at least so often while something is to come. */
const LOOK_MS = 60_000;
/** What could not be stored is tried again. */
const RETRY_MS = 1_000;

export interface DueChangesOptions {
  keeper: BookKeeper;
  clock: Clock;
  logger: FastifyBaseLogger;
  /** Something begins or ends now, also without a change of the book: maintenance does so by itself. */
  passed(): void;
}

/** What time alone makes of the book: reservations begin and end, and what is over for long is forgotten. [control] */
export class DueChanges {
  readonly #options: DueChangesOptions;
  #cancelLook: Cancel = () => undefined;
  #isClosed = false;

  constructor(options: DueChangesOptions) {
    this.#options = options;
  }

  /** What is due is stored and told from now on. */
  start(): void {
    this.#lookIn(0);
  }

  /**
   * The book is another one, or time has passed: something else is due next. Returns whether something is due by now, which is
   * stored at once then: a timer may be a millisecond early, and the book may change between a moment and its timer.
   */
  schedule(): boolean {
    const { keeper, clock } = this.#options;
    const nowMs = clock.now();
    const isDue = dueReservations(keeper.book, nowMs).length > 0;
    const next = isDue ? nowMs : nextChangeMs(keeper.book, nowMs);
    if (next === undefined) this.#cancelLook();
    else this.#lookIn(Math.min(next - nowMs, LOOK_MS));
    return isDue;
  }

  /** Forgets what is over for long. */
  async forget(): Promise<void> {
    await this.#options.keeper.change({}, (book, { nowMs }) => {
      const since = nowMs - KEPT_MS;
      const reservations = [...book.reservations.values()].filter((one) => !isOpen(one) && one.toMs < since);
      const windows = [...book.maintenance.values()].filter(({ toMs }) => toMs < since);
      const gone = (part: 'reservations' | 'maintenance') => (one: { id: string }) => ({
        part,
        key: one.id,
        value: undefined,
      });
      return {
        entries: [...reservations.map(gone('reservations')), ...windows.map(gone('maintenance'))],
        events: [],
        answer: undefined,
      };
    });
  }

  /** Nothing begins or ends by itself any more. */
  close(): void {
    this.#isClosed = true;
    this.#cancelLook();
  }

  #lookIn(ms: number): void {
    this.#cancelLook();
    if (!this.#isClosed) this.#cancelLook = this.#options.clock.after(ms, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { keeper, logger, passed } = this.#options;
    try {
      await keeper.change({}, (book, { nowMs }) => {
        const changes = dueReservations(book, nowMs).map((next) => decided(book.reservations.get(next.id), next));
        return {
          entries: changes.flatMap(({ entries }) => entries),
          events: changes.flatMap(({ events }) => events),
          answer: undefined,
        };
      });
      passed();
    } catch (error) {
      logger.error({ error: asAudioCloudError(error).toJSON() }, 'what is due was not stored');
      this.#lookIn(RETRY_MS);
    }
  }
}
