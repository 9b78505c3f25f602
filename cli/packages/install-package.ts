import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { AudioCloudError, type InstalledPackage, type PluginManifest } from '@audiocloud/api';
import { inspectPackage, type PackageFacts, readInstalled, readManifest, writeInstalled } from '@audiocloud/engine';
import { withFolderLock } from './folder-lock.ts';
import { npm } from './npm.ts';
import { packageFiles, packPackage, refuseTypeScript } from './pack-package.ts';
import { verifySignature } from './signature.ts';
import type { TarFile } from './tar.ts';

export interface InstallOptions {
  /** Public key that must have signed it. */
  key?: string;
  /** Other versions of the package stay beside it. */
  keep?: boolean;
  onProgress?: (text: string) => void;
}

export interface Installed {
  facts: PackageFacts;
  entry: InstalledPackage;
}

/**
 * Installs a package into a folder of plugins, from a folder, a `.tgz` or by its name on npm. [control]
 *
 * Nothing of the package runs. It is unpacked and verified beside the others, and only then moved to its place and written
 * into the list: who watches the folder sees all of it or nothing.
 * Throws PLUGIN_INSTALL, PLUGIN_PACKAGE, PLUGIN_SIGNATURE, and what inspectPackage throws.
 */
export async function installPackage(root: string, source: string, options: InstallOptions = {}): Promise<Installed> {
  const { key, keep = false, onProgress = () => {} } = options;
  mkdirSync(root, { recursive: true });
  const staging = mkdtempSync(join(root, '.staging-'));
  try {
    onProgress(`fetching ${source}`);
    const { archive, files } = await fetched(source, staging);
    const tree = join(staging, 'tree');
    const folder = await unpack(source, { archive, files, tree, staging, onProgress });
    onProgress('verifying');
    const facts = await inspectPackage(folder);
    const manifest = readManifest(folder);
    refuseTypeScript(`install ${source}`, manifest);
    verifySignature(facts, manifest, files);
    return withFolderLock(root, () =>
      enter({ root, facts, manifest, key, keep, tree, before: join(staging, 'before') }),
    );
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

interface Entering {
  root: string;
  facts: PackageFacts;
  manifest: PluginManifest;
  key: string | undefined;
  keep: boolean;
  tree: string;
  /** Where what is in its place is put. */
  before: string;
}

/** Moves a verified package to its place and writes it into the list. */
function enter({ root, facts, manifest, key, keep, tree, before }: Entering): Installed {
  const { packages } = readInstalled(root);
  const others = packages.filter(({ name }) => name === facts.name);
  refuseOtherKey(facts, manifest.signature?.key, key, others);
  const place = `${facts.name.replace('/', '+')}@${facts.version}`;
  const entry: InstalledPackage = {
    name: facts.name,
    version: facts.version,
    kind: facts.kind,
    folder: `${place}/node_modules/${facts.name}`,
    ...(manifest.signature ? { key: manifest.signature.key } : {}),
  };
  replace(tree, join(root, place), before);
  const gone = keep ? others.filter(({ version }) => version === facts.version) : others;
  writeInstalled(root, { packages: [...packages.filter((one) => !gone.includes(one)), entry] });
  for (const one of gone) if (one.folder !== entry.folder) removeFolder(root, one);
  return { facts, entry };
}

/** Takes a package, or one version of it, out of a folder of plugins. [control] Throws PLUGIN_MISSING. */
export function removePackage(root: string, name: string, version?: string): InstalledPackage[] {
  return withFolderLock(root, () => takeOut(root, name, version));
}

function takeOut(root: string, name: string, version: string | undefined): InstalledPackage[] {
  const { packages } = readInstalled(root);
  const gone = packages.filter((one) => one.name === name && (version === undefined || one.version === version));
  if (gone.length === 0)
    throw new AudioCloudError(
      'PLUGIN_MISSING',
      `Cannot remove ${name}${version ? `@${version}` : ''}: installed are ${packages.map((one) => `${one.name}@${one.version}`).join(', ') || 'none'}`,
      { package: name },
    );
  writeInstalled(root, { packages: packages.filter((one) => !gone.includes(one)) });
  for (const one of gone) removeFolder(root, one);
  return gone;
}

/** The archive of a package and its files. */
async function fetched(source: string, staging: string): Promise<{ archive: Uint8Array; files: TarFile[] }> {
  const path = resolve(source);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    const { archive } = await packPackage(path);
    // as it is, with its own integrity and signature, which packing would make anew
    const files = packageFiles(archive, source);
    const manifest = files.find((file) => file.path === 'audiocloud.json')!;
    manifest.bytes = readFileSync(join(path, 'audiocloud.json'));
    return { archive, files };
  }
  if (found?.isFile()) {
    const archive = readFileSync(path);
    return { archive, files: packageFiles(archive, source) };
  }
  if (/^[./~]|\.tgz$/.test(source))
    throw new AudioCloudError('PLUGIN_MISSING', `Cannot install ${source}: there is no such file or folder`, {
      path,
    });
  await npm(`fetch ${source}`, ['pack', source, '--pack-destination', staging], staging);
  const file = readdirSync(staging).find((name) => name.endsWith('.tgz'))!;
  const archive = readFileSync(join(staging, file));
  return { archive, files: packageFiles(archive, source) };
}

interface Unpacking {
  archive: Uint8Array;
  files: readonly TarFile[];
  tree: string;
  staging: string;
  onProgress: (text: string) => void;
}

/** Puts a package, with what it depends on, into a tree of its own; returns its folder there. */
async function unpack(source: string, { archive, files, tree, staging, onProgress }: Unpacking): Promise<string> {
  const { name, dependencies } = packageJson(source, files);
  const folder = join(tree, 'node_modules', name);
  if (Object.keys(dependencies ?? {}).length > 0) {
    onProgress('installing what it depends on');
    const file = join(staging, 'package.tgz');
    writeFileSync(file, archive);
    mkdirSync(tree);
    writeFileSync(join(tree, 'package.json'), '{ "private": true }\n');
    await npm(`install ${source}`, ['install', file, '--omit=dev', '--install-links', '--prefix', tree], tree);
  }
  for (const { path, bytes, isExecutable } of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, bytes, { mode: isExecutable ? 0o755 : 0o644 });
  }
  return folder;
}

