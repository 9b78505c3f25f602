import { setTimeout as sleep } from 'node:timers/promises';
import { ENGINE_PROTOCOL, type EngineCounters, type TaskState } from '@audiocloud/api';
import { type EngineLink, RunningEngine } from '../../test/running-engine.ts';
import { type Bench, type Row, row, type Workload } from '../row.ts';
import { stripTask } from '../strip-task.ts';

/*
 * Tasks are played until the engine refuses one, and again while measured loads free room; then it plays them for a while.
 * Nobody who was admitted should miss a block.
 */
const STRIPS = 24;
const MOST_TASKS = 200;

/** All of its strips work, on noise. */
const TASK = stripTask(
  STRIPS,
  { model: 'audiocloud:tone', parameters: { type: 'white' } },
  { type: ['low-cut', 'low-shelf', 'bell', 'high-shelf'], gain: [0, 3, -3, 3] },
);

/** Plays one more task; false when the engine is full. */
async function add(link: EngineLink, id: string): Promise<boolean> {
  await link.command('load', { task: id, revision: 1, graph: TASK, media: {} });
  try {
    await link.command('transport', { task: id, change: { play: true } });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENGINE_FULL') throw error;
    await link.command('unload', { task: id });
    return false;
  }
}

async function run(bench: Bench): Promise<Row[]> {
  const seconds = bench.quick ? 3 : 20;
  const engine = await RunningEngine.start({ environment: { AUDIOCLOUD_RENDER_THREADS: '1' } });
  try {
    const link = await engine.link();
    await link.command('hello', { protocol: ENGINE_PROTOCOL });
    const ids: string[] = [];
    let atOnce = 0;
    // what is measured may free room: full is who is refused in three rounds, ten seconds apart
    for (let rounds = bench.quick ? 1 : 3; rounds > 0; rounds--) {
      while (ids.length < MOST_TASKS && (await add(link, `t${ids.length}`))) {
        ids.push(`t${ids.length}`);
        bench.say(`admission: ${ids.length} tasks`);
      }
      atOnce ||= ids.length;
      if (!bench.quick) await sleep(10_000);
    }
    const missed = async () => {
      const states = (await Promise.all(ids.map((id) => link.command('state', { task: id })))) as TaskState[];
      return states.map(({ missedBlocks }) => missedBlocks);
    };
    const before = await missed();
    link.events.length = 0;
    bench.say(`admission: ${ids.length} tasks for ${seconds} s`);
    await sleep(seconds * 1000);
    const after = await missed();
    const found = link.events.flatMap((event) => (event.type === 'counters' ? [event.counters] : []));
    const mean = (of: (counters: EngineCounters) => number): string =>
      `${((found.reduce((sum, one) => sum + of(one), 0) / Math.max(1, found.length)) * 100).toFixed(0)} %`;
    const worst = Math.max(...after.map((count, i) => count - before[i]!));
    const note = `${ids.length} tasks of ${STRIPS * 3 + 1} instances (${atOnce} at once), claimed ${mean((one) => one.threads[0]!.claimedLoad)}, measured ${mean((one) => one.threads[0]!.load)} of one render thread, scheduling ${found[0]?.threads[0]?.scheduling}, ${seconds} s`;
    return [
      row({
        id: 'admission/95',
        name: 'missed blocks of the worst of the tasks admitted',
        unit: 'blocks',
        value: worst,
        goal: 0,
        note,
      }),
    ];
  } finally {
    await engine.remove();
  }
}

export const admission: Workload = {
  id: 'admission',
  name: 'an engine filled until it refuses',
  about:
    'Tasks of 24 strips on one render thread, paced at 128 frames and 48 kHz, as many as the engine admits (AUDIOCLOUD_ADMIT_LOAD, 95 %); counted is what they miss then.',
  run,
};
