import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { openSqliteStore } from './sqlite-store.ts';
import { storeSuite } from './store-suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'store-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

storeSuite(t, (place) => openSqliteStore(join(folder, `${place}.db`)));

t.test('a process that is killed loses nothing it acknowledged', async (t) => {
  const file = join(folder, 'killed.db');
  const script = `
    import { openSqliteStore } from ${JSON.stringify(new URL(`./sqlite-store${import.meta.url.slice(-3)}`, import.meta.url).href)};
    const store = openSqliteStore(${JSON.stringify(file)});
    for (let i = 1; ; i++) {
      await store.put('count', i);
      process.stdout.write(i + '\\n');
      await new Promise(setImmediate);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let acknowledged = 0;
  for await (const line of createInterface(child.stdout)) {
    acknowledged = Number(line);
    if (acknowledged === 20) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  const store = openSqliteStore(file);
  const count = (await store.get<number>('count'))?.value ?? 0;
  // The one after the last acknowledged may have been written, but not told, when the kill came.
  t.ok(count === acknowledged || count === acknowledged + 1, `${count} stored, ${acknowledged} acknowledged`);
  await store.close();
});
