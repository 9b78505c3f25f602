import { asAudioCloudError, AudioCloudError, type ErasedItem, type Erasure } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { backOffMs } from '../actors/back-off.ts';
import { isoTime } from '../actors/waiting.ts';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Cause } from '../events/cause.ts';
import { mostOf, type Page, type PageQuery } from '../http/paging.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import { entriesOf } from '../store/entries-of.ts';
import type { Store, StoreWrite } from '../store/store.ts';
import {
  ERASURES,
  erasureKey,
  erasureOf,
  type ErasureProgress,
  type ErasureRecord,
  itemKey,
  itemsPrefix,
} from './erasure-record.ts';
import type { Estate, Gone } from './estate.ts';

export interface ErasureOptions {
  store: Store;
  clock: Clock;
  logger: FastifyBaseLogger;
  randomBytes: RandomBytes;
}

interface Running {
  record: ErasureRecord;
  progress: ErasureProgress;
  work: Promise<void>;
  cancelRetry: Cancel;
}

/**
 * Deletes all that applications leave behind, and keeps the receipts of it. [control]
 *
 * An erasure begins in the transaction that deletes the application, and is done when each estate says that nothing is left and the
 * store has nothing of it in its files. What a crash interrupts is taken up at the start. Receipts stay.
 */
export class ErasureService {
  readonly #options: ErasureOptions;
  readonly #estates: Estate[] = [];
  readonly #running = new Map<string, Running>();
  #isClosed = false;

  static async open(options: ErasureOptions): Promise<ErasureService> {
    const service = new ErasureService(options);
    for await (const { key, value } of entriesOf<ErasureRecord>(options.store, ERASURES))
      if (!value.end) service.#take(key.slice(ERASURES.length), value);
    return service;
  }

  private constructor(options: ErasureOptions) {
    this.#options = options;
  }

  /**
   * More kinds of what applications leave behind; all of them before `resume`. They are called in their order, and before those that
   * were added before: what makes something of another kind goes first.
   */
  add(...estates: Estate[]): void {
    this.#estates.unshift(...estates);
  }

  /** Takes up what was under way when the domain ended. */
  resume(): void {
    for (const id of this.#running.keys()) this.#run(id);
  }

  /** Whether something of an application of this id is still to go: until then there can be no other. */
  isErasing(application: string): boolean {
    return [...this.#running.values()].some(({ record }) => record.application === application);
  }

  /** Settles when it is stored. writes: delete the application. */
  async begin(application: string, writes: readonly StoreWrite[], cause: Cause): Promise<Erasure> {
    const { store, clock, randomBytes } = this.#options;
    const id = `erasure-${randomBytes(6).toString('hex')}`;
    const by = cause.by?.request;
    const record: ErasureRecord = { application, startedAtMs: clock.now(), ...(by === undefined ? {} : { by }) };
    const answer = erasureOf(id, record, { items: 0, bytes: 0, retries: 0 });
    await store.write([...writes, { key: erasureKey(id), value: record, expected: 0 }, ...cause.receipt(answer)]);
    this.#take(id, record);
    this.#run(id);
    return answer;
  }

  /** In the order of ids. */
  async list(query: PageQuery = {}): Promise<Page<Erasure>> {
    const most = mostOf(query);
    const range = { limit: most + 1, ...(query.after === undefined ? {} : { after: erasureKey(query.after) }) };
    const found = await this.#options.store.list<ErasureRecord>(ERASURES, range);
    const items = found.slice(0, most).map(({ key, value }) => this.#document(key.slice(ERASURES.length), value));
    return { items, ...(found.length > most ? { next: items.at(-1)!.id } : {}) };
  }

  /** Throws ERASURE_UNKNOWN. */
  async get(id: string): Promise<Erasure> {
    return this.#document(id, await this.#record(id));
  }

  /** What went, by kind and id; `after` and `next` are kind/id. Throws ERASURE_UNKNOWN. */
  async items(id: string, query: PageQuery = {}): Promise<Page<ErasedItem>> {
    await this.#record(id);
    const prefix = itemsPrefix(id);
    const most = mostOf(query);
    const range = { limit: most + 1, ...(query.after === undefined ? {} : { after: prefix + query.after }) };
    const found = await this.#options.store.list<ErasedItem>(prefix, range);
    const page = found.slice(0, most);
    const items = page.map(({ value }) => value);
    return { items, ...(found.length > most ? { next: page.at(-1)!.key.slice(prefix.length) } : {}) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { cancelRetry } of this.#running.values()) cancelRetry();
    await Promise.all([...this.#running.values()].map(({ work }) => work));
  }

  #take(id: string, record: ErasureRecord): void {
    const progress = { items: 0, bytes: 0, retries: 0 };
    this.#running.set(id, { record, progress, work: Promise.resolve(), cancelRetry: () => undefined });
  }

  #run(id: string): void {
    const running = this.#running.get(id);
    if (!running || this.#isClosed) return;
    const { clock, logger } = this.#options;
    running.work = this.#erase(id, running).catch((thrown) => {
      const error = asAudioCloudError(thrown).toJSON();
      running.progress = { ...running.progress, retries: running.progress.retries + 1, error };
      logger.error({ error, erasure: id }, 'what an application left is not deleted yet');
      if (!this.#isClosed) running.cancelRetry = clock.after(backOffMs(running.progress.retries), () => this.#run(id));
    });
  }

  async #erase(id: string, running: Running): Promise<void> {
    const { store, clock } = this.#options;
    const { record } = running;
    const gone = (item: Gone): StoreWrite => {
      running.progress.items += 1;
      running.progress.bytes += item.bytes ?? 0;
      return { key: itemKey(id, item), value: { ...item, at: isoTime(clock.now()) } satisfies ErasedItem };
    };
    const note = async (...items: Gone[]) => {
      await store.write(items.map(gone));
    };
    const items = async function* () {
      for await (const { value } of entriesOf<ErasedItem>(store, itemsPrefix(id))) yield value;
    };
    for (const estate of this.#estates) {
      if (this.#isClosed) return;
      await estate(record.application, { gone, note, items });
    }
    const end = { atMs: clock.now(), items: 0, bytes: 0 };
    for await (const { bytes = 0 } of items()) {
      end.items += 1;
      end.bytes += bytes;
    }
    await store.eraseDeleted?.();
    await store.put(erasureKey(id), { ...record, end } satisfies ErasureRecord);
    this.#running.delete(id);
  }

  async #record(id: string): Promise<ErasureRecord> {
    const found = await this.#options.store.get<ErasureRecord>(erasureKey(id));
    if (found) return found.value;
    throw new AudioCloudError('ERASURE_UNKNOWN', `Cannot find erasure ${id}: there is none of that id`, {
      erasure: id,
    });
  }

  #document(id: string, record: ErasureRecord): Erasure {
    return erasureOf(id, record, this.#running.get(id)?.progress ?? { items: 0, bytes: 0, retries: 0 });
  }
}
