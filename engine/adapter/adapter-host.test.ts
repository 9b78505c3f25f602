import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { AdapterHost } from './adapter-host.ts';

/** Starts a program that outlives it, says its pid, and ends. */
const LEAVES_ONE = `
import { spawn } from 'node:child_process';
const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: ['ignore', 'ignore', 'inherit'] });
process.stderr.write(String(pid), () => process.exit(7));
`;

t.test('a process that ended is noticed, though a program that it started holds its stderr', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-host-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const entry = join(folder, 'index.mjs');
  writeFileSync(entry, LEAVES_ONE);
  const down = Promise.withResolvers<string>();
  const host = new AdapterHost({
    name: 'leaky',
    entry: pathToFileURL(entry),
    onUp: () => {},
    onDown: ({ message }) => down.resolve(message),
    onMessage: () => {},
    maxFailures: 1,
  });
  const message = await down.promise;
  const [, pid] = /ended with code 7; (\d+);/.exec(message) ?? [];
  t.ok(pid, message);
  process.kill(Number(pid), 'SIGKILL');
  await host.stop();
});
