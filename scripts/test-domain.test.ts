import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import t, { type Test } from 'tap';
import { testModules } from './test-modules.ts';

/** Ways in which an error can come up that nobody catches. */
const WAYS: Record<string, string> = {
  'in the test': "throw new Error('lost')",
  'after a wait': "await sleep(1); throw new Error('lost')",
  'in a timer': "setTimeout(() => { throw new Error('lost'); }, 1); await sleep(20)",
  'in an immediate': "setImmediate(() => { throw new Error('lost'); }); await sleep(20)",
  'in a microtask': "queueMicrotask(() => { throw new Error('lost'); }); await sleep(20)",
  'in a tick': "process.nextTick(() => { throw new Error('lost'); }); await sleep(20)",
  'in a promise': "void Promise.reject(new Error('lost')); await sleep(20)",
  'in a promise, later': "void sleep(1).then(() => { throw new Error('lost'); }); await sleep(20)",
  'in an answer':
    "await new Promise((next) => readFile('.', () => { setTimeout(next, 20); throw new Error('lost'); }))",
  'in an event':
    "const events = new EventEmitter(); setTimeout(() => events.emit('error', new Error('lost')), 1); await sleep(20)",
};

/** Runs a test file of its own, as tap does; its exit code and what it wrote. */
async function run(t: Test, tests: Record<string, string>): Promise<{ code: number | null; text: string }> {
  const lines = Object.entries(tests).map(
    ([name, body]) => `t.test('${name}', async (t) => { t.pass('begun'); ${body}; });`,
  );
  const imports = [
    "import { EventEmitter } from 'node:events';",
    "import { readFile } from 'node:fs';",
    "import { setTimeout as sleep } from 'node:timers/promises';",
    "import t from 'tap';",
  ];
  const folder = t.testdir({ 'own.test.mjs': [...imports, ...lines].join('\n') });
  const env = { ...process.env, NODE_OPTIONS: await testModules(resolve(import.meta.dirname, '../.tap/modules')) };
  const { status, stdout, stderr } = spawnSync(process.execPath, [`${folder}/own.test.mjs`], { env, encoding: 'utf8' });
  return { code: status, text: stdout + stderr };
}

t.test('an error that nobody catches fails its test, and no other', async (t) => {
  const ways = Object.entries(WAYS).map(([way, body]): [string, string][] => [
    [way, body],
    [`after ${way}`, 'await sleep(5)'],
  ]);
  const { code, text } = await run(t, Object.fromEntries(ways.flat()));
  t.equal(code, 1);
  for (const way of Object.keys(WAYS)) {
    t.match(text, new RegExp(`^not ok \\d+ - ${way} #`, 'm'), `${way}: fails`);
    t.match(text, new RegExp(`^ok \\d+ - after ${way} #`, 'm'), `after ${way}: passes`);
  }
});

t.test('one of a test that is over fails the file', async (t) => {
  const { code, text } = await run(t, {
    over: "setTimeout(() => { throw new Error('lost'); }, 5)",
    after: 'await sleep(50)',
  });
  t.equal(code, 1);
  t.match(text, /lost/);
  t.match(text, /^ok \d+ - over/m);
  t.match(text, /^ok \d+ - after/m, 'the tests behind it run');
});

t.test('without one it passes', async (t) => {
  const { code } = await run(t, { right: 'await sleep(1)' });
  t.equal(code, 0);
});
