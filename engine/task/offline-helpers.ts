import { Worker } from 'node:worker_threads';
import type { HelperThreadData } from '../render/helper-thread.ts';
import { WORTH_SHARING } from '../render/branch-plan.ts';
import { inUse } from '../render/in-use.ts';
import type { TaskImage } from '../render/task-image.ts';
import type { TaskRenderer } from '../render/task-renderer.ts';
import { Team } from '../render/team.ts';
import type { LoadedTask } from './loaded-task.ts';
import { SharingTrial } from '../render/sharing-trial.ts';

/**
 * After so long it is known what a frame costs; and what is left must take so long, to be worth starting threads (ms of processor
 * time: on a busy machine a short render takes long, and more threads make it longer).
 */
const LOOK_MS = 50;
const LONG_MS = 1500;
/** Fuel cuts whatever does not end within about a millisecond: a thread that takes so long is gone. */
const PATIENCE_MS = 120_000;

/** measured: other threads are started for long renders, and used while that is faster. always: from the first block on. */
export type Sharing = 'measured' | 'always';

export interface OfflineHelpersOptions {
  /** Threads that may render, the calling one included. */
  threads: number;
  sharing: Sharing;
  /** To render in all. */
  frames: number;
}

/** The threads that help to render one task offline. [control] */
export class OfflineHelpers {
  private readonly task: LoadedTask;
  private readonly renderer: TaskRenderer;
  private readonly threads: number;
  private readonly sharing: Sharing;
  private readonly trial = new SharingTrial();
  private readonly words = new Int32Array(new SharedArrayBuffer(8));
  private workers: Worker[] = [];
  private team: Team | undefined;
  private up = 0;
  private isDecided: boolean;
  private framesLeft: number;
  private framesDone = 0;
  private ms = 0;

  /** renderer: of the task, on this thread. */
  constructor(task: LoadedTask, renderer: TaskRenderer, { threads, sharing, frames }: OfflineHelpersOptions) {
    this.task = task;
    this.renderer = renderer;
    this.threads = threads;
    this.sharing = sharing;
    this.framesLeft = frames;
    this.isDecided = threads === 1;
    renderer.sharing.patienceMs = PATIENCE_MS;
  }

  /** Resolves when the first block can be rendered. */
  async ready(): Promise<void> {
    if (this.sharing === 'always' && !this.isDecided) await Promise.all(this.start());
  }

  /** Renders a block, with the helpers there are if that is faster. */
  render(frames: number): void {
    const { renderer } = this;
    renderer.sharing.isShared = this.up > 0 && (this.sharing === 'always' || this.trial.isShared);
    const worked = this.isDecided ? undefined : process.threadCpuUsage();
    const begun = performance.now();
    renderer.render(frames, []);
    const ms = performance.now() - begun;
    this.framesLeft -= frames;
    if (this.up > 0) this.trial.count(frames, ms);
    else if (worked) {
      const { user, system } = process.threadCpuUsage(worked);
      this.decide(frames, (user + system) / 1000);
    }
  }

  /** The task has a new image, which comes into use with the next block. */
  update(image: TaskImage): void {
    this.renderer.update(image);
    for (const worker of this.workers) worker.postMessage(inUse(image));
    Atomics.add(this.words, 1, 1);
    this.team?.disturb();
  }

  /** Resolves when they have ended. */
  async stop(): Promise<void> {
    Atomics.store(this.words, 0, 1);
    this.team?.disturb();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private decide(frames: number, ms: number): void {
    this.framesDone += frames;
    this.ms += ms;
    if (this.ms < LOOK_MS) return;
    this.isDecided = true;
    if ((this.ms / this.framesDone) * this.framesLeft >= LONG_MS) this.start();
  }

  /** Cuts the task into branches, and starts the threads if there are enough of them; resolves as each is up. */
  private start(): Promise<void>[] {
    this.isDecided = true;
    const image = this.task.share(this.threads);
    const { branches } = image;
    if (!branches || branches.widest < WORTH_SHARING) return [];
    this.renderer.update(inUse(image));
    this.team = new Team(branches);
    const url = new URL(`../render/helper-thread${import.meta.url.slice(-3)}`, import.meta.url);
    const words = this.words.buffer as SharedArrayBuffer;
    return Array.from({ length: this.threads - 1 }, (_, i) => {
      const worker = new Worker(url, {
        name: `render helper ${i + 1}`,
        workerData: { image, seat: i + 1, words } satisfies HelperThreadData,
      });
      this.workers.push(worker);
      return new Promise((resolve) => {
        worker.once('message', () => {
          this.up += 1;
          resolve();
        });
        worker.once('error', () => resolve()); // whoever does not come up does not help
      });
    });
  }
}
