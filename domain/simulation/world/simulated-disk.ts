import { AudioCloudError } from '@audiocloud/api';
import type { Entry, ListRange, Store, StoreChange, StoreWrite } from '../../store/store.ts';
import type { Life } from './life.ts';

/** An entry as it is on the disk. */
class Kept {
  /** JSON, as a disk has it: nobody who holds the value can change it. */
  readonly text: string;
  readonly revision: number;
  #value: unknown;

  constructor(text: string, revision: number) {
    this.text = text;
    this.revision = revision;
  }

  /** What it says, for those who look and change nothing; read when somebody does. */
  get value(): unknown {
    this.#value ??= JSON.parse(this.text);
    return this.#value;
  }
}

/** A change that is durable. */
export class Commit implements StoreChange {
  readonly key: string;
  readonly revision: number;
  readonly #kept: Kept | undefined;

  /** kept: undefined for what was deleted, which had that revision. */
  constructor(key: string, kept: Kept | undefined, revision: number) {
    this.key = key;
    this.revision = revision;
    this.#kept = kept;
  }

  get isDeleted(): boolean {
    return this.#kept === undefined;
  }

  /** Undefined: deleted. */
  get value(): unknown {
    return this.#kept?.value;
  }
}

/** How the disk does; all zero and false for one that answers at once. */
export interface DiskHealth {
  /** Least and most time of one operation. */
  leastMs: number;
  mostMs: number;
  /** Writes are refused: there is no room. */
  isFull: boolean;
  /** Share of the writes that fail, and then have changed nothing. */
  failures: number;
}

export const HEALTHY: DiskHealth = { leastMs: 0, mostMs: 0, isFull: false, failures: 0 };

/** What decides how long an operation takes and whether it fails. */
export interface DiskLuck {
  delay(least: number, most: number): number;
  chance(share: number): boolean;
}

const NO_LUCK: DiskLuck = { delay: () => 0, chance: () => false };

/**
 * What the domains of a world, one after another, find on their disk. [control]
 *
 * An operation is done at one moment and answered at a later one; a process that is killed between leaves what was done, and
 * of what waits behind it nothing. Operations of one process are done in the order in which they were asked for.
 */
export class SimulatedDisk {
  health: DiskHealth = HEALTHY;
  /** Told of every transaction at the moment in which it is durable. */
  onCommit: (commits: readonly Commit[]) => void = () => undefined;
  readonly #entries = new Map<string, Kept>();
  /** Sorted as SQLite sorts them: by bytes. */
  readonly #keys: string[] = [];
  readonly #luck: DiskLuck;
  #revision = 0;

  constructor(luck: DiskLuck = NO_LUCK) {
    this.#luck = luck;
  }

  /** What is durable now; not to be changed. */
  read<V>(key: string): V | undefined {
    return this.#entries.get(key)?.value as V | undefined;
  }

  /** What is durable now, of all keys with a prefix, in their order. */
  readAll<V>(prefix: string): { key: string; value: V }[] {
    return this.#keysOf(prefix, {}).map((key) => ({ key, value: this.#entries.get(key)!.value as V }));
  }

