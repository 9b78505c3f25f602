import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  applyEdits,
  ENGINE_PROTOCOL,
  type EngineCounters,
  type GraphEdit,
  type Instance,
  type Task,
  type TaskState,
} from '@audiocloud/api';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';

/*
 * An engine that may give a tenth of two threads, so that tasks which fill it are still small. How many instances fill it
 * is asked of the engine itself, whose costs are kept in a folder of the test's own: nothing here depends on the machine.
 */
const LIMIT = 0.1;
const cache = mkdtempSync(join(tmpdir(), 'audiocloud-costs-'));
const environment = {
  AUDIOCLOUD_CACHE: cache,
  AUDIOCLOUD_ADMIT_LOAD: String(LIMIT),
  AUDIOCLOUD_RENDER_THREADS: '2',
};
const busy: Instance = {
  model: 'audiocloud:equalizer',
  widths: { in: 1 },
  parameters: { type: ['low-cut', 'bell', 'bell', 'high-shelf'], gain: [0, 3, -3, 3] },
};

/** Equalizers in chains, so that none renders with another and each adds the same. */
function graph(count: number): Task {
  const instances: NonNullable<Task['instances']> = { source: { model: 'audiocloud:tone', widths: { out: 1 } } };
  const connections: NonNullable<Task['connections']> = {};
  for (let i = 0; i < count; i++) {
    instances[`x${i}`] = busy;
    connections[`c${i}`] = { from: { node: i === 0 ? 'source' : `x${i - 1}` }, to: { node: `x${i}` } };
  }
  connections['main'] = { from: { node: count > 0 ? `x${count - 1}` : 'source' }, to: { node: 'main' } };
  return { sampleRate: 48000, instances, connections, sinks: { main: { kind: 'stream', channels: 1 } } };
}

