/** Says on a terminal what is being done, in one line that goes when it is over. Elsewhere it says nothing. */
export class Steps {
  readonly #isShown: boolean;

  constructor(isQuiet = false) {
    this.#isShown = process.stderr.isTTY === true && !isQuiet;
  }

  readonly say = (text: string): void => {
    if (this.#isShown) process.stderr.write(`\r\x1b[K${text} ...`);
  };

  end(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K');
  }
}
