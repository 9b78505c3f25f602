import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENGINE_PROTOCOL, type EngineCounters } from '@audiocloud/api';
import { dropFromMemory, longTask, playFor, residentBytes, writeLongFiles } from '../../test/long-tracks.ts';
import { RunningEngine } from '../../test/running-engine.ts';
import { type Bench, median, type Row, row, type Workload } from '../row.ts';

const TRACKS = 64;
const HOURS = 2;
const RATE = 48000;
const SEEKS = 20;

/** Plays so many tracks for a while, then seeks to places that were never read. */
async function play(bench: Bench): Promise<Row[]> {
  const seconds = bench.quick ? 3 : 60;
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-bench-'));
  const shape = { folder, tracks: TRACKS, seconds: HOURS * 3600, noiseSeconds: seconds + 10, sampleRate: RATE };
  const paths = writeLongFiles(shape);
  const isDropped = dropFromMemory(Object.values(paths));
  const engine = await RunningEngine.start({ environment: { AUDIOCLOUD_CACHE: join(folder, 'cache') } });
  try {
    const link = await engine.link();
    const { pid } = await link.command('hello', { protocol: ENGINE_PROTOCOL });
    const counters = async () => {
      const from = link.events.length;
      for (;;) {
        const told = link.events.slice(from).find(({ type }) => type === 'counters');
        if (told) return (told as { counters: EngineCounters }).counters;
        await sleep(20);
      }
    };
    await link.command('load', { task: 'long', revision: 1, graph: longTask({}, RATE), media: {} });
    const before = residentBytes(pid);
    await link.command('load', { task: 'long', revision: 1, graph: longTask(paths, RATE), media: paths });
    await link.command('transport', { task: 'long', change: { play: true } });
    await sleep(1000); // not its start
    const first = await counters();
    bench.say(`disk: ${TRACKS} tracks, ${seconds} s`);
    await playFor(link, seconds);
    const last = await counters();
    const of = ({ tasks }: EngineCounters) => tasks['long']!;
    const reads = last.disk!.reads - first.disk!.reads;
    const rate = (last.disk!.readBytes - first.disk!.readBytes) / 2 ** 20 / seconds;
    const grown = (residentBytes(pid) - before) / 2 ** 20;
    const seekMs: number[] = [];
    for (let n = 0; n < (bench.quick ? 3 : SEEKS); n++) {
      const began = performance.now();
      await link.command('transport', { task: 'long', change: { positionSeconds: 600 + n * 300 } });
      seekMs.push(performance.now() - began);
      await sleep(300);
    }
    const { disk } = of(await counters());
    const { load } = of(last);
    const how = `${TRACKS} stereo tracks of ${HOURS} h, 16 bits, ${seconds} s${isDropped ? ', nothing of the files in memory' : ''}`;
    const underruns = of(last).disk!.underruns - of(first).disk!.underruns;
    const missed = of(last).missedBlocks - of(first).missedBlocks;
    return [
      row({ id: 'disk/underruns', name: 'underruns', unit: 'blocks', value: underruns, goal: 0, note: how }),
      row({ id: 'disk/missed', name: 'missed blocks', unit: 'blocks', value: missed, goal: 0, note: how }),
      row({
        id: 'disk/rate',
        name: 'read from the disk',
        unit: 'MiB/s',
        value: rate,
        goal: null,
        note: `${(reads / seconds).toFixed(0)} calls a second; load of the render thread ${load.toFixed(3)}`,
      }),
      row({ id: 'disk/memory', name: 'memory of the task', unit: 'MiB', value: grown, goal: 300, note: how }),
      row({
        id: 'disk/seek',
        name: 'seek to where nothing was read, until it is heard',
        unit: 'ms',
        value: median(seekMs),
        goal: 200,
        note: `${disk!.seekWaits} blocks of silence after ${seekMs.length} seeks, longest ${Math.max(...seekMs).toFixed(0)} ms; the old place plays on meanwhile`,
      }),
    ];
  } finally {
    await engine.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

export const disk: Workload = {
  id: 'disk',
  name: 'tracks from the disk',
  about: `${TRACKS} stereo tracks of ${HOURS} hours, each of a file of its own, mixed on the paced clock, read ahead by the disk thread; then seeks all over them.`,
  run: play,
};
