/** An unsigned LEB128 number of 32 bits. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 127;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 128);
  } while (rest !== 0);
  return bytes;
}

/** A signed LEB128 number of 32 bits. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 127;
    rest >>= 7;
    const last = (rest === 0 && !(low & 64)) || (rest === -1 && low & 64);
    bytes.push(last ? low : low | 128);
    if (last) return bytes;
  }
}

/** A name as WebAssembly writes it: its length, then UTF-8. */
export function nameBytes(name: string): number[] {
  const bytes = new TextEncoder().encode(name);
  return [...leb(bytes.length), ...bytes];
}

/** Bytes that grow as they are written. [control] */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  put(part: ArrayLike<number>): this {
    const end = this.#length + part.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(part, this.#length);
    this.#length = end;
    return this;
  }

  /** Writes the length of `part`, then `part`. */
  putSized(part: ArrayLike<number>): this {
    return this.put(leb(part.length)).put(part);
  }

  clear(): this {
    this.#length = 0;
    return this;
  }

  /** What was written, valid until the next put or clear. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
