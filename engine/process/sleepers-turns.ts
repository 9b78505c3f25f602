/** Tasks in which everything sleeps, of which is told at once. */
const SILENT_TASKS = 16;

/** Whose turn it is among tasks in which everything sleeps: some in each round, so that hundreds cost no more than a few. */
export class SleepersTurns {
  #round = 0;
  /** In how many rounds each had its turn once, by how many there were in the last one. */
  #rounds = 1;
  #sleepers = 0;

  nextRound(): void {
    this.#rounds = Math.max(1, Math.ceil(this.#sleepers / SILENT_TASKS));
    this.#round += 1;
    this.#sleepers = 0;
  }

  /** Whether it is the turn of the next one in this round. */
  isDue(): boolean {
    return this.#sleepers++ % this.#rounds === this.#round % this.#rounds;
  }
}
