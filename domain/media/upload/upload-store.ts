import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { FileStore } from '@tus/file-store';
import { BatchedFile } from '../batched-file.ts';

/** The uploads of one application in a folder that is there; what was acknowledged is on the disk. [control] */
export class UploadStore extends FileStore {
  override async write(pieces: Readable, id: string, offset: number): Promise<number> {
    const file = await open(join(this.directory, id), 'r+');
    let end = offset;
    try {
      const copy = new BatchedFile(file, offset);
      try {
        for await (const piece of pieces) {
          await copy.write(piece);
          end += piece.length;
        }
      } finally {
        await copy.flush(); // what came of one that broke is there
      }
      await file.datasync();
    } finally {
      await file.close();
    }
    return end;
  }
}
