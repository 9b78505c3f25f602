import { createHash } from 'node:crypto';
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { HashedFile, type Written } from './hashed-file.ts';
import type { ContentStore } from './media-disk.ts';
import { readable } from './readable.ts';
import { notedAt, StandingNote } from './standing-note.ts';
import { syncFolder } from './sync-folder.ts';

const KEPT = /^([0-9a-f]{64})(\.peaks)?$/;
const PEAKS = '.peaks';
const STANDING = '.standing';
const PIECE_BYTES = 256 * 1024;

/**
 * Contents in a folder: `ab/abcd…` with `ab/abcd….peaks`, and what is being copied in `coming/`. [control]
 *
 * A copy gets its name when all of it is on the disk, and its peaks have theirs: a file with the name of a hash is whole. Beside a
 * copy that may go on after a restart `coming/….standing` notes what of it is on the disk.
 */
export function contentFolder(folder: string): ContentStore {
  const coming = join(folder, 'coming');
  const comingOf = (job: string) => join(coming, job);
  const pathOf = (sha256: string) => join(folder, sha256.slice(0, 2), sha256);
  const peaksOf = (sha256: string) => pathOf(sha256) + PEAKS;
  const noteOf = (job: string) => comingOf(job) + STANDING;
  /** What was found to stand of a copy, until that goes on. */
  const found = new Map<string, Written>();
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
    take: (job, pieces, told, { startBytes = 0, file: whole, validator, totalBytes } = {}) =>
      readable(`keep what ${job} imports`, async () => {
        await mkdir(coming, { recursive: true, mode: 0o700 });
        const before = found.get(job);
        found.delete(job);
        if (whole !== undefined && (await isLinkedAs(whole, comingOf(job)))) return hashed(comingOf(job), pieces, told);
        if (startBytes === 0) await forget(noteOf(job));
        const file = await open(comingOf(job), startBytes > 0 ? 'r+' : 'w', 0o600);
        try {
          await requireBytes(file, startBytes);
          const start = before?.bytes === startBytes ? before : await hashStart(file, startBytes);
          await file.truncate(startBytes); // what came after it was not noted
          const copy = new HashedFile(file, start);
          const note =
            validator === undefined
              ? undefined
              : new StandingNote(file, noteOf(job), { validator, totalBytes }, () => copy.written);
          let isWhole = false;
          try {
            let bytes = startBytes;
            for await (const piece of pieces) {
              await copy.write(piece);
              bytes += piece.length;
              told(bytes);
            }
            isWhole = true;
          } finally {
            // What was told of is there, also when no more comes.
            await copy.flush().finally(() => note?.end(isWhole));
          }
          await file.sync();
          const { bytes, hash } = copy.written;
          return { sha256: hash.digest('hex'), bytes };
        } finally {
          await file.close();
        }
      }),
    noted: (job) => notedAt(noteOf(job)),
    standing: async (job) => {
      const note = await notedAt(noteOf(job));
      if (!note) return undefined;
      const { sha256, ...standing } = note;
      if (found.get(job)?.bytes === note.bytes) return standing; // nobody went on with it
      const start = await startOf(comingOf(job), note.bytes).catch(() => undefined);
      if (start?.hash.copy().digest('hex') === sha256) {
        found.set(job, start);
        return standing;
      }
      await readable(`begin ${job} anew`, () => forget(noteOf(job)));
      return undefined;
    },
    keep: (job, sha256) =>
      readable(`keep what ${job} imported`, async () => {
        const path = pathOf(sha256);
        const made = await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await placePeaks(job, sha256);
        if (await isThere(path)) await forget(comingOf(job));
        else await rename(comingOf(job), path);
        await forget(noteOf(job));
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
        found.delete(job);
        await forget(noteOf(job), comingOf(job));
        // With the parts of peaks that a decoder left when it ended.
        for (const name of await readdir(coming).catch(() => []))
          if (name.startsWith(job + PEAKS)) await forget(join(coming, name));
      }),
    remove: (sha256) => readable('remove a content', () => forget(pathOf(sha256), peaksOf(sha256))),
    sweep: (isHad, goesOn = () => false) =>
      readable('remove what is left over', async () => {
        await mkdir(coming, { recursive: true, mode: 0o700 });
        const names = new Set(await readdir(coming));
        for (const name of names) {
          const job = name.endsWith(STANDING) ? name.slice(0, -STANDING.length) : name;
          const isStanding = names.has(job) && names.has(job + STANDING) && goesOn(job);
          if (!isStanding) await rm(join(coming, name), { recursive: true, force: true });
        }
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

/** The hash of what comes, which is in the file. */
async function hashed(path: string, pieces: AsyncIterable<Uint8Array>, told: (bytes: number) => void) {
  const file = await open(path, 'r');
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const piece of pieces) {
      hash.update(piece);
      bytes += piece.length;
      told(bytes);
    }
    await file.sync();
    return { sha256: hash.digest('hex'), bytes };
  } finally {
    await file.close();
  }
}

async function startOf(path: string, bytes: number): Promise<Written> {
  const file = await open(path, 'r');
  try {
    await requireBytes(file, bytes);
    return await hashStart(file, bytes);
  } finally {
    await file.close();
  }
}

/** Throws MEDIA_UNREADABLE for a file that has less. */
async function requireBytes(file: FileHandle, bytes: number): Promise<void> {
  const { size } = await file.stat();
  if (size < bytes)
    throw new AudioCloudError('MEDIA_UNREADABLE', `Cannot go on: ${size} of ${bytes} bytes are there; it begins anew`);
}

/** Hashes what stands of a copy, which has so many bytes. */
async function hashStart(file: FileHandle, bytes: number): Promise<Written> {
  const hash = createHash('sha256');
  const room = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytes));
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(room, 0, Math.min(room.length, bytes - at), at);
    if (bytesRead === 0) await requireBytes(file, bytes); // it was made shorter meanwhile
    hash.update(room.subarray(0, bytesRead));
    at += bytesRead;
  }
  return { bytes, hash };
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
