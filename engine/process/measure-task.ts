import { setImmediate as nextTurn } from 'node:timers/promises';
import { AudioCloudError, type Task } from '@audiocloud/api';
import type { AudioData } from '../media/audio-data.ts';
import type { Registry } from '../registry/registry.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import { NO_INSTANCE } from '../thread/place-counts.ts';
import { ThreadPool } from '../thread/thread-pool.ts';
import { Wake } from '../thread/wake.ts';

export interface MeasureOptions {
  task: Task;
  /** Decoded, at the task's rate or `sampleRate`, by name. */
  media: Record<string, AudioData>;
  registry: Registry;
  /** Default: the task's. */
  sampleRate?: number;
  /** 1 to 8192; default 128, as live. */
  blockFrames?: number;
  /** Time spent on measuring, in seconds; default 5. */
  seconds?: number;
  /** Called now and then with the part that is done, 0 to 1. */
  onProgress?: (part: number) => void;
  signal?: AbortSignal;
}

export interface TaskMeasure {
  sampleRate: number;
  blockFrames: number;
  /** From the graph to the image that a render thread takes: plugins, memories, plan. */
  loadMs: number;
  blocks: number;
  /** What one render thread took for a block, in ms. */
  blockMs: { mean: number; p50: number; p99: number; max: number };
  /** Share of one core when it plays: the mean by the time that a block lasts. */
  load: number;
  latencyFrames: number;
  /** Of the task's memories: plugins and buffers, media excluded. */
  memoryBytes: number;
  /** What of `load` was found in no instance: tracks, mixing, sinks. Sampled. */
  hostLoad: number;
  /** Sampled; dearest first. load: share of one core. */
  instances: { name: string; model: string; load: number }[];
  /** Instances that failed, by their messages. */
  failed: string[];
}

/** The part of the time in which nothing is counted: caches and predictors warm up. */
const WARM_UP = 0.2;
const PATIENT_MS = 60_000;
/** Asked for at once: a thread that is woken for every block would mostly sleep. */
const BLOCKS = 64;

/**
 * What a task costs on this machine: plays it, in a loop over its whole length, on a real render thread as fast as that
 * goes, and counts as an engine counts. [control]
 *
 * Throws what LoadedTask.load throws, and RENDER_CANCELLED.
 */
export async function measureTask(options: MeasureOptions): Promise<TaskMeasure> {
  const { task: graph, media, registry, blockFrames = 128, seconds = 5, onProgress, signal } = options;
  const begun = performance.now();
  const task = LoadedTask.load({
    id: 'measured',
    graph,
    media,
    registry,
    maxFrames: blockFrames,
    guard: { outputCeilingsDb: [] },
    ...(options.sampleRate ? { sampleRate: options.sampleRate } : {}),
  });
  const loadMs = performance.now() - begun;
  const { sampleRate } = task;
  const channels = Math.max(1, ...task.sinks.filter(({ kind }) => kind === 'device').map((sink) => sink.channels));
  const wake = Wake.create({ threads: 1, channels, blockFrames, maxBlocks: BLOCKS, sampleRate });
  const pool = await ThreadPool.start(wake, { wedgedMs: 1000, lookMs: 2 });
  try {
    let isLost: Error | undefined;
    pool.on('failed', (_, error) => {
      isLost = error;
    });
    pool.on('lost', (error) => {
      isLost = error;
    });
    const run = async (from: number, to: number): Promise<void> => {
      const start = performance.now();
      const lasts = (to - from) * seconds * 1000;
      for (let passed = 0; passed < lasts; passed = performance.now() - start) {
        for (const turn = performance.now(); performance.now() - turn < 20; ) wake.request(BLOCKS, PATIENT_MS);
        if (isLost) throw isLost;
        if (signal?.aborted) throw new AudioCloudError('RENDER_CANCELLED', 'Cannot measure the task: it was cancelled');
        onProgress?.(from + (passed / lasts) * (to - from));
        await nextTurn();
      }
    };
    await pool.add(task.id, task.image);
    const playing = task.transport({ play: true, loop: graph.loop ?? wholeLoop(graph, task) });
    wake.request(1, PATIENT_MS);
    await playing;
    await run(0, WARM_UP);
    await pool.remove(task.id); // counters begin anew
    await pool.add(task.id, task.image);
    await run(WARM_UP, 1);
    onProgress?.(1);
    const { blocks, blockMs, instanceLoads } = pool.taskCounters()[task.id]!;
    const load = blockMs.mean / ((1000 * blockFrames) / sampleRate);
    const sampled = Object.values(instanceLoads).reduce((sum, one) => sum + one, 0) || 1;
    const { mean, p50, p99, max } = blockMs;
    return {
      sampleRate,
      blockFrames,
      loadMs,
      blocks,
      blockMs: { mean, p50, p99, max },
      load,
      latencyFrames: task.latencyFrames,
      memoryBytes: task.image.memories.reduce((sum, { memory }) => sum + memory.buffer.byteLength, 0),
      hostLoad: ((instanceLoads[NO_INSTANCE] ?? 0) / sampled) * load,
      instances: Object.entries(graph.instances ?? {})
        .map(([name, { model }]) => ({ name, model, load: ((instanceLoads[name] ?? 0) / sampled) * load }))
        .sort((a, b) => b.load - a.load),
      failed: Object.values(task.state().instances).flatMap(({ error }) => (error ? [error.message] : [])),
    };
  } finally {
    await pool.stop();
    task.dispose();
  }
}

/** From the start to the end of the last clip; null for a task without clips, which sounds by itself. */
function wholeLoop({ lengthSeconds }: Task, task: LoadedTask): Task['loop'] | null {
  const clips = task.image.tracks.flatMap((track) => track.clips);
  const endSeconds =
    lengthSeconds ?? Math.max(0, ...clips.map(({ start, frames }) => start + frames)) / task.sampleRate;
  return clips.length > 0 && endSeconds > 0 ? { startSeconds: 0, endSeconds } : null;
}
