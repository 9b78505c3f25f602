import { mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { readable } from '../media/readable.ts';
import type { ExportDisk } from './export-disk.ts';
import type { OwnedExport } from './export-record.ts';

/** Not the id of an application. */
const COMING = '.coming';

/**
 * Exports in a folder: `application/export-…/`, and what is being made in `.coming/export-…/`. [control]
 *
 * The files of an export get their place together, when all of them are on the disk: what has its place is whole.
 */
export function exportFolder(folder: string): ExportDisk {
  const placeOf = ({ application, id }: OwnedExport) => join(folder, application, id);
  const comingOf = ({ id }: OwnedExport) => join(folder, COMING, id);
  return {
    pathOf: (owned, name) => join(placeOf(owned), name),
    begin: (owned) =>
      readable(`make files of ${owned.id}`, async () => {
        await rm(comingOf(owned), { recursive: true, force: true });
        await mkdir(comingOf(owned), { recursive: true, mode: 0o700 });
        return comingOf(owned);
      }),
    keep: (owned, files) =>
      readable(`keep the files of ${owned.id}`, async () => {
        const place = placeOf(owned);
        if (await isThere(place)) return;
        const coming = comingOf(owned);
        for (const { name, bytes } of files) await syncFile(join(coming, name), bytes, owned.id);
        const wanted = new Set(files.map(({ name }) => name));
        for (const name of await readdir(coming)) if (!wanted.has(name)) await rm(join(coming, name), { force: true });
        await sync(coming);
        await mkdir(join(folder, owned.application), { recursive: true, mode: 0o700 });
        await rename(coming, place);
        await sync(join(folder, owned.application));
        await sync(folder);
      }),
    drop: (owned) =>
      readable(`remove the files of ${owned.id}`, async () => {
        await rm(comingOf(owned), { recursive: true, force: true });
        await rm(placeOf(owned), { recursive: true, force: true });
      }),
    sweep: (isHad) =>
      readable('remove what is left of exports', async () => {
        await rm(join(folder, COMING), { recursive: true, force: true });
        for (const application of await readdir(folder).catch(() => []))
          for (const id of await readdir(join(folder, application)).catch(() => []))
            if (!isHad({ application, id })) await rm(placeOf({ application, id }), { recursive: true, force: true });
      }),
    freeBytes: () =>
      readable('look at the disk', async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const { bavail, bsize } = await statfs(folder);
        return bavail * bsize;
      }),
  };
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );

async function syncFile(path: string, bytes: number, id: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size !== bytes)
      throw new AudioCloudError('MEDIA_UNREADABLE', `Cannot keep a file of ${id}: it has ${size} of ${bytes} bytes`, {
        export: id,
      });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that the names in it survive a crash of the machine. */
async function sync(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
