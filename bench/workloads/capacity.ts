import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ENGINE_PROTOCOL, type EngineEvent, type Instance, type Task, type TaskState } from '@audiocloud/api';
import { type EngineLink, RunningEngine } from '../../test/running-engine.ts';
import { type Bench, type Row, row, type Workload } from '../row.ts';

/*
 * How many live instances an engine with one render thread plays before the first missed block, on the paced clock at
 * 128 frames: more and more until blocks are missed, then between. The load is what the engine says of itself.
 */
const STOCK = fileURLToPath(new URL('../../plugins', import.meta.url));
const KINDS: Record<string, Instance> = {
  equalizer: {
    model: 'audiocloud:equalizer',
    parameters: { type: ['low-cut', 'low-shelf', 'bell', 'high-shelf'], gain: [0, 3, -3, 3] },
  },
  compressor: { model: 'audiocloud:compressor', parameters: { threshold: -30, ratio: 4 } },
  delay: { model: 'audiocloud:delay', parameters: { delay: 480 } },
};
const FEWEST = 64;
const MOST = 16384;

/** Stereo instances fed from one source; only one of them is heard. */
function task(instance: Instance, count: number): Task {
  const instances: NonNullable<Task['instances']> = {
    source: { model: 'audiocloud:tone', parameters: { type: 'white' } },
  };
  const connections: NonNullable<Task['connections']> = { main: { from: { node: 'x0' }, to: { node: 'main' } } };
  for (let i = 0; i < count; i++) {
    instances[`x${i}`] = instance;
    connections[`c${i}`] = { from: { node: 'source' }, to: { node: `x${i}` } };
  }
  return { sampleRate: 48000, instances, connections, sinks: { main: { kind: 'stream', channels: 2 } } };
}

interface Trial {
  missed: number;
  load: number;
}

async function attempt(link: EngineLink, graph: Task, seconds: number): Promise<Trial> {
  await link.command('load', { task: 'capacity', revision: 1, graph, media: {} });
  try {
    await link.command('transport', { task: 'capacity', change: { play: true } });
    await sleep(400);
    const missed = async () => ((await link.command('state', { task: 'capacity' })) as TaskState).missedBlocks;
    const before = await missed();
    const events = link.events.length;
    await sleep(seconds * 1000);
    const loads = link.events
      .slice(events)
      .filter((event): event is Extract<EngineEvent, { type: 'heartbeat' }> => event.type === 'heartbeat')
      .map(({ load }) => load);
    return { missed: (await missed()) - before, load: Math.max(0, ...loads) };
  } finally {
    await link.command('unload', { task: 'capacity' });
  }
}

async function find(kind: string, bench: Bench): Promise<Row[]> {
  const instance = KINDS[kind]!;
  const seconds = bench.quick ? 1.2 : 3;
  const engine = await RunningEngine.start({
    plugins: [STOCK],
    environment: { AUDIOCLOUD_RENDER_THREADS: '1', AUDIOCLOUD_ADMIT_LOAD: 'off' },
  });
  try {
    const link = await engine.link();
    await link.command('hello', { protocol: ENGINE_PROTOCOL });
    let good = 0;
    let bad = 0;
    let loadAtMiss = 0;
    let loadBefore = 0;
    const step = async (count: number) => {
      bench.say(`capacity: ${count} of ${kind}`);
      const trial = await attempt(link, task(instance, count), seconds);
      if (trial.missed > 0) {
        bad = count;
        loadAtMiss = trial.load;
      } else {
        good = count;
        loadBefore = trial.load;
      }
    };
    for (let count = bench.quick ? 256 : FEWEST; count <= (bench.quick ? 512 : MOST) && bad === 0; count *= 2)
      await step(count);
    // to within 4 %
    while (!bench.quick && bad > 0 && bad - good > Math.max(4, good / 25)) await step(Math.round((good + bad) / 2));
    const name = `${kind}, stereo: live instances before the first missed block`;
    const rows = [
      row({ id: `capacity/${kind}`, name, unit: 'instances', value: good, goal: null, higherIsBetter: true }),
    ];
    if (bad > 0)
      rows.push(
        row({
          id: `capacity/${kind}/load`,
          name: `${kind}: load at the first miss`,
          unit: '%',
          value: Math.min(100, loadAtMiss * 100),
          goal: 85,
          higherIsBetter: true,
          note: `with ${bad} instances; ${(loadBefore * 100).toFixed(0)} % with ${good}, which missed none`,
        }),
      );
    return rows;
  } finally {
    await engine.remove();
  }
}

async function run(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kind of bench.quick ? ['equalizer'] : Object.keys(KINDS)) rows.push(...(await find(kind, bench)));
  return rows;
}

export const capacity: Workload = {
  id: 'capacity',
  name: 'live instances before the first missed block',
  about: 'One task on one render thread, paced at 128 frames and 48 kHz, with more and more instances in it.',
  run,
};
