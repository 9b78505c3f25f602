import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { mistaken, type WrongCoefficient } from '../plugins/testing/wrong-coefficient.ts';
import { buildStockPlugin, stockModels } from '../scripts/build-wasm.ts';
import { runModelTest } from './model-test.ts';

/*
 * Proves the proofs: the test of a stock model fails when a coefficient is wrong. Mistakes are built into a plugin of its own,
 * and the models' tests run against it as they run against a build without a mistake.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

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

/** Builds the mistakes of a round; the test of each row's model must fail. A round without rows: all models must pass. */
export async function proveRound(t: Test, round: readonly WrongCoefficient[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-wrong-'));
  try {
    await buildStockPlugin(folder, new Map(round.map((row) => [row.file, mistaken(row)])));
    if (round.length === 0) return await proveRight(t, folder);
    for (const { model, right, wrong } of round) {
      const { isPassed, failed, text } = await runModelTest(model, folder);
      const what = `${model}: ${right} -> ${wrong}`;
      // a plugin that does not load, traps or hangs would fail every test, and show nothing about this one
      t.notMatch(text, /Load (module|plugin)|Call ac_|timeout!/, `${what}: the plugin runs`);
      t.ok(!isPassed && failed !== undefined, `${what}: ${failed ?? 'the test does not see it'}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function proveRight(t: Test, folder: string): Promise<void> {
  for (const model of stockModels()) {
    const { isPassed, text, assertions } = await runModelTest(model, folder);
    t.ok(isPassed && assertions > 5, `${model} passes ${assertions} assertions without a mistake`, { text });
  }
}
