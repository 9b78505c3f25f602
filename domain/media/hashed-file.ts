import type { Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { BatchedFile } from './batched-file.ts';

/** Bytes from the beginning of a file that the system has, and their hash. */
export interface Written {
  bytes: number;
  hash: Hash;
}

/** A file that is written from its beginning on, or from where it was, and hashed as a whole. [control] */
export class HashedFile extends BatchedFile {
  #written: Written;

  /** start: what is there. Its hash is taken on. */
  constructor(file: FileHandle, { bytes, hash }: Written) {
    let next: Written = { bytes, hash: hash.copy() };
    super(file, bytes, {
      begun: (batch) => {
        hash.update(batch);
        next = { bytes: next.bytes + batch.length, hash: hash.copy() };
      },
      written: () => {
        this.#written = next;
      },
    });
    this.#written = next;
  }

  /** How much of it survives a crash of the machine is another matter. */
  get written(): Readonly<Written> {
    return this.#written;
  }
}
