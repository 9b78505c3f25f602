import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';

/** The uploads of one application in a folder that is there; what was acknowledged is on the disk. [control] */
export class UploadStore extends FileStore {
  override async write(pieces: Readable, id: string, offset: number): Promise<number> {
    const end = await super.write(pieces, id, offset);
    const file = await open(join(this.directory, id), 'r+');
    try {
      await file.datasync();
    } finally {
      await file.close();
    }
    return end;
  }
}
