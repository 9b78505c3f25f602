import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Task } from '@audiocloud/api';
import { openTaskMedia, openTaskSounds, pathsOfMedia } from '@audiocloud/engine';
import { DiskStreams } from '../../engine/disk/disk-streams.ts';
import { INSTANCE_RECORD } from '../../engine/render/program.ts';
import { PushRing } from '../../engine/render/push-ring.ts';
import { COMMAND } from '../../engine/render/task-shared.ts';
import { DrivenTask, openRegistry } from '../driven-task.ts';

/*
 * A process that renders a task and counts the bytes that appear in the young generation meanwhile; run with
 * --min-semi-space-size large enough that it is never collected. Writes { bytes, blocks, collections } by its channel.
 *
 * arguments: blocks, and what each block does besides: nothing, object or number (the controls), automation, restarts; disk: its
 * media are read from the disk, by the thread that does so; listener: somebody begins to hear it in the first of them
 */
const [blocks, extra] = [Number(process.argv[2]), process.argv[3] ?? 'nothing'];
const path = fileURLToPath(new URL('../../examples/tasks/example.json', import.meta.url));
const task = JSON.parse(readFileSync(path, 'utf8')) as Task;
const isOnDisk = extra === 'disk';
if (isOnDisk) task.loop!.endSeconds = 2; // read ahead as a whole, so that it is there however fast it is rendered
// through a plugin in C as well: a second memory, with copies between the two
task.instances!['tremolo'] = { model: 'example:tremolo' };
const [last] = Object.entries(task.connections!).find(([, { to }]) => to.node === 'main')!;
const end = task.connections![last]!;
task.connections![last] = { ...end, to: { node: 'tremolo' } };
task.connections!['tremolo-main'] = { from: { node: 'tremolo' }, to: { node: 'main' } };
// and an instrument, whose chords sound over the seam of the loop, under a pedal that is down there
const SEAM_SECONDS = task.loop!.endSeconds;
const chord = (seconds: number) => [48, 55, 64].map((note) => ({ seconds, lengthSeconds: 0.5, note }));
task.instances!['synth'] = { model: 'audiocloud:synth' };
task.connections!['synth-main'] = { from: { node: 'synth' }, to: { node: 'main' } };
task.tracks!['voice'] = { channels: 1, clips: [], source: { kind: 'push', bufferMs: 5 } };
task.connections!['voice-main'] = { from: { node: 'voice' }, to: { node: 'main' } };
task.notes = {
  part: {
    instance: 'synth',
    notes: Array.from({ length: 4 * SEAM_SECONDS }, (_, i) => chord(i / 4)).flat(),
    messages: [
      { seconds: 1, bytes: [0xb0, 64, 127] },
      { seconds: 1.5, bytes: [0xe0, 0, 80] },
    ],
  },
};
const { sampleRate } = task;
const pcmDir = mkdtempSync(join(tmpdir(), 'audiocloud-pcm-'));
const media = isOnDisk
  ? await openTaskSounds(task, pathsOfMedia(task, dirname(path)), {
      sampleRate,
      disk: { fromSeconds: 0, aheadSeconds: 3, pcmDir, pcmBytes: 2 ** 30 },
    })
  : await openTaskMedia(task, { folder: dirname(path), sampleRate });
const disk = new DiskStreams(3);
const driven = new DrivenTask(task, {
  registry: await openRegistry(),
  media,
  guard: { outputCeilingsDb: [] },
  disk,
  isHeardLater: extra === 'listener',
});
const { renderer } = driven;
const { shared } = driven.task;
// some seconds of pushed sound: heard, and then run dry
const pushed = new PushRing(driven.task.pushRing('voice')!);
pushed.write(new Float32Array(pushed.capacity).fill(0.1));
const device = [new Float32Array(128), new Float32Array(128)];

const kept: unknown[] = [null];
const controls: Record<string, (block: number) => void> = {
  nothing: () => {},
  disk: () => {},
  object: (block) => {
    kept[0] = { block };
  },
  number: (block) => {
    kept[0] = block + 0.5;
  },
};

/** A parameter of an instance moves in every block: words of the ring, as `LoadedTask.set` writes them. */
const master = driven.task.image.instances.find(({ name }) => name === 'master')!;
const move = { kind: COMMAND.parameter, a: master.memory, b: master.record, c: 0, d: -1, value: -6 };
if (extra === 'automation')
  controls['automation'] = (block) => {
    move.value = block & 1 ? -6 : -7;
    shared.give(move);
  };
/** A failed instance is started again in every block: the renderer's part of it. */
const { buffer } = driven.task.image.memories[master.memory]!.memory;
const layout = new Uint32Array(buffer)[(master.record + INSTANCE_RECORD.layout) >>> 2]!;
const restart = { kind: COMMAND.restart, a: master.memory, b: master.record, c: layout };
if (extra === 'restarts') controls['restarts'] = () => void shared.give(restart);
/** Somebody comes in the first block that counts. */
const ring = driven.ring();
let isCounted = false;
controls['listener'] = () => {
  if (isCounted) ring.hear();
};
const also = controls[extra]!;

function run(count: number): void {
  for (let block = 0; block < count; block++) {
    renderer.render(128, device);
    also(block);
  }
}

const youngBytes = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')!.space_used_size;

let collections = 0;
new PerformanceObserver((list) => {
  collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

for (const seconds of [0, 0.5, 1, 1.5]) await disk.near(driven.task.diskKey, seconds * sampleRate, 30_000);
driven.play();
for (let turn = 0; turn < 10; turn++) run(1500); // everything is compiled as far as it will be, also across the loop's seam
await new Promise((resolve) => setTimeout(resolve, 200)); // compilers on other threads are done
run(1000);
globalThis.gc!();
await new Promise((resolve) => setTimeout(resolve, 50));
collections = 0;
youngBytes();
const before = youngBytes();
isCounted = true;
run(blocks);
const bytes = youngBytes() - before;
await new Promise((resolve) => setTimeout(resolve, 50)); // entries of the observer come later
const gaps = driven.task.disk;
await disk.stop();
rmSync(pcmDir, { recursive: true });
process.send!({ gaps, bytes, blocks, collections, streamFrame: shared.streamFrame });
