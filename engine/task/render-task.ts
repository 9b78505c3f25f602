import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  AudioCloudError,
  hostParameter,
  linkedChanges,
  type ParameterChange,
  type Task,
  type TaskState,
} from '@audiocloud/api';
import type { TaskSounds } from '../media/disk-sound.ts';
import type { Registry } from '../registry/registry.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { TaskRenderer } from '../render/task-renderer.ts';
import { COMMAND, SEATS_MAXIMUM } from '../render/task-shared.ts';
import { LoadedTask } from './loaded-task.ts';
import { OfflineHelpers, type Sharing } from './offline-helpers.ts';
import { type RangeOptions, renderRange } from './render-range.ts';

/** A change of a parameter at a frame, counted from the first frame rendered. */
export interface RenderEvent extends ParameterChange {
  frame: number;
}

export interface RenderOptions extends RangeOptions {
  /** At `sampleRate`, by name. */
  media: TaskSounds;
  registry: Registry;
  /**
   * In any order; several at one frame apply in the order given. All take effect at their frame, but for what one
   * instance cannot take at a single frame (its list holds at least 128 events): the rest follows a frame later.
   */
  events?: readonly RenderEvent[];
  /** Default: the task's. */
  sampleRate?: number;
  /** 1 to 8192; default 128, as live. */
  blockFrames?: number;
  /** What is written goes through the guard of its sink, as live; default false: a file may hold what it wants. */
  isGuarded?: boolean;
  /** Called now and then with frames done and frames in all. */
  onProgress?: (done: number, total: number) => void;
  /**
   * Threads that may render, 1 to 16; default: the machine's cores. The bytes are the same whatever it is. Those beside the
   * calling one are only started where the graph has branches.
   */
  threads?: number;
  /** When other threads render: while that was measured to be faster (default), or from the first block on. */
  sharing?: Sharing;
  signal?: AbortSignal;
}

export interface RenderFacts {
  sampleRate: number;
  /** Of the first sink. */
  channels: number;
  /** Those that were asked for. */
  sinks: { name: string; channels: number }[];
  frames: number;
  latencyFrames: number;
}

/** Frames of every channel, planar. The arrays are used again for the next piece. */
export interface RenderedPiece {
  /** Of the first sink. */
  planes: readonly Float32Array[];
  /** Of each sink that was asked for. */
  sinks: readonly (readonly Float32Array[])[];
  frames: number;
}

/** How often failed instances are looked for, in frames: short beside the silence before they are started again. */
const LOOK_SECONDS = 0.02;

/**
 * Renders a task faster than real time, piece by piece. [control]
 *
 * The renderer is the live one: the same events at the same frames give the same bytes. The graph's latency is cut off
 * the start, so the first frame is the timeline at fromSeconds. The loop of the task is not played.
 *
 * An earlier end changes nothing before it. A later start gives the same frames where no instance remembers what was
 * before (gains, delays within the latency); where one does (filters, dynamics, tones), the sound of playing from there.
 *
 * Use: `start` loads and checks everything; then take `pieces` to the end.
 */
export class OfflineRender {
  readonly facts: RenderFacts;
  readonly #task: LoadedTask;
  readonly #options: RenderOptions;
  readonly #blockFrames: number;
  readonly #rings: SinkRing[];
  #outcome: TaskState | undefined;

  private constructor(options: RenderOptions, task: LoadedTask) {
    const sampleRate = task.sampleRate;
    const { sinks, from, to } = renderRange(options, task);
    for (const { frame } of options.events ?? [])
      if (!Number.isSafeInteger(frame) || frame < 0)
        throw new AudioCloudError(
          'REQUEST_INVALID',
          `Cannot render an event at frame ${frame}: wanted a whole number from 0`,
        );
    task.changes.check(options.events ?? []);
    this.#task = task;
    this.#options = options;
    this.#blockFrames = task.maxFrames;
    this.#rings = sinks.map(({ ring }) => new SinkRing(ring));
    this.facts = {
      sampleRate,
      channels: sinks[0]!.channels,
      sinks: sinks.map(({ name, channels }) => ({ name, channels })),
      frames: to - from,
      latencyFrames: task.latencyFrames,
    };
  }

