import type { FileHandle } from 'node:fs/promises';
import { AudioCloudError } from '@audiocloud/api';
import { readable } from './readable.ts';

/** Hashed and written at once: some 0.2 ms of the thread of the domain. */
const PIECE_BYTES = 256 * 1024;

/** The file as it was when it was opened, or MEDIA_UNREADABLE: one that grows never ends. shown: as messages call it. [control] */
export async function* filePieces(file: FileHandle, size: number, shown: string): AsyncGenerator<Uint8Array> {
  const room = Buffer.allocUnsafe(Math.min(PIECE_BYTES, size + 1));
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await readable(`read ${shown}`, () => file.read(room, 0, room.length, bytes));
    bytes += bytesRead;
    if (bytes > size || (bytesRead === 0 && bytes < size)) throw fileChanged(shown);
    if (bytesRead === 0) return;
    yield room.subarray(0, bytesRead);
  }
}

export const fileChanged = (shown: string) =>
  new AudioCloudError('MEDIA_UNREADABLE', `Cannot read ${shown}: it was changed while it was read; it is tried again`, {
    path: shown,
  });
