import type { DeviceClock } from './device-clock.ts';

export interface PushOptions {
  /** Items of one group that stand beside each other are written as one. */
  group?: string | undefined;
  /** Least time between the beginnings of two writes of this key. */
  gapMs?: number | undefined;
}

/** What became of an item: written, from when on (ms of the clock), or passed over for a newer one. */
export type Pushed = { outcome: 'sent'; atMs: number } | { outcome: 'replaced' };

interface Entry<T> extends PushOptions {
  key: string;
  item: T;
  /** How many writes had begun when its key began to wait. */
  sinceWrite: number;
  resolve(pushed: Pushed): void;
  reject(error: Error): void;
}

export interface DeviceQueueOptions<T> {
  /** Writes items of one group together. Resolves with an error when these alone are refused. */
  write(items: readonly T[]): Promise<Error | undefined>;
  /** Called once, when a write failed; the queue is then of no more use. */
  onFailure(error: Error): void;
  clock: DeviceClock;
  /** Least time between the beginnings of any two writes. */
  gapMs?: number | undefined;
}

/**
 * What waits to be written to one device, items of T. One write at a time; a slow device delays only itself. [control]
 *
 * Of several values of one key that wait, the last is written, at the place of its own order: what a device sees is
 * always a part of what was asked, never in another order. So what stands behind a value that has to wait for its gap
 * waits too. A key that is set so often that its place is always behind others keeps one when all others could have been written.
 * Whoever asked is told: sent, replaced, or why not.
 */
export class DeviceQueue<T> {
  private readonly options: DeviceQueueOptions<T>;
  /** In the order of asking. */
  private readonly entries = new Set<Entry<T>>();
  /** Of each key that waits, the one that a newer one replaces. */
  private readonly newest = new Map<string, Entry<T>>();
  /** When the last write of a key began. */
  private readonly lastOfKey = new Map<string, number>();
  private lastMs = Number.NEGATIVE_INFINITY;
  /** That have begun. */
  private writes = 0;
  private isDraining = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;

  constructor(options: DeviceQueueOptions<T>) {
    this.options = options;
  }

  /** Rejects with the cause when it was not written. */
  push(key: string, item: T, options: PushOptions = {}): Promise<Pushed> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      const before = this.newest.get(key);
      const isOverdue = before !== undefined && this.writes - before.sinceWrite > this.entries.size;
      const replaced = isOverdue ? undefined : before;
      if (replaced) {
        replaced.resolve({ outcome: 'replaced' });
        this.entries.delete(replaced);
        this.wake?.(); // what waits behind it may be due sooner
      }
      const entry = { ...options, key, item, sinceWrite: replaced?.sinceWrite ?? this.writes, resolve, reject };
      this.entries.add(entry);
      this.newest.set(key, entry);
      if (!this.isDraining) void this.drain();
    });
  }

  /** What has this key was written now, with something else. */
  wrote(key: string): void {
    this.lastOfKey.set(key, this.options.clock.now());
  }

  /** Refuses all that waits; what comes is written. */
  giveUp(error: Error): void {
    for (const { reject } of this.entries) reject(error);
    this.entries.clear();
    this.newest.clear();
    this.wake?.();
  }

  /** Refuses all that waits and all that comes. */
  end(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    this.giveUp(error);
  }

  private async drain(): Promise<void> {
    this.isDraining = true;
    for (;;) {
      const [first] = this.entries;
      if (!first) break;
      const waitMs = this.dueMs(first) - this.options.clock.now();
      // What is first may be another one by then.
      if (waitMs > 0) await this.sleep(waitMs);
      else await this.writeNext();
    }
    this.isDraining = false;
  }

  private async writeNext(): Promise<void> {
    const { write, onFailure, clock } = this.options;
    const atMs = clock.now();
    const batch = this.take(atMs);
    this.lastMs = atMs;
    this.writes++;
    try {
      const refusal = await write(batch.map(({ item }) => item));
      for (const { resolve, reject } of batch) refusal ? reject(refusal) : resolve({ outcome: 'sent', atMs });
    } catch (error) {
      for (const { reject } of batch) reject(error as Error);
      if (this.failure) return;
      this.end(error as Error);
      onFailure(error as Error);
    }
  }

  /** The first entry, and those of its group that stand right behind it and need not wait. */
  private take(nowMs: number): Entry<T>[] {
    const batch: Entry<T>[] = [];
    for (const entry of this.entries) {
      const isWithFirst = batch[0]?.group !== undefined && entry.group === batch[0].group;
      if (batch.length && (!isWithFirst || this.gapEndMs(entry) > nowMs)) break;
      batch.push(entry);
      this.entries.delete(entry);
      if (this.newest.get(entry.key) === entry) this.newest.delete(entry.key);
      this.lastOfKey.set(entry.key, nowMs);
    }
    return batch;
  }

  private dueMs(entry: Entry<T>): number {
    return Math.max(this.lastMs + (this.options.gapMs ?? 0), this.gapEndMs(entry));
  }

  private gapEndMs({ key, gapMs }: Entry<T>): number {
    return (this.lastOfKey.get(key) ?? Number.NEGATIVE_INFINITY) + (gapMs ?? 0);
  }

  private sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.clock.after(ms, resolve);
      this.wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