  /** Throws what LoadedTask.load and LoadedTask.check throw, SINK_UNKNOWN, REQUEST_INVALID. */
  static start(options: RenderOptions): OfflineRender {
    const blockFrames = options.blockFrames ?? 128;
    if (!Number.isInteger(blockFrames) || blockFrames < 1 || blockFrames > 8192)
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot render in blocks of ${blockFrames} frames: wanted a whole number from 1 to 8192`,
      );
    const { threads = 1 } = options;
    if (!Number.isInteger(threads) || threads < 1 || threads > SEATS_MAXIMUM)
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot render on ${threads} threads: wanted a whole number from 1 to ${SEATS_MAXIMUM}`,
      );
    const { loop: _, ...unlooped } = options.task;
    const events = (options.events ?? []).flatMap(({ frame, ...change }) =>
      linkedChanges(unlooped, options.registry.models, [change]).map((one) => ({ frame, ...one })),
    );
    const graph = withDryPaths(unlooped, events);
    const task = LoadedTask.load({
      id: 'render',
      graph,
      media: options.media,
      registry: options.registry,
      maxFrames: blockFrames,
      ...(options.isGuarded ? { guard: { outputCeilingsDb: [] } } : {}),
      ...(options.sampleRate ? { sampleRate: options.sampleRate } : {}),
    });
    try {
      return new OfflineRender({ ...options, events }, task);
    } catch (error) {
      task.dispose();
      throw error;
    }
  }

  /** Every frame once, in order. Ends early, with RENDER_CANCELLED, when the signal says so. Can be run once. */
  async *pieces(): AsyncGenerator<RenderedPiece> {
    const { frames, latencyFrames, sampleRate } = this.facts;
    const { onProgress, signal, fromSeconds = 0 } = this.#options;
    const task = this.#task;
    const rings = this.#rings;
    const renderer = new TaskRenderer(task.image);
    const { threads = Math.min(SEATS_MAXIMUM, availableParallelism()), sharing = 'measured' } = this.#options;
    const helpers = new OfflineHelpers(task, renderer, { threads, sharing, frames: frames + latencyFrames });
    const events = [...(this.#options.events ?? [])].sort((a, b) => a.frame - b.frame);
    const interleaved = rings.map(({ channels }) => new Float32Array(this.#blockFrames * channels));
    const sinks = rings.map(({ channels }) =>
      Array.from({ length: channels }, () => new Float32Array(this.#blockFrames)),
    );
    const read = (ring: SinkRing, i: number, fresh: number): boolean => {
      const isThere = ring.read(ring.written - fresh, fresh, interleaved[i]!);
      if (isThere) separate(interleaved[i]!, sinks[i]!, fresh);
      return isThere;
    };
    let nextEvent = 0;
    let lastTurn = performance.now();
    let nextLook = 0;
    const start = Math.round(fromSeconds * sampleRate);
    task.shared.give({ kind: COMMAND.play, value: start, a: 1 });
    try {
      await helpers.ready();
      for (let done = -latencyFrames; done < frames; ) {
        if (signal?.aborted)
          throw new AudioCloudError(
            'RENDER_CANCELLED',
            `Cannot finish the render: it was cancelled after ${Math.max(0, done)} of ${frames} frames`,
          );
        const now = done + latencyFrames; // frames of the stream so far; events count them, as live
        let block = Math.min(this.#blockFrames, frames - done);
        for (; nextEvent < events.length && events[nextEvent]!.frame < now + block; nextEvent++) {
          if (task.shared.room === 0) {
            const until = Math.max(1, events[nextEvent]!.frame - now);
            renderer.takeAhead(until);
            if (task.shared.room === 0) {
              block = until;
              break;
            }
          }
          const { frame, ...change } = events[nextEvent]!;
          await task.changes.set([change], Math.max(frame, now));
        }
        // what comes next is looked at as well, to fade out in time what is not there: here all of it is
        task.readNow(start + now, 2 * block);
        helpers.render(block);
        done += block;
        if (done + latencyFrames >= nextLook) {
          nextLook = done + latencyFrames + LOOK_SECONDS * sampleRate;
          const { image } = task.recover((done + latencyFrames) / sampleRate); // the same clock, so the same bytes every time
          if (image) helpers.update(image);
        }
        const fresh = Math.min(block, done);
        if (fresh > 0 && rings.every((ring, i) => read(ring, i, fresh)))
          yield { planes: sinks[0]!, sinks, frames: fresh };
        if (performance.now() - lastTurn > 50) {
          onProgress?.(Math.max(0, done), frames);
          await nextTurn();
          lastTurn = performance.now();
        }
      }
      onProgress?.(frames, frames);
    } finally {
      this.#outcome = task.state();
      await helpers.stop();
      task.dispose();
    }
  }

  /** What became of each instance, also after the end; failed ones are named. */
  get state(): TaskState {
    return this.#outcome ?? this.#task.state();
  }
}

/** The task with dry paths for the instances that events bypass or mix, so that no event needs another plan. */
function withDryPaths(task: Task, events: readonly RenderEvent[]): Task {
  const instances = { ...task.instances };
  for (const { instance: name, parameter } of events) {
    const instance = Object.hasOwn(instances, name) ? instances[name] : undefined;
    if (instance && instance.bypass === undefined && hostParameter(parameter))
      instances[name] = { ...instance, bypass: false };
  }
  return task.instances ? { ...task, instances } : task;
}

/** Renders a task into memory: planar channels. For streams to disk use OfflineRender. */
export async function renderTask(options: RenderOptions): Promise<RenderFacts & { data: Float32Array[] }> {
  const render = OfflineRender.start(options);
  const { channels, frames } = render.facts;
  const data = Array.from({ length: channels }, () => new Float32Array(frames));
  let at = 0;
  for await (const { planes, frames: count } of render.pieces()) {
    planes.forEach((plane, c) => {
      data[c]!.set(count === plane.length ? plane : plane.subarray(0, count), at);
    });
    at += count;
  }
  return { ...render.facts, data };
}

function separate(interleaved: Float32Array, planes: Float32Array[], frames: number): void {
  for (let c = 0; c < planes.length; c++) {
    const plane = planes[c]!;
    for (let i = 0, from = c; i < frames; i++, from += planes.length) plane[i] = interleaved[from]!;
  }
}
