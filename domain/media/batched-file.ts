import type { FileHandle } from 'node:fs/promises';

/** Written at once: a thread of the system is woken for each write. */
const BATCH_BYTES = 512 * 1024;

/**
 * Writes pieces one behind the other; small ones together, while the next ones come. [control]
 *
 * A piece may be another one when `write` has settled. What was written is in the file when `flush` has settled.
 */
export class BatchedFile {
  readonly #file: FileHandle;
  #at: number;
  #batch: Buffer | undefined;
  #spare: Buffer | undefined;
  #filled = 0;
  #writing: Promise<void> = Promise.resolve();

  /** at: where the first piece goes. */
  constructor(file: FileHandle, at: number) {
    this.#file = file;
    this.#at = at;
  }

  /** Throws what the write before it was refused with. */
  async write(piece: Uint8Array): Promise<void> {
    for (let from = 0; from < piece.length; ) {
      this.#batch ??= Buffer.allocUnsafe(BATCH_BYTES);
      const part = piece.subarray(from, from + BATCH_BYTES - this.#filled);
      this.#batch.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === BATCH_BYTES) await this.#begin();
    }
  }

  async flush(): Promise<void> {
    if (this.#filled > 0) await this.#begin();
    await this.#writing;
  }

  /** Waits for the write before, and has the batch written. */
  async #begin(): Promise<void> {
    await this.#writing;
    const batch = this.#batch!;
    const length = this.#filled;
    this.#batch = this.#spare;
    this.#spare = batch;
    this.#filled = 0;
    this.#writing = this.#writeAll(batch, length, this.#at);
    this.#writing.catch(() => undefined); // whoever waits for it next is told
    this.#at += length;
  }

  async #writeAll(batch: Buffer, length: number, at: number): Promise<void> {
    for (let written = 0; written < length; )
      written += (await this.#file.write(batch, written, length - written, at + written)).bytesWritten;
  }
}
