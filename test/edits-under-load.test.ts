import { setTimeout as sleep } from 'node:timers/promises';
import { applyEdits, ENGINE_PROTOCOL, type GraphEdit, type Task } from '@audiocloud/api';
import t from 'tap';
import { DrivenTask, openRegistry, steepest } from './driven-task.ts';
import { RunningEngine } from './running-engine.ts';
import type { HeardPacket } from './heard-packet.ts';

/*
 * A task of steady tones on the paced clock of an engine, changed 20 times a second. Its stream must have no step above
 * 1.1 times the largest that any of the graphs makes by itself.
 *
 * AUDIOCLOUD_LONG=1 (npm run test:long): 60 s beside a task that fills half of a render thread, and no missed block. That
 * says something only on a machine that does nothing else, so npm test plays some seconds and looks at the steps alone.
 */
const isLong = process.env['AUDIOCLOUD_LONG'] === '1';
const SECONDS = isLong ? 60 : 4;
const EDITS_PER_SECOND = 20;
const LOAD = 0.5;
const HZ = 440;

const wire = (from: string, to: string, more: object = {}) => ({ from: { node: from }, to: { node: to }, ...more });
const put = (part: string, name: string, value: object) => ({ op: 'put', part, name, value }) as GraphEdit;
const remove = (part: string, name: string) => ({ op: 'remove', part, name }) as GraphEdit;
const tone = (level: number) => ({
  model: 'audiocloud:tone',
  widths: { out: 1 },
  parameters: { frequency: HZ, level },
});
const gain = (gainDb: number) => ({
  model: 'audiocloud:gain',
  widths: { in: 1, out: 1 },
  parameters: { gain: gainDb },
});
const late = (delay: number) => ({ model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay } });
const equalizer = { model: 'audiocloud:equalizer', widths: { in: 1 } };

