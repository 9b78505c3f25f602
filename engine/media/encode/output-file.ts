import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { AudioCloudError } from '@audiocloud/api/errors';

/** A file that has its name when it is whole, and not before. */
export interface OutputFile {
  /** Bytes that are on their way to the disk or there. */
  readonly bytes: number;
  /** Bytes that a reader of the growing file finds. */
  readonly readableBytes: number;
  /** Takes a copy of the bytes; they follow what was put before. Await `drain` now and then: it bounds the memory. */
  put(bytes: Uint8Array): void;
  /** Resolves when at most one buffer is not yet written, and nothing that is older than a quarter of a second. */
  drain(): Promise<void>;
  /** Writes all of it, `head` over its first bytes: then it is whole, and waits for its name. */
  end(head?: Uint8Array): Promise<{ bytes: number; sha256: string }>;
  /** Gives the file its name, after `end`: what had it is replaced. */
  commit(): Promise<void>;
  /** Removes what was written; what had the name before is as it was. Nothing happens after `commit`. */
  abort(): Promise<void>;
}

const BUFFER_BYTES = 2 ** 18;
/** What waits for longer is written, so that a reader of the growing file has it. */
const FRESH_MS = 250;

/** The reason in words, for the codes that a disk gives most. */
function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'there is no room left on its disk';
  if (code === 'EFBIG') return 'the system allows no larger file';
  if (code === 'ENOENT') return 'there is no such folder (ENOENT)';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `it may not be written (${code})`;
  return message ?? String(cause);
}

/**
 * Opens a file to be written from its beginning to its end. It grows as `partPath` (default: beside `path`, under a name of its
 * own), on the same disk. [control]
 *
 * Throws RENDER_FAILED, here and in each call, for what the disk refuses; the growing file is removed then.
 */
export async function createOutputFile(path: string, partPath?: string): Promise<OutputFile> {
  const temporary = partPath ?? `${path}.${randomUUID().slice(0, 8)}.part`;
  const refused = (cause: unknown) =>
    new AudioCloudError(
      'RENDER_FAILED',
      `Cannot write '${path}': ${reasonOf(cause)}; choose a folder that can be written and has room`,
      { path },
      { cause },
    );
  if ((await stat(path).catch(() => undefined))?.isDirectory()) throw refused(new Error('it is a folder'));
  const file: FileHandle = await open(temporary, partPath === undefined ? 'wx' : 'w').catch((cause) => {
    throw refused(cause);
  });
  const hash = createHash('sha256');
  const free: Uint8Array<ArrayBuffer>[] = [];
  const full: Uint8Array<ArrayBuffer>[] = [];
  let current = new Uint8Array(BUFFER_BYTES);
  let filled = 0;
  let bytes = 0;
  let written = 0;
  let isOpen = true;
  let wroteAt = performance.now();

  const abort = async () => {
    if (!isOpen) return;
    isOpen = false;
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
  };
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isOpen) throw new AudioCloudError('RENDER_FAILED', `Cannot write '${path}': it is already closed`, { path });
    try {
      return await work();
    } catch (cause) {
      await abort();
      throw refused(cause);
    }
  };
  const writeAt = async (piece: Uint8Array, position: number) => {
    for (let at = 0; at < piece.length; )
      at += (await file.write(piece, at, piece.length - at, position + at)).bytesWritten;
  };
  const append = async (piece: Uint8Array) => {
    hash.update(piece);
    await writeAt(piece, written);
    written += piece.length;
    wroteAt = performance.now();
  };
  const drain = async () => {
    while (full.length > 0) {
      const piece = full.shift()!;
      await append(piece);
      free.push(piece);
    }
    if (filled === 0 || performance.now() - wroteAt < FRESH_MS) return;
    await append(current.subarray(0, filled));
    filled = 0;
  };
  return {
    get bytes() {
      return bytes;
    },
    get readableBytes() {
      return written;
    },
    put(piece) {
      bytes += piece.length;
      for (let at = 0; at < piece.length; ) {
        const part = Math.min(piece.length - at, BUFFER_BYTES - filled);
        current.set(piece.subarray(at, at + part), filled);
        filled += part;
        at += part;
        if (filled < BUFFER_BYTES) continue;
        full.push(current);
        current = free.pop() ?? new Uint8Array(BUFFER_BYTES);
        filled = 0;
      }
    },
    drain: () => guarded(drain),
    end: (head) =>
      guarded(async () => {
        await drain();
        await append(current.subarray(0, filled));
        if (head) await writeAt(head, 0);
        await file.datasync(); // a name is given to bytes that a power cut does not take away
        await file.close();
        // what was written over is hashed as it is now
        return { bytes, sha256: head ? await sha256Of(temporary) : hash.digest('hex') };
      }),
    commit: () =>
      guarded(async () => {
        await rename(temporary, path);
        isOpen = false;
      }),
    abort,
  };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: BUFFER_BYTES })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
