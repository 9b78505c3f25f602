/** So many are prepared at once: asking the event loop for each one costs more than most steps of a world. */
const AT_ONCE = 64;

/**
 * Turns of the event loop. When one comes, all promises that were settled before have had theirs, and rejections that nobody
 * handles were told of. [control]
 */
export class Turns {
  #prepared = 0;
  #waiting: (() => void) | undefined;

  /** Settles with the next turn. One at a time waits. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      if (this.#prepared > 0) return;
      for (; this.#prepared < AT_ONCE; this.#prepared++) setImmediate(this.#come);
    });
  }

  readonly #come = (): void => {
    this.#prepared--;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  };
}
