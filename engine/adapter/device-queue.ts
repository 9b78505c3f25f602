interface Entry<T> {
  item: T;
  waiting: { resolve: () => void; reject: (error: Error) => void }[];
}

/**
 * What waits to be written to one device, items of T. One write at a time; a slow device delays only itself. [control]
 *
 * Of several values of one key that wait, the last is written, at the place of its own order: what a device sees is
 * always a part of what was asked, never in another order. A value that was passed over counts as sent with the one
 * that took its place.
 */
export class DeviceQueue<T> {
  private readonly entries = new Map<string, Entry<T>>();
  private readonly write: (item: T) => Promise<Error | undefined>;
  private readonly onFailure: (error: Error) => void;
  private writing = false;
  private failure: Error | undefined;

  /**
   * write: resolves with an error when this item alone is refused.
   * onFailure: called once, when a write failed; the queue is then of no more use.
   */
  constructor(write: (item: T) => Promise<Error | undefined>, onFailure: (error: Error) => void) {
    this.write = write;
    this.onFailure = onFailure;
  }

  /** Resolves when this item, or a later one of the same key, was written. Rejects with the cause. */
  push(key: string, item: T): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      const waiting = this.entries.get(key)?.waiting ?? [];
      waiting.push({ resolve, reject });
      this.entries.delete(key);
      this.entries.set(key, { item, waiting });
      if (!this.writing) void this.drain();
    });
  }

  /** Refuses all that waits and all that comes. */
  end(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    for (const { waiting } of this.entries.values()) for (const { reject } of waiting) reject(error);
    this.entries.clear();
  }

  private async drain(): Promise<void> {
    this.writing = true;
    for (;;) {
      const [next] = this.entries;
      if (!next) break;
      const [key, { item, waiting }] = next;
      this.entries.delete(key);
      try {
        const refusal = await this.write(item);
        for (const { resolve, reject } of waiting) refusal ? reject(refusal) : resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error as Error);
        if (!this.failure) {
          this.end(error as Error);
          this.onFailure(error as Error);
        }
      }
    }
    this.writing = false;
  }
}