function packageJson(source: string, files: readonly TarFile[]): { name: string; dependencies?: object } {
  const { bytes } = files.find(({ path }) => path === 'package.json')!;
  let found: { name?: unknown; version?: unknown; dependencies?: object };
  try {
    found = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new AudioCloudError(
      'PLUGIN_PACKAGE',
      `Cannot take ${source}: its package.json is not JSON: ${(error as Error).message}`,
    );
  }
  const { name, version, dependencies } = found;
  // both become names of folders
  const isName =
    typeof name === 'string' && name.length <= 214 && /^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/.test(name);
  const isVersion = typeof version === 'string' && /^\d+\.\d+\.\d+[a-zA-Z0-9.+-]{0,100}$/.test(version);
  if (!isName || !isVersion)
    throw new AudioCloudError(
      'PLUGIN_PACKAGE',
      `Cannot take ${source}: its name ${JSON.stringify(name)} or version ${JSON.stringify(version)} is none that npm takes`,
    );
  return { name, ...(dependencies ? { dependencies } : {}) };
}

/** A package that was signed once stays in one hand. */
function refuseOtherKey(
  { name, version }: PackageFacts,
  key: string | undefined,
  wanted: string | undefined,
  others: readonly InstalledPackage[],
): void {
  const fail = (why: string): never => {
    throw new AudioCloudError(
      'PLUGIN_SIGNATURE',
      `Cannot install ${name}@${version}: it is ${key ? `signed with ${key}` : 'not signed'}, ${why}`,
      {
        package: name,
        key,
      },
    );
  };
  if (wanted !== undefined && key !== wanted) fail(`wanted ${wanted}`);
  const before = others.find((one) => one.key !== undefined && one.key !== key);
  if (before && wanted === undefined)
    fail(`version ${before.version} with ${before.key}; if its author changed keys, say so with --key`);
}

/** Moves a tree to its place; one that is there is moved out of the way, since folders cannot be replaced in one step. */
function replace(tree: string, place: string, before: string): void {
  if (existsSync(place)) renameSync(place, before);
  try {
    renameSync(tree, place);
  } catch {
    cpSync(tree, place, { recursive: true });
  }
}

function removeFolder(root: string, { folder }: InstalledPackage): void {
  rmSync(join(root, folder.split('/')[0]!), { recursive: true, force: true });
}
