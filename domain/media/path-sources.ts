import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { AudioCloudError } from '@audiocloud/api';
import type { MediaSources } from './media-disk.ts';
import { mediaFile } from './media-paths.ts';
import { readable } from './readable.ts';

/** Hashed and written at once: some 0.2 ms of the thread of the domain. */
const PIECE_BYTES = 256 * 1024;

/** Files in the media folders, which tasks may name too. [control] */
export function pathSources(folders: readonly string[]): MediaSources {
  return {
    find: async ({ path }) => void (await mediaFile(path, path, folders)),
    sizeOf: async ({ path }) => (await stat(await mediaFile(path, path, folders))).size,
    open: ({ path }) =>
      readable(`read ${path}`, async () => {
        const real = await mediaFile(path, path, folders);
        // A link or a device may have taken its place meanwhile.
        const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
        try {
          const [opened, there] = [await file.stat(), await stat(await mediaFile(path, path, folders))];
          if (!opened.isFile() || opened.ino !== there.ino || opened.dev !== there.dev) throw changed(path);
          return { totalBytes: opened.size, pieces: piecesOf(file, opened.size, path), close: () => file.close() };
        } catch (error) {
          await file.close();
          throw error;
        }
      }),
  };
}

/** The file as it was when it was opened, or MEDIA_UNREADABLE: one that grows never ends. */
async function* piecesOf(file: FileHandle, size: number, path: string): AsyncGenerator<Uint8Array> {
  const room = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size + 1));
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await readable(`read ${path}`, () => file.read(room, 0, room.length, bytes));
    bytes += bytesRead;
    if (bytes > size || (bytesRead === 0 && bytes < size)) throw changed(path);
    if (bytesRead === 0) return;
    yield room.subarray(0, bytesRead);
  }
}

const changed = (path: string) =>
  new AudioCloudError('MEDIA_UNREADABLE', `Cannot read ${path}: it was changed while it was read; it is tried again`, {
    path,
  });
