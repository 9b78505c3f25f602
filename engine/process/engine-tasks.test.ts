import { fileURLToPath } from 'node:url';
import type { InstanceState, Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { bombPackage, FAULT } from '../../test/testing/bomb-plugin.ts';
import { Admission } from '../admission/admission.ts';
import { CostCache } from '../admission/cost-cache.ts';
import { ModelCosts } from '../admission/model-costs.ts';
import { isKnownSteadiness } from '../admission/steadiness.ts';
import { diskSettings } from '../disk/disk-settings.ts';
import { DiskStreams } from '../disk/disk-streams.ts';
import { Registry } from '../registry/registry.ts';
import { BLOCK, DrivenPool } from '../thread/testing/driven-pool.ts';
import { EngineTasks } from './engine-tasks.ts';

const graph: Task = {
  sampleRate: 48000,
  instances: { tone: { model: 'audiocloud:tone', widths: { out: 1 } }, bad: { model: 'test:bomb' } },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'bad' } },
    b: { from: { node: 'bad' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
};

/** The tasks of an engine on a real thread, with the test as its device and its timers. told: what was said of `bad`. */
async function start(t: Test, calibrating?: string) {
  const registry = Registry.open([bombPackage(t), fileURLToPath(new URL('../../plugins', import.meta.url))]);
  const driven = await DrivenPool.start(registry, 1, {});
  const { pool, wake } = driven;
  const cacheDir = t.testdir({});
  const costs = new ModelCosts({ sampleRate: wake.sampleRate, blockFrames: BLOCK, cacheDir });
  const admission = new Admission({
    threads: pool,
    costs,
    limit: undefined,
    periodNs: (BLOCK / wake.sampleRate) * 1e9,
    bufferBlocks: 0,
    cache: new CostCache(cacheDir, isKnownSteadiness),
  });
  const told: InstanceState[] = [];
  const disk = new DiskStreams(2);
  const tasks = new EngineTasks({
    pool,
    wake,
    registry: () => registry,
    admission,
    disk,
    diskSettings: diskSettings({}),
    outputCeilingsDb: [],
    soundOf: () => undefined,
    inputChannels: () => 0,
    calibrating: () => calibrating,
    onState: ({ instances }) => told.push(instances['bad']!),
    onGuard: () => {},
    onFault: () => {},
  });
  t.teardown(async () => {
    await driven.stop();
    tasks.dispose();
    await disk.stop();
    await costs.close();
  });
  return { driven, tasks, told, registry };
}

t.test('an instance that is started again while its task is told of is told of once more', async (t) => {
  const { driven, tasks, told } = await start(t);
  await tasks.load('a', 1, graph, {});
  await driven.blocksDuring(tasks.transport('a', { play: true }));
  await driven.blocksDuring(tasks.set('a', [{ instance: 'bad', parameter: 'x', value: FAULT.trap }]));
  tasks.watch();
  t.match(told.at(-1), { state: 'failed', faults: 1, restarts: 0 });

  // the thread renders a block between what is read of the instances and what is read of the pool
  const { pool } = driven;
  const lateBlocks = pool.lateBlocks.bind(pool);
  pool.lateBlocks = (task) => {
    driven.block();
    return lateBlocks(task);
  };
  await driven.until(() => {
    tasks.recover();
    return told.at(-1)!.restarts === 1;
  });
  t.equal(told.at(-1)!.state, 'failed', 'read before that block');
  tasks.watch();
  t.match(told.at(-1), { state: 'running', faults: 1, restarts: 1 });
});

t.test('a task does not begin to play on a unit that is being calibrated', async (t) => {
  const { driven, tasks, registry } = await start(t, 'acme:box:one');
  registry.offerFixed({
    ...{ id: 'acme:box', version: '1.0.0', name: 'Box', category: 'tool', parameters: [], reports: [] },
    ...{ inputs: [], outputs: [] },
  });
  const using = (fixed: string): Task => ({
    sampleRate: 48000,
    instances: { unit: { model: 'acme:box', fixed } },
    connections: {},
    sinks: { main: { kind: 'stream', channels: 1 } },
  });
  await tasks.load('a', 1, using('acme:box:one'), {});
  await tasks.load('b', 1, using('acme:box:two'), {});
  await t.rejects(tasks.transport('a', { play: true }), {
    code: 'FIXED_INSTANCE_UNAVAILABLE',
    message: 'Cannot play a: acme:box:one is being calibrated; wait until that is done',
  });
  await driven.blocksDuring(tasks.transport('b', { play: true }));
  t.equal(tasks.playingWith('acme:box:two'), 'b');
});
