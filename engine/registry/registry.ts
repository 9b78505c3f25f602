import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  asAudioCloudError,
  AudioCloudError,
  checkModel,
  type ErrorBody,
  type Model,
  parseId,
  type PluginManifest,
} from '@audiocloud/api';
import { loadPlugin, type Plugin } from '../plugin/load-plugin.ts';
import { readManifest } from '../plugin/manifest.ts';

/** A package of any kind that the engine found. */
export interface FoundPackage {
  folder: string;
  kind: PluginManifest['kind'];
}

/** A model with the plugin that renders it; fixed models have none. */
export interface FoundModel {
  model: Model;
  plugin: Plugin | undefined;
}

function packageFolders(root: string): string[] {
  if (existsSync(join(root, 'audiocloud.json'))) return [root];
  if (!existsSync(root) || !statSync(root).isDirectory()) return [];
  const inside = readdirSync(root).flatMap((name) =>
    name.startsWith('@') ? readdirSync(join(root, name)).map((sub) => join(name, sub)) : [name],
  );
  return inside.map((name) => join(root, name)).filter((folder) => existsSync(join(folder, 'audiocloud.json')));
}

/**
 * Every model that this engine can make an instance of. [control]
 *
 * A package that cannot be loaded is refused by name and harms no other.
 */
export class Registry {
  readonly packages: FoundPackage[] = [];
  /** Why packages were refused. */
  readonly refused: ErrorBody[] = [];
  readonly #byId = new Map<string, FoundModel>();

  /** folders: packages, or folders of packages (`node_modules` is one). The first package to offer an id keeps it. */
  static open(folders: readonly string[]): Registry {
    const registry = new Registry();
    for (const folder of folders.flatMap(packageFolders)) {
      try {
        registry.add(folder);
      } catch (error) {
        registry.refused.push(asAudioCloudError(error, 'PLUGIN_MANIFEST').toJSON());
      }
    }
    return registry;
  }

  /** Loads one package. Throws what loadPlugin throws. */
  add(folder: string): void {
    const manifest = readManifest(folder);
    if (manifest.kind === 'wasm') {
      const plugin = loadPlugin(folder);
      for (const model of plugin.models) this.#offer({ model, plugin });
    } else if (manifest.kind === 'device') {
      for (const entry of manifest.models)
        if (typeof entry !== 'string')
          this.#offer({ model: checkModel(entry, `model of ${folder}`), plugin: undefined });
    }
    this.packages.push({ folder, kind: manifest.kind });
  }

  /** Offers a fixed model, which a rack describes. */
  offerFixed(model: Model): void {
    this.#offer({ model, plugin: undefined });
  }

  get models(): Model[] {
    return [...new Set([...this.#byId.values()].map(({ model }) => model))];
  }

  /** Throws MODEL_UNKNOWN, naming what there is of the same maker. */
  find(id: string): FoundModel {
    const found = this.#byId.get(id);
    if (found) return found;
    const { maker } = parseId(id);
    const others = this.models.map((model) => model.id).filter((other) => other.startsWith(`${maker}:`));
    throw new AudioCloudError(
      'MODEL_UNKNOWN',
      `Cannot find the model '${id}': ${others.length ? `of ${maker} there are ${others.join(', ')}` : `nothing of ${maker} is installed`}`,
      { model: id },
    );
  }

  #offer(found: FoundModel): void {
    const { id, version } = found.model;
    for (const key of [id, `${id}@${version}`]) if (!this.#byId.has(key)) this.#byId.set(key, found);
  }
}
