import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/*
 * node scripts/licences.ts: writes docs/licences.md, the licences of what users install: the production dependencies of our
 * packages, as package-lock.json pins them, and what is built into them.
 */
const root = new URL('..', import.meta.url);

/** Licences that ask for nothing but their text and names. A work under one of them may be part of ours. */
export const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Unlicense',
];

/** Packages with another licence that may be used all the same, by name, and why. */
export const EXCEPTIONS: Record<string, { licence: string; why: string }> = {
  'codec-parser': {
    licence: 'LGPL-3.0-or-later',
    why: 'a package of its own that npm installs unchanged and that anybody may replace; nothing of it is in our files',
  },
};

/** Development dependencies whose code is built into what we publish: the page, and the runtime in our WebAssembly. */
export const BUILT_IN = ['react', 'react-dom', '@xyflow/react', 'assemblyscript'];

/** Packages whose own licence does not tell all: what is compiled into them. */
const CONTAINS: Record<string, string> = {
  'mpg123-decoder': 'libmpg123 (LGPL-2.1) as WebAssembly, in a package of its own that may be replaced',
  'ogg-opus-decoder': 'libopus and libogg (BSD-3-Clause) as WebAssembly',
  '@wasm-audio-decoders/ogg-vorbis': 'libvorbis and libogg (BSD-3-Clause) as WebAssembly',
  '@wasm-audio-decoders/flac': 'libFLAC and libogg (BSD-3-Clause) as WebAssembly',
  libflacjs: 'libFLAC and libogg (BSD-3-Clause) as WebAssembly',
  opusscript: 'libopus (BSD-3-Clause) as WebAssembly',
  'wasm-media-encoders':
    'LAME (LGPL-2.0-or-later), libvorbis and libogg (BSD-3-Clause) as WebAssembly, in a package of its own that may be replaced',
};

interface Locked {
  name?: string;
  version?: string;
  license?: string;
  link?: boolean;
  resolved?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export interface Lock {
  packages: Record<string, Locked>;
}

export interface Licensed {
  name: string;
  version: string;
  licence: string;
}

/** What users get with our packages: all that their dependencies lead to, ours excluded. Throws for one that the lock does not have. */
export function installedByUsers(lock: Lock, builtIn: readonly string[] = BUILT_IN): Licensed[] {
  const { packages } = lock;
  const found = new Map<string, Licensed>();
  const seen = new Set<string>();
  /** As Node resolves: the nearest node_modules on the way up. */
  const place = (name: string, from: string): string | undefined => {
    for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
      const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
      if (packages[candidate]) return candidate;
      if (at === '') return undefined;
      if (!at.includes('/node_modules/')) at = '';
    }
  };
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const one = packages[path]!;
    if (one.link) {
      visit(one.resolved!);
      return;
    }
    if (path.includes('node_modules/')) {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      found.set(`${name}@${one.version}`, { name, version: one.version!, licence: one.license ?? 'none' });
    }
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = one;
    const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
    for (const name of [...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers]) {
      const to = place(name, path);
      if (to) visit(to);
      else if (!(name in optionalDependencies) && !peers.includes(name))
        throw new Error(`Cannot find ${name}, which ${path} depends on: package-lock.json does not have it`);
    }
  };
  // our own packages are links into the tree
  for (const [path, { link, resolved }] of Object.entries(packages))
    if (link && path.startsWith('node_modules/')) visit(resolved!);
  for (const name of builtIn) visit(place(name, '') ?? refuse(name));
  return [...found.values()].sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1,
  );
}

function refuse(name: string): never {
  throw new Error(`Cannot find ${name}, which is built in: package-lock.json does not have it`);
}

/** Whether an SPDX expression can be met with these licences. Anything that is no such expression cannot. [any] */
export function isAllowed(expression: string, allowed: readonly string[] = ALLOWED): boolean {
  const words = expression.replaceAll('(', ' ( ').replaceAll(')', ' ) ').trim().split(/\s+/);
  let at = 0;
  const either = (): boolean => {
    let is = both();
    while (words[at] === 'OR') {
      at++;
      is = both() || is;
    }
    return is;
  };
  const both = (): boolean => {
    let is = one();
    while (words[at] === 'AND') {
      at++;
      is = one() && is;
    }
    return is;
  };
  const one = (): boolean => {
    const word = words[at++];
    if (word !== '(') return word !== undefined && allowed.includes(word);
    const is = either();
    return words[at++] === ')' && is;
  };
  return either() && at === words.length;
}

/** Those whose licence is not allowed and which are no exceptions. */
export function refused(packages: readonly Licensed[]): Licensed[] {
  return packages.filter(({ name, licence }) => !isAllowed(licence) && EXCEPTIONS[name]?.licence !== licence);
}

/** docs/licences.md. */
export function licencesDocument(packages: readonly Licensed[]): string {
  const notes = ({ name }: Licensed) =>
    [EXCEPTIONS[name]?.why, CONTAINS[name]].filter((note) => note !== undefined).join('; ');
  return [
    '# Licences',
    '',
    'Audio Cloud is under the MIT licence. This is what is installed with its packages or built into them, made by',
    '`node scripts/licences.ts` from `package-lock.json`. A test compares it, and refuses a licence that is neither in the list of',
    'the script nor an exception there.',
    '',
    '| package | version | licence | note |',
    '| --- | --- | --- | --- |',
    ...packages.map((one) => `| ${one.name} | ${one.version} | ${one.licence} | ${notes(one)} |`),
    '',
  ].join('\n');
}

export function readLock(): Lock {
  return JSON.parse(readFileSync(new URL('package-lock.json', root), 'utf8')) as Lock;
}

if (import.meta.main)
  writeFileSync(fileURLToPath(new URL('docs/licences.md', root)), licencesDocument(installedByUsers(readLock())));
