import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { mistaken, type WrongCoefficient } from '../plugins/testing/wrong-coefficient.ts';
import { buildStockPlugin, stockModels } from '../scripts/build-wasm.ts';

/*
 * Proves the proofs: the test of a stock model fails when a coefficient is wrong. Mistakes are built into a plugin of its own,
 * and the models' tests run against it in processes of their own, as they run against a build without a mistake.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

// what tap tells a test about itself is not for the tests that this one starts
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TAP')));

/** The sources that a kernel is made of, as paths in the tree. */
function sourcesOf(model: string): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    const name = relative(root, path);
    if (found.has(name)) return;
    found.add(name);
    for (const [, from] of readFileSync(path, 'utf8').matchAll(/from '(\.[^']+)'/g)) {
      const file = `${resolve(dirname(path), from!)}.ts`;
      if (existsSync(file)) visit(file);
    }
  };
  visit(join(root, 'plugins', model, 'kernel.as.ts'));
  return found;
}

/** Puts rows together that can share a build: no row's mistake is in the sources of another row's model. */
export function rounds(rows: readonly WrongCoefficient[]): WrongCoefficient[][] {
  const sources = new Map(stockModels().map((model) => [model, sourcesOf(model)]));
  const isApart = (a: WrongCoefficient, b: WrongCoefficient) =>
    a.model !== b.model && !sources.get(a.model)!.has(b.file) && !sources.get(b.model)!.has(a.file);
  const list: WrongCoefficient[][] = [];
  for (const row of rows) {
    const round = list.find((others) => others.every((other) => isApart(row, other)));
    if (round) round.push(row);
    else list.push([row]);
  }
  return list;
}

/** Runs the test of a model against the plugin in a folder, up to its first failure. */
async function runTest(model: string, folder: string) {
  // to a file: a process that ends at its first failure does not wait for a pipe, and the end of a long output would be lost
  const path = join(folder, `${model}.tap`);
  const output = openSync(path, 'w');
  // by a shell that empties NODE_OPTIONS: tap's hooks, which it puts into every Node, take a quarter of these short lives
  const test = join(root, 'plugins', model, `${model}.test.ts`);
  const child = spawn('sh', ['-c', 'NODE_OPTIONS= exec "$0" "$1"', process.execPath, test], {
    cwd: root,
    env: { ...environment, AUDIOCLOUD_STOCK_PLUGIN: folder, TAP_BAIL: '1', TAP_TIMEOUT: '280' },
    stdio: ['ignore', output, output],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  closeSync(output);
  const text = readFileSync(path, 'utf8');
  return { code, text, failed: /^ +not ok \d+ - (.*)$/m.exec(text)?.[1] };
}

/** Builds the mistakes of a round; the test of each row's model must fail. A round without rows: all models must pass. */
export async function proveRound(t: Test, round: readonly WrongCoefficient[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-wrong-'));
  try {
    await buildStockPlugin(folder, new Map(round.map((row) => [row.file, mistaken(row)])));
    const rows = round.length > 0 ? round : stockModels().map((model) => ({ model }));
    const waiting = [...rows];
    const work = async () => {
      for (let row = waiting.pop(); row; row = waiting.pop()) {
        const { code, text, failed } = await runTest(row.model, folder);
        if (!('wrong' in row)) t.equal(code, 0, `${row.model} passes without a mistake`, code ? { text } : {});
        else {
          const what = `${row.model}: ${row.right} -> ${row.wrong}`;
          // a plugin that does not load, traps or hangs would fail every test, and show nothing about this one
          t.notMatch(text, /Load (module|plugin)|Call ac_|timeout!/, `${what}: the plugin runs`);
          t.ok(code === 1 && failed !== undefined, `${what}: ${failed ?? 'the test does not see it'}`);
        }
      }
    };
    await Promise.all([work(), work()]); // two processors, no more
  } finally {
    rmSync(folder, { recursive: true });
  }
}
