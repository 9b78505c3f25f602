import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AdapterSettings, AudioCloudError, type Model, type PluginManifest } from '@audiocloud/api';
import { findAdapters } from '../adapter/adapter-packages.ts';
import { loadDevicePackage } from '../adapter/device-package.ts';
import { loadPlugin } from '../plugin/load-plugin.ts';
import { readIdentity, readManifest } from '../plugin/manifest.ts';

/** What a package of any kind is and offers. */
export interface PackageFacts {
  name: string;
  version: string;
  kind: PluginManifest['kind'];
  /** None of an adapter. */
  models: Model[];
  /** Of an adapter: the bus, and what it takes. */
  adapter?: string;
  settings?: AdapterSettings;
}

/**
 * Reads a package of any kind and verifies all that can be verified without running it: a module as it would be loaded,
 * drivers against their models, the files of an adapter. [control]
 *
 * Throws what loadPlugin and loadDevicePackage throw; PLUGIN_MANIFEST for an adapter without its files.
 */
export async function inspectPackage(folder: string): Promise<PackageFacts> {
  const { kind } = readManifest(folder);
  const facts = { ...readIdentity(folder), kind };
  if (kind === 'wasm') return { ...facts, models: loadPlugin(folder).models };
  if (kind === 'device') {
    const devices = await loadDevicePackage(folder);
    return { ...facts, models: [...new Set(devices.map(({ model }) => model))] };
  }
  const [found] = findAdapters([folder]).values();
  for (const file of [found!.entry, found!.simulator])
    if (!existsSync(file))
      throw new AudioCloudError(
        'PLUGIN_MANIFEST',
        `Cannot take the adapter ${found!.adapter} of ${folder}: there is no ${fileURLToPath(file)}; an adapter has its entry, and \`simulator\` beside it`,
        { folder },
      );
  return { ...facts, models: [], adapter: found!.adapter, settings: found!.settings };
}
