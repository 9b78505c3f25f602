import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import type { LoadedTask } from '../task/loaded-task.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { BLOCK, DrivenPool, firstDifference, lastHeard, rendered } from './testing/driven-pool.ts';
import { calls, hold, stallRegistry } from './testing/stalling-plugin.ts';

const registry = stallRegistry();
/** Up to 32 instances of a model are one call, so that they are one branch. */
const STRIPS = 64;

const from = (node: string, to: string) => ({ from: { node }, to: { node: to } });
const names = Array.from({ length: STRIPS }, (_, n) => `${n}`);

/** Strips that remember, side by side, mixed: branches enough for several threads. One of them can be held. */
const desk: Task = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', widths: { out: 1 }, parameters: { frequency: 997, level: -40 } },
    stall: { model: 'test:stall' },
    ...Object.fromEntries(
      names.flatMap((n) => [
        [`filter${n}`, { model: 'audiocloud:equalizer', widths: { in: 1, out: 1 } }],
        [`delay${n}`, { model: 'audiocloud:delay', widths: { in: 1, out: 1 }, parameters: { delay: 10 + Number(n) } }],
      ]),
    ),
  },
  connections: {
    toStall: from('tone', 'stall'),
    held: from('stall', 'side'),
    ...Object.fromEntries(
      names.flatMap((n) => [
        [`a${n}`, from('tone', `filter${n}`)],
        [`b${n}`, from(`filter${n}`, `delay${n}`)],
        [`c${n}`, from(`delay${n}`, 'main')],
      ]),
    ),
  },
  sinks: { main: { kind: 'stream', channels: 1 }, side: { kind: 'stream', channels: 1 } },
};

async function start(t: Test, threads: number, wedgedMs = 1e9): Promise<DrivenPool> {
  const driven = await DrivenPool.start(registry, threads, { wedgedMs });
  driven.pool.on('lost', (error) => t.fail(error.message));
  driven.pool.on('failed', (_, error) => t.fail(error.message));
  t.teardown(() => driven.stop());
  return driven;
}

/** By seat, how many branches each did last. */
function shares(task: LoadedTask, threads: number): number[] {
  const { branches } = task.image;
  const words = new Int32Array(branches!.shared);
  const last = words.subarray(words.length - branches!.waitsFor.length);
  return Array.from({ length: threads }, (_, seat) => last.filter((one) => one === seat).length);
}

const isRight = (t: Test, task: LoadedTask, sink: string, graph: Task, what: string) => {
  const { written } = new SinkRing(task.sinks.find(({ name }) => name === sink)!.ring);
  const frames = Math.min(written, 400 * BLOCK); // the ring keeps some more
  const wanted = rendered(registry, graph, sink, written, frames);
  t.equal(firstDifference(lastHeard(task, sink, frames), wanted), -1, `${what}: bit-identical`);
};

for (const threads of [2, 3])
  t.test(`${threads} threads share a task while it plays, and not a bit is changed`, async (t) => {
    const driven = await start(t, threads);
    const { pool } = driven;
    const task = await driven.play('desk', desk);
    const beside = await driven.play('beside', desk);
    await driven.begin(task, beside);
    t.equal(await driven.blocks(20), 0);
    const sharing = pool.share('desk', task.share(threads), true);
    await driven.blocksDuring(sharing);
    t.equal(await driven.blocks(100), 0);
    // a busy machine may keep threads from helping for a while
    await driven.blocksUntil(() =>
      shares(task, threads)
        .slice(1)
        .some((count) => count > 0),
    );
    await pool.move('desk', 1 - pool.threadOf('desk')!);
    t.equal(await driven.blocks(10), 0, 'it is not moved');
    for (const [one, name] of [
      [task, 'desk'],
      [beside, 'beside'],
    ] as const)
      isRight(t, one, 'main', desk, name);
    t.equal(pool.lateBlocks('desk'), 0);
  });

t.test('a shared task can be edited, set, removed and loaded again', async (t) => {
  const driven = await start(t, 2);
  const { pool } = driven;
  const task = await driven.play('desk', desk);
  await driven.begin(task);
  let isEnding = false;
  const driving = (async () => {
    for (; !isEnding; await nextTurn()) driven.block();
  })();
  await pool.share('desk', task.share(2));
  for (let revision = 2; revision < 10; revision++) {
    const value = { ...from('delay3', 'main'), gainDb: -revision };
    await pool.update('desk', task.edit(revision, [{ op: 'put', part: 'connections', name: 'c3', value }]));
    await task.changes.set([{ instance: 'tone', parameter: 'frequency', value: 100 * revision }]);
    for (let image = task.settle(); image; image = task.settle()) await pool.update('desk', image);
  }
  t.ok(task.image.branches, 'edited, it still has branches');
  t.same(
    Object.values(task.state().instances).filter(({ state }) => state !== 'running'),
    [],
  );
  await pool.remove('desk');
  const again = await driven.play('desk', desk);
  const begun = again.transport({ play: true });
  await begun;
  await pool.share('desk', again.share(2));
  await pool.add('desk', again.image);
  isEnding = true;
  await driving;
  t.equal(await driven.blocks(10), 0);
  t.same(
    pool
      .tasksOf()
      .map((tasks) => tasks.length)
      .sort(),
    [0, 1],
  );
});

t.test('a thread that is stuck in the branch of another thread’s task is replaced, and the task goes on', async (t) => {
  const driven = await start(t, 2, 300);
  const { pool } = driven;
  const task = await driven.play('desk', desk);
  await driven.begin(task);
  const sharing = pool.share('desk', task.share(2), true);
  await driven.blocksDuring(sharing);
  await driven.blocks(50);
  // whoever comes to the instance that is held is ended: the owner or the one that helps it
  const ended = once(pool, 'replaced');
  hold(task, 'stall', true);
  const before = calls(task, 'stall');
  driven.block(100);
  const [thread, ...of] = (await ended) as [number, string, string];
  t.same(of, ['desk', 'stall'], `thread ${thread}`);
  await driven.caughtUp();
  t.equal(await driven.blocks(50), 0);
  t.equal(calls(task, 'stall'), before, 'it is muted');
  t.equal(task.state().instances['stall']!.state, 'failed');
  isRight(t, task, 'main', desk, 'all else');
});
