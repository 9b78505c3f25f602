import type { FileHandle } from 'node:fs/promises';

/** Written at once: a thread of the system is woken for each write. */
const BATCH_BYTES = 512 * 1024;
/** What waits for more is written then, so that a source that pauses leaves nothing behind. */
const LATE_MS = 50;

/** Told of each batch, one after another. */
export interface BatchListener {
  /** It is on its way; it may be looked at until this returns. */
  begun?(batch: Uint8Array): void;
  /** The system has it. */
  written?(): void;
}

/**
 * Writes pieces one behind the other; small ones together, while the next ones come. [control]
 *
 * A piece may be another one when `write` has settled. What was written is in the file when `flush` has settled.
 */
export class BatchedFile {
  readonly #file: FileHandle;
  readonly #listener: BatchListener;
  #at: number;
  #batch: Buffer | undefined;
  #spare: Buffer | undefined;
  #filled = 0;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #late: NodeJS.Timeout | undefined;

  /** at: where the first piece goes. */
  constructor(file: FileHandle, at: number, listener: BatchListener = {}) {
    this.#file = file;
    this.#at = at;
    this.#listener = listener;
  }

  /** Throws what the write before it was refused with. */
  async write(piece: Uint8Array): Promise<void> {
    for (let from = 0; from < piece.length; ) {
      this.#batch ??= Buffer.allocUnsafe(BATCH_BYTES);
      const part = piece.subarray(from, from + BATCH_BYTES - this.#filled);
      this.#batch.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled === BATCH_BYTES) await this.#next();
    }
    if (this.#filled > 0) this.#late ??= setTimeout(() => this.#writeLate(), LATE_MS);
  }

  /** Nothing is written any more when it settles. */
  async flush(): Promise<void> {
    try {
      if (this.#filled > 0) await this.#next();
      await this.#writing;
    } finally {
      clearTimeout(this.#late);
    }
  }

  /** Waits for the write before, and has the batch written. */
  async #next(): Promise<void> {
    await this.#writing;
    this.#begin();
  }

  /** Beside a write it waits on: that which follows has it, or the next look. */
  #writeLate(): void {
    this.#late = undefined;
    if (this.#filled === 0) return;
    if (this.#isWriting) this.#late = setTimeout(() => this.#writeLate(), LATE_MS);
    else this.#begin();
  }

  #begin(): void {
    clearTimeout(this.#late);
    this.#late = undefined;
    const batch = this.#batch!;
    const length = this.#filled;
    this.#batch = this.#spare;
    this.#spare = batch;
    this.#filled = 0;
    this.#isWriting = true;
    this.#writing = this.#writeAll(batch, length, this.#at);
    this.#writing.catch(() => undefined); // whoever waits for it next is told
    this.#at += length;
  }

  async #writeAll(batch: Buffer, length: number, at: number): Promise<void> {
    const first = this.#file.write(batch, 0, length, at);
    this.#listener.begun?.(batch.subarray(0, length)); // while the system writes
    for (let written = (await first).bytesWritten; written < length; )
      written += (await this.#file.write(batch, written, length - written, at + written)).bytesWritten;
    this.#isWriting = false; // not after one that was refused: nothing may follow it
    this.#listener.written?.();
  }
}