  /** What is there before the first process: nobody is told. */
  fill(writes: readonly StoreWrite[]): void {
    this.#apply(
      writes,
      writes.map(({ value }) => JSON.stringify(value)),
    );
  }

  /** The store as one process has it. */
  open(life: Life): Store {
    const watchers = new Set<{ prefix: string; changed: (change: StoreChange) => void }>();
    /** When the operation before is done. */
    let lastMs = 0;
    let waiting = 0;
    /** Does `work` when its turn comes. */
    const run = <R>(work: () => R): Promise<R> => {
      const { leastMs, mostMs } = this.health;
      const delayMs = this.#luck.delay(leastMs, mostMs);
      if (delayMs === 0 && waiting === 0) return this.#settle(work);
      return new Promise((resolve, reject) => {
        waiting++;
        lastMs = Math.max(lastMs, life.elapsedMs + delayMs);
        life.after(lastMs - life.elapsedMs, () => {
          waiting--;
          const done = this.#settle(work);
          const answerMs = this.#luck.delay(0, mostMs / 4);
          if (answerMs === 0) done.then(resolve, reject);
          else {
            done.catch(() => undefined);
            life.after(answerMs, () => void done.then(resolve, reject));
          }
        });
      });
    };
    const write = (writes: readonly StoreWrite[]): Promise<number[]> => {
      if (writes.length === 0) return Promise.resolve([]);
      // As they are now: whoever asked may change them meanwhile.
      const texts = writes.map(({ value }) => (value === undefined ? undefined : JSON.stringify(value)));
      return run(() => {
        this.#refuse(writes);
        const { revisions, changes } = this.#apply(writes, texts);
        this.onCommit(changes);
        for (const change of changes)
          for (const { prefix, changed } of [...watchers])
            if (change.key.startsWith(prefix))
              changed({ key: change.key, value: change.value, revision: change.revision });
        return revisions;
      });
    };
    return {
      get: <V>(key: string) =>
        run((): Entry<V> | undefined => {
          const kept = this.#entries.get(key);
          return kept && { key, value: JSON.parse(kept.text) as V, revision: kept.revision };
        }),
      put: async (key, value, expected) =>
        (await write([{ key, value, ...(expected === undefined ? {} : { expected }) }]))[0]!,
      delete: async (key, expected) =>
        (await write([{ key, ...(expected === undefined ? {} : { expected }) }]))[0]! > 0,
      write,
      list: <V>(prefix: string, range: ListRange = {}) => run(() => this.#list<V>(prefix, range)),
      watch: (prefix, changed) => {
        const watcher = { prefix, changed };
        watchers.add(watcher);
        return () => void watchers.delete(watcher);
      },
      close: async () => watchers.clear(),
    };
  }

  async #settle<R>(work: () => R): Promise<R> {
    return work();
  }

  #refuse(writes: readonly StoreWrite[]): void {
    if (this.health.isFull) throw new Error('database or disk is full');
    if (this.#luck.chance(this.health.failures)) throw new Error('disk I/O error');
    const there = new Map<string, number>();
    for (const { key, value, expected } of writes) {
      const revision = there.get(key) ?? this.#entries.get(key)?.revision ?? 0;
      // A key that is written twice in one transaction has a revision of its own in between, which nobody can expect.
      if (expected !== undefined && revision !== expected)
        throw new AudioCloudError(
          'REVISION_CONFLICT',
          `Cannot write ${key}: it is at revision ${revision}, wanted ${expected}; read it again`,
          { key, revision, expected },
        );
      there.set(key, value === undefined ? 0 : -1);
    }
  }

  #apply(writes: readonly StoreWrite[], texts: readonly (string | undefined)[]) {
    const changes: Commit[] = [];
    const revisions = writes.map(({ key }, i) => {
      const before = this.#entries.get(key);
      const text = texts[i];
      if (text === undefined) {
        if (!before) return 0;
        this.#entries.delete(key);
        this.#keys.splice(this.#place(key), 1);
        changes.push(new Commit(key, undefined, before.revision));
        return before.revision;
      }
      const revision = ++this.#revision;
      if (!before) this.#keys.splice(this.#place(key), 0, key);
      const kept = new Kept(text, revision);
      this.#entries.set(key, kept);
      changes.push(new Commit(key, kept, revision));
      return revision;
    });
    return { revisions, changes };
  }

  #list<V>(prefix: string, range: ListRange): Entry<V>[] {
    return this.#keysOf(prefix, range).map((key) => {
      const { text, revision } = this.#entries.get(key)!;
      return { key, value: JSON.parse(text) as V, revision };
    });
  }

  #keysOf(prefix: string, { after, limit = Number.POSITIVE_INFINITY, isDescending = false }: ListRange): string[] {
    let first = this.#place(prefix);
    let end = this.#place(`${prefix}\u{10ffff}`);
    if (after !== undefined && isDescending) end = Math.min(end, this.#place(after));
    if (after !== undefined && !isDescending) first = Math.max(first, this.#place(`${after}\0`));
    const count = Math.min(limit, Math.max(0, end - first));
    return isDescending
      ? this.#keys.slice(Math.max(first, end - count), Math.max(first, end)).reverse()
      : this.#keys.slice(first, first + count);
  }

  /** Where a key is, or would be. */
  #place(key: string): number {
    const keys = this.#keys;
    let low = 0;
    for (let high = keys.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
