import type { EventJournal, NewDomainEvent } from '../events/event-journal.ts';
import type { Store, StoreWrite } from '../store/store.ts';
import type { Book } from './book.ts';
import type { MaintenanceRecord, ReservationRecord } from './reservation-record.ts';
import type { Rights } from './rights.ts';

/** One entry of a book that is another, or gone. */
export type BookEntry = { key: string } & (
  | { part: 'reservations'; value: ReservationRecord | undefined }
  | { part: 'maintenance'; value: MaintenanceRecord | undefined }
  | { part: 'rights'; value: Rights | undefined }
);

const PREFIXES = { reservations: 'reservation/', maintenance: 'maintenance/', rights: 'reservation-rights/' };
/** Its revision is that of the whole book: every change of an entry writes it too. */
const HEAD = 'booking';

/**
 * The book in the store. [control]
 *
 * A decision is made on the whole book: what one reservation may have depends on all others. So each change is written with
 * the revision that the book had when it was decided, and of two that were decided on the same book only one is made.
 */
export class BookStore {
  readonly #store: Store;
  readonly #journal: EventJournal;
  #revision = 0;
  #changes = 0;

  constructor(store: Store, journal: EventJournal) {
    this.#store = store;
    this.#journal = journal;
  }

  /** Whether the book that was read last is still the one in the store. */
  async isCurrent(): Promise<boolean> {
    return ((await this.#store.get(HEAD))?.revision ?? 0) === this.#revision;
  }

  async read(): Promise<Book> {
    // The head first: a change that comes between makes the next write fail, and that one reads again.
    const head = await this.#store.get<{ changes: number }>(HEAD);
    const map = async <V>(prefix: string): Promise<ReadonlyMap<string, V>> =>
      new Map((await this.#store.list<V>(prefix)).map(({ key, value }) => [key.slice(prefix.length), value]));
    const book = {
      reservations: await map<ReservationRecord>(PREFIXES.reservations),
      maintenance: await map<MaintenanceRecord>(PREFIXES.maintenance),
      rights: await map<Rights>(PREFIXES.rights),
    };
    this.#revision = head?.revision ?? 0;
    this.#changes = head?.value.changes ?? 0;
    return book;
  }

  /** Makes a change of the book that was read last. Throws REVISION_CONFLICT when it is another by now. */
  async write(entries: readonly BookEntry[], events: NewDomainEvent[], receipt: StoreWrite[]): Promise<void> {
    const changes = this.#changes + 1;
    const [revision] = await this.#journal.write(
      [
        { key: HEAD, value: { changes }, expected: this.#revision },
        ...entries.map(({ part, key, value }) => ({
          key: PREFIXES[part] + key,
          ...(value === undefined ? {} : { value }),
        })),
      ],
      { events, writes: receipt },
    );
    this.#revision = revision!;
    this.#changes = changes;
  }
}
