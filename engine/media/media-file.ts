import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { AudioCloudError } from '@audiocloud/api/errors';

/** Bytes of a piece of media, read at any place. */
export interface MediaFile {
  /** Of one on disk: for programs that read it themselves. */
  path?: string;
  sizeBytes: number;
  /** Up to `bytes` bytes from `offset`; fewer only at the end. The array is the caller's own. */
  read(offset: number, bytes: number): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** A file on disk. Throws MEDIA_MISSING; MEDIA_UNSUPPORTED for what is no regular file. Blocks: for the decode thread. */
export function openMediaFile(path: string): MediaFile {
  let fd: number;
  try {
    // O_NONBLOCK: a FIFO without a writer must not hold the thread for ever.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw missing(path, cause);
  }
  const facts = fstatSync(fd);
  if (!facts.isFile()) {
    closeSync(fd);
    throw new AudioCloudError('MEDIA_UNSUPPORTED', `Cannot open '${path}': it is not a file; name a file with sound`);
  }
  return {
    path,
    sizeBytes: facts.size,
    read(offset, bytes) {
      const buffer = new Uint8Array(Math.max(0, Math.min(bytes, facts.size - offset)));
      let filled = 0;
      while (filled < buffer.length) {
        const got = readSync(fd, buffer, filled, buffer.length - filled, offset + filled);
        if (got === 0) break; // shorter than it was when opened
        filled += got;
      }
      return filled === buffer.length ? buffer : buffer.slice(0, filled);
    },
    close: () => closeSync(fd),
  };
}

/** Bytes that are in memory already. [any] */
export function mediaBytes(bytes: Uint8Array): MediaFile {
  return {
    sizeBytes: bytes.length,
    read: (offset, count) => new Uint8Array(bytes.subarray(offset, offset + count)),
    close: () => {},
  };
}

function missing(path: string, cause: unknown): AudioCloudError {
  const code = (cause as NodeJS.ErrnoException).code;
  const what = code === 'ENOENT' ? 'there is no such file' : String(code ?? cause);
  return new AudioCloudError('MEDIA_MISSING', `Cannot open '${path}': ${what}`, { path }, { cause });
}