t.test('admission', { timeout: 120_000 }, async (t) => {
  const engine = await RunningEngine.start({ environment });
  t.teardown(async () => {
    await engine.remove();
    rmSync(cache, { recursive: true, force: true });
  });
  const link = await engine.link();
  await link.command('hello', { protocol: ENGINE_PROTOCOL });
  const load = (task: string, count: number) =>
    link.command('load', { task, revision: 1, graph: graph(count), media: {} });
  const play = (task: string, isOn = true) => link.command('transport', { task, change: { play: isOn } });
  const refusal = (promise: Promise<unknown>) =>
    promise.then(
      () => undefined,
      (error) => error,
    );
  const counted = async (wanted: (counters: EngineCounters) => boolean): Promise<EngineCounters> =>
    (await link.event('counters', ({ counters }) => wanted(counters))).counters;

  // few enough for a machine that is three times as slow while they are measured
  await load('probe', 5);
  await load('probe-15', 15);
  const { tasks, admitLoad } = await counted(({ tasks }) => (tasks['probe-15']?.predictedLoad ?? 0) > 0);
  const [five, fifteen] = [tasks['probe']!.predictedLoad, tasks['probe-15']!.predictedLoad];
  const each = (fifteen - five) / 10;
  t.equal(admitLoad, LIMIT);
  t.ok(each > 0 && tasks['probe']!.claimedLoad === 0, 'what stands still claims nothing');
  for (const task of ['probe', 'probe-15']) await link.command('unload', { task });
  /** So many that a task takes this part of the limit. */
  const filling = (part: number) => 5 + Math.round((part * LIMIT - five) / each);
  const share = 0.6;

  await t.test('each thread takes one task of 60 %; a third is refused, with numbers', async (t) => {
    for (const task of ['a', 'b', 'c']) await load(task, filling(share));
    await play('a');
    await play('b');
    const error = await refusal(play('c'));
    t.equal(error.code, 'ENGINE_FULL');
    t.match(
      error.message,
      /^Cannot play task 'c': it needs 0\.\d+ of a render thread, and the roomiest of 2, render [01], has 0\.\d+ of 0\.\d+ free \(1 task claims 0\.\d+.*\); stop another task/,
    );
    const { needed, free, limit, thread, threads } = error.details;
    // more than was predicted, since nothing is measured of it
    t.ok(needed > 0.95 * share * LIMIT, `needed ${needed}`);
    t.ok(free < needed && limit === LIMIT && threads[thread].free === free);
    t.same(
      threads.map(({ tasks }: { tasks: object }) => Object.keys(tasks).length),
      [1, 1],
      'each thread has one',
    );
    const states = (await Promise.all(['a', 'b', 'c'].map((task) => link.command('state', { task })))) as TaskState[];
    t.same(
      states.map(({ state }) => state),
      ['playing', 'playing', 'ready'],
    );
  });

  await t.test(
    'an edit that does not fit is refused before anything changes; one that takes away is not',
    async (t) => {
      const before = (await link.command('state', { task: 'a' })) as TaskState;
      const more = Array.from({ length: filling(share) }, (_, i) => `y${i}`);
      const edits = more.flatMap((name, i) => [
        { op: 'put', part: 'instances', name, value: busy },
        {
          op: 'put',
          part: 'connections',
          name: `to-${name}`,
          value: { from: { node: i === 0 ? `x${filling(share) - 1}` : more[i - 1]! }, to: { node: name } },
        },
      ]);
      const larger = applyEdits(graph(filling(share)), edits as GraphEdit[], () => []);
      const asked = await refusal(
        link.command('check', { task: 'a', revision: 2, graph: larger, media: {}, isEdit: true }),
      );
      t.equal(asked.code, 'ENGINE_FULL', 'also when it is only asked about');
      t.match(asked.message, /^Cannot edit task 'a': it needs 0\.\d+/);
      t.ok(asked.details.needed > asked.details.free && asked.details.limit === LIMIT, 'with its numbers');
      const error = await refusal(link.command('edit', { task: 'a', revision: 2, edits, media: {} }));
      t.equal(error.code, 'ENGINE_FULL');
      t.match(error.message, /^Cannot edit task 'a': it needs 0\.\d+/);
      const after = (await link.command('state', { task: 'a' })) as TaskState;
      t.same([after.revision, after.state], [before.revision, 'playing']);
      t.same(Object.keys(after.instances), Object.keys(before.instances));
      const less = [{ op: 'remove', part: 'connections', name: 'main' }];
      const edited = (await link.command('edit', { task: 'a', revision: 2, edits: less, media: {} })) as TaskState;
      t.same([edited.revision, edited.state], [2, 'playing']);
    },
  );

  await t.test('what stops gives its room back, also by being unloaded', async (t) => {
    await play('a', false);
    t.equal((await play('c')).playing, true);
    t.equal((await refusal(play('a'))).code, 'ENGINE_FULL');
    await link.command('unload', { task: 'b' });
    t.equal((await play('a')).playing, true);
    for (const task of ['a', 'c']) await link.command('unload', { task });
  });

  await t.test('a task that no thread could ever play is refused when it is loaded', async (t) => {
    const huge = { task: 'huge', revision: 1, graph: graph(filling(2.5)), media: {} };
    const asked = await refusal(link.command('check', huge));
    const error = await refusal(link.command('load', huge));
    t.same([asked.code, asked.message], [error.code, error.message], 'also when it is only asked about');
    t.equal(error.code, 'TASK_TOO_HEAVY');
    t.match(
      error.message,
      /^Cannot load task 'huge': it needs at least 0\.\d+ of a render thread, and a thread gives 0\.10;/,
    );
    t.match(await refusal(link.command('state', { task: 'huge' })), { code: 'TASK_UNKNOWN' });
  });

  await t.test('a task that may turn out cheaper gets a thread for itself', async (t) => {
    await load('large', filling(1.5));
    // what it claims stays below the limit also when a busy machine makes it four times as dear
    await load('small', filling(0.15));
    await load('tiny', 1);
    await play('small');
    t.equal((await play('large')).playing, true);
    await play('tiny');
    const { threads, tasks: playing } = await counted(({ tasks }) => (tasks['tiny']?.claimedLoad ?? 0) > 0);
    t.not(playing['large']!.thread, playing['small']!.thread);
    t.equal(playing['tiny']!.thread, playing['small']!.thread, 'and nobody beside it');
    t.ok(threads[playing['small']!.thread]!.claimedLoad > playing['tiny']!.claimedLoad);
    for (const task of ['large', 'small', 'tiny']) await link.command('unload', { task });
  });

  await t.test('tasks that begin at the same time do not get the same room', async (t) => {
    const names = ['p', 'q', 'r', 's'];
    for (const task of names) await load(task, filling(share));
    const refused = (await Promise.all(names.map((task) => refusal(play(task))))).map(
      (error) => error?.code ?? 'plays',
    );
    t.same(refused.sort(), ['ENGINE_FULL', 'ENGINE_FULL', 'plays', 'plays']);
    for (const task of names) await link.command('unload', { task });
  });
});

t.test('an engine that is told so refuses nothing', async (t) => {
  const engine = await RunningEngine.start({
    environment: { ...environment, AUDIOCLOUD_ADMIT_LOAD: 'off', AUDIOCLOUD_RENDER_THREADS: '1' },
  });
  t.teardown(() => engine.remove());
  const link = await engine.link();
  await link.command('hello', { protocol: ENGINE_PROTOCOL });
  for (const task of ['a', 'b', 'c']) {
    await link.command('load', { task, revision: 1, graph: graph(100), media: {} });
    t.equal((await link.command('transport', { task, change: { play: true } })).playing, true);
  }
  const { counters } = await link.event('counters', ({ counters }) => Object.keys(counters.tasks).length === 3);
  t.equal(counters.admitLoad, null);
});
