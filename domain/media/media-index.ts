import type { MediaFacts } from '@audiocloud/api';
import { entriesOf } from '../store/entries-of.ts';
import type { Store, StoreChange } from '../store/store.ts';
import type { Content } from './media-job-step.ts';
import { MEDIA_RECORDS, type MediaRecord, ownedOf } from './media-record.ts';

/** All media of the domain, and who has which content. It follows the store. [control] */
export class MediaIndex {
  readonly #applications = new Map<string, Map<string, MediaRecord>>();
  /** Media that have a content, by their keys. */
  readonly #owners = new Map<string, Map<string, MediaRecord>>();
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
    return this.#owners.has(sha256);
  }

  /** What is known of a content, from whichever of its media. */
  factsOf(sha256: string): MediaFacts | undefined {
    for (const { facts } of this.#owners.get(sha256)?.values() ?? []) if (facts) return facts;
    return undefined;
  }

  /** Contents of which nobody knows what they are, nor why that cannot be known. */
  uninspected(): Content[] {
    return [...this.#owners.values()].flatMap((owners) => {
      const [first] = owners.values();
      const isKnown = [...owners.values()].every(({ facts, error }) => facts || error);
      return isKnown || !first ? [] : [{ sha256: first.sha256, bytes: first.bytes }];
    });
  }

  /** Keys and records of the media that have a content. */
  ownersOf(sha256: string): [key: string, record: MediaRecord][] {
    return [...(this.#owners.get(sha256) ?? [])];
  }

  close(): void {
    this.#unwatch();
  }

  #take({ key, value }: Pick<StoreChange, 'key' | 'value'>): void {
    const { application, id } = ownedOf(key);
    const its = this.#applications.get(application) ?? new Map<string, MediaRecord>();
    const before = its.get(id);
    if (before) this.#disown(key, before);
    its.delete(id);
    if (value !== undefined) {
      const record = value as MediaRecord;
      its.set(id, record);
      const owners = this.#owners.get(record.sha256) ?? new Map<string, MediaRecord>();
      this.#owners.set(record.sha256, owners.set(key, record));
    }
    if (its.size > 0) this.#applications.set(application, its);
    else this.#applications.delete(application);
  }

  #disown(key: string, { sha256 }: MediaRecord): void {
    const owners = this.#owners.get(sha256);
    owners?.delete(key);
    if (owners?.size === 0) this.#owners.delete(sha256);
  }
}
