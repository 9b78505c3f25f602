/** Runs jobs of one key one after the other; different keys do not wait for each other. [control] */
export class InOrder {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Starts `job` when all that was given for `key` has ended; at once when there is nothing. */
  async run<T>(key: string, job: () => Promise<T> | T): Promise<T> {
    const before = this.tails.get(key);
    const own = before ? before.then(job, job) : Promise.resolve(job());
    this.tails.set(key, own);
    try {
      return await own;
    } finally {
      if (this.tails.get(key) === own) this.tails.delete(key);
    }
  }

  /** Resolves when nothing given for `key` so far is under way; undefined, to be passed without a turn, when nothing is. */
  idle(key: string): Promise<unknown> | undefined {
    return this.tails.get(key)?.catch(() => {});
  }
}
