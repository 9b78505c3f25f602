import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Task, TaskState } from '@audiocloud/api';
import { Registry } from '@audiocloud/engine';
import { RunningEngine } from '../../test/running-engine.ts';
import { OwnEngine } from '../peers/ours.ts';
import { ProbePackages } from '../probe/probe-packages.ts';
import { absentRow, type Bench, median, type Row, row, type Workload } from '../row.ts';

/*
 * A probe plugin that adds 0.5 to silence and traps at an event. In the block of the trap its sink must be silent already;
 * then the engine is to start the instance again by itself, and it sounds again.
 */
const STOCK = fileURLToPath(new URL('../../plugins', import.meta.url));
const BLOCK = 128;
const PATIENCE_MS = 2000;
const SOUND_AGAIN = { id: 'recovery/sounding', name: 'from a trap to sound again', unit: 'ms', goal: 300 };
const THREAD = { id: 'recovery/thread', name: 'from a wedged render thread to sound again', unit: 'ms', goal: 500 };

const task: Task = {
  sampleRate: 48000,
  instances: { probe: { model: 'probe:trap' } },
  connections: { c: { from: { node: 'probe' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 1 } },
};
const TRAP = { instance: 'probe', parameter: 'x', value: 1 };

/** Blocks in which the instance still sounds, that of the trap among them. */
function blocksUntilMuted(registry: Registry): number {
  const own = new OwnEngine(task, BLOCK, {}, registry);
  try {
    const isSounding = () => own.samples(BLOCK).some((x) => Math.abs(x) > 0.1);
    if (!isSounding()) throw new Error('recovery: the probe is silent before its trap');
    void own.task.set([TRAP]); // taken by the next block
    let sounding = 0;
    for (let block = 0; block < 100; block++) if (isSounding()) sounding++;
    if (own.task.state().instances['probe']!.faults === 0) throw new Error('recovery: the probe did not trap');
    return sounding;
  } finally {
    own.dispose();
  }
}

/** Milliseconds from the value that makes it trap until it runs again with a fault counted; null when it does not in 2 s. */
async function msUntilSounding(engine: RunningEngine): Promise<number | null> {
  const link = await engine.link();
  await link.command('load', { task: 'probe', revision: 1, graph: task, media: {} });
  await link.command('transport', { task: 'probe', change: { play: true } });
  const begun = performance.now();
  await link.command('set', { task: 'probe', changes: [TRAP] });
  while (performance.now() - begun < PATIENCE_MS) {
    const { instances } = (await link.command('state', { task: 'probe' })) as TaskState;
    if (instances['probe']!.faults > 0 && instances['probe']!.state === 'running') return performance.now() - begun;
    await sleep(1);
  }
  return null;
}

async function run(bench: Bench): Promise<Row[]> {
  bench.say('recovery: a trap');
  const packages = new ProbePackages();
  try {
    packages.write('trap', { id: 'probe:trap', kernel: 'trap' });
    const muted = blocksUntilMuted(Registry.open([STOCK, packages.folder]));
    const times: (number | null)[] = [];
    for (let turn = 0; turn < (bench.quick ? 1 : 5) && !times.includes(null); turn++) {
      bench.say(`recovery: to sound again, turn ${turn + 1}`);
      const engine = await RunningEngine.start({ plugins: [STOCK, packages.folder] });
      try {
        times.push(await msUntilSounding(engine));
      } finally {
        await engine.remove();
      }
    }
    const found = times.filter((time) => time !== null);
    return [
      row({
        id: 'recovery/muted',
        name: 'blocks in which a trapped instance still sounds',
        unit: 'blocks',
        value: muted,
        goal: 0,
      }),
      found.length === times.length
        ? row({ ...SOUND_AGAIN, value: median(found) })
        : absentRow({ ...SOUND_AGAIN, why: 'a trapped instance stays mute until play begins again' }),
      absentRow({ ...THREAD, why: 'no watchdog replaces a render thread yet' }),
    ];
  } finally {
    packages.remove();
  }
}

export const recovery: Workload = {
  id: 'recovery',
  name: 'what a fault costs the listener',
  about:
    'A plugin that traps at an event: blocks in which it is still heard, and the time until the engine has it sounding again; then a render thread that hangs.',
  run,
};
