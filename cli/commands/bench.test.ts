import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import t from 'tap';
import { watPackage } from '../../engine/plugin/fixtures/wat-package.ts';
import { runCommand } from '../testing/run-command.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/tasks/example.json', import.meta.url));
const task = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as Task;

t.test('a task is measured: its load, its blocks, every instance', async (t) => {
  const { code, stdout, stderr } = await runCommand('bench', EXAMPLE, '--seconds', '1', '--block', '64', '--json');
  t.same({ code, stderr }, { code: 0, stderr: '' });
  const measure = JSON.parse(stdout);
  t.match(measure, { sampleRate: 48000, blockFrames: 64, failed: [] });
  t.ok(measure.blocks >= 64, `${measure.blocks} blocks`);
  const { mean, p50, p99, max } = measure.blockMs;
  t.ok(mean > 0 && p50 <= p99 && p99 <= max && mean <= max);
  t.ok(Math.abs(measure.load / (mean / (64 / 48)) - 1) < 1e-9, 'the mean by the time that a block lasts');
  const names = measure.instances.map(({ name }: { name: string }) => name);
  t.same(names.sort(), Object.keys(task.instances!).sort());
  const parts = measure.instances.reduce((sum: number, one: { load: number }) => sum + one.load, measure.hostLoad);
  t.ok(Math.abs(parts / measure.load - 1) < 1e-9, 'the parts are the whole');
});

t.test('the table names what is measured', async (t) => {
  const { code, stdout } = await runCommand('bench', EXAMPLE, '--seconds', '1');
  t.equal(code, 0);
  for (const word of ['load of one core', 'real time', 'p99', 'latency', 'memory', '(audiocloud:compressor)'])
    t.match(stdout, word);
});

t.test('what cannot be measured is refused, what fails is named', async (t) => {
  t.match(await runCommand('bench', EXAMPLE, '--seconds', '0'), { code: 2, stderr: /1 to 3600/ });
  t.match(await runCommand('bench', join(t.testdirName, 'none.json')), { code: 1, stderr: /^TASK_INVALID: .*none/ });
  const traps = watPackage(t, { start: { ac_process: '(unreachable)' } }, { id: 'test:traps' });
  const file = join(t.testdir({}), 'bad.json');
  writeFileSync(
    file,
    JSON.stringify({
      sampleRate: 48000,
      instances: { tone: { model: 'audiocloud:tone' }, bad: { model: 'test:traps' } },
      connections: {
        a: { from: { node: 'tone' }, to: { node: 'main' } },
        b: { from: { node: 'tone' }, to: { node: 'bad' }, channels: [[0, 0]] },
      },
      sinks: { main: { kind: 'stream', channels: 2 } },
    }),
  );
  const run = await runCommand('bench', file, '--plugins', traps, '--seconds', '1');
  t.match(run, { code: 1, stderr: /warning: Instance 'bad' .*unreachable/ });
});
