/** A list of words of 32 bits that grows. Pushing several numbers to an array takes ten times as long. [control] */
export class WordList {
  #words = new Int32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Three words: memory, address, and what is to be there or how long it is. */
  push3(a: number, b: number, c: number): void {
    const at = this.#grow(3);
    this.#words[at] = a;
    this.#words[at + 1] = b;
    this.#words[at + 2] = c;
  }

  push2(a: number, b: number): void {
    const at = this.#grow(2);
    this.#words[at] = a;
    this.#words[at + 1] = b;
  }

  /** Eight words: one record of a program. */
  pushRecord(op: number, a: number, b: number, c: number, d: number, e: number, f: number, g: number): void {
    const at = this.#grow(8);
    const words = this.#words;
    words[at] = op;
    words[at + 1] = a;
    words[at + 2] = b;
    words[at + 3] = c;
    words[at + 4] = d;
    words[at + 5] = e;
    words[at + 6] = f;
    words[at + 7] = g;
  }

  /** A copy, as long as what was pushed. */
  words(): Int32Array<ArrayBuffer> {
    return this.#words.slice(0, this.#length);
  }

  /** Makes room for so many words, zero; returns the place of the first. */
  #grow(words: number): number {
    const at = this.#length;
    this.#length += words;
    if (this.#length > this.#words.length) {
      const larger = new Int32Array(2 * this.#words.length);
      larger.set(this.#words);
      this.#words = larger;
    }
    return at;
  }
}
