import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENGINE_PROTOCOL, type Task } from '@audiocloud/api';
import { RunningEngine } from '../../test/running-engine.ts';
import { type Bench, type Row, row, type Workload } from '../row.ts';

/*
 * CPU time of a whole engine process (proc(5): utime + stime of all its threads) that plays 10,000 instances which hear
 * nothing, over some seconds, in shares of one core: in one task, and in 100 tasks. A domain is connected, as always.
 */
const INSTANCES = 10_000;
const QUICK_INSTANCES = 1_000;
/** Not its start, nor the tail of the delays (2 s), after which all sleep. */
const SETTLE_MS = 5_000;
const QUICK_SETTLE_MS = 500;
const TICKS_PER_SECOND = 100;
const MODELS = ['audiocloud:equalizer', 'audiocloud:compressor', 'audiocloud:delay', 'audiocloud:gain'];

/** Strips of four instances, mono, behind a track without clips. */
export function task(count: number): Task {
  const instances: NonNullable<Task['instances']> = {};
  const connections: NonNullable<Task['connections']> = { main: { from: { node: 'mix' }, to: { node: 'main' } } };
  for (let i = 0; i < count; i++) {
    const place = i % MODELS.length;
    const model = MODELS[place]!;
    const isBoth = model === 'audiocloud:gain';
    instances[`x${i}`] = { model, widths: isBoth ? { in: 1, out: 1 } : { in: 1 } };
    connections[`c${i}`] = { from: { node: place === 0 ? 'source' : `x${i - 1}` }, to: { node: `x${i}` } };
    if (place === MODELS.length - 1) connections[`m${i}`] = { from: { node: `x${i}` }, to: { node: 'mix' } };
  }
  return {
    sampleRate: 48000,
    tracks: { source: { channels: 1, clips: [] } },
    instances,
    connections,
    buses: { mix: { inputChannels: 1 } },
    sinks: { main: { kind: 'stream', channels: 1 } },
    lengthSeconds: 86_400,
  };
}

function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').pop()!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Share of one core that an engine uses while it plays so many tasks, in %. */
async function share(tasks: number, each: number, bench: Bench): Promise<number> {
  // measured is what sleeps, not what it could cost awake, for which admission would refuse most of it
  const engine = await RunningEngine.start({ environment: { AUDIOCLOUD_ADMIT_LOAD: 'off' } });
  try {
    const link = await engine.link();
    await link.command('hello', { protocol: ENGINE_PROTOCOL });
    for (let i = 0; i < tasks; i++) {
      await link.command('load', { task: `t${i}`, revision: 1, graph: task(each), media: {} });
      await link.command('transport', { task: `t${i}`, change: { play: true } });
    }
    await sleep(bench.quick ? QUICK_SETTLE_MS : SETTLE_MS);
    const pid = engine.child.pid!;
    const [cpu, began] = [cpuSeconds(pid), performance.now()];
    await sleep((bench.quick ? 1 : 10) * 1000);
    return ((cpuSeconds(pid) - cpu) / ((performance.now() - began) / 1000)) * 100;
  } finally {
    await engine.remove();
  }
}

async function run(bench: Bench): Promise<Row[]> {
  if (process.platform !== 'linux') return [];
  const instances = bench.quick ? QUICK_INSTANCES : INSTANCES;
  const count = instances.toLocaleString('en');
  bench.say('idle: an engine with nothing');
  const nothing = await share(0, 0, bench);
  const note = `an engine with nothing uses ${nothing.toFixed(1)} %`;
  bench.say('idle: one task');
  const one = await share(1, instances, bench);
  bench.say('idle: 100 tasks');
  const many = await share(100, instances / 100, bench);
  const part = { unit: '% of a core', goal: 10, note };
  return [
    row({ ...part, id: 'idle/10000', name: `${count} idle instances in one playing task`, value: one }),
    row({ ...part, id: 'idle/10000/tasks', name: `${count} idle instances in 100 playing tasks`, value: many }),
  ];
}

export const idle: Workload = {
  id: 'idle',
  name: '10,000 idle instances',
  about:
    'CPU time of an engine process that plays 10,000 equalizers, compressors, delays and gains which hear silence, as a share of one core.',
  run,
};
