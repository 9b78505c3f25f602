import { join } from 'node:path';
import { readInstalled, readManifest } from '@audiocloud/engine';
import { stockPluginFolder } from '../stock-folders.ts';

/**
 * Models of a package that nobody will find, by id, with the package that offers them already: the first one keeps an id, and
 * the stock package comes first. [control]
 *
 * root: where packages are installed; name: the package that was installed there last.
 */
export function shadowedModels(root: string, name: string, ids: readonly string[]): Map<string, string> {
  const others = [
    { name: 'the stock package', folder: stockPluginFolder() },
    ...readInstalled(root)
      .packages.filter((one) => one.name !== name)
      .map((one) => ({ name: one.name, folder: join(root, one.folder) })),
  ];
  const found = new Map<string, string>();
  for (const other of others) for (const id of idsIn(other.folder)) if (ids.includes(id)) found.set(id, other.name);
  return found;
}

/** Ids that stand in a manifest itself; models in files of their own are not read here. */
function idsIn(folder: string): string[] {
  try {
    const manifest = readManifest(folder);
    return manifest.kind === 'adapter'
      ? []
      : manifest.models.flatMap((model) => (typeof model === 'string' ? [] : model.id));
  } catch {
    return []; // `plugin list` says what is wrong with it
  }
}
