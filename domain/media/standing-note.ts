import { type FileHandle, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Written } from './hashed-file.ts';
import type { Standing } from './media-disk.ts';
import { syncFolder } from './sync-folder.ts';

/** What a kill costs at most, in time: what came since. */
const EVERY_MS = 1000;
/** To have so little sent once more costs less than to note that it is there. */
const LEAST_BYTES = 2 ** 20;

/** Beside a copy: what stands of it, and the hash of that. */
export interface NotedStanding extends Standing {
  sha256: string;
}

/** What its source said of it. */
interface NotedAbout {
  validator: string;
  totalBytes: number | undefined;
}

/**
 * Notes what stands of a copy while it grows, so that it goes on there after a restart. [control]
 *
 * Bytes are noted when they are on the disk (fsync), not before. Where a note cannot be made the copy goes on without.
 */
export class StandingNote {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly #about: NotedAbout;
  readonly #written: () => Readonly<Written>;
  readonly #timer: NodeJS.Timeout;
  #noting: Promise<void> = Promise.resolve();
  #isNoting = false;
  #notedBytes: number;
  /** Why bytes of the copy did not reach the disk. */
  #loss: { error: unknown } | undefined;

  /** file: the copy. path: of the note. written: what the system has of the copy by now. */
  constructor(file: FileHandle, path: string, about: NotedAbout, written: () => Readonly<Written>) {
    this.#file = file;
    this.#path = path;
    this.#about = about;
    this.#written = written;
    this.#notedBytes = written().bytes;
    this.#timer = setInterval(() => {
      if (!this.#isNoting && written().bytes >= this.#notedBytes + LEAST_BYTES) this.#begin();
    }, EVERY_MS);
  }

  /**
   * Notes the rest; isWhole: no more is to come. Nothing is written any more when it settles. Throws what the disk refused of the
   * copy itself: it says so once, and whoever syncs it later is told that all is well.
   */
  async end(isWhole: boolean): Promise<void> {
    clearInterval(this.#timer);
    await this.#noting;
    const { bytes } = this.#written();
    if (isWhole ? bytes >= LEAST_BYTES : bytes > this.#notedBytes) this.#begin(isWhole);
    await this.#noting;
    if (this.#loss) throw this.#loss.error;
  }

  #begin(isWhole = false): void {
    this.#isNoting = true;
    this.#noting = this.#note(this.#written(), isWhole)
      .catch(() => undefined)
      .finally(() => {
        this.#isNoting = false;
      });
  }

  async #note({ bytes, hash }: Written, isWhole: boolean): Promise<void> {
    await this.#file.datasync().catch((error) => {
      this.#loss = { error };
      throw error;
    });
    const { validator, totalBytes = isWhole ? bytes : undefined } = this.#about;
    const note: NotedStanding = {
      bytes,
      validator,
      ...(totalBytes === undefined ? {} : { totalBytes }),
      sha256: hash.copy().digest('hex'),
    };
    const next = `${this.#path}.new`;
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(JSON.stringify(note));
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(next, this.#path);
    await syncFolder(dirname(this.#path));
    this.#notedBytes = bytes;
  }
}

/** What a note says; undefined where there is none, or none that says it. [control] */
export async function notedAt(path: string): Promise<NotedStanding | undefined> {
  try {
    const note: Partial<NotedStanding> = JSON.parse(await readFile(path, 'utf8'));
    const { bytes, validator, totalBytes, sha256 } = note;
    const isSize = (size: unknown) => Number.isSafeInteger(size) && (size as number) > 0;
    if (!isSize(bytes) || typeof validator !== 'string' || typeof sha256 !== 'string') return undefined;
    if (totalBytes !== undefined && (!isSize(totalBytes) || totalBytes < bytes!)) return undefined;
    return note as NotedStanding;
  } catch {
    return undefined;
  }
}
