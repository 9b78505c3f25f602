/** So many lines are shown of a run that failed. */
const SHOWN = 60;

/** What happened in a run, one line for each thing: as a hash, and the last lines as text. [any] */
export class Trace {
  readonly #nowMs: () => number;
  readonly #print: ((line: string) => void) | undefined;
  readonly #last: string[] = [];
  #hash = 0x811c9dc5;
  #lines = 0;

  /** print: gets every line. */
  constructor(nowMs: () => number, print?: (line: string) => void) {
    this.#nowMs = nowMs;
    this.#print = print;
  }

  add(subject: string, text: string): void {
    const line = `${this.#nowMs().toFixed(3).padStart(11)} ${subject}: ${text}`;
    this.#lines++;
    // FNV-1a (Fowler, Noll, Vo).
    let hash = this.#hash;
    for (let i = 0; i < line.length; i++) hash = Math.imul(hash ^ line.charCodeAt(i), 0x01000193);
    this.#hash = hash;
    if (this.#last.length >= 2 * SHOWN) this.#last.splice(0, SHOWN);
    this.#last.push(line);
    this.#print?.(line);
  }

  get hash(): string {
    return `${(this.#hash >>> 0).toString(16).padStart(8, '0')}-${this.#lines}`;
  }

  get lines(): number {
    return this.#lines;
  }

  /** The last lines. */
  get tail(): readonly string[] {
    return this.#last.slice(-SHOWN);
  }
}
