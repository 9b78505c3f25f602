import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AudioCloudError, type PluginManifest } from '@audiocloud/api';
import { inspectPackage, type PackageFacts, readManifest, readWasmPackage, typeScriptFault } from '@audiocloud/engine';
import { npm } from './npm.ts';
import { signPackage } from './signature.ts';
import { readTar, type TarFile, writeTar } from './tar.ts';

export interface Packed {
  facts: PackageFacts;
  /** What npm would call it. */
  file: string;
  archive: Uint8Array;
  files: readonly TarFile[];
  /** Public key, when it is signed. */
  key?: string;
}

/**
 * The npm package of a plugin: the files that npm would publish, with the integrity of the module in the manifest and, with
 * a key, a signature of all of it. The same files give the same bytes. [control]
 *
 * Throws what inspectPackage throws; PLUGIN_PACKAGE for a package.json that cannot be published, when files are missing, or for a
 * module in TypeScript.
 */
export async function packPackage(folder: string, keyFile?: string): Promise<Packed> {
  const facts = await inspectPackage(folder);
  refuseUnpublishable(folder);
  const files = await publishedFiles(folder);
  const manifest = { ...readManifest(folder) };
  refuseTypeScript(`pack ${folder}`, manifest);
  delete manifest.signature;
  if (manifest.kind === 'wasm') manifest.integrity = `sha256-${readWasmPackage(folder).hash}`;
  for (const path of filesOf(manifest)) {
    if (files.some((file) => file.path === path)) continue;
    throw new AudioCloudError(
      'PLUGIN_PACKAGE',
      `Cannot pack ${folder}: ${path} is in the manifest, but npm would not publish it; add it to "files" of package.json`,
      { folder, path },
    );
  }
  const signed = keyFile ? { ...manifest, signature: signPackage(keyFile, facts, manifest, files) } : manifest;
  const text = new TextEncoder().encode(`${JSON.stringify(signed, null, 2)}\n`);
  const all = files.map((file) => (file.path === 'audiocloud.json' ? { ...file, bytes: text } : file));
  return {
    facts,
    file: `${facts.name.replace('@', '').replace('/', '-')}-${facts.version}.tgz`,
    archive: writeTar(all.map((file) => ({ ...file, path: `package/${file.path}` }))),
    files: all,
    ...(signed.signature ? { key: signed.signature.key } : {}),
  };
}

/** The files that npm takes, by their paths inside the package, in order. */
async function publishedFiles(folder: string): Promise<TarFile[]> {
  const made = mkdtempSync(join(tmpdir(), 'audiocloud-pack-'));
  try {
    const told: unknown = JSON.parse(
      await npm(`pack ${folder}`, ['pack', '--json', '--pack-destination', made], folder),
    );
    // npm 11 gives a list, later ones an object by name
    const { filename } = (Array.isArray(told) ? told[0] : Object.values(told as object)[0]) as { filename: string };
    const archive = readFileSync(join(made, filename.replace('@', '').replace('/', '-')));
    return packageFiles(archive, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** The files of an npm package without the folder that they are packed in, in order. [control] Throws PLUGIN_PACKAGE. */
export function packageFiles(archive: Uint8Array, what: string): TarFile[] {
  const files = readTar(archive, what);
  const root = files[0]?.path.split('/')[0] ?? '';
  const inside = files
    .filter(({ path }) => path.startsWith(`${root}/`))
    .map((file) => ({ ...file, path: file.path.slice(root.length + 1) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const needed of ['audiocloud.json', 'package.json'])
    if (!inside.some(({ path }) => path === needed))
      throw new AudioCloudError(
        'PLUGIN_PACKAGE',
        `Cannot take ${what}: there is no ${needed} in it, so it is no plugin`,
        {
          package: what,
        },
      );
  return inside;
}

/** The simulator stands beside the entry of an adapter. */
const simulatorOf = (entry: string): string => entry.replace(/[^/]*?(\.[^./]+)?$/, 'simulator$1');

function filesOf(manifest: ReturnType<typeof readManifest>): string[] {
  const paths =
    manifest.kind === 'adapter'
      ? [manifest.entry, simulatorOf(manifest.entry)]
      : [
          ...manifest.models.filter((entry) => typeof entry === 'string'),
          ...(manifest.kind === 'wasm' ? [manifest.module] : manifest.drivers),
          ...(manifest.kind === 'device' && manifest.simulator !== undefined ? [manifest.simulator] : []),
        ];
  return [...paths, 'audiocloud.json', 'package.json'].map((path) => path.replace(/^\.\//, ''));
}

/** Throws PLUGIN_PACKAGE for a package that cannot run once it is installed. [any] */
export function refuseTypeScript(what: string, manifest: PluginManifest): void {
  const fault = typeScriptFault(manifest);
  if (fault !== undefined) throw new AudioCloudError('PLUGIN_PACKAGE', `Cannot ${what}: ${fault}`);
}

function refuseUnpublishable(folder: string): void {
  const fail = (why: string): never => {
    throw new AudioCloudError('PLUGIN_PACKAGE', `Cannot pack ${folder}: ${why}`, { folder });
  };
  let found: { name?: unknown; version?: unknown; keywords?: unknown } = {};
  try {
    found = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch (error) {
    fail(`its package.json cannot be read: ${(error as Error).message}`);
  }
  if (typeof found.name !== 'string' || typeof found.version !== 'string')
    fail('its package.json needs a name and a version');
  if (!Array.isArray(found.keywords) || !found.keywords.includes('audiocloud-plugin'))
    fail('its package.json needs "keywords": ["audiocloud-plugin"], by which it is found');
}
