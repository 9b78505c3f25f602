/** A generator that gives the same numbers for the same seed: sfc32 (C. Doty-Humphrey, PractRand). [any] */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = 0x9e3779b9 | 0;
    // So that seeds that are near each other have nothing in common.
    for (let i = 0; i < 15; i++) this.#next();
  }

  /** 0 to below 1. */
  number(): number {
    return this.#next() / 2 ** 32;
  }

  /** A whole number, 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.number() * count);
  }

  between(low: number, high: number): number {
    return low + this.number() * (high - low);
  }

  /** Often short, sometimes as long as `most`: what networks and disks take. */
  delay(least: number, most: number): number {
    return least + (most - least) * this.number() ** 4;
  }

  chance(share: number): boolean {
    return this.number() < share;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bytes(count: number): Buffer {
    return Buffer.from(Array.from({ length: count }, () => this.below(256)));
  }

  /** One of its own: what takes numbers from it does not change those of any other. */
  fork(): Random {
    return new Random(this.#next() + 2 ** 32 * (this.#next() >>> 12));
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