const base: Task = {
  sampleRate: 48000,
  instances: { tone: tone(-12), gain: gain(-3), late: late(100) },
  buses: { bus: { inputChannels: 1 } },
  connections: {
    a: wire('tone', 'gain'),
    b: wire('gain', 'bus'),
    c: wire('tone', 'late'),
    d: wire('late', 'bus', { gainDb: -6 }),
    e: wire('bus', 'main'),
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
};

/** Every kind of edit, and what takes it back. Any of them may come while the ones before still fade. */
const turns: [GraphEdit[], GraphEdit[]][] = [
  [[put('connections', 'd', wire('late', 'bus', { gainDb: -18 }))], [put('connections', 'd', base.connections!['d']!)]],
  [[remove('connections', 'b')], [put('connections', 'b', base.connections!['b']!)]],
  [[put('connections', 'more', wire('tone', 'main', { gainDb: -9 }))], [remove('connections', 'more')]],
  [[put('instances', 'late', late(777))], [put('instances', 'late', late(100))]],
  [[put('instances', 'gain', equalizer)], [put('instances', 'gain', gain(-3))]],
  [
    [
      put('instances', 'new', gain(-2)),
      put('connections', 'e', wire('bus', 'new')),
      put('connections', 'f', wire('new', 'main')),
    ],
    [remove('instances', 'new'), put('connections', 'e', base.connections!['e']!)],
  ],
  [[put('instances', 'two', tone(-18)), put('connections', 't', wire('two', 'bus'))], [remove('instances', 'two')]],
];

/** The largest step of any graph that the edits lead to, when nothing changes. */
async function ownStep(): Promise<number> {
  const registry = await openRegistry();
  const graphs = [base, ...turns.map(([edits]) => applyEdits(base, edits, () => []))];
  return Math.max(
    ...graphs.map((graph) => {
      const driven = new DrivenTask(graph, { registry });
      driven.play();
      driven.render(100);
      return steepest(driven.render(40)[0]!);
    }),
  );
}

/** A task of strips that costs about as much as so many equalizers and compressors. */
function burden(strips: number): Task {
  const instances: NonNullable<Task['instances']> = { source: { model: 'audiocloud:tone' } };
  const connections: NonNullable<Task['connections']> = { main: wire('mix', 'out') };
  for (let s = 0; s < strips; s++) {
    instances[`eq${s}`] = {
      model: 'audiocloud:equalizer',
      parameters: { type: ['low-cut', 'bell', 'bell', 'high-shelf'] },
    };
    instances[`comp${s}`] = { model: 'audiocloud:compressor', parameters: { threshold: -30 } };
    connections[`a${s}`] = wire('source', `eq${s}`);
    connections[`b${s}`] = wire(`eq${s}`, `comp${s}`);
    connections[`c${s}`] = wire(`comp${s}`, 'mix', { gainDb: -40 });
  }
  const sinks: Task['sinks'] = { out: { kind: 'stream', channels: 2 } };
  return { sampleRate: 48000, instances, connections, buses: { mix: { inputChannels: 2 } }, sinks };
}

/** Steps between frames that follow each other; where packets were lost on their way, nothing is compared. */
function steps(packets: readonly HeardPacket[]): { largest: number; frames: number; gaps: number } {
  let largest = 0;
  let frames = 0;
  let gaps = 0;
  let last: number | undefined;
  let next = -1;
  for (const { samples, streamFrame } of packets) {
    if (streamFrame !== next) {
      if (next >= 0) gaps += 1;
      last = undefined;
    }
    for (const sample of samples) {
      if (last !== undefined) largest = Math.max(largest, Math.abs(sample - last));
      last = sample;
    }
    frames += samples.length;
    next = streamFrame + samples.length;
  }
  return { largest, frames, gaps };
}

const timeout = (SECONDS + 100) * 1000;

t.test(`${EDITS_PER_SECOND} edits a second for ${SECONDS} s`, { timeout }, async (t) => {
  const own = await ownStep();
  // the load is put there on purpose, and claims more than it takes
  const engine = await RunningEngine.start(isLong ? { environment: { AUDIOCLOUD_ADMIT_LOAD: 'off' } } : {});
  t.teardown(() => engine.remove());
  const link = await engine.link();
  await link.command('hello', { protocol: ENGINE_PROTOCOL });
  const play = async (task: string, graph: Task) => {
    await link.command('load', { task, revision: 1, graph, media: {} });
    await link.command('transport', { task, change: { play: true } });
  };
  const counters = async () => {
    await sleep(5000);
    const last = link.events.findLast(({ type }) => type === 'counters');
    if (last?.type !== 'counters') throw new Error('No counters came within 5 s');
    const { device, threads } = last.counters;
    return { device, thread: threads[0]! };
  };
  if (isLong) {
    await play('burden', burden(64));
    const strips = Math.round((64 * LOAD) / (await counters()).thread.load);
    await link.command('unload', { task: 'burden' });
    await play('burden', burden(strips));
    t.comment(`${strips} strips: load ${(await counters()).thread.load.toFixed(2)}`);
  }
  await play('edited', base);
  link.ask({ type: 'listen', stream: 1, task: 'edited', format: 'f32' });
  await link.framesOf(1, 4800);
  const before = await link.command('state', { task: 'edited' });
  link.packets.set(1, []); // the tone began with a step
  const until = performance.now() + SECONDS * 1000;
  let revision = 1;
  for (let turn = 0, due = performance.now(); performance.now() < until; turn++) {
    const [edits, back] = turns[Math.floor(turn / 2) % turns.length]!;
    await link.command('edit', {
      task: 'edited',
      revision: ++revision,
      edits: turn % 2 === 0 ? edits : back,
      media: {},
    });
    due += 1000 / EDITS_PER_SECOND;
    await sleep(Math.max(0, due - performance.now()));
  }
  const after = await link.command('state', { task: 'edited' });
  const { largest, frames, gaps } = steps(link.packets.get(1)!);
  t.equal(after.revision, revision);
  t.ok(frames > 4800, `${frames} frames heard, ${gaps} gaps on their way`);
  t.ok(largest <= 1.1 * own, `a step of ${largest}, its own ${own}, after ${revision - 1} edits`);
  t.same(
    Object.values(after.instances).map((one) => (one as { state: string }).state),
    Object.values(after.instances).map(() => 'running'),
  );
  if (!isLong) return;
  t.ok(revision - 1 > 0.95 * SECONDS * EDITS_PER_SECOND, `${revision - 1} edits`);
  t.equal(after.missedBlocks - before.missedBlocks, 0, `missed blocks, of ${after.blocks - before.blocks}`);
  const { device, thread } = await counters();
  t.comment(`load ${thread.load.toFixed(2)}, scheduling ${thread.scheduling}, ${thread.starvedBlocks} blocks starved`);
  t.comment(`${device.leftOutBlocks} blocks not asked for; blocks in ms: ${JSON.stringify(thread.blockMs)}`);
});
