import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { BatchedFile } from './batched-file.ts';
import type { ContentStore } from './media-disk.ts';
import { readable } from './readable.ts';

const PIECE_BYTES = 256 * 1024;
const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Contents in a folder: `ab/abcd…`, and what is being copied in `coming/`. [control]
 *
 * A copy gets its name when all of it is on the disk, so a file with the name of a hash is whole.
 */
export function contentFolder(folder: string): ContentStore {
  const coming = join(folder, 'coming');
  const comingOf = (job: string) => join(coming, job);
  const pathOf = (sha256: string) => join(folder, sha256.slice(0, 2), sha256);
  return {
    pathOf,
    take: (job, pieces, told, { startBytes = 0, file: whole } = {}) =>
      readable(`keep what ${job} imports`, async () => {
        await mkdir(coming, { recursive: true, mode: 0o700 });
        const isLinked = whole !== undefined && (await isLinkedAs(whole, comingOf(job)));
        const hash = createHash('sha256');
        let bytes = 0;
        const file = await open(comingOf(job), isLinked ? 'r' : startBytes > 0 ? 'r+' : 'w', 0o600);
        try {
          if (startBytes > 0) bytes = await hashStart(file, startBytes, hash);
          const copy = new BatchedFile(file, bytes);
          try {
            for await (const piece of pieces) {
              hash.update(piece);
              if (!isLinked) await copy.write(piece);
              bytes += piece.length;
              told(bytes);
            }
          } finally {
            await copy.flush(); // what was told of is there, also when no more comes
          }
          await file.sync();
        } finally {
          await file.close();
        }
        return { sha256: hash.digest('hex'), bytes };
      }),
    keep: (job, sha256) =>
      readable(`keep what ${job} imported`, async () => {
        const path = pathOf(sha256);
        if (await isThere(path)) {
          await rm(comingOf(job), { force: true });
          return;
        }
        const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await rename(comingOf(job), path);
        await syncFolder(dirname(path));
        if (made !== undefined) await syncFolder(folder);
      }),
    drop: (job) => readable(`remove what ${job} copied`, () => rm(comingOf(job), { force: true })),
    remove: (sha256) => readable('remove a content', () => rm(pathOf(sha256), { force: true })),
    sweep: (isHad) =>
      readable('remove what is left over', async () => {
        await rm(coming, { recursive: true, force: true });
        for (const part of await readdir(folder).catch(() => []))
          for (const name of await readdir(join(folder, part)).catch(() => []))
            if (SHA256.test(name) && !isHad(name)) await rm(join(folder, part, name), { force: true });
      }),
  };
}

/** Gives a file one more name; false where the disk cannot, and it has to be copied. */
async function isLinkedAs(whole: string, path: string): Promise<boolean> {
  await rm(path, { force: true });
  return link(whole, path).then(
    () => true,
    (error) => {
      if (error.code === 'ENOENT') throw error;
      return false;
    },
  );
}

/** Hashes what stands of a copy, and cuts off what does not. */
async function hashStart(file: FileHandle, startBytes: number, hash: Hash): Promise<number> {
  const { size } = await file.stat();
  if (size < startBytes)
    throw new AudioCloudError(
      'MEDIA_UNREADABLE',
      `Cannot go on: ${size} of ${startBytes} bytes are there; it begins anew`,
    );
  await file.truncate(startBytes);
  const room = Buffer.allocUnsafe(Math.min(PIECE_BYTES, startBytes));
  for (let at = 0; at < startBytes; ) {
    const { bytesRead } = await file.read(room, 0, Math.min(room.length, startBytes - at), at);
    hash.update(room.subarray(0, bytesRead));
    at += bytesRead;
  }
  return startBytes;
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

/** So that the names in it survive a crash of the machine. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
