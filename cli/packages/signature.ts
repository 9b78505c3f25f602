import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AudioCloudError, type PluginManifest } from '@audiocloud/api';
import type { TarFile } from './tar.ts';

type Signature = NonNullable<PluginManifest['signature']>;

/** An ed25519 key in DER: what stands before its 32 bytes (RFC 8410). */
const PUBLIC_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const MANIFEST = 'audiocloud.json';

/** What is signed: name and version, the hash of every file, and the manifest without its signature. */
function signedText(name: string, version: string, manifest: object, files: readonly TarFile[]): Buffer {
  const hashes = files
    .filter(({ path }) => path !== MANIFEST)
    .map(({ path, bytes }) => `${createHash('sha256').update(bytes).digest('base64')} ${path}`)
    .sort();
  const { signature: _, ...rest } = manifest as PluginManifest;
  return Buffer.from(['audiocloud-plugin 1', `${name}@${version}`, ...hashes, canonical(rest)].join('\n'), 'utf8');
}

/** JSON with the keys of every object in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** Signs a package. files: paths inside the package. [control] Throws PLUGIN_SIGNATURE when the key cannot be used. */
export function signPackage(
  keyFile: string,
  { name, version }: { name: string; version: string },
  manifest: object,
  files: readonly TarFile[],
): Signature {
  const key = readKey(keyFile, 'private');
  const value = sign(null, signedText(name, version, manifest, files), key).toString('base64');
  return { key: rawPublic(createPublicKey(key)), value };
}

/** Throws PLUGIN_SIGNATURE unless the signature of a manifest is that of the package. [control] */
export function verifySignature(
  { name, version }: { name: string; version: string },
  manifest: PluginManifest,
  files: readonly TarFile[],
): void {
  const { signature } = manifest;
  if (!signature) return;
  const key = createPublicKey({
    key: Buffer.concat([PUBLIC_HEAD, Buffer.from(signature.key, 'base64')]),
    format: 'der',
    type: 'spki',
  });
  if (verify(null, signedText(name, version, manifest, files), key, Buffer.from(signature.value, 'base64'))) return;
  throw new AudioCloudError(
    'PLUGIN_SIGNATURE',
    `Cannot take ${name}@${version}: its signature is not of these files; somebody changed them after they were signed with ${signature.key}`,
    { package: name, key: signature.key },
  );
}

/** The public key in a PEM file, of a private key too, as manifests have it. [control] Throws PLUGIN_SIGNATURE. */
export function publicKeyOf(keyFile: string): string {
  return rawPublic(readKey(keyFile, 'public'));
}

const rawPublic = (key: KeyObject): string =>
  key.export({ format: 'der', type: 'spki' }).subarray(PUBLIC_HEAD.length).toString('base64');

function readKey(path: string, kind: 'private' | 'public'): KeyObject {
  let key: KeyObject;
  try {
    const pem = readFileSync(path);
    key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
  } catch (cause) {
    throw new AudioCloudError(
      'PLUGIN_SIGNATURE',
      `Cannot read the ${kind} key ${path}: ${(cause as Error).message}; make one with: openssl genpkey -algorithm ed25519 -out key.pem`,
      { path },
      { cause },
    );
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new AudioCloudError(
      'PLUGIN_SIGNATURE',
      `Cannot use the key ${path}: it is ${key.asymmetricKeyType}, wanted ed25519`,
      { path },
    );
  return key;
}
