/** One that waits for its turn. */
export interface TurnTaker {
  id: string;
  application: string;
  /** Its turn has come. */
  begin(): void;
}

/**
 * Who may work: at most so many at once. [control]
 *
 * The next turn is for the application that has the fewest, of those for the one that had its last turn longest ago, and there
 * for whoever asked first.
 */
export class JobTurns {
  readonly #most: number;
  readonly #waiting = new Map<string, TurnTaker>();
  readonly #working = new Map<string, TurnTaker>();
  /** When an application had its last turn, counted in turns; only of those that have or want one. */
  readonly #lastTurns = new Map<string, number>();
  #turns = 0;

  /** most: at least 1. */
  constructor(most: number) {
    this.#most = most;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get working(): number {
    return this.#working.size;
  }

  ask(taker: TurnTaker): void {
    if (this.#working.has(taker.id)) return;
    this.#waiting.set(taker.id, taker);
    this.#give();
  }

  /** It works or waits no more. */
  leave(id: string): void {
    this.#waiting.delete(id);
    this.#working.delete(id);
    this.#give();
    if (this.#waiting.size === 0 && this.#working.size === 0) this.#lastTurns.clear();
  }

  #give(): void {
    while (this.#working.size < this.#most) {
      const next = this.#next();
      if (!next) return;
      this.#waiting.delete(next.id);
      this.#working.set(next.id, next);
      this.#lastTurns.set(next.application, ++this.#turns);
      next.begin();
    }
  }

  #next(): TurnTaker | undefined {
    const has = new Map<string, number>();
    for (const { application } of this.#working.values()) has.set(application, (has.get(application) ?? 0) + 1);
    const rank = ({ application }: TurnTaker) => [has.get(application) ?? 0, this.#lastTurns.get(application) ?? 0];
    let best: TurnTaker | undefined;
    let bestRank = [Number.POSITIVE_INFINITY, 0];
    for (const taker of this.#waiting.values()) {
      const [count, last] = rank(taker) as [number, number];
      if (count > bestRank[0]! || (count === bestRank[0] && last >= bestRank[1]!)) continue;
      best = taker;
      bestRank = [count, last];
    }
    return best;
  }
}
