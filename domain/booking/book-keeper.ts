import { asAudioCloudError } from '@audiocloud/api';
import { causeBy } from '../events/cause.ts';
import type { Manner } from '../http/once-or-dry.ts';
import { type Book, EMPTY_BOOK, withEntry } from './book.ts';
import type { BookStore } from './book-store.ts';
import type { Decision } from './decision.ts';
import type { Rules } from './rights.ts';

/** Who is told of changes. */
export interface BookReader {
  /** The book is still as it was before the change. */
  changing(): void;
  changed(): void;
}

/** The book in memory, and the decisions that change it: one after another, each durable before the next. [control] */
export class BookKeeper {
  readonly #stored: BookStore;
  readonly #rules: () => Rules;
  readonly #reader: BookReader;
  #book: Book = EMPTY_BOOK;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(stored: BookStore, rules: () => Rules, reader: BookReader) {
    this.#stored = stored;
    this.#rules = rules;
    this.#reader = reader;
  }

  get book(): Book {
    return this.#book;
  }

  /** Takes up what is stored. */
  async read(): Promise<void> {
    this.#book = await this.#stored.read();
  }

  /** Each decision is made on the book as it is then, and made again when the store has another. Throws what `decide` throws. */
  change<R>(manner: Manner, decide: (book: Book, rules: Rules) => Decision<R>): Promise<R> {
    const { cause = causeBy(), isDryRun = false } = manner;
    const done = this.#tail.then(async () => {
      for (;;) {
        // Also who is refused is refused by the book as it is.
        if (!(await this.#stored.isCurrent())) await this.read();
        const { entries, events, answer } = decide(this.#book, this.#rules());
        if (isDryRun) return answer;
        const receipt = cause.receipt(answer);
        if (entries.length === 0 && receipt.length === 0) return answer;
        try {
          await this.#stored.write(entries, events, receipt);
        } catch (error) {
          if (asAudioCloudError(error).code !== 'REVISION_CONFLICT') throw error;
          if (await this.#stored.isCurrent()) throw error;
          continue;
        }
        this.#reader.changing();
        for (const { part, key, value } of entries) this.#book = withEntry(this.#book, part, key, value as never);
        this.#reader.changed();
        return answer;
      }
    });
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Settles when what was asked until now is stored or refused. */
  async settled(): Promise<void> {
    await this.#tail;
  }
}
