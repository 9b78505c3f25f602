import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { check, type EngineCounters, EngineEvent, type ThreadFacts } from '@audiocloud/api';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { until } from '../../test/until.ts';

const TONE = {
  sampleRate: 48000,
  instances: { tone: { model: 'audiocloud:tone' } },
  connections: { toMain: { from: { node: 'tone' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 2 } },
};
const load = { task: 'a', revision: 1, graph: TONE, media: {} };
const play = { task: 'a', change: { play: true } };
const sockets = ({ dataDir }: RunningEngine): string[] =>
  ['engine-control.sock', 'engine-audio.sock'].map((name) => join(dataDir, name));

/** Each test finds the engine that the one before left. */
const engine = await RunningEngine.start();
let second = engine;
t.teardown(() => engine.remove());

t.test('an engine says what it is, on sockets that only its owner may use', async (t) => {
  for (const path of sockets(engine)) t.equal(statSync(path).mode & 0o777, 0o600, path);
  const link = await engine.link();
  await t.rejects(link.command('hello', { protocol: 99 }), { code: 'CLIENT_VERSION' });
  const facts = await link.command('hello', { protocol: 1 });
  t.match(facts, {
    engine: 'audiocloud',
    protocol: 1,
    pid: engine.child.pid,
    node: process.version,
    device: { kind: 'paced', sampleRate: 48000, blockFrames: 128, state: 'running' },
    tasks: [],
    refused: [],
  });
  t.match(facts.scheduling, /^(fifo|nice|none)$/);
  const threads: ThreadFacts[] = facts.threads;
  const renders = threads.map(({ name }) => name).filter((name) => name.startsWith('render'));
  t.ok(renders.length >= 1);
  t.same(
    threads.map(({ name }) => name),
    [...renders, 'watchdog', 'device'],
  );
  for (const { name, scheduling } of threads) t.match(scheduling, /^(fifo|nice|none)$/, name);
  const ids = facts.models.map(({ id }: { id: string }) => id);
  t.ok(ids.includes('audiocloud:tone') && ids.includes('audiocloud:gain'), ids.join());
  t.same((await link.command('rescan')).models, facts.models);
});

t.test('what is wrong is refused with its id, and all goes on', async (t) => {
  const link = await engine.link();
  await link.command('load', load);
  link.ask({ type: 'listen', stream: 1, task: 'a', format: 's16' });
  await link.command('transport', play);
  const refused: [unknown, number, string][] = [
    ['{ not json', 0, 'MESSAGE_INVALID'],
    ['null', 0, 'MESSAGE_INVALID'],
    [{ type: 'dance', id: 101 }, 101, 'MESSAGE_INVALID'],
    [{ type: 'state', id: 102 }, 102, 'MESSAGE_INVALID'],
    [{ type: 'state', id: 103, task: 'a', more: 1 }, 103, 'MESSAGE_INVALID'],
    [{ type: 'state', id: 104, task: '../x' }, 104, 'MESSAGE_INVALID'],
    [{ type: 'state', id: 105, task: 'none' }, 105, 'TASK_UNKNOWN'],
    [{ type: 'set', id: 106, task: 'a', changes: [{ instance: 'x', parameter: 'y', value: 1 }] }, 106, 'NODE_UNKNOWN'],
    [
      { type: 'set', id: 107, task: 'a', changes: [{ instance: 'tone', parameter: 'level', value: 7000 }] },
      107,
      'PARAMETER_VALUE',
    ],
    [
      { type: 'load', id: 108, ...load, graph: { ...TONE, connections: { x: { from: {}, to: {} } } } },
      108,
      'MESSAGE_INVALID',
    ],
    [
      { type: 'load', id: 109, ...load, graph: { ...TONE, instances: { tone: { model: 'a:b' } } } },
      109,
      'MODEL_UNKNOWN',
    ],
    [{ type: 'load', id: 110, ...load, media: { m: '/nonexistent.wav' } }, 110, 'MEDIA_MISSING'],
    [{ type: 'edit', id: 111, task: 'a', revision: 2, edits: [{ op: 'break' }], media: {} }, 111, 'MESSAGE_INVALID'],
    [
      { type: 'transport', id: 112, task: 'a', change: { loop: { startSeconds: 2, endSeconds: 1 } } },
      112,
      'REQUEST_INVALID',
    ],
  ];
  for (const [message, id, code] of refused)
    t.match(
      await link.raw(message, id),
      { type: 'refusal', id, error: { code } },
      JSON.stringify(message).slice(0, 60),
    );
  link.ask({ type: 'listen', stream: -1 });
  link.ask({ type: 'sing' });
  t.match(await link.command('state', { task: 'a' }), { state: 'playing', revision: 1 }, 'what ran goes on');
  const before = link.packets.get(1)?.length ?? 0;
  await until('what ran', () => (link.packets.get(1)?.length ?? 0) > before);

  const broken = await engine.link();
  const closed = once(broken.control, 'close');
  const refusal = broken.raw({ type: 'state', id: 1, task: 'x' }, 0);
  broken.control.write(Uint8Array.of(255, 255, 255, 255)); // a message of 4 GiB
  t.match(await refusal, { type: 'refusal', error: { code: 'TOO_LARGE' } });
  await closed;
  t.match(await link.command('state', { task: 'a' }), { state: 'playing' }, 'other connections go on');
});

t.test('a stall of the machine is counted in the state of the task', async (t) => {
  const link = await engine.link();
  await link.command('load', load);
  await link.command('transport', play);
  await sleep(200);
  const before = await link.command('state', { task: 'a' });
  engine.child.kill('SIGSTOP');
  await sleep(500);
  engine.child.kill('SIGCONT');
  const state = () => link.command('state', { task: 'a' });
  const missedSeconds = async () => (((await state()).missedBlocks - before.missedBlocks) * 128) / 48000;
  await until('0.4 s of 0.5 s that are missed', async () => (await missedSeconds()) > 0.4);
  await until('that it plays on', async () => (await state()).blocks > before.blocks);
});

t.test('what the engine counts comes once a second, as the protocol says', async (t) => {
  const link = await engine.link();
  await link.command('hello', { protocol: 1 });
  await link.command('load', { ...load, task: 'counted' });
  await link.command('transport', { ...play, task: 'counted' });
  const isCounted = ({ counters }: { counters: EngineCounters }): boolean =>
    (counters.tasks['counted']?.blocks ?? 0) > 100 && counters.tasks['counted']!.load > 0;
  const event = await link.event('counters', isCounted);
  check(EngineEvent, event, 'event', 'MESSAGE_INVALID');
  const { device, threads, tasks } = event.counters;
  t.ok(device.leftOutBlocks * 128 > 0.4 * 48000, 'the stall of before');
  t.ok(device.latenessMs.count > 100 && device.latenessMs.max < 60, 'no block was asked for after its time was over');
  // the device goes on while they are read, its blocks first
  t.ok(device.responseMs.count >= device.blocks - 1, 'a response for each block');
  const { thread, missedBlocks, blockMs, load: share } = tasks['counted']!;
  t.ok(threads[thread]!.tasks.includes('counted'));
  t.ok(threads[thread]!.blocks >= tasks['counted']!.blocks && share < 1);
  t.ok(missedBlocks === 0 || threads[thread]!.missedBlocks > 0);
  t.ok(blockMs.count === tasks['counted']!.blocks && blockMs.p50 <= blockMs.p99 && blockMs.p99 <= blockMs.max);
  await link.command('unload', { task: 'counted' });
  link.events.length = 0;
  const next = await link.event('counters');
  t.notOk(Object.hasOwn(next.counters.tasks, 'counted'));
  t.ok(next.counters.device.blocks > device.blocks);
  t.ok(device.responseMs.count <= next.counters.device.blocks + 1, 'and not more');
  const events = link.events.length;
  await link.event('counters', ({ counters }) => counters.device.blocks > next.counters.device.blocks);
  t.ok(link.events.length > events);
  link.close();
});

t.test('an engine takes the place of a killed one, but not of a living one', async (t) => {
  await engine.stop('SIGKILL');
  t.ok(sockets(engine).every(existsSync), 'the killed one left its sockets');
  second = await RunningEngine.start({ dataDir: engine.dataDir });
  t.match(await (await second.link()).command('hello', { protocol: 1 }), { pid: second.child.pid });
  await t.rejects(RunningEngine.start({ dataDir: engine.dataDir }), /another engine does/);
});

t.test('an engine ends itself when its lease runs out, and not before', async (t) => {
  const link = await second.link();
  await link.command('lease', { seconds: 1.5 });
  let began = 0;
  for (let i = 0; i < 6; i++) {
    await sleep(300);
    began = performance.now();
    await link.command('hello', { protocol: 1 });
  }
  t.equal(await second.ended(), 0);
  t.ok(performance.now() - began > 1400, 'only after the last command');
  t.match(second.log, 'lease ran out');
  t.notOk(sockets(second).some(existsSync), 'its sockets are gone');
});

t.test('shutdown is answered, then the engine ends with its sockets', async (t) => {
  const third = await RunningEngine.start({ dataDir: engine.dataDir });
  const answer = await (await third.link()).command('shutdown');
  t.equal(answer, null);
  t.equal(await third.ended(), 0);
  t.notOk(sockets(third).some(existsSync));
});

t.test('an engine that cannot start says why and ends with 1', async (t) => {
  await t.rejects(RunningEngine.start({ environment: { AUDIOCLOUD_BLOCK_FRAMES: 'many' } }), /REQUEST_INVALID/);
});
