import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { mistaken, type WrongCoefficient } from '../plugins/testing/wrong-coefficient.ts';
import { wrongCoefficients } from '../plugins/testing/wrong-coefficients.ts';
import { buildStockPlugin, type SourceTexts, stockModels } from '../scripts/build-wasm.ts';

/*
 * Proves the proofs: the test of a stock model fails when a coefficient is wrong. Each mistake is built into a plugin of its
 * own, and the model's test runs against it in a process of its own, as it runs against a build without a mistake.
 *
 * AUDIOCLOUD_WRONG_COEFFICIENTS=all takes every row of the table, as .ci/run does; else the first two of each model.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const takesAll = process.env['AUDIOCLOUD_WRONG_COEFFICIENTS'] === 'all';
const rows = wrongCoefficients.filter(
  (row) => takesAll || wrongCoefficients.filter(({ model }) => model === row.model).indexOf(row) < 2,
);

// what tap tells a test about itself is not for the tests that this one starts
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('TAP')));

t.setTimeout(takesAll ? 900_000 : 280_000); // on a busy machine; 60 s on an idle one

interface Outcome {
  readonly code: number | null;
  readonly text: string;
  /** The first claim that failed. */
  readonly failed: string | undefined;
}

/** Runs the test of a model against the plugin in a folder, up to its first failure. */
function runTest(model: string, folder: string): Promise<Outcome> {
  const child = spawn(process.execPath, [join(root, 'plugins', model, `${model}.test.ts`)], {
    cwd: root,
    env: { ...environment, AUDIOCLOUD_STOCK_PLUGIN: folder, TAP_BAIL: '1', TAP_TIMEOUT: '280' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code, text, failed: /^ +not ok \d+ - (.*)$/m.exec(text)?.[1] });
    });
  });
}

/** Builds a plugin and runs tests of models against it; the folder is gone afterwards. */
async function outcomes(texts: SourceTexts, models: string[]): Promise<() => Promise<Outcome[]>> {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-wrong-'));
  await buildStockPlugin(folder, texts);
  return async () => {
    try {
      const list: Outcome[] = [];
      for (const model of models) list.push(await runTest(model, folder));
      return list;
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
}

t.test('a row whose text is not in the file, or stands there twice, is refused', async (t) => {
  const row = { model: 'gain', file: 'plugins/gain/kernel.as.ts', right: 'no such text', wrong: '1' };
  t.throws(() => mistaken(row), /no such text.*0 times/);
  t.throws(() => mistaken({ ...row, right: '0.5' }, '0.5 and 0.5'), /2 times/);
  t.throws(() => mistaken({ ...row, right: '0.5', wrong: '0.5' }, '0.5'), /its own place/);
  t.equal(mistaken({ ...row, right: '0.5', wrong: '$&' }, 'a 0.5 b'), 'a $& b');
  for (const each of wrongCoefficients) mistaken(each);
});

t.test('every stock model has its rows', async (t) => {
  for (const model of stockModels())
    t.ok(wrongCoefficients.filter((row) => row.model === model).length >= 2, `${model}: at least two`);
});

t.test('without a mistake all pass, with one each test fails', async (t) => {
  const models = stockModels();
  const work: [WrongCoefficient | undefined, string[]][] = [
    [undefined, models],
    ...rows.map((row): [WrongCoefficient, string[]] => [row, [row.model]]),
  ];
  const judge = (row: WrongCoefficient | undefined, list: Outcome[]) => {
    for (const [i, { code, text, failed }] of list.entries()) {
      if (!row) t.equal(code, 0, `${models[i]} passes without a mistake`, code ? { text: text.slice(-4000) } : {});
      else {
        const what = `${row.model}: ${row.right} -> ${row.wrong}`;
        // a plugin that does not load, traps or hangs would fail every test, and show nothing about this one
        t.notMatch(text, /Load (module|plugin)|Call ac_|timeout!/, `${what}: the plugin runs`);
        t.ok(code === 1 && failed !== undefined, `${what}: ${failed ?? 'the test does not see it'}`);
      }
    }
  };
  // one is built while the one before is tested: two processors, no more
  let before: Promise<void> = Promise.resolve();
  for (const [row, tested] of work) {
    const texts: SourceTexts = row ? new Map([[row.file, mistaken(row)]]) : new Map();
    const run = await outcomes(texts, tested);
    await before;
    before = run().then((list) => judge(row, list));
  }
  await before;
});
