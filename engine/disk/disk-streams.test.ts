import { appendFileSync, closeSync, openSync, renameSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ErrorBody, Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import type { Sound } from '../media/disk-sound.ts';
import { soundOf } from '../media/pcm-cache.ts';
import { WAV_HEADER_BYTES } from '../media/wav-header.ts';
import { Registry } from '../registry/registry.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { TaskRenderer } from '../render/task-renderer.ts';
import { COMMAND, WORD } from '../render/task-shared.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import { DiskStreams } from './disk-streams.ts';
import { PAGE_FRAMES } from './page-store.ts';
import { noiseFile } from './testing/long-file.ts';

/* The disk thread as it is, and a renderer on this thread: blocks are asked for by hand, so nothing depends on the clock. */

const registry = Registry.open([fileURLToPath(new URL('../../plugins', import.meta.url))]);
const BLOCK = 128;
const RATE = 48000;
const FRAMES = 100 * PAGE_FRAMES;
const PATIENT_MS = 30_000;

const graph = (startSeconds = 0): Task => ({
  sampleRate: RATE,
  media: { noise: { path: 'noise.wav' } },
  tracks: { track: { channels: 2, clips: [{ media: 'noise', startSeconds }] } },
  connections: { c: { from: { node: 'track' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 2 } },
});

class Player {
  readonly streams = new DiskStreams(2);
  readonly task: LoadedTask;
  readonly renderer: TaskRenderer;
  readonly troubles: (ErrorBody | undefined)[] = [];
  private readonly ring: SinkRing;

  constructor(t: Test, sound: Sound, task = graph()) {
    this.streams.on('trouble', (_, __, error) => this.troubles.push(error));
    this.task = LoadedTask.load({
      id: 'played',
      graph: task,
      media: { noise: sound },
      registry,
      maxFrames: BLOCK,
      disk: this.streams,
    });
    this.renderer = new TaskRenderer(this.task.image);
    this.ring = new SinkRing(this.task.sinks[0]!.ring);
    t.teardown(async () => {
      this.task.dispose();
      await this.streams.stop();
    });
  }

  /** Waits until what is played at a frame can be. */
  near(frame: number): Promise<void> {
    return this.streams.near(this.task.diskKey, frame, PATIENT_MS);
  }

  give(kind: number, value = 0, a = 0): void {
    this.task.shared.give({ kind, value, a });
  }

  /** Blocks, interleaved. */
  blocks(count: number): Float32Array {
    for (let n = 0; n < count; n++) this.renderer.render(BLOCK, []);
    const samples = new Float32Array(count * BLOCK * 2);
    if (!this.ring.read(this.ring.written - count * BLOCK, count * BLOCK, samples)) throw new Error('gone');
    return samples;
  }

  get underruns(): number {
    return this.task.shared.words[WORD.diskUnderruns]!;
  }
  get seekWaits(): number {
    return this.task.shared.words[WORD.seekWaits]!;
  }
}

async function until(isSo: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + PATIENT_MS; !isSo(); await sleep(5))
    if (performance.now() > end) throw new Error(`It did not come about: ${what}`);
}

const interleaved = (data: Float32Array[], first: number, frames: number) =>
  Float32Array.from({ length: frames * 2 }, (_, i) => data[i % 2]![first + (i >> 1)]!);
const firstDifference = (a: Float32Array, b: Float32Array) => a.findIndex((x, i) => !Object.is(x, b[i]));
const largestStep = (samples: Float32Array) =>
  samples.reduce((most, x, i) => (i < 2 ? 0 : Math.max(most, Math.abs(x - samples[i - 2]!))), 0);

t.test('the disk thread: what is near is heard at once, from play and from seeks, bit for bit', async (t) => {
  const { disk, memory } = noiseFile(join(t.testdir({}), 'noise.wav'), { frames: FRAMES });
  const player = new Player(t, disk);
  let place = 0;
  await player.near(place);
  player.give(COMMAND.play, place, 1);
  for (let seek = 0; seek < 30; seek++) {
    for (let n = 0; n < 4; n++) {
      await player.near(place);
      const heard = player.blocks(16);
      // the block after a seek is a crossfade
      const skip = n === 0 && seek > 0 ? BLOCK * 2 : 0;
      const wanted = interleaved(memory.data, place, 16 * BLOCK);
      t.equal(firstDifference(heard.subarray(skip), wanted.subarray(skip)), -1, `seek ${seek}, turn ${n}`);
      place += 16 * BLOCK;
    }
    place = (seek * 3_456_789) % (FRAMES - 100 * BLOCK);
    await player.near(place);
    player.give(COMMAND.seek, place);
  }
  t.equal(player.underruns, 0);
  t.equal(player.seekWaits, 0);
  t.ok(player.streams.readBytes > 0 && player.streams.reads > 0);
});

t.test('the disk thread holds a bounded part of a file, however long it is played', async (t) => {
  const { disk } = noiseFile(join(t.testdir({}), 'noise.wav'), { frames: FRAMES });
  const player = new Player(t, disk);
  const { clips } = player.task.image.tracks[0]!;
  const { slabs, table } = clips[0]!.disk!;
  const bytes = slabs.reduce((sum, { memory }) => sum + memory.byteLength, 0);
  t.ok(bytes < 2.5 * 2 ** 20, `${bytes} bytes for a file of ${disk.file.sizeBytes}`);
  player.give(COMMAND.play, 0, 1);
  const pages = new Int32Array(table);
  for (let place = 0; place < FRAMES - 64 * BLOCK; place += 64 * BLOCK) {
    await player.near(place);
    player.blocks(64);
    t.ok(pages.filter((slot) => slot > 0).length <= slabs.reduce((sum, { slots }) => sum + slots, 0));
  }
  t.equal(player.underruns, 0);
  t.ok(
    player.streams.readBytes <= disk.file.sizeBytes * 1.2,
    `read ${player.streams.readBytes} of ${disk.file.sizeBytes}`,
  );
});

t.test('what is not there in time fades out, is silent, counted, and fades in', async (t) => {
  const { disk } = noiseFile(join(t.testdir({}), 'noise.wav'), { frames: FRAMES });
  // a constant: every step is one of the fades
  const task = graph();
  const player = new Player(t, disk, task);
  const near = player.task.image.tracks[0]!.clips[0]!.disk!;
  await player.near(0);
  // 5 pages and no more: the thread is held
  await until(() => new Int32Array(near.table).slice(0, 8).every((slot) => slot > 0), 'pages');
  await player.streams.stop();
  const slabs = near.slabs.map(({ memory }) => new Float32Array(memory));
  for (const slab of slabs) slab.fill(0.5);
  const table = new Int32Array(near.table);
  const there = table.indexOf(0) * PAGE_FRAMES;
  t.ok(there > RATE, 'a second is there');
  const kept = table[5]!;
  table[5] = 0;
  player.give(COMMAND.play, 3 * PAGE_FRAMES, 1);
  t.equal(player.blocks(1)[0], 0.5);
  player.blocks(32); // a ring holds no more than some
  for (let n = 2 * PAGE_FRAMES - 33 * BLOCK - 8 * BLOCK; n > 0; n -= BLOCK) player.blocks(1);
  const heard = player.blocks(8 + 3);
  t.equal(heard.at(-1), 0, 'silent');
  t.equal(heard[0], 0.5);
  t.ok(largestStep(heard) <= 0.5 / BLOCK + 1e-6, `a step of ${largestStep(heard)}`);
  t.equal(player.seekWaits, 3, 'so soon after play it is a wait');
  t.equal(player.underruns, 0);
  table[5] = kept;
  const again = player.blocks(3);
  t.equal(again.at(-1), 0.5, 'it is back');
  t.ok(largestStep(again) <= 0.5 / BLOCK + 1e-6, `a step of ${largestStep(again)}`);
  table.fill(0);
  for (let n = 0; n < (2 * RATE) / BLOCK; n++) player.blocks(1);
  t.ok(player.underruns > 0, `${player.underruns} underruns`);
});

t.test(
  'without any wait: nothing of another place is ever heard, however the pages change under the renderer',
  async (t) => {
    const path = join(t.testdir({}), 'noise.wav');
    const { memory } = noiseFile(path, { frames: FRAMES });
    // each page has a level of its own, so that a sample says of which page it is
    const levelOf = (frame: number) => Math.fround((1 + Math.floor(frame / PAGE_FRAMES)) / 128);
    for (const plane of memory.data) for (let i = 0; i < FRAMES; i++) plane[i] = levelOf(i);
    const samples = interleaved(memory.data, 0, FRAMES);
    const fd = openSync(path, 'r+');
    writeSync(fd, new Uint8Array(samples.buffer), 0, samples.byteLength, WAV_HEADER_BYTES);
    closeSync(fd);
    const player = new Player(t, soundOf(path));
    let place = 0;
    player.give(COMMAND.play, place, 1);
    let whole = 0;
    let silent = 0;
    let state = 1;
    for (const end = performance.now() + 1500; performance.now() < end; ) {
      const isJump = state % 97 === 0;
      state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff;
      if (isJump) {
        place = state % (FRAMES - 200 * BLOCK);
        player.give(COMMAND.seek, place);
      }
      const heard = player.blocks(1);
      for (let i = 0; i < heard.length && !isJump; i++) {
        const level = levelOf(place + (i >> 1));
        const x = heard[i]!;
        if (x === level) whole++;
        else if (x === 0) silent++;
        else if (!(x > 0 && x < level * 1.000001)) {
          t.fail(`${x} at frame ${place + (i >> 1)}, at most ${level}`);
          return;
        }
      }
      place = player.task.shared.positionFrame;
      if (place > FRAMES - 100 * BLOCK) {
        place = 0;
        player.give(COMMAND.seek, 0);
        player.blocks(1);
        place = player.task.shared.positionFrame;
      }
    }
    t.ok(whole > 100_000 && silent > 100_000, `${whole} samples were heard, ${silent} came late`);
  },
);

t.test('the start of a loop is there before the loop is at its end', async (t) => {
  const { disk, memory } = noiseFile(join(t.testdir({}), 'noise.wav'), { frames: FRAMES });
  const player = new Player(t, disk);
  const [start, end] = [20 * PAGE_FRAMES + 77, 60 * PAGE_FRAMES + 5];
  player.task.shared.give({ kind: COMMAND.loop, value: start, value2: end });
  await player.near(end - 8 * BLOCK);
  player.give(COMMAND.play, end - 8 * BLOCK, 1);
  player.blocks(1); // from here on the thread knows of the loop
  const { disk: pages } = player.task.image.tracks[0]!.clips[0]!;
  await until(() => new Int32Array(pages!.table)[21]! > 0, 'the loop start');
  const heard = player.blocks(15);
  t.equal(firstDifference(heard.subarray(7 * BLOCK * 2), interleaved(memory.data, start, 8 * BLOCK)), -1);
  t.equal(player.seekWaits + player.underruns, 0);
});

t.test('a file that is cut short, written, or gone is told of, and nothing breaks', async (t) => {
  for (const [how, spoil, told] of [
    ['cut short', (path: string) => truncateSync(path, 5 * PAGE_FRAMES * 8), /was cut short/],
    ['written', (path: string) => appendFileSync(path, 'x'), /was written or replaced/],
  ] as const) {
    const path = join(t.testdir({}), 'noise.wav');
    const { disk } = noiseFile(path, { frames: FRAMES });
    const player = new Player(t, disk);
    await player.near(0);
    player.give(COMMAND.play, 0, 1);
    player.blocks(10);
    t.same(player.troubles, []);
    spoil(path);
    await until(() => player.troubles.length > 0, how);
    t.match(player.troubles[0], { code: 'MEDIA_DAMAGED', message: told });
    player.give(COMMAND.seek, 50 * PAGE_FRAMES);
    await player.near(50 * PAGE_FRAMES);
    const heard = player.blocks(5);
    t.ok(
      heard.subarray(2 * BLOCK).every((x) => x === 0),
      `${how}: silence`,
    );
    t.ok(player.seekWaits > 0);
  }
});

t.test('a file whose name is taken away is played on; one that comes back is played again', async (t) => {
  const folder = t.testdir({});
  const path = join(folder, 'noise.wav');
  const { disk, memory } = noiseFile(path, { frames: FRAMES });
  const player = new Player(t, disk);
  await player.near(0);
  player.give(COMMAND.play, 0, 1);
  rmSync(path);
  await player.near(70 * PAGE_FRAMES);
  player.give(COMMAND.seek, 70 * PAGE_FRAMES);
  const heard = player.blocks(4).subarray(2 * BLOCK);
  t.equal(firstDifference(heard, interleaved(memory.data, 70 * PAGE_FRAMES + BLOCK, 3 * BLOCK)), -1);
  t.same(player.troubles, []);

  // a task that comes later finds nothing, until the file is there again
  const other = join(folder, 'other.wav');
  const { disk: later } = noiseFile(other, { frames: FRAMES });
  renameSync(other, `${other}.away`);
  const second = new Player(t, later);
  await until(() => second.troubles.length > 0, 'it is missing');
  t.match(second.troubles[0], { code: 'MEDIA_MISSING' });
  renameSync(`${other}.away`, other);
  await until(() => second.troubles.length > 1, 'it is back');
  t.equal(second.troubles[1], undefined);
  await second.near(0);
  second.give(COMMAND.play, 0, 1);
  t.not(second.blocks(1)[0], 0);
});

t.test('a disk thread that breaks is started again, and goes on with what is there', async (t) => {
  const { disk, memory } = noiseFile(join(t.testdir({}), 'noise.wav'), { frames: FRAMES });
  const player = new Player(t, disk);
  const lost: Error[] = [];
  player.streams.on('lost', (error) => lost.push(error));
  await player.near(0);
  player.give(COMMAND.play, 0, 1);
  player.blocks(1);
  player.streams.crash();
  await until(() => lost.length === 1, 'it is gone');
  for (let place = BLOCK; place < 30 * PAGE_FRAMES; place += 64 * BLOCK) {
    await player.near(place);
    const heard = player.blocks(64);
    t.equal(firstDifference(heard, interleaved(memory.data, place, 64 * BLOCK)), -1);
  }
  t.equal(player.underruns + player.seekWaits, 0);
});

t.test('a store is of one file as it was: another under its name is another sound', async (t) => {
  const path = join(t.testdir({}), 'noise.wav');
  const { disk: before } = noiseFile(path, { frames: FRAMES });
  const player = new Player(t, before);
  await player.near(0);
  player.give(COMMAND.play, 0, 1);
  player.blocks(1);
  rmSync(path);
  const { disk: after, memory } = noiseFile(path, { frames: FRAMES, seed: 5 });
  t.notSame(after.file, before.file);
  const edit = { op: 'put', part: 'media', name: 'noise', value: { path } } as const;
  player.renderer.update(player.task.edit(2, [edit], { noise: after }));
  for (let n = 0; n < 3; n++) {
    await player.near(player.task.shared.positionFrame);
    player.blocks(8);
  }
  const place = player.task.shared.positionFrame;
  await player.near(place);
  t.equal(firstDifference(player.blocks(8), interleaved(memory.data, place, 8 * BLOCK)), -1);
  t.equal(player.underruns, 0);
});
