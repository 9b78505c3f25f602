import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Test, type TestOpts } from 'tap';

/*
 * Runs the test file of a stock model in this process as often as wanted: each time its `tap` is a test of its own, which
 * does not count for the process. A process for each run would take a second before its first assertion.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const RUN = '?run=';
const OWN_TAP = 'own-tap:';

/** The tests that the files import as `tap`, by the number of their run. */
const tests = new Map<string, Test>();
const shared = Symbol.for('audiocloud.model-tests');
Object.assign(globalThis, { [shared]: tests });

registerHooks({
  resolve: (specifier, context, next) => {
    const [, run] = context.parentURL?.split(RUN) ?? [];
    if (specifier !== 'tap' || run === undefined) return next(specifier, context);
    return { url: OWN_TAP + run, format: 'module', shortCircuit: true };
  },
  load: (url, context, next) => {
    if (!url.startsWith(OWN_TAP)) return next(url, context);
    const run = JSON.stringify(url.slice(OWN_TAP.length));
    const source = `export default globalThis[Symbol.for('${shared.description}')].get(${run});`;
    return { format: 'module', source, shortCircuit: true };
  },
});

// tap throws this out of the assertion that fails, which ends the test; where that is already a rejection, nobody waits for it
process.on('unhandledRejection', (reason) => {
  if (reason !== 'bailout') throw reason;
});

export interface ModelTestResult {
  readonly isPassed: boolean;
  /** The name of the first assertion that failed. */
  readonly failed?: string;
  /** As tap writes it. */
  readonly text: string;
  readonly assertions: number;
}

let runs = 0;

/** Runs `plugins/MODEL/MODEL.test.ts` up to its first failure, against the stock plugin of a folder. One run at a time. */
export async function runModelTest(model: string, folder: string): Promise<ModelTestResult> {
  const run = String(runs++);
  const options: TestOpts = { name: model, bail: true };
  const test = new Test(options);
  tests.set(run, test);
  let text = '';
  test.on('data', (part) => {
    text += part;
  });
  const ended = new Promise<void>((resolve) => {
    test.once('complete', () => resolve());
    test.once('bailout', () => {
      test.queue = []; // what waits behind the failure would still run, unseen
      setImmediate(resolve); // when the failure is written
    });
  });
  process.env['AUDIOCLOUD_STOCK_PLUGIN'] = folder;
  // as long as the file is read, tap must not take it for through
  const read = Promise.withResolvers<void>();
  void test.test('the file is read', () => read.promise);
  await import(`${pathToFileURL(join(root, 'plugins', model, `${model}.test.ts`))}${RUN}${run}`);
  read.resolve();
  test.end();
  await ended;
  delete process.env['AUDIOCLOUD_STOCK_PLUGIN'];
  tests.delete(run);
  const [, failed] = /^ +not ok \d+ - (.*)$/m.exec(text) ?? [];
  return { isPassed: test.passing() && !failed, text, assertions: test.counts.total, ...(failed && { failed }) };
}
