import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import type { Clip, Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import type { TaskSounds } from '../media/disk-sound.ts';
import { Registry } from '../registry/registry.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { TaskRenderer } from '../render/task-renderer.ts';
import { COMMAND, type Command, WORD } from '../render/task-shared.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import { renderTask } from '../task/render-task.ts';
import { DiskStreams } from './disk-streams.ts';
import { noiseFile } from './testing/long-file.ts';
import { PAGE_FRAMES } from './page-store.ts';

/* What is played from the disk equals what is played from memory, bit for bit. */

const registry = Registry.open([fileURLToPath(new URL('../../plugins', import.meta.url))]);
const RATE = 48000;
const seconds = (frames: number): number => frames / RATE;

function randomOf(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Long, short, of one channel, of two. */
const LENGTHS = {
  long: 40 * PAGE_FRAMES + 123,
  mono: 11 * PAGE_FRAMES + 1,
  short: PAGE_FRAMES - 5,
  whole: 3 * PAGE_FRAMES,
};
const TIMELINE = 60 * PAGE_FRAMES;

function sounds(t: Test): { disk: TaskSounds; memory: TaskSounds } {
  const folder = t.testdir({});
  const made = Object.entries(LENGTHS).map(([name, frames], i) => {
    const path = join(folder, `${name}.wav`);
    return [name, noiseFile(path, { frames, channels: name === 'mono' ? 1 : 2, seed: i + 1 })] as const;
  });
  return {
    disk: Object.fromEntries(made.map(([name, { disk }]) => [name, disk])),
    memory: Object.fromEntries(made.map(([name, { memory }]) => [name, memory])),
  };
}

function randomClips(random: (below: number) => number): Clip[] {
  return Array.from({ length: 1 + random(6) }, () => {
    const media = Object.keys(LENGTHS)[random(4)] as keyof typeof LENGTHS;
    const offset = random(LENGTHS[media] - 1);
    const length = 1 + random(LENGTHS[media] - offset);
    return {
      media,
      startSeconds: seconds(random(TIMELINE)),
      offsetSeconds: seconds(offset),
      ...(random(3) > 0 ? { lengthSeconds: seconds(length) } : {}),
      gainDb: -random(12),
      fadeInSeconds: seconds(random(3) * random(5000)),
      fadeOutSeconds: seconds(random(3) * random(5000)),
    };
  });
}

const taskOf = (tracks: Clip[][]): Task => ({
  sampleRate: RATE,
  media: Object.fromEntries(Object.keys(LENGTHS).map((name) => [name, { path: `${name}.wav` }])),
  tracks: Object.fromEntries(tracks.map((clips, i) => [`track${i}`, { channels: 2, clips }])),
  connections: Object.fromEntries(
    tracks.map((_, i) => [`c${i}`, { from: { node: `track${i}` }, to: { node: 'main' } }]),
  ),
  sinks: { main: { kind: 'stream', channels: 2 } },
});

/** A task that this thread renders, and the pages of which this thread reads. */
class Played {
  readonly task: LoadedTask;
  readonly renderer: TaskRenderer;
  private readonly ring: SinkRing;

  constructor(graph: Task, media: TaskSounds, maxFrames: number, disk?: DiskStreams) {
    this.task = LoadedTask.load({ id: 'played', graph, media, registry, maxFrames, ...(disk ? { disk } : {}) });
    this.renderer = new TaskRenderer(this.task.image);
    this.ring = new SinkRing(this.task.sinks[0]!.ring);
  }

  /** A block, and what it sounds like. places: where the timeline may be in it. */
  block(frames: number, places: readonly number[]): Float32Array {
    for (const place of places) this.task.readNow(Math.max(0, place), 2 * frames);
    this.renderer.render(frames, []);
    const samples = new Float32Array(frames * 2);
    if (!this.ring.read(this.ring.written - frames, frames, samples)) throw new Error('gone');
    return samples;
  }

  get late(): number {
    return this.task.shared.words[WORD.diskUnderruns]! + this.task.shared.words[WORD.seekWaits]!;
  }
}

const firstDifference = (a: Float32Array, b: Float32Array) => a.findIndex((x, i) => !Object.is(x, b[i]));

let sounding = 0;
for (let seed = 1; seed <= 12; seed++)
  t.test(`random clips, seeks, loops and edits, seed ${seed}: from the disk as from memory`, async (t) => {
    const random = randomOf(seed);
    const maxFrames = [64, 128, 1024, 8192][random(4)]!;
    const { disk, memory } = sounds(t);
    const tracks = Array.from({ length: 1 + random(3) }, () => randomClips(random));
    const graph = taskOf(tracks);
    const [a, b] = [new Played(graph, disk, maxFrames), new Played(graph, memory, maxFrames)];
    t.teardown(() => {
      a.task.dispose();
      b.task.dispose();
    });
    const give = (command: Command) => {
      for (const { task } of [a, b]) task.shared.give(command);
    };
    let place = random(TIMELINE);
    give({ kind: COMMAND.play, value: place, a: 1 });
    for (let done = 0, n = 0; done < 3 * TIMELINE && n < 1500; n++) {
      const places = [place];
      const what = random(60);
      if (what === 0) {
        place = random(TIMELINE);
        places.push(place);
        give({ kind: COMMAND.seek, value: place });
      } else if (what === 1) {
        const start = random(TIMELINE);
        const end = start + [1 + random(200), 1 + random(30_000), 0][random(3)]!;
        give({ kind: COMMAND.loop, value: end > start ? start : 0, value2: end > start ? end : 0 });
      } else if (what === 2 && n % 3 === 0) {
        const name = `track${random(tracks.length)}`;
        const edit = { op: 'put', part: 'tracks', name, value: { channels: 2, clips: randomClips(random) } } as const;
        for (const { task, renderer } of [a, b]) renderer.update(task.edit(task.revision + 1, [edit]));
      }
      const frames = random(4) === 0 ? 1 + random(maxFrames) : maxFrames;
      const loopStart = a.task.shared.loopStart;
      const [heard, wanted] = [a.block(frames, [...places, loopStart]), b.block(frames, [])];
      const wrong = firstDifference(heard, wanted);
      if (wrong >= 0) {
        t.fail(
          `seed ${seed}, block ${n} of ${frames} frames at ${place}: sample ${wrong} is ${heard[wrong]}, not ${wanted[wrong]}`,
        );
        return;
      }
      if (wanted.some((x) => x !== 0)) sounding++;
      place = a.task.shared.positionFrame;
      done += frames;
    }
    t.equal(a.late, 0, 'nothing was late');
  });

t.test('random clips: most of it was heard', async (t) => {
  t.ok(sounding > 2000, `${sounding} blocks`);
});

t.test('the disk thread: random clips, seeks, loops and edits, from the disk as from memory', async (t) => {
  const PATIENT_MS = 30_000;
  for (let seed = 101; seed <= 104; seed++) {
    const random = randomOf(seed);
    const { disk, memory } = sounds(t);
    const tracks = [randomClips(random), randomClips(random)];
    const streams = new DiskStreams(2);
    const [a, b] = [new Played(taskOf(tracks), disk, 128, streams), new Played(taskOf(tracks), memory, 128)];
    t.teardown(async () => {
      a.task.dispose();
      b.task.dispose();
      await streams.stop();
    });
    const near = (frame: number) => streams.near(a.task.diskKey, frame, PATIENT_MS);
    const give = (command: Command) => {
      for (const { task } of [a, b]) task.shared.give(command);
    };
    let place = random(TIMELINE);
    await near(place);
    give({ kind: COMMAND.play, value: place, a: 1 });
    for (let n = 0; n < 1200; n++) {
      const what = random(40);
      if (what === 0) {
        place = random(TIMELINE);
        await near(place);
        give({ kind: COMMAND.seek, value: place });
      } else if (what === 1) {
        const start = random(TIMELINE);
        const end = start + [1000 + random(200), 1 + random(30_000), 0][random(3)]!;
        await near(start);
        give({ kind: COMMAND.loop, value: end > start ? start : 0, value2: end > start ? end : 0 });
      } else if (what === 2) {
        const name = `track${random(tracks.length)}`;
        const edit = { op: 'put', part: 'tracks', name, value: { channels: 2, clips: randomClips(random) } } as const;
        const images = [a, b].map(({ task }) => task.edit(task.revision + 1, [edit]));
        await near(place);
        [a, b].forEach(({ renderer }, i) => {
          renderer.update(images[i]!);
        });
      }
      if (n % 16 === 0 || what < 3) await near(place);
      const [heard, wanted] = [a.block(128, []), b.block(128, [])];
      const wrong = firstDifference(heard, wanted);
      if (wrong >= 0) {
        t.fail(
          `seed ${seed}, block ${n} at ${place}: sample ${wrong} is ${heard[wrong]}, not ${wanted[wrong]}; ${a.late} late`,
        );
        return;
      }
      place = a.task.shared.positionFrame;
    }
    t.equal(a.late, 0, `seed ${seed}: nothing was late`);
  }
});

t.test('an offline render from the disk equals one from memory, whatever the block', async (t) => {
  const { disk, memory } = sounds(t);
  const random = randomOf(99);
  const graph = taskOf([randomClips(random), randomClips(random), randomClips(random)]);
  const wanted = await renderTask({ task: graph, media: memory, registry, blockFrames: 128, threads: 1 });
  for (const blockFrames of [100, 128, 8192]) {
    const found = await renderTask({ task: graph, media: disk, registry, blockFrames, threads: 1 });
    t.equal(found.frames, wanted.frames);
    for (const [c, plane] of found.data.entries())
      t.equal(firstDifference(plane, wanted.data[c]!), -1, `channel ${c}, blocks of ${blockFrames}`);
  }
  t.ok(wanted.data[0]!.some((x) => x !== 0));
});
