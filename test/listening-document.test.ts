import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { sharedTestDomain } from '../domain/testing/test-domain.ts';

const domain = await sharedTestDomain(t, 'demo');

t.test('the example of docs/listening.md hears a task', { timeout: 60_000 }, async (t) => {
  const text = readFileSync(new URL('../docs/listening.md', import.meta.url), 'utf8');
  const [, example] = /```ts\n([\s\S]+?)```/.exec(text)!;
  t.equal((await domain.call('PATCH', '/v1/tasks/demo/transport', { play: true })).status, 200);
  // inside the project: there the packages of the project are found
  const path = fileURLToPath(new URL(`../.tap/listening-example-${process.pid}.ts`, import.meta.url));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, example!);
  t.teardown(() => rmSync(path));
  const child = spawn(process.execPath, [path, domain.url], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, errors] = ['', ''];
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (errors += data));
  const [code] = await once(child, 'close');
  t.equal(code, 0, errors);
  t.equal(errors, '', 'no trouble');
  const heard = JSON.parse(out);
  t.equal(heard.reconnects, 0);
  t.ok(heard.lostFrames < 4800, 'nothing is lost, but for what a busy machine leaves out');
  t.ok(heard.heardSeconds >= 0.5 && heard.loudest > 0.05, out);
});
