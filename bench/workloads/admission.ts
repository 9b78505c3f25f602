import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  BUCKET_ENDS_MS,
  type Distribution,
  ENGINE_PROTOCOL,
  type EngineCounters,
  type TaskState,
} from '@audiocloud/api';
import { type EngineLink, RunningEngine } from '../../test/running-engine.ts';
import { type Bench, type Row, row, type Workload } from '../row.ts';
import { stripTask } from '../strip-task.ts';

/*
 * Tasks are played until the engine refuses one, and again while measured loads free room; then it plays them for a while.
 * Nobody who was admitted should miss a block. Beside it an engine that is almost empty plays in the same seconds: what that
 * one misses, no admission could have avoided.
 */
const STRIPS = 24;
const MOST_TASKS = 200;
const MOST_ROUNDS = 8;
const ROUND_MS = 6000;
const PERIOD_MS = (128 / 48000) * 1000;

const ALL_WORK = { type: ['low-cut', 'low-shelf', 'bell', 'high-shelf'], gain: [0, 3, -3, 3] };
/** All of its strips work, on noise. */
const stripsOf = (count: number) =>
  stripTask(count, { model: 'audiocloud:tone', parameters: { type: 'white' } }, ALL_WORK);
const TASK = stripsOf(STRIPS);

async function play(link: EngineLink, id: string, graph = TASK): Promise<void> {
  await link.command('load', { task: id, revision: 1, graph, media: {} });
  await link.command('transport', { task: id, change: { play: true } });
}

/** Plays one more task; false when the engine is full. */
async function add(link: EngineLink, id: string): Promise<boolean> {
  try {
    await play(link, id);
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENGINE_FULL') throw error;
    await link.command('unload', { task: id });
    return false;
  }
}

/** Missed by each task since it plays. */
async function missed(link: EngineLink, ids: readonly string[]): Promise<number[]> {
  const states = (await Promise.all(ids.map((id) => link.command('state', { task: id })))) as TaskState[];
  return states.map(({ missedBlocks }) => missedBlocks);
}

/** The mean of what was added between two distributions. */
const meanBetween = (a: Distribution, b: Distribution): number =>
  (b.mean * b.count - a.mean * a.count) / Math.max(1, b.count - a.count);

/** The share of what was added between two distributions that is longer, about: within a bucket by a straight line. */
function quantileBetween(a: Distribution, b: Distribution, share: number): number {
  let left = share * (b.count - a.count);
  for (const [bucket, count] of b.buckets.entries()) {
    const more = count - (a.buckets[bucket] ?? 0);
    const [from, to] = [BUCKET_ENDS_MS[bucket - 1] ?? 0, BUCKET_ENDS_MS[bucket] ?? b.max];
    if (left <= more) return from + ((to - from) * left) / Math.max(1, more);
    left -= more;
  }
  return b.max;
}

/** Loads of the one render thread, by the counters of some seconds, as shares of a block. */
function loadsOf(found: readonly EngineCounters[]) {
  const [first, last] = [found[0]!, found.at(-1)!];
  const load = (a: EngineCounters, b: EngineCounters): number =>
    meanBetween(a.threads[0]!.blockMs, b.threads[0]!.blockMs) / PERIOD_MS;
  const mean = load(first, last);
  return {
    mean,
    worstSecond: Math.max(...found.slice(1).map((one, i) => load(found[i]!, one))),
    p99: quantileBetween(first.threads[0]!.blockMs, last.threads[0]!.blockMs, 0.99) / PERIOD_MS,
    worstBlock: Math.max(...found.slice(1).map(({ threads }) => threads[0]!.peakLoad)),
    claimed: last.threads[0]!.claimedLoad,
    /** What passes between the device and the thread in each block: nobody can render then. */
    waking: Math.max(0, meanBetween(first.device.responseMs, last.device.responseMs) / PERIOD_MS - mean),
  };
}

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;

async function open(environment: NodeJS.ProcessEnv): Promise<{ engine: RunningEngine; link: EngineLink }> {
  const engine = await RunningEngine.start({ environment });
  const link = await engine.link();
  const hello = () => link.command('hello', { protocol: ENGINE_PROTOCOL });
  await hello();
  const renewal = setInterval(() => void hello(), 5000); // an engine that hears nothing for long ends itself
  link.control.once('close', () => clearInterval(renewal));
  return { engine, link };
}

