import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { fileChanged, filePieces } from './file-pieces.ts';
import type { OpenSource } from './media-disk.ts';
import { mediaFile } from './media-paths.ts';
import { readable } from './readable.ts';

/** Files in the media folders, which tasks may name too. [control] */
export function pathSources(folders: readonly string[]) {
  return {
    find: async (path: string): Promise<void> => void (await mediaFile(path, path, folders)),
    sizeOf: async (path: string): Promise<number> => (await stat(await mediaFile(path, path, folders))).size,
    open: (path: string): Promise<OpenSource> =>
      readable(`read ${path}`, async () => {
        const real = await mediaFile(path, path, folders);
        // A link or a device may have taken its place meanwhile.
        const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        try {
          const [opened, there] = [await file.stat(), await stat(await mediaFile(path, path, folders))];
          if (!opened.isFile() || opened.ino !== there.ino || opened.dev !== there.dev) throw fileChanged(path);
          return { totalBytes: opened.size, pieces: filePieces(file, opened.size, path), close: () => file.close() };
        } catch (error) {
          await file.close();
          throw error;
        }
      }),
  };
}
