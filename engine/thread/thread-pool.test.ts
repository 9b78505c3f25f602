import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AudioCloudError } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { DeviceGuards } from '../device/device-guards.ts';
import { paced } from '../device/paced.ts';
import { Registry } from '../registry/registry.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import { ThreadPool } from './thread-pool.ts';
import { Wake } from './wake.ts';
import { until } from '../../test/until.ts';

const registry = Registry.open([fileURLToPath(new URL('../../plugins', import.meta.url))]);

function tone(id: string): LoadedTask {
  const graph = {
    sampleRate: 48000,
    instances: { tone: { model: 'audiocloud:tone' } },
    connections: { toMain: { from: { node: 'tone' }, to: { node: 'main' } } },
    sinks: { main: { kind: 'stream' as const, channels: 2 } },
  };
  return LoadedTask.load({ id, graph, media: {}, registry, maxFrames: 128 });
}
const written = (task: LoadedTask): number => new SinkRing(task.sinks[0]!.ring).written;

async function start(t: Test, threads: number) {
  const wake = Wake.create({ threads, channels: 2, blockFrames: 128, maxBlocks: 1, sampleRate: 48000 });
  const pool = await ThreadPool.start(wake);
  const device = paced.open(await paced.find(wake), {
    wake,
    guards: new DeviceGuards(wake, [0]).images,
    onLost: (why) => t.fail(why),
  });
  await device.start();
  t.teardown(async () => {
    await device.stop();
    await pool.stop();
  });
  return { wake, pool };
}

t.test('the pool renders tasks on several threads, and lets go of them', async (t) => {
  const { wake, pool } = await start(t, 2);
  t.match(pool.scheduling, /^(fifo|nice|none)$/);
  const tasks = ['a', 'b', 'c'].map(tone);
  for (const task of tasks) await pool.add(task.id, task.image);
  for (const task of tasks) await task.transport({ play: true });
  for (const task of tasks) await until(`frames of ${task.id}`, () => written(task) > 4800);
  t.ok(wake.load(0) > 0 && wake.load(1) > 0, 'both threads work');
  await pool.remove('b');
  const frames = tasks.map(written);
  for (const i of [0, 2]) await until('that the others go on', () => written(tasks[i]!) > frames[i]! + 960);
  t.equal(written(tasks[1]!), frames[1], 'the task that was removed stands');
  await pool.remove('b');
  for (const id of ['a', 'c']) await pool.remove(id);
  for (const task of tasks) task.dispose();
});

t.test('a task that throws on its thread is dropped and named, the others go on', async (t) => {
  const { pool } = await start(t, 1);
  const failures: [string, AudioCloudError][] = [];
  pool.on('failed', (task, error) => failures.push([task, error]));
  const [good, bad, odd] = [tone('good'), tone('bad'), tone('odd')] as const;
  await pool.add('good', good.image);
  await good.transport({ play: true });
  // an image that names a memory which is not there: what no plan makes, but what a fault of ours could
  await pool.add('bad', { ...bad.image, steps: Int32Array.of(1, 99, 0, 0, 1, 0) });
  const failed = once(pool, 'failed');
  void bad.transport({ play: true });
  await failed;
  const refused = once(pool, 'failed');
  await pool.add('odd', { ...odd.image, memories: [] });
  await refused;
  await pool.remove('odd');
  t.same(
    failures.map(([task, { code }]) => [task, code]),
    [
      ['bad', 'ENGINE_FAILED'],
      ['odd', 'ENGINE_FAILED'],
    ],
  );
  t.match(failures[0]![1].message, /^Cannot render task 'bad': /);
  t.match(failures[1]![1].message, /^Cannot add task 'odd': /);
  const frames = written(good);
  await until('that the good one plays on', () => written(good) > frames);
  await pool.add('bad', bad.image);
  await bad.transport({ play: true });
  await until('that it plays, loaded again', () => written(bad) > 0);
});
