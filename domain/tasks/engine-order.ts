/**
 * Changes that were sent to the engine and are not in the record yet: values, and edits. [control]
 *
 * The engine carries them out in the order in which they were sent. It may answer out of order, and the store takes its time: the
 * record and those who follow take them in that same order, so that what came last at the engine is what all of them end with.
 */
export class EngineOrder {
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** None is under way. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /**
   * Calls `done` with the answer when those before are done, and holds those behind until it settles. Throws what the engine
   * refuses with, and what `done` throws.
   */
  add<A, R>(answer: Promise<A>, done: (answer: A) => R | Promise<R>): Promise<R> {
    this.#count++;
    answer.catch(() => undefined);
    const own = this.#last
      .then(() => answer)
      .then(done)
      .finally(() => this.#count--);
    this.#last = own.catch(() => undefined);
    return own;
  }

  /** Calls `work` as soon as none is under way, in that very moment: the record has all, and what is sent then goes behind them. */
  async whenNone<R>(work: () => R): Promise<Awaited<R>> {
    while (this.#count > 0) await this.#last;
    return await work();
  }
}
