import { once } from 'node:events';
import type { Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { BLOCK, DrivenPool, firstDifference, heard, rendered } from './testing/driven-pool.ts';
import { calls, hold, stallRegistry, work } from './testing/stalling-plugin.ts';

const registry = stallRegistry();
const NEVER_MS = 1e9;
/** Before the first a thread has come to the instance that is held; before the second it is not ended. */
const DEADLINE_MS = 100;
const WEDGED_MS = 300;
const SHORT_MS = 60;

const tone = (frequency: number) => ({
  model: 'audiocloud:tone',
  widths: { out: 1 },
  parameters: { frequency, level: -12 },
});
const from = (node: string, to: string) => ({ from: { node }, to: { node: to } });

/** A tone to the device. */
const plain = (frequency: number): Task => ({
  sampleRate: 48000,
  instances: { tone: tone(frequency) },
  connections: { a: from('tone', 'main'), b: from('tone', 'out') },
  sinks: { main: { kind: 'stream', channels: 1 }, out: { kind: 'device', channels: 1 } },
});

/** A tone through `stall`, and through `after`; another tone on a way of its own that is rendered after them. */
const stalling: Task = {
  sampleRate: 48000,
  instances: {
    tone: tone(997),
    stall: { model: 'test:stall' },
    after: { model: 'audiocloud:delay', widths: { in: 1, out: 1 } },
    other: tone(1503),
    last: { model: 'audiocloud:equalizer', widths: { in: 1, out: 1 } },
  },
  connections: {
    a: from('tone', 'stall'),
    b: from('stall', 'main'),
    c: from('stall', 'after'),
    d: from('after', 'delayed'),
    e: from('other', 'last'),
    f: from('last', 'side'),
    g: from('stall', 'out'),
  },
  sinks: {
    main: { kind: 'stream', channels: 1 },
    delayed: { kind: 'stream', channels: 1 },
    side: { kind: 'stream', channels: 1 },
    out: { kind: 'device', channels: 1 },
  },
};

async function start(t: Test, threads: number, wedgedMs: number, maxBlocks?: number): Promise<DrivenPool> {
  const driven = await DrivenPool.start(registry, threads, { wedgedMs }, maxBlocks);
  driven.pool.on('lost', (error) => t.fail(error.message));
  t.teardown(() => driven.stop());
  return driven;
}

const loudest = (samples: Float32Array): number => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

t.test(
  'a task that is late is silent, counted and named; its neighbours are heard, and no frame is lost',
  async (t) => {
    const driven = await start(t, 1, NEVER_MS);
    const { wake, pool } = driven;
    const first = await driven.play('first', plain(440));
    const slow = await driven.play('slow', stalling);
    const third = await driven.play('third', plain(880));
    await driven.begin(first, slow, third);
    t.equal(await driven.blocks(50), 0);
    t.ok(loudest(wake.mix[0]!) > 0.5, 'three tones');

    hold(slow, 'stall', true);
    t.equal(driven.block(1000), 1, 'the thread is late');
    t.ok(
      loudest(wake.mix[0]!) > 0.2 && loudest(wake.mix[0]!) < 0.26,
      'of three tones the one that was complete is heard',
    );
    for (let i = 0; i < 4; i++) t.equal(driven.block(), 1, 'it is not waited for again');
    t.equal(loudest(wake.mix[0]!), 0);
    const blamed = () => pool.taskCounters()['slow']!.lateBlocks['stall'];
    await driven.until(() => blamed() === 5);
    hold(slow, 'stall', false);
    await driven.caughtUp();
    t.equal(await driven.blocks(50), 0, 'then all are in time');

    t.equal(wake.lateBlocks(0), 5);
    t.equal(wake.missedBlocks(), 5);
    t.same(
      ['first', 'slow', 'third'].map((task) => pool.lateBlocks(task)),
      [4, 5, 5],
      'the first task was complete in the first of the five blocks',
    );
    t.same(pool.taskCounters()['slow']!.lateBlocks, { stall: 5 }, 'the instance that was in progress is named');
    t.equal(pool.threadCounters()[0]!.replacements, 0);
    // of the five blocks the one that was held is rendered late, and the last one since nobody waits for it any more
    for (const [task, graph, sink] of [
      [first, plain(440), 'main'],
      [slow, stalling, 'main'],
      [slow, stalling, 'delayed'],
      [slow, stalling, 'side'],
      [third, plain(880), 'main'],
    ] as const) {
      const samples = heard(task, sink);
      t.equal(samples.length, (1 + 50 + 2 + 50) * BLOCK, `${task.id}/${sink}: blocks`);
      t.equal(firstDifference(samples, rendered(registry, graph, sink, samples.length)), -1, 'bit-identical');
    }
  },
);

t.test('of a request of several blocks each task misses those that it had not complete at the deadline', async (t) => {
  const driven = await start(t, 1, NEVER_MS, 4);
  const { wake, pool } = driven;
  const first = await driven.play('first', plain(440));
  const slow = await driven.play('slow', stalling);
  const third = await driven.play('third', plain(880));
  await driven.begin(first, slow, third);
  hold(slow, 'stall', true);
  t.equal(wake.request(4, 1000), 1);
  const part = (block: number) => loudest(wake.mix[0]!.subarray(block * BLOCK, (block + 1) * BLOCK));
  t.ok(part(0) > 0.2 && part(0) < 0.26, 'the first task, in the first block');
  t.same([part(1), part(2), part(3)], [0, 0, 0]);
  t.equal(wake.request(3, 1000), 1, 'not waited for');
  hold(slow, 'stall', false);
  await driven.caughtUp();
  t.equal(wake.request(4, 20_000), 0);
  t.same(
    ['first', 'slow', 'third'].map((task) => pool.lateBlocks(task)),
    [3 + 3, 4 + 3, 4 + 3],
  );
  t.same([wake.lateBlocks(0), wake.missedBlocks()], [7, 7]);
  for (const task of [first, slow, third]) t.equal(heard(task, 'main').length, (1 + 4 + 3 + 4) * BLOCK, task.id);
});

t.test('a wedged thread is replaced: what it was stuck in is muted, all else goes on from its state', async (t) => {
  const driven = await start(t, 1, WEDGED_MS);
  const { pool } = driven;
  const first = await driven.play('first', plain(440));
  const wedged = await driven.play('wedged', stalling);
  const third = await driven.play('third', plain(880));
  await driven.begin(first, wedged, third);
  t.equal(await driven.blocks(50), 0);

  const replaced = once(pool, 'replaced');
  hold(wedged, 'stall', true);
  t.equal(driven.block(DEADLINE_MS), 1, 'late');
  const edited = pool.add('fourth', third.image); // a letter that the thread cannot take any more
  t.same(await replaced, [0, 'wedged', 'stall']);
  await edited;
  await pool.remove('fourth');
  await driven.caughtUp();
  t.equal(await driven.blocks(100), 0, 'the worker that stood by answers in time');
  t.same(
    ['first', 'wedged', 'third'].map((task) => pool.lateBlocks(task)),
    [0, 1, 1],
  );
  t.equal(pool.threadCounters()[0]!.replacements, 1);

  const { instances } = wedged.state();
  t.match(instances['stall'], { state: 'failed', faults: 1, error: { details: { cause: 'thread wedged' } } });
  t.same(
    ['tone', 'after', 'other', 'last'].map((name) => instances[name]!.state),
    ['running', 'running', 'running', 'running'],
  );
  for (const [task, graph, sink, blocks] of [
    [first, plain(440), 'main', 1 + 50 + 1 + 100],
    [wedged, stalling, 'side', 1 + 50 + 1 + 100],
    [third, plain(880), 'main', 1 + 50 + 100],
  ] as const) {
    const samples = heard(task, sink);
    t.equal(samples.length, blocks * BLOCK, `${task.id}/${sink}: blocks`);
    t.equal(firstDifference(samples, rendered(registry, graph, sink, samples.length)), -1, 'bit-identical');
  }
  const main = heard(wedged, 'main');
  const wanted = rendered(registry, stalling, 'main', main.length);
  t.ok(loudest(wanted.subarray(51 * BLOCK)) > 0.2);
  wanted.fill(0, 51 * BLOCK);
  t.equal(firstDifference(main, wanted), -1, 'the muted instance is silent from that block on');

  hold(wedged, 'stall', false);
  const again = wedged.transport({ play: false });
  await driven.blocks(2);
  await again;
  await driven.begin(wedged);
  await driven.blocks(20);
  t.equal(wedged.state().instances['stall']!.state, 'running', 'played again it sounds again');
  t.ok(loudest(heard(wedged, 'main').subarray(-10 * BLOCK)) > 0.2);
});

t.test(
  'of instances rendered by one call only the stuck one is muted, and none of the others is rendered twice',
  async (t) => {
    const driven = await start(t, 1, WEDGED_MS);
    const names = ['before', 'stall', 'behind'];
    const side = (name: string) => [from('tone', name), from(name, `${name}-sink`)];
    const graph: Task = {
      sampleRate: 48000,
      instances: {
        tone: tone(997),
        ...Object.fromEntries(names.map((name) => [name, { model: 'test:stall' }])),
      },
      connections: Object.fromEntries(names.flatMap(side).map((connection, i) => [`c${i}`, connection])),
      sinks: Object.fromEntries(names.map((name) => [`${name}-sink`, { kind: 'stream', channels: 1 }])),
    };
    const task = await driven.play('batch', graph);
    await driven.begin(task);
    await driven.blocks(9);
    t.same(
      names.map((name) => calls(task, name)),
      [10, 10, 10],
    );
    const replaced = once(driven.pool, 'replaced');
    hold(task, 'stall', true);
    t.equal(driven.block(DEADLINE_MS), 1, 'late');
    t.same(await replaced, [0, 'batch', 'stall']);
    await driven.caughtUp();
    await driven.blocks(10);
    t.same(
      names.map((name) => calls(task, name)),
      [21, 10, 21],
    );
    for (const name of names) {
      const samples = heard(task, `${name}-sink`);
      const wanted = rendered(registry, graph, `${name}-sink`, samples.length);
      t.equal(samples.length, 21 * BLOCK);
      if (name === 'stall') wanted.fill(0, 10 * BLOCK);
      t.equal(firstDifference(samples, wanted), -1, name);
    }
  },
);

t.test('one after the other, wedged threads are replaced again and again', async (t) => {
  const driven = await start(t, 2, WEDGED_MS);
  const { pool } = driven;
  const names = ['a', 'b', 'c'];
  const tasks = [];
  for (const name of names) tasks.push(await driven.play(name, stalling));
  await driven.begin(...tasks);
  for (const task of tasks) {
    await driven.blocks(5);
    const replaced = once(pool, 'replaced');
    hold(task, 'stall', true);
    t.equal(driven.block(DEADLINE_MS), 1);
    t.same(await replaced, [pool.threadOf(task.id), task.id, 'stall']);
    await driven.caughtUp();
  }
  t.equal(await driven.blocks(20), 0);
  for (const task of tasks) {
    const side = heard(task, 'side');
    t.equal(firstDifference(side, rendered(registry, stalling, 'side', side.length)), -1, task.id);
    t.equal(task.state().instances['stall']!.state, 'failed');
  }
  t.equal(
    pool.threadCounters().reduce((sum, { replacements }) => sum + replacements, 0),
    3,
  );
});

t.test('a thread whose block takes long, but goes on, is left alone', async (t) => {
  const driven = await start(t, 1, SHORT_MS);
  const { wake, pool } = driven;
  const count = 40;
  const names = Array.from({ length: count }, (_, i) => `s${i}`);
  const chain: Task = {
    sampleRate: 48000,
    instances: {
      tone: tone(997),
      ...Object.fromEntries(names.map((name) => [name, { model: 'test:stall' }])),
    },
    connections: Object.fromEntries(
      [...names, 'main'].map((name, i) => [`c${i}`, from(i === 0 ? 'tone' : names[i - 1]!, name)]),
    ),
    sinks: { main: { kind: 'stream', channels: 1 } },
  };
  const task = await driven.play('chain', chain);
  await driven.begin(task);
  await driven.blocks(10);
  // however fast the machine is: a block takes longer than a wedged instance may, each instance a fortieth of it
  let turns = 1_000_000;
  for (; wake.blockTimes[0]!.distribution().max < 2 * SHORT_MS && turns < 1e9; turns *= 2) {
    for (const name of names) work(task, name, turns);
    driven.block();
  }
  for (const name of names) work(task, name, 0);
  t.ok(wake.blockTimes[0]!.distribution().max >= 2 * SHORT_MS, `${turns} turns`);
  t.equal(await driven.blocks(10), 0);
  t.equal(pool.threadCounters()[0]!.replacements, 0);
  const samples = heard(task, 'main');
  t.equal(firstDifference(samples, rendered(registry, chain, 'main', samples.length)), -1, 'bit-identical');
});
