import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const MODULES = [
  { out: 'plugins/build/plugin.wasm', target: 'release', entries: ['plugins/index.as.ts'] },
  { out: 'dsp/build/host.wasm', target: 'host', entries: ['dsp/host/index.as.ts'] },
];
const MANIFEST = 'plugins/audiocloud.json';
const MODULE = 'build/plugin.wasm';

export interface BuildWasmOptions {
  /** Build only what is missing or older than its sources. */
  ifMissing?: boolean;
  /** `debug` keeps names, checks and abort messages; `count` also exports ac_allocations. Default `release`. */
  target?: 'release' | 'debug' | 'count';
}

/** Compiles the stock plugins and the engine's block runner, and writes the stock manifest. [control] */
export async function buildWasm({ ifMissing = false, target = 'release' }: BuildWasmOptions = {}): Promise<void> {
  for (const module of MODULES) {
    if (ifMissing && isFresh(module.out, [])) continue;
    const wanted = module.target === 'release' ? target : module.target;
    const entries = wanted === 'count' ? [...module.entries, 'dsp/count.as.ts'] : module.entries;
    await compile(entries, module.out, wanted);
  }
  const text = manifest(join(root, 'plugins'));
  const path = join(root, MANIFEST);
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) replace(path, text);
}

/** Texts that stand for files of the tree, by path; every other file is read as it is. */
export type SourceTexts = ReadonlyMap<string, string>;

/**
 * Builds the stock plugin as a package in a folder of its own, hardly optimised: the same sound from slower code. [control]
 *
 * @param texts sources that differ from those of the tree
 */
export async function buildStockPlugin(folder: string, texts: SourceTexts): Promise<void> {
  await compile(['plugins/index.as.ts'], join(folder, MODULE), 'hasty', texts);
  writeFileSync(join(folder, 'package.json'), readFileSync(join(root, 'plugins/package.json')));
  writeFileSync(join(folder, 'audiocloud.json'), manifest(folder));
}

/**
 * One wasm module from AssemblyScript sources, with a target of asconfig.json.
 *
 * @param out path inside the tree, or absolute; replaced as a whole, so that a reader never sees half a module
 */
export async function compile(
  entries: string[],
  out: string,
  target: string,
  texts: SourceTexts = new Map(),
): Promise<void> {
  const { default: asc } = await import('assemblyscript/asc');
  const began = performance.now();
  progress(`compiling ${out} (${target})`);
  const file = resolve(root, out);
  mkdirSync(dirname(file), { recursive: true });
  const part = `${out}.${process.pid}`;
  const args = [...entries, '--baseDir', root, '--config', 'asconfig.json', '--target', target, '--outFile', part];
  const readFile = (name: string, folder: string) => {
    const path = resolve(folder, name);
    const text = texts.get(relative(root, path));
    if (text !== undefined) return text;
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  };
  const { error, stdout, stderr } = await asc.main(args, { readFile });
  if (error) throw new Error(`Cannot compile ${out}:\n${stderr.toString()}${stdout.toString()}`, { cause: error });
  renameSync(resolve(root, part), file);
  progress(`compiled ${out} in ${Math.round(performance.now() - began)} ms, ${statSync(file).size} bytes\n`);
}

/** The module of a test, compiled when it is missing or older than the sources of blocks, plugins and its own entries; its path. */
export async function compileIfOld(entries: string[], out: string, target: string): Promise<string> {
  if (!isFresh(out, entries)) await compile(entries, out, target);
  return join(root, out);
}

/** The folders of the stock models in the order of `serve` in plugins/index.as.ts, which gives them their numbers. */
export function stockModels(): string[] {
  const source = readFileSync(join(root, 'plugins/index.as.ts'), 'utf8');
  const folders = new Map(
    [...source.matchAll(/import \{ (\w+) \} from '\.\/([\w-]+)\/kernel\.as'/g)].map((m) => [m[1], m[2]!]),
  );
  return [...source.matchAll(/index == (\d+)\) return model<(\w+)>/g)].map(([, index, kernel], at) => {
    const folder = folders.get(kernel);
    if (Number(index) !== at || !folder)
      throw new Error(`plugins/index.as.ts: line of model ${index} (${kernel}) is out of order or not imported`);
    return folder;
  });
}

/** The manifest of the stock plugin whose module lies in a folder. */
function manifest(folder: string): string {
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, MODULE)))
    .digest('base64');
  const models = stockModels().map((folder) =>
    JSON.parse(readFileSync(join(root, 'plugins', folder, 'model.json'), 'utf8')),
  );
  return `${JSON.stringify({ kind: 'wasm', abi: '1.0', module: MODULE, integrity: `sha256-${hash}`, models }, null, 2)}\n`;
}

function isFresh(out: string, entries: readonly string[]): boolean {
  const file = join(root, out);
  if (!existsSync(file)) return false;
  const built = statSync(file).mtimeMs;
  const own = [...entries, 'asconfig.json'].map((path) => join(root, path));
  return [...sources('dsp'), ...sources('plugins'), ...own].every((path) => statSync(path).mtimeMs <= built);
}

function sources(folder: string): string[] {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith('.as.ts') && !name.includes('node_modules'))
    .map((name) => join(root, folder, name));
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

if (import.meta.main) await buildWasm({ ifMissing: process.argv.includes('--if-missing') });
