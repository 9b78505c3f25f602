import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { AudioCloudError } from '@audiocloud/api/errors';
import type { PcmFile } from '../media/disk-sound.ts';

/**
 * Bytes of a file that must be as it was when it was looked at. [disk]
 *
 * It is opened when it is first read, and again after an error. What was opened stays readable when its name is taken away, or
 * given to another file. Nothing is mapped into memory: a file that is cut short gives an error, not a signal.
 */
export class PcmSource {
  private readonly file: PcmFile;
  private fd: number | undefined;
  private buffer = Buffer.alloc(0);

  constructor(file: PcmFile) {
    this.file = file;
  }

  /** So many bytes; they are good until the next call. Throws MEDIA_MISSING, MEDIA_UNREADABLE, MEDIA_DAMAGED: it is not what it was. */
  read(offset: number, bytes: number): Uint8Array {
    const fd = this.open();
    if (this.buffer.length < bytes) this.buffer = Buffer.alloc(bytes);
    let done = 0;
    try {
      while (done < bytes) {
        const got = readSync(fd, this.buffer, done, bytes - done, offset + done);
        if (got === 0) break;
        done += got;
      }
    } catch (cause) {
      this.close();
      throw this.unreadable(cause);
    }
    this.refuseChanged(fd); // afterwards: what was read before a change is what it was
    if (done < bytes) {
      this.close();
      throw this.changed(`it ends at byte ${offset + done}`);
    }
    return this.buffer.subarray(0, bytes);
  }

  /** Throws as `read`. */
  look(): void {
    this.refuseChanged(this.open());
  }

  close(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  private open(): number {
    if (this.fd !== undefined) return this.fd;
    try {
      this.fd = openSync(this.file.path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (cause) {
      throw this.unreadable(cause);
    }
    this.refuseChanged(this.fd);
    return this.fd;
  }

  private refuseChanged(fd: number): void {
    const { size, mtimeMs, ino } = fstatSync(fd);
    const { file } = this;
    if (size === file.sizeBytes && mtimeMs === file.mtimeMs && ino === file.ino) return;
    this.close();
    const what =
      size < file.sizeBytes
        ? `it has ${size} bytes, ${file.sizeBytes} before: it was cut short`
        : 'it was written or replaced since it was loaded';
    throw this.changed(what);
  }

  private unreadable(cause: unknown): AudioCloudError {
    const { path } = this.file;
    const { code } = cause as NodeJS.ErrnoException;
    return code === 'ENOENT'
      ? new AudioCloudError('MEDIA_MISSING', `Cannot play '${path}': there is no such file any more; put it back`, {
          path,
        })
      : new AudioCloudError('MEDIA_UNREADABLE', `Cannot play '${path}': ${code ?? cause}`, { path }, { cause });
  }

  private changed(why: string): AudioCloudError {
    const { path } = this.file;
    return new AudioCloudError('MEDIA_DAMAGED', `Cannot play '${path}': ${why}; load the task again`, { path });
  }
}
