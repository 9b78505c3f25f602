/** One line on a terminal that says how far a run is and how long it may still take; nothing where there is no terminal. */
export class Progress {
  readonly #weights: number[];
  readonly #begun = performance.now();
  readonly #isShown = process.stderr.isTTY === true;
  #done = 0;
  rows = 0;

  /** weights: what each workload took before, in seconds; only their proportion counts. */
  constructor(weights: number[]) {
    this.#weights = weights;
  }

  say(text: string): void {
    if (!this.#isShown) return;
    const count = `${this.#done} of ${this.#weights.length} workloads, ${this.rows} rows`;
    const line = `${count}, ${clock(this.#elapsed())} gone${this.#left()}  ${text}`;
    process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
  }

  /** One more workload is over. */
  next(rows: number): void {
    this.#done++;
    this.rows += rows;
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K');
  }

  #elapsed(): number {
    return (performance.now() - this.#begun) / 1000;
  }

  #left(): string {
    const sum = (from: number, to: number) =>
      this.#weights.slice(from, to).reduce((total, weight) => total + weight, 0);
    const done = sum(0, this.#done);
    if (done === 0) return '';
    return `, about ${clock((this.#elapsed() * sum(this.#done, this.#weights.length)) / done)} left`;
  }
}

function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
}
