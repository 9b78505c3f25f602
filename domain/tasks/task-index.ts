import { modelWithoutVersion } from '@audiocloud/api';
import { importedMediaOf } from '../media/task-media.ts';
import { entriesOf } from '../store/entries-of.ts';
import type { Store, StoreChange } from '../store/store.ts';
import { addressOfKey, TASK_PREFIX, type TaskAddress, tasksPrefix } from './task-address.ts';
import type { TaskRecord } from './task-record.ts';

/** What a list of tasks needs to know of each: some hundred bytes, whatever its graph is. */
export interface TaskEntry {
  address: TaskAddress;
  revision: number;
  name: string | undefined;
  isPlaying: boolean;
  /** It has pieces of hardware. */
  hasUnits: boolean;
  /** Where it is, or was last. */
  engine: string | undefined;
  /** Ids of models that its instances are of, without versions. */
  models: readonly string[];
  /** Imported media that it names. */
  media: readonly string[];
}

/** One of them is undefined for a task that was not there, or is not any more. */
export type TaskListener = (before: TaskEntry | undefined, after: TaskEntry | undefined) => void;

const NO_MEDIA: readonly string[] = [];

/**
 * All stored tasks in the order of their applications and ids, without their graphs: lists and filters never read those. [control]
 *
 * It follows the store, so it knows of a change before whoever made it has the answer.
 */
export class TaskIndex {
  readonly #entries = new Map<string, TaskEntry>();
  /** Sorted; undefined when it has to be made anew. */
  #keys: string[] | undefined;
  /** One string for each model, however many tasks use it. */
  readonly #models = new Map<string, string>();
  readonly #listeners = new Set<TaskListener>();
  /** Ids of tasks that name imported media, by application and media. */
  readonly #namers = new Map<string, Set<string>>();
  readonly #unwatch: () => void;

  static async open(store: Store): Promise<TaskIndex> {
    const index = new TaskIndex(store);
    for await (const entry of entriesOf<TaskRecord>(store, TASK_PREFIX)) index.#take(entry);
    return index;
  }

  private constructor(store: Store) {
    this.#unwatch = store.watch(TASK_PREFIX, (change) => this.#take(change));
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Those of all applications. */
  all(): TaskEntry[] {
    return [...this.#entries.values()];
  }

  /** Entries of an application with ids behind `after`, in their order. The index must not change meanwhile. */
  *of(application: string, after = ''): Generator<TaskEntry> {
    this.#keys ??= [...this.#entries.keys()].sort();
    const keys = this.#keys;
    const prefix = tasksPrefix(application);
    for (let i = firstBehind(keys, prefix + after); keys[i]?.startsWith(prefix); i++)
      yield this.#entries.get(keys[i]!)!;
  }

  /** A task of an application that names some imported media. */
  namerOf(application: string, media: string): string | undefined {
    const [first] = this.#namers.get(`${application}/${media}`) ?? [];
    return first;
  }

  /** Calls after a task was added, changed or deleted. Returns the end of it. */
  listen(changed: TaskListener): () => void {
    this.#listeners.add(changed);
    return () => void this.#listeners.delete(changed);
  }

  close(): void {
    this.#unwatch();
  }

  #take({ key, value }: Pick<StoreChange, 'key' | 'value'>): void {
    const before = this.#entries.get(key);
    if (value === undefined) {
      if (this.#entries.delete(key)) this.#keys = undefined;
      this.#name(before, undefined);
      if (before) this.#tell(before, undefined);
      return;
    }
    if (!before) this.#keys = undefined;
    const entry = this.#entryOf(key, value as TaskRecord);
    this.#entries.set(key, entry);
    this.#name(before, entry);
    this.#tell(before, entry);
  }

  #tell(before: TaskEntry | undefined, after: TaskEntry | undefined): void {
    for (const listener of this.#listeners) listener(before, after);
  }

  #name(before: TaskEntry | undefined, after: TaskEntry | undefined): void {
    if (before?.media === after?.media) return;
    for (const media of before?.media ?? []) {
      const key = `${before!.address.application}/${media}`;
      const names = this.#namers.get(key);
      names?.delete(before!.address.id);
      if (names?.size === 0) this.#namers.delete(key);
    }
    for (const media of after?.media ?? []) {
      const { application, id } = after!.address;
      const key = `${application}/${media}`;
      this.#namers.set(key, (this.#namers.get(key) ?? new Set()).add(id));
    }
  }

  #entryOf(key: string, { revision, graph, isPlaying, units = {}, engine }: TaskRecord): TaskEntry {
    const before = this.#entries.get(key);
    const address = before?.address ?? addressOfKey(key);
    const hasUnits = Object.keys(units).length > 0;
    // Values set live store the record again and again; models change with the revision only.
    const models = before?.revision === revision ? before.models : this.#modelsOf(graph);
    const media = before?.revision === revision ? before.media : mediaOf(graph);
    return { address, revision, name: graph.name, isPlaying, hasUnits, engine, models, media };
  }

  #modelsOf({ instances = {} }: TaskRecord['graph']): readonly string[] {
    return [...new Set(Object.values(instances).map(({ model }) => this.#model(modelWithoutVersion(model))))];
  }

  #model(id: string): string {
    const known = this.#models.get(id);
    if (known === undefined) this.#models.set(id, id);
    return known ?? id;
  }
}

/** One empty list for all that have none. */
function mediaOf(graph: TaskRecord['graph']): readonly string[] {
  const media = importedMediaOf(graph);
  return media.length > 0 ? media : NO_MEDIA;
}

/** Index of the first of sorted keys that comes behind another. */
function firstBehind(keys: readonly string[], after: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
