import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
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
import { readManifest, readPackageJson } from '../plugin/manifest.ts';
import { isNewer } from '../plugin/package-version.ts';
import { INSTALLED_FILE, readInstalled } from './installed-packages.ts';

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

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/**
 * The package in a folder, or the packages installed in it, or those inside it. Throws PLUGIN_MISSING when there is no such
 * folder, PLUGIN_MANIFEST for a damaged list.
 */
function packageFolders(root: string): string[] {
  if (existsSync(join(root, INSTALLED_FILE)))
    return readInstalled(root).packages.map(({ folder }) => join(root, folder));
  if (existsSync(join(root, 'audiocloud.json'))) return [root];
  if (!isFolder(root))
    throw new AudioCloudError('PLUGIN_MISSING', `Load plugins of ${root}: there is no such folder`, {
      folder: resolve(root),
    });
  const inside = readdirSync(root).flatMap((name) =>
    name.startsWith('@') && isFolder(join(root, name))
      ? readdirSync(join(root, name)).map((sub) => join(name, sub))
      : [name],
  );
  return inside.map((name) => join(root, name)).filter((folder) => existsSync(join(folder, 'audiocloud.json')));
}

/** The folders of all packages in some folders, of any kind; what cannot be read is left out. [control] */
export function foundFolders(roots: readonly string[]): string[] {
  return roots.flatMap((root) => {
    try {
      return packageFolders(root);
    } catch {
      return []; // `Registry.open` says why
    }
  });
}

/** The ids of the models of a package that is refused, as far as it can be read. */
function idsOf(folder: string): string[] {
  try {
    const manifest = readManifest(folder);
    const entries = manifest.kind === 'adapter' ? [] : manifest.models;
    return entries.flatMap((entry) => {
      const model = typeof entry === 'string' ? readPackageJson(folder, entry) : entry;
      const id = (model as { id?: unknown } | null)?.id;
      return typeof id === 'string' ? [id] : [];
    });
  } catch {
    return []; // the refusal itself says what is wrong
  }
}

/**
 * Every model that this engine can make an instance of. [control]
 *
 * A package that cannot be loaded is refused by name and harms no other.
 */
export class Registry {
  readonly packages: FoundPackage[] = [];
  /** Why packages and folders were refused; `details.folder` is the full path. */
  readonly refused: ErrorBody[] = [];
  /** Refusals by the ids of the models that they would have offered. */
  readonly #refusedById = new Map<string, AudioCloudError>();
  readonly #byId = new Map<string, FoundModel>();
  /** By folder. */
  readonly #plugins = new Map<string, Plugin>();
  /** While folders are read. */
  #before: Registry | undefined;

  /**
   * folders: packages, or folders of packages (`node_modules` is one), or what `plugin install` filled. The first package
   * to offer an id keeps it; of several versions of one package the id alone means the newest, `id@version` that one.
   * before: what was read of the same folders; what is as it was there stays the same object.
   */
  static open(folders: readonly string[], before?: Registry): Registry {
    const registry = new Registry();
    registry.#before = before;
    for (const root of folders) {
      try {
        for (const folder of packageFolders(root)) registry.#try(folder);
      } catch (error) {
        registry.refused.push(asAudioCloudError(error, 'PLUGIN_MISSING').toJSON());
      }
    }
    registry.#before = undefined;
    return registry;
  }

  /** The models of plugins that are loaded already. */
  static of(plugins: readonly Plugin[]): Registry {
    const registry = new Registry();
    for (const plugin of plugins) for (const model of plugin.models) registry.#offer({ model, plugin });
    return registry;
  }

  #try(folder: string): void {
    try {
      this.add(folder);
    } catch (thrown) {
      const { code, message, details } = asAudioCloudError(thrown, 'PLUGIN_MANIFEST');
      const error = new AudioCloudError(code, message, { ...details, folder: resolve(folder) }, { cause: thrown });
      this.refused.push(error.toJSON());
      for (const id of idsOf(folder)) if (!this.#refusedById.has(id)) this.#refusedById.set(id, error);
    }
  }

  /** Loads one package. Throws what loadPlugin throws. */
  add(folder: string): void {
    const manifest = readManifest(folder);
    if (manifest.kind === 'wasm') {
      const loaded = loadPlugin(folder);
      const known = this.#before && this.#before.#plugins.get(loaded.folder);
      const plugin = known && isSame(known, loaded) ? known : loaded;
      this.#plugins.set(plugin.folder, plugin);
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

  /** This one, and of another one those models that this one does not offer, by the ids asked for. */
  completedBy(other: Registry, ids: Iterable<string>): Registry {
    const missing = [...ids].filter((id) => !this.#byId.has(id) && other.#byId.has(id));
    if (missing.length === 0) return this;
    const whole = new Registry();
    whole.packages.push(...this.packages);
    whole.refused.push(...this.refused);
    for (const [id, error] of this.#refusedById) whole.#refusedById.set(id, error);
    for (const [id, found] of this.#byId) whole.#byId.set(id, found);
    for (const id of missing) whole.#byId.set(id, other.#byId.get(id)!);
    return whole;
  }

  get models(): Model[] {
    return [...new Set([...this.#byId.values()].map(({ model }) => model))];
  }

  /**
   * Throws what its plugin was refused for; else MODEL_UNKNOWN, naming what there is of the same maker.
   */
  find(id: string): FoundModel {
    const found = this.#byId.get(id);
    if (found) return found;
    const refused = this.#refusedById.get(id.split('@')[0]!);
    if (refused)
      throw new AudioCloudError(
        refused.code,
        `Cannot make an instance of '${id}', its plugin is refused: ${refused.message}`,
        { ...refused.details, model: id },
      );
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
    const known = this.#byId.get(id);
    const isUpdate = known?.plugin?.name === found.plugin?.name && known && isNewer(version, known.model.version);
    if (!known || isUpdate) this.#byId.set(id, found);
    const exact = `${id}@${version}`;
    if (!this.#byId.has(exact)) this.#byId.set(exact, found);
  }
}

/** Whether nothing of a package changed since it was loaded. */
function isSame(before: Plugin, now: Plugin): boolean {
  return (
    before.hash === now.hash &&
    before.name === now.name &&
    before.version === now.version &&
    JSON.stringify(before.models) === JSON.stringify(now.models)
  );
}
