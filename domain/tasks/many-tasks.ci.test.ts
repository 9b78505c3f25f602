import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import type { TaskCosts } from '../testing/many-tasks-process.ts';

const PROCESS = fileURLToPath(new URL('../testing/many-tasks-process.ts', import.meta.url));
const STORED = 10_000;
const ACTIVE = 200;

t.test(`${STORED} stored tasks cost no timer and at most 1 KB each; ${ACTIVE} of them play`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'many-tasks-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    PROCESS,
    join(folder, 'domain.db'),
    String(STORED),
    String(ACTIVE),
  ]);
  const costs: TaskCosts = JSON.parse(stdout);
  t.comment(JSON.stringify(costs));
  t.ok(costs.taskBytes > 3_000, 'what is stored is more than what is kept in memory');
  t.ok(costs.heapBytesPerStored <= 1_024, `${costs.heapBytesPerStored} bytes`);
  t.equal(costs.timers.stored, costs.timers.empty, 'stored tasks have no timer');
  t.equal(costs.timers.active, costs.timers.empty, 'nor have those that play and wait for nothing');
});
