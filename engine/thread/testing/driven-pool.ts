import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import type { Registry } from '../../registry/registry.ts';
import { SinkRing } from '../../render/sink-ring.ts';
import { TaskRenderer } from '../../render/task-renderer.ts';
import { COMMAND } from '../../render/task-shared.ts';
import { LoadedTask } from '../../task/loaded-task.ts';
import { LINE } from '../thread-line.ts';
import { type PoolOptions, ThreadPool } from '../thread-pool.ts';
import { Wake } from '../wake.ts';

export const BLOCK = 128;
/** No block needs so long, however busy the machine is. */
const PATIENT_MS = 20_000;

/** A pool of real threads with the test as its device: every block is asked for by hand, so nothing depends on the clock. */
export class DrivenPool {
  readonly wake: Wake;
  readonly pool: ThreadPool;
  readonly tasks: LoadedTask[] = [];
  private readonly registry: Registry;

  static async start(registry: Registry, threads: number, options: PoolOptions, maxBlocks = 1): Promise<DrivenPool> {
    const wake = Wake.create({ threads, channels: 2, blockFrames: BLOCK, maxBlocks, sampleRate: 48000 });
    return new DrivenPool(registry, wake, await ThreadPool.start(wake, options));
  }

  private constructor(registry: Registry, wake: Wake, pool: ThreadPool) {
    this.registry = registry;
    this.wake = wake;
    this.pool = pool;
  }

  /** A task that plays: its first block is the next one. */
  async play(id: string, graph: Task): Promise<LoadedTask> {
    const task = LoadedTask.load({ id, graph, media: {}, registry: this.registry, maxFrames: BLOCK });
    this.tasks.push(task);
    await this.pool.add(id, task.image);
    return task;
  }

  /** Starts tasks in one and the same block, which is rendered. */
  async begin(...tasks: LoadedTask[]): Promise<void> {
    const begun = Promise.all(tasks.map((task) => task.transport({ play: true })));
    this.block();
    await begun;
  }

  /** Asks for one block; returns how many threads were late. */
  block(deadlineMs = PATIENT_MS): number {
    return this.wake.request(1, deadlineMs);
  }

  /** Asks for blocks, with a turn of the event loop after each; returns how many requests found a thread late. */
  async blocks(count: number): Promise<number> {
    let late = 0;
    for (let i = 0; i < count; i++) {
      if (this.block() > 0) late++;
      await nextTurn();
    }
    return late;
  }

  /** Asks for blocks until it is so. */
  async blocksUntil(isSo: () => boolean): Promise<void> {
    for (const end = performance.now() + 60_000; !isSo(); await this.blocks(5))
      if (performance.now() > end) throw new Error('It did not come about within a minute');
  }

  /** Asks for blocks until something has come about that needs them. */
  async blocksDuring(something: Promise<unknown>): Promise<void> {
    for (let isOver = false; !isOver; ) {
      await this.blocks(1);
      isOver = await Promise.race([something.then(() => true), nextTurn(false)]);
    }
  }

  /** Resolves when all threads have answered the last request, be it late. */
  async caughtUp(): Promise<void> {
    const isDone = () => this.wake.lines.every((line) => line.get(LINE.done) === this.wake.generation());
    await this.until(isDone);
  }

  /** Resolves when it is so. */
  async until(isSo: () => boolean): Promise<void> {
    for (let i = 0; !isSo(); i++) {
      if (i > 6000) throw new Error('It did not come about within a minute');
      await sleep(10);
    }
  }

  async stop(): Promise<void> {
    await this.pool.stop();
    for (const task of this.tasks) task.dispose();
  }
}

/** What a sink gave from its first frame on, interleaved. */
export function heard(task: LoadedTask, sink: string): Float32Array {
  const ring = new SinkRing(task.sinks.find(({ name }) => name === sink)!.ring);
  const samples = new Float32Array(ring.written * ring.channels);
  if (!ring.read(0, ring.written, samples)) throw new Error(`The first of ${ring.written} frames are gone`);
  return samples;
}

/** The last frames that a sink gave, interleaved. */
export function lastHeard(task: LoadedTask, sink: string, frames: number): Float32Array {
  const ring = new SinkRing(task.sinks.find(({ name }) => name === sink)!.ring);
  const samples = new Float32Array(frames * ring.channels);
  if (!ring.read(ring.written - frames, frames, samples)) throw new Error(`The last ${frames} frames are gone`);
  return samples;
}

/** What a sink of a new task gives in its first frames, or the last of these, rendered on this thread. */
export function rendered(registry: Registry, graph: Task, sink: string, frames: number, last = frames): Float32Array {
  const task = LoadedTask.load({ id: 'reference', graph, media: {}, registry, maxFrames: BLOCK });
  try {
    const renderer = new TaskRenderer(task.image);
    task.shared.give({ kind: COMMAND.play, a: 1 });
    for (let done = 0; done < frames; done += BLOCK) renderer.render(BLOCK, []);
    return lastHeard(task, sink, last);
  } finally {
    task.dispose();
  }
}

/** Where two signals differ first; -1: nowhere. */
export function firstDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) throw new Error(`${a.length} and ${b.length} samples`);
  return a.findIndex((x, i) => !Object.is(x, b[i]));
}
