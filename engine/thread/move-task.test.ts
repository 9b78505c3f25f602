import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { SinkRing } from '../render/sink-ring.ts';
import { BLOCK, DrivenPool, firstDifference, heard, lastHeard, rendered } from './testing/driven-pool.ts';
import { hold, stallRegistry, work } from './testing/stalling-plugin.ts';

const registry = stallRegistry();

const from = (node: string, to: string) => ({ from: { node }, to: { node: to } });

/** Everything that remembers: oscillator, filter, delay with feedback, compressor, a gain on its way, keys that are held. */
const remembering: Task = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -12 } },
    filter: { model: 'audiocloud:equalizer' },
    delay: { model: 'audiocloud:delay', parameters: { delay: 5001 } },
    squeeze: { model: 'audiocloud:compressor' },
    synth: { model: 'audiocloud:synth', widths: { out: 1 } },
  },
  notes: {
    part: {
      instance: 'synth',
      notes: Array.from({ length: 400 }, (_, i) => ({ seconds: i / 9, lengthSeconds: 0.3, note: 40 + ((5 * i) % 37) })),
      messages: Array.from({ length: 400 }, (_, i) => ({ seconds: i / 7, bytes: [0xe0, 0, (11 * i) % 128] })),
    },
  },
  connections: {
    synth: from('synth', 'main'),
    a: from('tone', 'filter'),
    b: from('filter', 'delay'),
    c: from('delay', 'squeeze'),
    d: { ...from('squeeze', 'main'), gainDb: -3 },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};
const working: Task = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', widths: { out: 1 }, parameters: { frequency: 440 } },
    work: { model: 'test:stall' },
  },
  connections: { a: from('tone', 'work'), b: from('work', 'main') },
  sinks: { main: { kind: 'stream', channels: 1 } },
};

async function start(t: Test, threads: number): Promise<DrivenPool> {
  const driven = await DrivenPool.start(registry, threads, { wedgedMs: 1e9 });
  driven.pool.on('lost', (error) => t.fail(error.message));
  driven.pool.on('failed', (_, error) => t.fail(error.message));
  t.teardown(() => driven.stop());
  return driven;
}

t.test('a task moves between threads without a gap, and not a bit is changed', async (t) => {
  const driven = await start(t, 2);
  const { pool, wake } = driven;
  const [moved, still] = [await driven.play('moved', remembering), await driven.play('still', remembering)];
  await driven.begin(moved, still);
  const rings = [moved, still].map((task) => new SinkRing(task.sinks[0]!.ring));
  let moves = 0;
  let isEnding = false;
  const moving = (async () => {
    for (; !isEnding; moves++) {
      const to = 1 - pool.threadOf('moved')!;
      await pool.move('moved', to);
      if (pool.threadOf('moved') !== to) t.fail(`it is on thread ${pool.threadOf('moved')}`);
      for (let i = 0; i < 1 + (moves % 3); i++) await nextTurn();
    }
  })();
  // as many as the ring keeps
  for (let block = 2; block <= 440; block++) {
    if (driven.block() !== 0) t.fail(`block ${block} was late`);
    for (const ring of rings) if (ring.written !== block * BLOCK) t.fail(`block ${block}: ${ring.written} frames`);
    await nextTurn();
  }
  isEnding = true;
  await Promise.all([moving, driven.blocks(6)]);
  t.ok(moves >= 20, `${moves} moves`);
  const samples = heard(moved, 'main');
  t.equal(firstDifference(samples, rendered(registry, remembering, 'main', samples.length / 2)), -1, 'moved');
  t.equal(firstDifference(samples, heard(still, 'main')), -1, 'and the task beside it');
  t.same([pool.lateBlocks('moved'), wake.missedBlocks()], [0, 0]);
});

