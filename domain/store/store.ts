/** A value under a key, with the number of the change that wrote it. */
export interface Entry<V = unknown> {
  key: string;
  value: V;
  /** Counts the changes of the whole store, so a key that was deleted and made again never has an old revision. */
  revision: number;
}

/** `value` is undefined when the key was deleted. */
export interface StoreChange {
  key: string;
  value: unknown;
  revision: number;
}

/** One of several changes that are made together. Without a value the key is deleted. `expected` as in `put`. */
export interface StoreWrite {
  key: string;
  value?: unknown;
  expected?: number;
}

/** A part of a list. */
export interface ListRange {
  /** Keys behind this one only; when descending, before it. */
  after?: string;
  limit?: number;
  isDescending?: boolean;
}

/**
 * Keys, JSON values, revisions. [control]
 *
 * A promise that settled is durable: what `put` answered survives a crash of the process and of the machine.
 */
export interface Store {
  get<V = unknown>(key: string): Promise<Entry<V> | undefined>;
  /**
   * Writes and returns the new revision.
   *
   * expected: the revision that must be there, 0 for none; without it whatever is there is replaced.
   * Throws REVISION_CONFLICT, and has then changed nothing.
   */
  put(key: string, value: unknown, expected?: number): Promise<number>;
  /** Returns whether there was such a key. `expected` as in `put`. */
  delete(key: string, expected?: number): Promise<boolean>;
  /**
   * Makes all changes, in their order, or none: a crash leaves all of them or none.
   *
   * Returns a revision for each: that of the value written, or the last one of what was deleted, 0 when there was nothing.
   * Throws REVISION_CONFLICT.
   */
  write(writes: readonly StoreWrite[]): Promise<number[]>;
  /** Entries whose key begins with `prefix`, in the order of their keys. */
  list<V = unknown>(prefix: string, range?: ListRange): Promise<Entry<V>[]>;
  /** Calls `changed` after every change below `prefix`, in the order of revisions. Returns the end of it. */
  watch(prefix: string, changed: (change: StoreChange) => void): () => void;
  /**
   * Rewrites what the store keeps on the disk, so that nothing is found there any more of what was deleted or replaced. Takes as long
   * as a copy of it. Absent where nothing lies on a disk.
   *
   * Throws STORE_BUSY while another process reads it.
   */
  eraseDeleted?(): Promise<void>;
  close(): Promise<void>;
}
