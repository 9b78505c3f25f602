import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import { RunningEngine } from '../../test/running-engine.ts';
import { type Bench, type Row, row, type Workload } from '../row.ts';

/*
 * Resident memory (VmRSS) of an engine process: idle; with many tasks, playing until their rings are full, and heard until
 * those are; with many instances in one task. What one costs is the difference by the number.
 */
/** The ring of a sink that is heard holds 65,536 frames: after so long every page of it has been written. */
const RING_SECONDS = 1.5;

function task(instances: number): Task {
  const graph = {
    instances: {} as NonNullable<Task['instances']>,
    connections: {} as NonNullable<Task['connections']>,
  };
  graph.instances['source'] = { model: 'audiocloud:tone' };
  for (let i = 0; i < instances; i++) {
    const model = i % 2 ? 'audiocloud:compressor' : 'audiocloud:equalizer';
    graph.instances[`x${i}`] = { model };
    graph.connections[`c${i}`] = { from: { node: i % 2 ? `x${i - 1}` : 'source' }, to: { node: `x${i}` } };
  }
  graph.connections['main'] = { from: { node: instances ? `x${instances - 1}` : 'source' }, to: { node: 'main' } };
  return { sampleRate: 48000, ...graph, sinks: { main: { kind: 'stream', channels: 2 } } };
}

function residentKb(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}

/** How much more an engine holds after each of what is done there. */
async function growth(acts: ((engine: RunningEngine) => Promise<void>)[]): Promise<number[]> {
  // what it holds is measured, not what it could cost, for which admission would refuse most of it
  const engine = await RunningEngine.start({ environment: { AUDIOCLOUD_ADMIT_LOAD: 'off' } });
  try {
    const link = await engine.link();
    // one task of the same kind first: what is allocated once is not the cost of one more
    await link.command('load', { task: 'first', revision: 1, graph: task(2), media: {} });
    await link.command('transport', { task: 'first', change: { play: true } });
    await sleep(3000);
    const more: number[] = [];
    let beforeKb = residentKb(engine.child.pid!);
    for (const act of acts) {
      await act(engine);
      const nowKb = residentKb(engine.child.pid!);
      more.push(nowKb - beforeKb);
      beforeKb = nowKb;
    }
    return more;
  } finally {
    await engine.remove();
  }
}

/** Of an engine that is not the first one of this tree: that one translates its sources, which takes 70 MB more once. */
async function idle(bench: Bench): Promise<number> {
  if (!bench.quick) await (await RunningEngine.start()).remove();
  const engine = await RunningEngine.start();
  try {
    await sleep(2000);
    return residentKb(engine.child.pid!);
  } finally {
    await engine.remove();
  }
}

async function run(bench: Bench): Promise<Row[]> {
  if (process.platform !== 'linux') return [];
  bench.say('memory: an idle engine');
  const idleKb = await idle(bench);
  const tasks = bench.quick ? 20 : 100;
  bench.say('memory: tasks');
  const play = async (engine: RunningEngine): Promise<void> => {
    const link = await engine.link();
    for (let i = 0; i < tasks; i++) {
      await link.command('load', { task: `t${i}`, revision: 1, graph: task(2), media: {} });
      await link.command('transport', { task: `t${i}`, change: { play: true } });
    }
    await sleep(RING_SECONDS * 1000);
  };
  const hear = (names: string[]) => async (engine: RunningEngine) => {
    const link = await engine.link();
    names.forEach((name, i) => {
      link.ask({ type: 'listen', stream: i + 1, task: name, format: 's16' });
    });
    await Promise.all(names.map((_, i) => link.framesOf(i + 1, RING_SECONDS * 48_000)));
  };
  const names = Array.from({ length: tasks }, (_, i) => `t${i}`);
  const [playingKb, , hearingKb] = await growth([play, hear(['first']), hear(names)]);
  const instances = bench.quick ? 200 : 1000;
  bench.say('memory: instances');
  const load = async (engine: RunningEngine): Promise<void> => {
    const link = await engine.link();
    await link.command('load', { task: 'many', revision: 1, graph: task(instances), media: {} });
  };
  const [loadedKb] = await growth([load]);
  return [
    row({
      id: 'memory/instance',
      name: 'an instance (equalizers and compressors, stereo)',
      unit: 'KB',
      value: loadedKb! / instances,
      goal: 100,
    }),
    row({
      id: 'memory/task',
      name: 'a playing task of three instances',
      unit: 'KB',
      value: playingKb! / tasks,
      goal: 500,
    }),
    row({
      id: 'memory/heard',
      name: 'such a task that one listener hears',
      unit: 'KB',
      value: (playingKb! + hearingKb!) / tasks,
      goal: null,
    }),
    row({
      id: 'memory/engine',
      name: 'an idle engine',
      unit: 'MB',
      value: idleKb / 1024,
      goal: 120,
      note: 'not at its first start from TypeScript, which takes 70 MB more to translate the sources; packages hold JavaScript. With the first task comes the worker that stands by',
    }),
  ];
}

export const memory: Workload = {
  id: 'memory',
  name: 'memory',
  about: 'Resident memory of an engine process, idle, and the growth by each further task, listener and instance.',
  run,
};
