import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { AudioCloudError } from '@audiocloud/api';
import { filePieces } from '../file-pieces.ts';
import type { SourceKind } from '../media-sources.ts';
import { readable } from '../readable.ts';
import type { UploadFolder } from './upload-folder.ts';

/** Uploads that are complete: nobody writes them any more, so that they are kept without a copy. [control] */
export function uploadSources(folder: UploadFolder): SourceKind {
  const find = async (id: string, application: string): Promise<void> => {
    const { bytes, totalBytes } = await folder.get(application, id);
    if (bytes === totalBytes) return;
    const wanted =
      totalBytes === undefined ? 'its end is not known' : `${totalBytes - bytes} of ${totalBytes} bytes are missing`;
    throw new AudioCloudError('UPLOAD_UNFINISHED', `Cannot import upload ${id}: ${wanted}`, {
      upload: id,
      bytes,
      totalBytes,
    });
  };
  return {
    find,
    sizeOf: async (id, application) => (await folder.get(application, id)).bytes,
    open: async (id, { application }) => {
      await find(id, application);
      const path = folder.pathOf(application, id);
      return readable(`read upload ${id}`, async () => {
        const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
        const { size } = await file.stat();
        return {
          totalBytes: size,
          file: path,
          pieces: filePieces(file, size, `upload ${id}`),
          close: () => file.close(),
        };
      });
    },
    release: (id, application) => folder.release(application, id),
  };
}
