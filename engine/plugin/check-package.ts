import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { AudioCloudError, asAudioCloudError, checkModel, type Model } from '@audiocloud/api';
import { loadPlugin, type Plugin } from './load-plugin.ts';
import { packagePath, readManifest, readPackageJson, realFolder } from './manifest.ts';

/** What was wanted, or why there is none. */
export type Found<T> =
  | { readonly value: T; readonly fault?: undefined }
  | { readonly value?: undefined; readonly fault: AudioCloudError };

/** A package as far as it can be read: a check of one part goes on where another part is broken. */
export interface PackageUnderCheck {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** package.json; undefined when there is none, or none that can be read. */
  readonly packageJson: Record<string, unknown> | undefined;
  /** audiocloud.json, when it is JSON at all. */
  readonly raw: Record<string, unknown> | undefined;
  readonly manifest: Found<ReturnType<typeof readManifest>>;
  readonly models: readonly Found<Model>[];
  readonly module: Found<Uint8Array>;
  /** Loads it as an engine does, once. */
  plugin(): Found<Plugin>;
}

function attempt<T>(run: () => T): Found<T> {
  try {
    return { value: run() };
  } catch (error) {
    return { fault: asAudioCloudError(error) };
  }
}

const objectOf = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;

/**
 * Reads a package for its checks. Nothing of it runs. [control]
 *
 * Throws PLUGIN_MISSING when there is no such folder; everything else that is wrong is in what it returns.
 */
export function readForCheck(path: string): PackageUnderCheck {
  const folder = realFolder(path);
  const packageJson = objectOf(attempt(() => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).value);
  const raw = objectOf(attempt(() => readPackageJson(folder, 'audiocloud.json')).value);
  const text = (value: unknown, without: string) => (typeof value === 'string' ? value : without);
  const entries = Array.isArray(raw?.['models']) ? (raw['models'] as unknown[]) : [];
  let plugin: Found<Plugin> | undefined;
  return {
    folder,
    name: text(packageJson?.['name'], basename(folder)),
    version: text(packageJson?.['version'], '0.0.0'),
    packageJson,
    raw,
    manifest: attempt(() => readManifest(folder)),
    models: entries.map((entry, i) =>
      attempt(() =>
        typeof entry === 'string'
          ? checkModel(readPackageJson(folder, entry), `model ${entry}`)
          : checkModel(entry, `model ${i}`),
      ),
    ),
    module: attempt(() => {
      const module = raw?.['module'];
      if (typeof module !== 'string') throw new AudioCloudError('PLUGIN_MANIFEST', 'the manifest names no module');
      return new Uint8Array(readFileSync(packagePath(folder, module)));
    }),
    plugin() {
      plugin ??= attempt(() => loadPlugin(folder));
      return plugin;
    },
  };
}
