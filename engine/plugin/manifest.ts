import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync, readSync, realpathSync } from 'node:fs';
import { basename, isAbsolute, join, relative, resolve } from 'node:path';
import { AudioCloudError, check, checkModel, type ErrorCode, type Model, PluginManifest } from '@audiocloud/api';
import { ABI_MAJOR, ABI_MINOR } from './layout.ts';

/** A `wasm` package as read from its folder. */
export interface WasmPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly models: Model[];
  readonly bytes: Uint8Array;
  /** SHA-256 of the module in base64. */
  readonly hash: string;
}

const MANIFEST_FILE = 'audiocloud.json';

function fail(code: ErrorCode, folder: string, what: string, cause?: unknown): never {
  throw new AudioCloudError(
    code,
    `Load plugin ${folder}: ${what}`,
    { folder },
    cause === undefined ? undefined : { cause },
  );
}

function readText(folder: string, path: string): string {
  try {
    return readFileSync(packagePath(folder, path), 'utf8');
  } catch (error) {
    if (error instanceof AudioCloudError) throw error;
    return fail('PLUGIN_MISSING', folder, `cannot read ${path}: ${(error as Error).message}`, error);
  }
}

/** A JSON file inside a package. [control] Throws PLUGIN_MISSING, PLUGIN_MANIFEST. */
export function readPackageJson(folder: string, path: string): unknown {
  const text = readText(folder, path);
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail('PLUGIN_MANIFEST', folder, `${path} is not JSON: ${(error as Error).message}`, error);
  }
}

/** The real path of a file of the package; links that lead out of the package are refused too. [control] Throws PLUGIN_MANIFEST. */
export function packagePath(folder: string, path: string): string {
  const outside = (real: string) => {
    const way = relative(folder, real);
    return way === '' || way.startsWith('..') || isAbsolute(way);
  };
  if (isAbsolute(path) || outside(resolve(folder, path)))
    return fail('PLUGIN_MANIFEST', folder, `the path ${path} leads out of the package; keep all files inside it`);
  const real = realpathSync.native(join(folder, path));
  return outside(real)
    ? fail('PLUGIN_MANIFEST', folder, `the path ${path} is a link out of the package; keep all files inside it`)
    : real;
}

/** The manifest of a package folder, of any kind. [control] Throws PLUGIN_MISSING, PLUGIN_MANIFEST. */
export function readManifest(folder: string): PluginManifest {
  return check(
    PluginManifest,
    readPackageJson(realFolder(folder), MANIFEST_FILE),
    `${folder}/${MANIFEST_FILE}`,
    'PLUGIN_MANIFEST',
  );
}

/** Why a package cannot run once it is installed: Node strips no types inside node_modules. Undefined when it can. [any] */
export function typeScriptFault(manifest: PluginManifest): string | undefined {
  const module =
    manifest.kind === 'adapter' ? manifest.entry : manifest.kind === 'device' ? manifest.simulator : undefined;
  if (module === undefined || !/\.[cm]?tsx?$/.test(module)) return undefined;
  const script = module.replace(/tsx?$/, 'js');
  return `${module} is TypeScript, which Node does not run once it is installed; compile it, and name ${script} in audiocloud.json`;
}

/** The real path of a package's folder. [control] Throws PLUGIN_MISSING. */
export function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch (error) {
    return fail('PLUGIN_MISSING', folder, 'there is no such folder', error);
  }
}

/** Name and version of package.json; a folder without one is named after itself (while developing). */
export function readIdentity(folder: string): { name: string; version: string } {
  let found: { name?: unknown; version?: unknown } = {};
  try {
    found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    // no package.json, or not a readable one: the manifest is what counts
  }
  return {
    name: typeof found.name === 'string' ? found.name : basename(folder),
    version: typeof found.version === 'string' ? found.version : '0.0.0',
  };
}

/**
 * Reads a `wasm` package: manifest, models and module, verified by schema, ABI version and integrity. [control]
 *
 * Reads files inside the folder only, and never runs anything of it.
 * Throws PLUGIN_MISSING, PLUGIN_MANIFEST, MODEL_INVALID, PLUGIN_ABI, PLUGIN_INTEGRITY.
 */
export function readWasmPackage(path: string): WasmPackage {
  const read = readWasmPackageUnless(path, () => false);
  return { ...read, bytes: read.bytes! };
}

/** The same, without the bytes of a module whose hash `isKnown`. [control] */
export function readWasmPackageUnless(
  path: string,
  isKnown: (hash: string) => boolean,
): Omit<WasmPackage, 'bytes'> & { readonly bytes: Uint8Array | undefined } {
  const folder = realFolder(path);
  const manifest = readManifest(folder);
  if (manifest.kind !== 'wasm') return fail('PLUGIN_MANIFEST', folder, `the kind is ${manifest.kind}, wanted wasm`);
  const [major, minor] = manifest.abi.split('.').map(Number);
  if (major !== ABI_MAJOR || minor! > ABI_MINOR)
    fail('PLUGIN_ABI', folder, `it is for plugin ABI ${manifest.abi}, this engine speaks ${ABI_MAJOR}.${ABI_MINOR}`);
  const models = manifest.models.map((entry, i) =>
    typeof entry === 'string'
      ? checkModel(readPackageJson(folder, entry), `model ${entry} of ${folder}`)
      : checkModel(entry, `model ${i} of ${folder}`),
  );
  const twice = models.find(({ id }, i) => models.findIndex((model) => model.id === id) !== i);
  if (twice) fail('PLUGIN_MANIFEST', folder, `the model ${twice.id} stands twice`);
  let bytes: Uint8Array;
  try {
    bytes = readModule(packagePath(folder, manifest.module));
  } catch (error) {
    if (error instanceof AudioCloudError) throw error;
    return fail('PLUGIN_MISSING', folder, `cannot read the module ${manifest.module}; build the plugin`, error);
  }
  const hash = createHash('sha256').update(bytes).digest('base64');
  if (manifest.integrity && manifest.integrity !== `sha256-${hash}`)
    fail('PLUGIN_INTEGRITY', folder, `${manifest.module} is sha256-${hash}, the manifest wants ${manifest.integrity}`);
  return { ...readIdentity(folder), folder, models, bytes: isKnown(hash) ? undefined : bytes.slice(), hash };
}

/** What the last module was read into: fresh memory for each would take longer than the reading. */
let room = Buffer.alloc(0);

/** The bytes of a file, until the next one is read. [control] */
function readModule(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (room.length < size) room = Buffer.alloc(size);
    let length = 0;
    for (let read = -1; read !== 0 && length < size; length += read)
      read = readSync(file, room, length, size - length, length);
    return room.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
