import type { Store, StoreChange } from '../store/store.ts';
import { TASK_PREFIX, type TaskRecord } from './task-record.ts';

/** What a list of tasks needs to know of each: some hundred bytes, whatever its graph is. */
export interface TaskEntry {
  id: string;
  revision: number;
  name: string | undefined;
  isPlaying: boolean;
  /** Ids of models that its instances are of, without versions. */
  models: readonly string[];
}

/** Records that are read from the store at once, at the start. */
const READ_AT_ONCE = 256;

/**
 * All stored tasks in the order of their ids, without their graphs: lists and filters never read those. [control]
 *
 * It follows the store, so it knows of a change before whoever made it has the answer.
 */
export class TaskIndex {
  readonly #entries = new Map<string, TaskEntry>();
  /** Sorted; undefined when it has to be made anew. */
  #ids: string[] | undefined;
  /** One string for each model, however many tasks use it. */
  readonly #models = new Map<string, string>();
  readonly #unwatch: () => void;

  static async open(store: Store): Promise<TaskIndex> {
    const index = new TaskIndex(store);
    for (let after: string | undefined; ; ) {
      const page = await store.list<TaskRecord>(TASK_PREFIX, { limit: READ_AT_ONCE, ...(after ? { after } : {}) });
      for (const { key, value } of page) index.#take({ key, value, revision: 0 });
      if (page.length < READ_AT_ONCE) return index;
      after = page.at(-1)!.key;
    }
  }

  private constructor(store: Store) {
    this.#unwatch = store.watch(TASK_PREFIX, (change) => this.#take(change));
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Entries with ids behind `after`, in their order. */
  *from(after = ''): Generator<TaskEntry> {
    this.#ids ??= [...this.#entries.keys()].sort();
    const ids = this.#ids;
    for (let i = firstBehind(ids, after); i < ids.length; i++) yield this.#entries.get(ids[i]!)!;
  }

  close(): void {
    this.#unwatch();
  }

  #take({ key, value }: StoreChange): void {
    const id = key.slice(TASK_PREFIX.length);
    if (value === undefined) {
      if (this.#entries.delete(id)) this.#ids = undefined;
      return;
    }
    if (!this.#entries.has(id)) this.#ids = undefined;
    this.#entries.set(id, this.#entryOf(id, value as TaskRecord));
  }

  #entryOf(id: string, { revision, graph, isPlaying }: TaskRecord): TaskEntry {
    const before = this.#entries.get(id);
    // Values set live store the record again and again; models change with the revision only.
    const models = before?.revision === revision ? before.models : this.#modelsOf(graph);
    return { id, revision, name: graph.name, isPlaying, models };
  }

  #modelsOf({ instances = {} }: TaskRecord['graph']): readonly string[] {
    return [...new Set(Object.values(instances).map(({ model }) => this.#model(model.split('@')[0]!)))];
  }

  #model(id: string): string {
    const known = this.#models.get(id);
    if (known === undefined) this.#models.set(id, id);
    return known ?? id;
  }
}

/** Index of the first of sorted ids that comes behind another. */
function firstBehind(ids: readonly string[], after: string): number {
  let [low, high] = [0, ids.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ids[middle]! > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