/** Plays tasks until one more is refused. Returns their names, and how many there were before anything was measured. */
async function fill(link: EngineLink, bench: Bench): Promise<{ ids: string[]; atOnce: number }> {
  const ids: string[] = [];
  let atOnce = 0;
  // what is measured may free room: full is who has none for one more a while after the last one came
  for (let round = 1; round <= (bench.quick ? 1 : MOST_ROUNDS); round++) {
    const before = ids.length;
    while (ids.length < MOST_TASKS && (await add(link, `t${ids.length}`))) {
      ids.push(`t${ids.length}`);
      bench.say(`admission: ${ids.length} tasks`);
    }
    atOnce ||= ids.length;
    if (ids.length === before) break;
    if (!bench.quick) await sleep(ROUND_MS);
  }
  return { ids, atOnce };
}

/** Blocks missed by the worst of so many tasks that play in an engine which refuses none. */
async function missedWithout(count: number, seconds: number, bench: Bench): Promise<number> {
  const { engine, link } = await open({ AUDIOCLOUD_RENDER_THREADS: '1', AUDIOCLOUD_ADMIT_LOAD: 'off' });
  try {
    const ids = Array.from({ length: count }, (_, n) => `t${n}`);
    for (const id of ids) await play(link, id);
    await sleep(1000); // not its start
    bench.say(`admission: ${count} tasks without admission`);
    const before = await missed(link, ids);
    await sleep(seconds * 1000);
    return Math.max(...(await missed(link, ids)).map((count, i) => count - before[i]!));
  } finally {
    await engine.remove();
  }
}

async function run(bench: Bench): Promise<Row[]> {
  const seconds = bench.quick ? 3 : 20;
  // costs are measured in this run, not taken from an earlier one
  const cache = mkdtempSync(join(tmpdir(), 'audiocloud-costs-'));
  const environment = { AUDIOCLOUD_RENDER_THREADS: '1', AUDIOCLOUD_CACHE: cache };
  const { engine, link } = await open(environment);
  const { engine: idle, link: control } = await open({ ...environment, AUDIOCLOUD_ADMIT_LOAD: 'off' });
  const rows: Row[] = [];
  let admitted = 0;
  try {
    await play(control, 'control', stripsOf(1));
    const { ids, atOnce } = await fill(link, bench);
    admitted = ids.length;
    const [before, controlBefore] = await Promise.all([missed(link, ids), missed(control, ['control'])]);
    link.events.length = 0;
    bench.say(`admission: ${admitted} tasks for ${seconds} s`);
    await sleep(seconds * 1000);
    const [after, controlAfter] = await Promise.all([missed(link, ids), missed(control, ['control'])]);
    const found = link.events.flatMap((event) => (event.type === 'counters' ? [event.counters] : []));
    const loads = loadsOf(found);
    const scheduling = found[0]?.threads[0]?.scheduling;
    rows.push(
      row({
        id: 'admission/95',
        name: 'missed blocks of the worst of the tasks admitted',
        unit: 'blocks',
        value: Math.max(...after.map((count, i) => count - before[i]!)),
        goal: 0,
        note: `${admitted} tasks of ${STRIPS * 3 + 1} instances (${atOnce} at once), scheduling ${scheduling}, ${seconds} s`,
      }),
      row({
        id: 'admission/control',
        name: 'missed blocks of an almost empty engine in the same seconds',
        unit: 'blocks',
        value: controlAfter[0]! - controlBefore[0]!,
        goal: null,
        note: 'one strip; what it misses is what the machine took from all',
      }),
      row({
        id: 'admission/load',
        name: 'mean load of the thread that is full',
        unit: '%',
        value: loads.mean * 100,
        goal: null,
        higherIsBetter: true,
        note: `claimed ${percent(loads.claimed)}, in the worst second ${percent(loads.worstSecond)}, p99 of the blocks about ${percent(loads.p99)}, worst block ${percent(loads.worstBlock)}; ${percent(loads.waking)} of each block passes between the device and the thread`,
      }),
    );
  } finally {
    await Promise.all([engine.remove(), idle.remove()]);
    rmSync(cache, { recursive: true, force: true });
  }
  if (bench.quick) return rows;
  const more = Math.ceil(admitted * 1.25);
  rows.push(
    row({
      id: 'admission/more',
      name: 'missed blocks with a quarter more tasks than were admitted',
      unit: 'blocks',
      value: await missedWithout(more, seconds, bench),
      goal: null,
      note: `${more} tasks without admission, ${seconds} s; none: the machine was steadier than an engine takes it to be that does not know it yet`,
    }),
  );
  return rows;
}

export const admission: Workload = {
  id: 'admission',
  name: 'an engine filled until it refuses',
  about:
    'Tasks of 24 strips on one render thread, paced at 128 frames and 48 kHz, as many as the engine admits (AUDIOCLOUD_ADMIT_LOAD, 95 %); counted is what they miss then. Beside it an almost empty engine plays.',
  run,
};
