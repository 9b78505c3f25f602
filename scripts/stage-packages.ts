import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWasm } from './build-wasm.ts';
import { buildWeb } from './build-web.ts';

/*
 * node scripts/stage-packages.ts: makes every package as it is published, in build/packages/.
 *
 * Node strips types nowhere inside node_modules, so a package ships JavaScript: each `.ts` becomes `.js` in its place, and
 * the exports of package.json follow. Tests stay at home.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const JS = join(root, 'build', 'js');
const STAGE = join(root, 'build', 'packages');

interface Package {
  name: string;
  folder: string;
}

/** The workspaces of the root package.json, and the stock devices. */
function publishedPackages(): Package[] {
  const { workspaces } = readJson('package.json') as { workspaces: string[] };
  const devices = readdirSync(join(root, 'plugins/devices')).map((name) => `plugins/devices/${name}`);
  return [...workspaces, ...devices].map((folder) => ({
    folder,
    name: (readJson(`${folder}/package.json`) as { name: string }).name,
  }));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

const COMPILED = /(?<!\.d)\.tsx?$/;
const isAssemblyScript = (path: string) => path.endsWith('.as.ts');

/** What of a folder is published beside compiled TypeScript. */
function isPublished(path: string, folder: string): boolean {
  if (/(^|\/)(node_modules|fixtures|testing)(\/|$)/.test(path) || /\.test\.(ts|as\.ts)$/.test(path)) return false;
  if (folder === 'web') return path === 'package.json' || path === 'dist' || path.startsWith('dist/');
  if (folder === 'plugins' && /^(adapters|devices)(\/|$)/.test(path)) return false;
  return isAssemblyScript(path) || !COMPILED.test(path);
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

function toJs(text: string): string {
  return text.replace(/(?<!\.as)\.ts"/g, '.js"');
}

function stage({ folder, name }: Package): string {
  const from = join(root, folder);
  const to = join(STAGE, name.replace('@', '').replace('/', '-'));
  const copy = (source: string, target: string) => {
    mkdirSync(dirname(target), { recursive: true });
    cpSync(source, target);
  };
  for (const path of files(from)) if (isPublished(path, folder)) copy(join(from, path), join(to, path));
  if (folder !== 'web' && folder !== 'dsp' && existsSync(join(JS, folder))) {
    const inner = publishedPackages().filter((other) => other.folder.startsWith(`${folder}/`));
    for (const path of files(join(JS, folder))) {
      if (/\.test\.js$/.test(path) || inner.some((other) => join(folder, path).startsWith(`${other.folder}/`)))
        continue;
      if (folder === 'plugins') continue; // the stock package is data and wasm
      copy(join(JS, folder, path), join(to, path));
    }
  }
  if (folder === 'cli') {
    for (const part of ['tasks', 'media'])
      for (const path of files(join(root, 'examples', part)))
        if (!path.endsWith('.ts')) copy(join(root, 'examples', part, path), join(to, 'examples', part, path));
  }
  for (const json of ['package.json', 'audiocloud.json']) {
    const path = join(to, json);
    if (existsSync(path)) writeFileSync(path, toJs(readFileSync(path, 'utf8')));
  }
  copy(join(root, 'LICENSE'), join(to, 'LICENSE'));
  return to;
}

/** Stages every package; returns their folders. [control] */
export async function stagePackages(): Promise<string[]> {
  await buildWasm({ ifMissing: true });
  await buildWeb({ ifMissing: true });
  rmSync(STAGE, { recursive: true, force: true });
  rmSync(JS, { recursive: true, force: true });
  // Through a shell that empties NODE_OPTIONS: inside a test, tap would have its hooks loaded into the compiler, which they break.
  // Several checkers share no work: four take three times the processor time of one.
  execFileSync('sh', ['-c', 'NODE_OPTIONS= exec node_modules/.bin/tsc -p tsconfig.publish.json --checkers 1'], {
    cwd: root,
    stdio: 'inherit',
  });
  return publishedPackages().map(stage);
}

if (import.meta.main) for (const folder of await stagePackages()) console.log(relative(root, folder));
