import type { TaskState } from '@audiocloud/api';
import type { DiskStreams } from '../disk/disk-streams.ts';
import type { TaskSounds } from '../media/disk-sound.ts';
import type { SoundLookup } from '../plan/fixed-sound.ts';
import type { Registry } from '../registry/registry.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import { type RangeOptions, renderRange } from '../task/render-range.ts';
import type { RenderedPiece, RenderFacts } from '../task/render-task.ts';
import type { ThreadPool } from '../thread/thread-pool.ts';
import type { Wake } from '../thread/wake.ts';
import { heardSound } from './heard-sound.ts';

export interface RealtimeRenderOptions extends RangeOptions {
  /** At the rate of the device, by name. */
  media: TaskSounds;
  /** Called now and then with frames done and frames in all. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
  /** What is written goes through the guard of its sink, as in a stream; default false. What is heard always is guarded. */
  isGuarded?: boolean;
}

/** The parts of an engine that a render needs. */
export interface RenderPlace {
  pool: ThreadPool;
  wake: Wake;
  registry: Registry;
  soundOf: SoundLookup;
  disk: DiskStreams;
  /** See SinkGuardOptions. */
  outputCeilingsDb: readonly number[];
}

/** No task of a client can have this name. */
const TASK = '~render';

/**
 * Renders a task as its device plays it, so that hardware takes part. [control]
 *
 * The latency of the graph is cut off the start. The loop of the task is not played.
 *
 * Use: `start` loads and checks everything; then take `pieces` to the end.
 */
export class RealtimeRender {
  readonly facts: RenderFacts;
  readonly #place: RenderPlace;
  readonly #options: RealtimeRenderOptions;
  readonly #task: LoadedTask;
  readonly #rings: SharedArrayBuffer[];
  #outcome: TaskState | undefined;
  #missedBlocks = 0;

  /** Throws what LoadedTask.load and renderRange throw. */
  static start(place: RenderPlace, options: RealtimeRenderOptions): RealtimeRender {
    const { loop: _, ...graph } = options.task;
    const { registry, wake, soundOf, outputCeilingsDb, disk } = place;
    const task = LoadedTask.load({
      id: TASK,
      graph,
      media: options.media,
      registry,
      sampleRate: wake.sampleRate,
      maxFrames: wake.blockFrames,
      hasFixed: true,
      soundOf,
      disk,
      ...(options.isGuarded ? { guard: { outputCeilingsDb } } : {}),
    });
    try {
      return new RealtimeRender(place, options, task);
    } catch (error) {
      task.dispose();
      throw error;
    }
  }

  private constructor(place: RenderPlace, options: RealtimeRenderOptions, task: LoadedTask) {
    const { sinks, from, to } = renderRange(options, task);
    this.#place = place;
    this.#options = options;
    this.#task = task;
    this.#rings = sinks.map(({ ring }) => ring);
    const { sampleRate, latencyFrames } = task;
    this.facts = {
      sampleRate,
      channels: sinks[0]!.channels,
      sinks: sinks.map(({ name, channels }) => ({ name, channels })),
      frames: to - from,
      latencyFrames,
    };
  }

  /** Every frame once, in order, as they are played. Throws what heardSound throws. Can be run once, or `play`. */
  async *pieces(): AsyncGenerator<RenderedPiece> {
    const { signal, onProgress } = this.#options;
    const { frames } = this.facts;
    const sound = heardSound(
      this.#rings.map((ring) => new SinkRing(ring)),
      this.facts,
      signal,
    );
    const end = await this.#begin();
    try {
      let done = 0;
      for await (const { sinks, frames: count } of sound.pieces()) {
        done += count;
        onProgress?.(done, frames);
        yield { planes: sinks[0]!, sinks, frames: count };
      }
    } finally {
      await end();
    }
  }

  /**
   * Plays while somebody else reads the rings of the sinks, in the order of the facts (heardSound); that one calls `begin` when it is ready
   * to. Can be run once, or `pieces`. Throws what `listen` and transport throw.
   */
  async play<T>(listen: (rings: SharedArrayBuffer[], begin: () => void) => Promise<T>): Promise<T> {
    let ending: Promise<() => Promise<void>> | undefined;
    const { promise: failed, reject } = Promise.withResolvers<never>();
    const begin = () => {
      ending = this.#begin();
      ending.catch(reject);
    };
    try {
      return await Promise.race([listen(this.#rings, begin), failed]);
    } finally {
      const end = await ending?.catch(() => () => Promise.resolve());
      if (end) await end();
      else this.#task.dispose(); // it never began
    }
  }

  /** Begins to play; resolves to what ends it. */
  async #begin(): Promise<() => Promise<void>> {
    const { pool, wake } = this.#place;
    const task = this.#task;
    const leftOut = wake.leftOutBlocks();
    const end = async () => {
      this.#missedBlocks = pool.lateBlocks(TASK) + wake.leftOutBlocks() - leftOut;
      this.#outcome = task.state();
      await pool.remove(TASK);
      task.dispose();
    };
    try {
      await pool.add(TASK, task.image);
      const change = { play: true, positionSeconds: this.#options.fromSeconds ?? 0 };
      await task.near.before(change);
      await task.transport(change);
    } catch (error) {
      await end();
      throw error;
    }
    return end;
  }

  /** Blocks that were missed while it was played: the file has what was heard, but hardware heard a gap. */
  get missedBlocks(): number {
    return this.#missedBlocks;
  }

  /** What became of each instance, also after the end; failed ones are named. */
  get state(): TaskState {
    return this.#outcome ?? this.#task.state();
  }
}
