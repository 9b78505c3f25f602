import { resolve, sep } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { Registry } from '@audiocloud/engine';
import { stockPluginFolder } from './stock-folders.ts';

/**
 * The stock models and those of plugin packages, or folders of them. Throws why a folder was refused.
 *
 * installed: folders of which what is refused is left out.
 */
export function openRegistry(folders: readonly string[], installed: readonly string[] = []): Registry {
  const registry = Registry.open([stockPluginFolder(), ...folders, ...installed]);
  for (const folder of folders) refuseWithoutPlugin(registry, folder);
  return registry;
}

/** Throws why the package in a folder was refused, or PLUGIN_MISSING when there is none in it. */
function refuseWithoutPlugin({ refused, packages }: Registry, folder: string): void {
  const path = resolve(folder);
  const mine = refused.find(({ details }) => details?.['folder'] === path);
  if (mine) throw AudioCloudError.from(mine);
  const found = [...packages.map((one) => one.folder), ...refused.map(({ details }) => String(details?.['folder']))];
  if (found.some((one) => resolve(one) === path || resolve(one).startsWith(path + sep))) return;
  throw new AudioCloudError(
    'PLUGIN_MISSING',
    `Cannot take plugins of ${folder}: there is no audiocloud.json in it or in a folder inside it`,
    { folder: path },
  );
}
