import type { MediaFacts } from '@audiocloud/api';
import { entriesOf } from '../store/entries-of.ts';
import type { Store, StoreChange } from '../store/store.ts';
import type { Content } from './media-job-step.ts';
import { MEDIA_RECORDS, type MediaRecord, type Owned, ownedOf } from './media-record.ts';

/** How much an application has. */
export interface MediaUsage {
  files: number;
  bytes: number;
}

const NONE: Readonly<MediaUsage> = { files: 0, bytes: 0 };

/** All media of the domain, and who has which content. It follows the store. [control] */
export class MediaIndex {
  readonly #applications = new Map<string, Map<string, MediaRecord>>();
  readonly #usages = new Map<string, MediaUsage>();
  /** Media that have a content, by their keys. */
  readonly #owners = new Map<string, Map<string, MediaRecord>>();
  /** Ids of media that go with a task, by application and task. */
  readonly #bound = new Map<string, Set<string>>();
  readonly #unwatch: () => void;

  static async open(store: Store): Promise<MediaIndex> {
    const index = new MediaIndex(store);
    for await (const { key, value } of entriesOf<MediaRecord>(store, MEDIA_RECORDS)) index.#take({ key, value });
    return index;
  }

  private constructor(store: Store) {
    this.#unwatch = store.watch(MEDIA_RECORDS, (change) => this.#take(change));
  }

  get applications(): string[] {
    return [...this.#applications.keys()];
  }

  get(application: string, id: string): MediaRecord | undefined {
    return this.#applications.get(application)?.get(id);
  }

  of(application: string): [id: string, record: MediaRecord][] {
    return [...(this.#applications.get(application) ?? [])];
  }

  usageOf(application: string): Readonly<MediaUsage> {
    return this.#usages.get(application) ?? NONE;
  }

  /** Ids of media that go when a task goes. */
  boundTo({ application, id }: Owned): string[] {
    return [...(this.#bound.get(`${application}/${id}`) ?? [])];
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
    const owned = ownedOf(key);
    const { application, id } = owned;
    const its = this.#applications.get(application) ?? new Map<string, MediaRecord>();
    const before = its.get(id);
    if (before) this.#remove(key, owned, before);
    its.delete(id);
    if (value !== undefined) {
      its.set(id, value as MediaRecord);
      this.#add(key, owned, value as MediaRecord);
    }
    if (its.size > 0) this.#applications.set(application, its);
    else this.#applications.delete(application);
  }

  #add(key: string, { application, id }: Owned, record: MediaRecord): void {
    const { sha256, bytes, forTask } = record;
    const owners = this.#owners.get(sha256) ?? new Map<string, MediaRecord>();
    this.#owners.set(sha256, owners.set(key, record));
    this.#count(application, 1, bytes);
    if (forTask === undefined) return;
    const task = `${application}/${forTask}`;
    this.#bound.set(task, (this.#bound.get(task) ?? new Set()).add(id));
  }

  #remove(key: string, { application, id }: Owned, { sha256, bytes, forTask }: MediaRecord): void {
    const owners = this.#owners.get(sha256);
    owners?.delete(key);
    if (owners?.size === 0) this.#owners.delete(sha256);
    this.#count(application, -1, -bytes);
    const task = `${application}/${forTask}`;
    const bound = this.#bound.get(task);
    bound?.delete(id);
    if (bound?.size === 0) this.#bound.delete(task);
  }

  #count(application: string, files: number, bytes: number): void {
    const before = this.usageOf(application);
    const after = { files: before.files + files, bytes: before.bytes + bytes };
    if (after.files > 0) this.#usages.set(application, after);
    else this.#usages.delete(application);
  }
}
