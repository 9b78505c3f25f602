import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';

/** Whether a process runs; one that ended and waits to be reaped does not. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

t.test(
  'an adapter process ends with its engine, also a killed one',
  {
    skip: process.platform === 'linux' ? false : 'process states are read from /proc',
  },
  async (t) => {
    const engine = fork(join(import.meta.dirname, 'testing/rack-process.ts'), [
      join(import.meta.dirname, '../../plugins/devices'),
    ]);
    t.teardown(() => engine.kill('SIGKILL'));
    const [pid] = (await once(engine, 'message')) as [number];
    t.ok(runs(pid));
    engine.kill('SIGKILL');
    while (runs(pid)) await pause(20);
    t.pass('it is gone');
  },
);
