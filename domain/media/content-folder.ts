import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { BatchedFile } from './batched-file.ts';
import type { ContentStore } from './media-disk.ts';
import { readable } from './readable.ts';

const KEPT = /^([0-9a-f]{64})(\.peaks)?$/;
const PEAKS = '.peaks';
const PIECE_BYTES = 256 * 1024;

/**
 * Contents in a folder: `ab/abcd…` with `ab/abcd….peaks`, and what is being copied in `coming/`. [control]
 *
 * A copy gets its name when all of it is on the disk, and its peaks have theirs: a file with the name of a hash is whole.
 */
export function contentFolder(folder: string): ContentStore {
  const coming = join(folder, 'coming');
  const comingOf = (job: string) => join(coming, job);
  const pathOf = (sha256: string) => join(folder, sha256.slice(0, 2), sha256);
  const peaksOf = (sha256: string) => pathOf(sha256) + PEAKS;
  const asideOf = (job: string) => ({ path: comingOf(job), peaksPath: comingOf(job) + PEAKS });
  const forget = async (...paths: string[]) => {
    for (const path of paths) await rm(path, { force: true });
  };
  /** The peaks that a job has, if there are not some already. */
  const placePeaks = async (job: string, sha256: string) => {
    const [from, to] = [asideOf(job).peaksPath, peaksOf(sha256)];
    if (await isThere(to)) return forget(from);
    const file = await open(from, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(from, to);
  };
  return {
    pathOf,
    peaksOf,
    asideOf,
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
        const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await placePeaks(job, sha256);
        if (await isThere(path)) await forget(comingOf(job));
        else await rename(comingOf(job), path);
        await syncFolder(dirname(path));
        if (made !== undefined) await syncFolder(folder);
      }),
    keepPeaks: (job, sha256) =>
      readable(`keep what was found by ${job}`, async () => {
        await placePeaks(job, sha256);
        await syncFolder(dirname(pathOf(sha256)));
      }),
    drop: (job) =>
      readable(`remove what ${job} copied`, async () => {
        await forget(comingOf(job));
        // With the parts of peaks that a decoder left when it ended.
        for (const name of await readdir(coming).catch(() => []))
          if (name.startsWith(job + PEAKS)) await forget(join(coming, name));
      }),
    remove: (sha256) => readable('remove a content', () => forget(pathOf(sha256), peaksOf(sha256))),
    sweep: (isHad) =>
      readable('remove what is left over', async () => {
        await rm(coming, { recursive: true, force: true });
        await mkdir(coming, { recursive: true, mode: 0o700 });
        for (const part of await readdir(folder))
          for (const name of await readdir(join(folder, part)).catch(() => [])) {
            const [, sha256] = KEPT.exec(name) ?? [];
            if (sha256 !== undefined && !isHad(sha256)) await forget(join(folder, part, name));
          }
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