t.test('a task that moves can be set, edited and removed meanwhile', async (t) => {
  const driven = await start(t, 2);
  const { pool } = driven;
  const task = await driven.play('a', remembering);
  await driven.begin(task);
  let isEnding = false;
  const driving = (async () => {
    for (; !isEnding; await nextTurn()) driven.block();
  })();
  for (let revision = 2; revision < 12; revision++) {
    const moving = pool.move('a', revision % 2);
    const levels = { op: 'put' as const, part: 'connections' as const, name: 'd' };
    const image = task.edit(revision, [{ ...levels, value: { ...from('squeeze', 'main'), gainDb: -revision } }]);
    const updated = pool.update('a', image);
    const at = await task.changes.set([{ instance: 'tone', parameter: 'frequency', value: 500 + revision }]);
    t.type(at?.frame, 'number');
    await Promise.all([moving, updated]);
    t.equal(task.shared.words[2], image.generation, 'the new image is in use');
  }
  const moving = pool.move('a', 1 - pool.threadOf('a')!);
  await pool.remove('a');
  await moving;
  const { written } = new SinkRing(task.sinks[0]!.ring);
  for (let i = 0; i < 20; i++) await nextTurn();
  t.equal(new SinkRing(task.sinks[0]!.ring).written, written, 'nobody renders it any more');
  t.equal(pool.threadOf('a'), undefined);
  isEnding = true;
  await driving;
});

t.test('a move while no device asks comes about as well', async (t) => {
  const driven = await start(t, 2);
  await driven.play('a', remembering);
  await driven.pool.move('a', 1);
  t.equal(driven.pool.threadOf('a'), 1);
});

t.test('when a thread is full a task moves to one with room, by measured cost', async (t) => {
  const driven = await start(t, 2);
  const { pool } = driven;
  const names = ['a', 'b', 'c'];
  const tasks = [];
  for (const name of names) {
    tasks.push(await driven.play(name, working));
    await pool.move(name, 0);
  }
  await driven.begin(...tasks);
  t.same(
    names.map((name) => pool.threadOf(name)),
    [0, 0, 0],
  );
  // however fast the machine is, and whoever works beside: each takes far more than the time of a block
  const counters = () => pool.taskCounters()['a']!;
  const leastLoad = () => Math.min(...Object.values(pool.taskCounters()).map(({ load }) => load));
  for (let turns = 1_000_000; leastLoad() < 3 && turns < 1e9; turns *= 2) {
    for (const task of tasks) work(task, 'work', turns);
    await driven.blocks(10);
  }
  t.ok(leastLoad() >= 3, `load ${leastLoad()}`);
  const balanced = pool.balance();
  await driven.blocks(5);
  await balanced;
  t.same(names.map((name) => pool.threadOf(name)).sort(), [0, 0, 1]);
  await driven.blocksUntil(() => (counters().instanceLoads['work'] ?? 0) > 0.8 * counters().load);
  t.ok(
    counters().instanceLoads['work']! <= counters().load,
    'the instance that works is the one that is found at work',
  );
  for (const task of tasks) work(task, 'work', 0);
  await driven.blocks(105);
  for (const task of tasks) t.ok(lastHeard(task, 'main', 100 * BLOCK).some((x) => Math.abs(x) > 0.1));
});

t.test('a move off a thread that is stuck waits for it', async (t) => {
  const driven = await start(t, 2);
  const { pool } = driven;
  const held = await driven.play('held', working);
  const beside = await driven.play('beside', working);
  await pool.move('held', 0);
  await pool.move('beside', 0);
  await driven.begin(held, beside);
  hold(held, 'work', true);
  t.equal(driven.block(2000), 1);
  let isMoved = false;
  const moved = pool.move('beside', 1).then(() => {
    isMoved = true;
  });
  for (let i = 0; i < 20; i++) {
    driven.block();
    await nextTurn();
  }
  t.notOk(isMoved, 'a thread gives away nothing in the middle of its block');
  hold(held, 'work', false);
  await driven.caughtUp();
  await Promise.all([moved, driven.blocks(10)]);
  t.equal(pool.threadOf('beside'), 1);
  for (const task of [held, beside]) {
    const samples = heard(task, 'main');
    t.equal(firstDifference(samples, rendered(registry, working, 'main', samples.length)), -1, task.id);
  }
});
