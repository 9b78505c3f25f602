import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { AudioCloudError, type Task } from '@audiocloud/api';

function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && !isAbsolute(way) && way.split(/[/\\]/)[0] !== '..';
}

/** The real path of a file in one of the folders. name: what it is called there. Throws MEDIA_FORBIDDEN, MEDIA_MISSING. [control] */
export async function mediaFile(name: string, path: string, folders: readonly string[]): Promise<string> {
  const forbidden = () =>
    new AudioCloudError(
      'MEDIA_FORBIDDEN',
      `Cannot use media '${name}': ${path} leads out of the media folders; put the file into one of them`,
      { media: name, path },
    );
  // Paths out of the folders by their spelling are refused before the disk is asked, so they tell nothing about it.
  const inside = path.includes('\0')
    ? []
    : folders
        .map((folder) => ({ folder, file: resolve(folder, path) }))
        .filter(({ folder, file }) => isInside(folder, file));
  if (inside.length === 0) throw forbidden();
  for (const { folder, file } of inside) {
    const real = await realpath(file).catch(() => undefined);
    if (real === undefined) continue;
    if (!isInside(await realpath(folder), real)) throw forbidden();
    if ((await stat(real)).isFile()) return real;
  }
  throw new AudioCloudError(
    'MEDIA_MISSING',
    `Cannot use media '${name}': there is no file ${path} in the media folders; put it there or correct the path`,
    { media: name, path },
  );
}

/** The absolute path of every media of a task, by name: files alone. Throws MEDIA_FORBIDDEN, MEDIA_MISSING. [control] */
export type FilePaths = (task: Task) => Promise<Record<string, string>>;

/**
 * The real path of every media of a task, by name. [control]
 *
 * Relative paths are tried in each folder in turn. Throws MEDIA_FORBIDDEN for what lies outside (also by a symbolic
 * link), MEDIA_MISSING for what is not there.
 */
export async function mediaPaths(task: Task, folders: readonly string[]): Promise<Record<string, string>> {
  const entries = Object.entries(task.media ?? {}).map(
    async ([name, { path }]) => [name, await mediaFile(name, path, folders)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
