import { entriesOf } from '../store/entries-of.ts';
import type { Store, StoreChange } from '../store/store.ts';
import { MEDIA_RECORDS, type MediaRecord, ownedOf } from './media-record.ts';

/** All media of the domain, and who has which content. It follows the store. [control] */
export class MediaIndex {
  readonly #applications = new Map<string, Map<string, MediaRecord>>();
  /** How many media have a content. */
  readonly #counts = new Map<string, number>();
  readonly #unwatch: () => void;

  static async open(store: Store): Promise<MediaIndex> {
    const index = new MediaIndex(store);
    for await (const { key, value } of entriesOf<MediaRecord>(store, MEDIA_RECORDS)) index.#take({ key, value });
    return index;
  }

  private constructor(store: Store) {
    this.#unwatch = store.watch(MEDIA_RECORDS, (change) => this.#take(change));
  }

  get(application: string, id: string): MediaRecord | undefined {
    return this.#applications.get(application)?.get(id);
  }

  of(application: string): [id: string, record: MediaRecord][] {
    return [...(this.#applications.get(application) ?? [])];
  }

  /** Whether some media, of whichever application, have this content. */
  has(sha256: string): boolean {
    return this.#counts.has(sha256);
  }

  close(): void {
    this.#unwatch();
  }

  #take({ key, value }: Pick<StoreChange, 'key' | 'value'>): void {
    const { application, id } = ownedOf(key);
    const its = this.#applications.get(application) ?? new Map<string, MediaRecord>();
    const before = its.get(id);
    if (before) this.#count(before.sha256, -1);
    its.delete(id);
    if (value !== undefined) {
      its.set(id, value as MediaRecord);
      this.#count((value as MediaRecord).sha256, 1);
    }
    if (its.size > 0) this.#applications.set(application, its);
    else this.#applications.delete(application);
  }

  #count(sha256: string, more: number): void {
    const count = (this.#counts.get(sha256) ?? 0) + more;
    if (count > 0) this.#counts.set(sha256, count);
    else this.#counts.delete(sha256);
  }
}
