import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AdapterSettings, AudioCloudError, type Carries, check, PluginManifest } from '@audiocloud/api';

/** What a driver must know of its adapter. */
export interface AdapterTraits {
  /** What its bytes are: it decides the mappings. */
  carries: Carries;
  /** What `open` takes. */
  settings: AdapterSettings;
}

/** Where the code of an adapter is. */
export interface AdapterPackage extends AdapterTraits {
  adapter: string;
  folder: string;
  /** Exports `adapter`. */
  entry: URL;
  /** Exports `adapter` too, with simulated devices: `simulator` beside the entry. */
  simulator: URL;
}

/** Of an adapter that takes none. */
export const NO_SETTINGS: AdapterSettings = { type: 'object', properties: {}, additionalProperties: false };

/**
 * Finds adapter packages by their manifests. [control]
 *
 * folders: packages. Those of other kinds, and folders without a manifest, are passed over. The first of a name wins.
 * Throws PLUGIN_MANIFEST for a manifest that is damaged.
 */
export function findAdapters(folders: readonly string[]): Map<string, AdapterPackage> {
  const found = new Map<string, AdapterPackage>();
  for (const folder of folders) {
    const path = join(folder, 'audiocloud.json');
    if (!existsSync(path)) continue;
    const manifest = check(PluginManifest, parse(path), path, 'PLUGIN_MANIFEST');
    if (manifest.kind !== 'adapter' || found.has(manifest.adapter)) continue;
    const entry = pathToFileURL(join(folder, manifest.entry));
    const simulator = new URL(`simulator${/\.[^./]+$/.exec(entry.pathname)?.[0] ?? ''}`, entry);
    const { adapter, carries, settings = NO_SETTINGS } = manifest;
    found.set(adapter, { adapter, folder, entry, simulator, carries, settings });
  }
  return found;
}

/**
 * What an adapter carries and takes, by its name; undefined: there is no such adapter. [control]
 *
 * folders: packages to look in; default: those that came with this one.
 */
export function adapterTraits(
  name: string,
  folders: readonly string[] = installedPackages(),
): AdapterTraits | undefined {
  const found = findAdapters(folders).get(name);
  return found && { carries: found.carries, settings: found.settings };
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new AudioCloudError('PLUGIN_MANIFEST', `Cannot read ${path}: ${(error as Error).message}`);
  }
}

/** The packages that came with this one: what its package.json depends on, wherever npm put it. [control] */
export function installedPackages(from = import.meta.dirname): string[] {
  let root = from;
  while (!existsSync(join(root, 'package.json'))) root = dirname(root);
  const { dependencies = {} } = parse(join(root, 'package.json')) as { dependencies?: Record<string, string> };
  return Object.keys(dependencies).flatMap((name) => findPackage(name, root) ?? []);
}

/** The folder of an installed package, looked for as Node does, or undefined. [control] */
export function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}
