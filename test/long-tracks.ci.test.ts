import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENGINE_PROTOCOL, type EngineCounters } from '@audiocloud/api';
import t from 'tap';
import { dropFromMemory, longTask, playFor, residentBytes, writeLongFiles } from './long-tracks.ts';
import { RunningEngine } from './running-engine.ts';

/*
 * 64 stereo tracks of 2 hours each on the paced clock, in an engine process of its own. Without AUDIOCLOUD_LONG for 10 s, on
 * a machine that may be busy: then missed blocks are no fault of the disk.
 */
const isLong = process.env['AUDIOCLOUD_LONG'] === '1';
const PLAY_SECONDS = isLong ? 60 : 10;
const TRACKS = 64;
const HOURS = 2;
const RATE = 48000;
/** What an engine with such a task may take more than without, of all media together 88 GB. */
const MOST_BYTES = 400 * 2 ** 20;

t.test(`${TRACKS} stereo tracks of ${HOURS} h play without an underrun`, { timeout: 300_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-long-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const paths = writeLongFiles({
    folder,
    tracks: TRACKS,
    seconds: HOURS * 3600,
    noiseSeconds: PLAY_SECONDS + 10,
    sampleRate: RATE,
  });
  dropFromMemory(Object.values(paths));
  const engine = await RunningEngine.start({ environment: { AUDIOCLOUD_CACHE: join(folder, 'cache') } });
  t.teardown(() => engine.remove());
  const link = await engine.link();
  const { pid } = await link.command('hello', { protocol: ENGINE_PROTOCOL });
  const before = residentBytes(pid);
  const began = performance.now();
  await link.command('load', { task: 'long', revision: 1, graph: longTask(paths, RATE), media: paths });
  const loadMs = performance.now() - began;
  await link.command('transport', { task: 'long', change: { play: true } });
  const playMs = performance.now() - began - loadMs;
  await playFor(link, PLAY_SECONDS);
  // a place that nothing has been read of
  const seekBegan = performance.now();
  await link.command('transport', { task: 'long', change: { positionSeconds: 3600 } });
  const seekMs = performance.now() - seekBegan;
  await sleep(1500);
  const told = link.events.flatMap((event) => (event.type === 'counters' ? [event.counters as EngineCounters] : []));
  const { tasks, disk } = told.at(-1)!;
  const { blocks, missedBlocks, disk: gaps, load } = tasks['long']!;
  const grown = residentBytes(pid) - before;
  t.comment(
    `load ${loadMs.toFixed(0)} ms, play ${playMs.toFixed(0)} ms, seek ${seekMs.toFixed(0)} ms, ${blocks} blocks, ${missedBlocks} missed, load ${load.toFixed(3)}, read ${(disk!.readBytes / 2 ** 20).toFixed(0)} MiB in ${disk!.reads} calls, ${(grown / 2 ** 20).toFixed(0)} MiB of memory`,
  );
  t.ok(blocks > (PLAY_SECONDS * RATE) / 128 / 2, `${blocks} blocks`);
  t.equal(gaps!.underruns, 0, 'no underrun');
  if (isLong) t.equal(missedBlocks, 0, 'no missed block');
  if (isLong) t.equal(gaps!.seekWaits, 0, 'no gap at a seek');
  t.ok(disk!.readBytes > TRACKS * PLAY_SECONDS * RATE * 4, `${disk!.readBytes} bytes were read`);
  t.ok(grown < MOST_BYTES, `${grown} bytes more than before`);
});
