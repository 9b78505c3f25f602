import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import { type AudioData, LoadedTask, OfflineHelpers, Registry, SinkRing, TaskRenderer } from '@audiocloud/engine';

const COMMAND_PLAY = 2;
let registry: Registry | undefined;

/** The stock models. */
export function stockRegistry(): Registry {
  registry ??= Registry.open([fileURLToPath(new URL('../../plugins', import.meta.url))]);
  return registry;
}

/** A task playing on this thread, with nothing else around it. */
export class OwnEngine {
  readonly task: LoadedTask;
  readonly #renderer: TaskRenderer;
  readonly #blockFrames: number;

  constructor(graph: Task, blockFrames = 128, media: Record<string, AudioData> = {}, models = stockRegistry()) {
    this.task = LoadedTask.load({ id: 'bench', graph, media, registry: models, maxFrames: blockFrames });
    this.#renderer = new TaskRenderer(this.task.image);
    this.#blockFrames = blockFrames;
    this.task.shared.give({ kind: COMMAND_PLAY, value: 0, a: 1 });
  }

  /** Seconds for `blocks` blocks. */
  time(blocks: number): number {
    const begun = performance.now();
    for (let block = 0; block < blocks; block++) this.#renderer.render(this.#blockFrames, []);
    return (performance.now() - begun) / 1000;
  }

  /**
   * Has so many threads share the task while `measure` runs, which gets what `time` is, alone (false) or shared (true).
   */
  async onThreads<T>(threads: number, measure: (time: (blocks: number, isShared: boolean) => number) => T): Promise<T> {
    const renderer = this.#renderer;
    const helpers = new OfflineHelpers(this.task, renderer, { threads, sharing: 'always', frames: 0 });
    await helpers.ready();
    try {
      return measure((blocks, isShared) => {
        renderer.sharing.isShared = isShared;
        for (let block = 0; block < 20; block++) renderer.render(this.#blockFrames, []);
        return this.time(blocks);
      });
    } finally {
      await helpers.stop();
    }
  }

  /** The next `frames` frames of channel 0 of the first sink. */
  samples(frames: number): Float32Array {
    return this.channels(frames)[0]!;
  }

  /** The next `frames` frames of the first sink, planar. */
  channels(frames: number): Float32Array[] {
    const ring = new SinkRing(this.task.sinks[0]!.ring);
    const out = Array.from({ length: ring.channels }, () => new Float32Array(frames));
    const piece = new Float32Array(this.#blockFrames * ring.channels);
    for (let at = 0; at < frames; at += this.#blockFrames) {
      this.#renderer.render(this.#blockFrames, []);
      ring.read(ring.written - this.#blockFrames, this.#blockFrames, piece);
      out.forEach((plane, c) => {
        for (let i = 0; i < this.#blockFrames && at + i < frames; i++) plane[at + i] = piece[i * ring.channels + c]!;
      });
    }
    return out;
  }

  dispose(): void {
    this.task.dispose();
  }
}
