import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import { AudioCloudError } from '@audiocloud/api';
import type { TaskImage } from '../render/task-image.ts';
import type { Letter, RenderThreadData, ThreadNote } from './letter.ts';
import type { Scheduling } from './priority.ts';
import type { Wake } from './wake.ts';

interface Events {
  /** A task threw on its render thread and is no longer rendered. */
  failed: [task: string, error: AudioCloudError];
  /** A render thread ended by itself: nothing of it can be saved. */
  lost: [error: Error];
}

interface RenderThread {
  worker: Worker;
  scheduling: Scheduling;
  tasks: Set<string>;
}

/** The render threads of an engine, seen from its control thread: places tasks, sends their images. [control] */
export class ThreadPool extends EventEmitter<Events> {
  private readonly wake: Wake;
  private readonly threads: RenderThread[];

  /** Starts as many threads as the wake memory has places; resolves when all answer the device. */
  static async start(wake: Wake): Promise<ThreadPool> {
    const threads = await Promise.all(
      Array.from({ length: wake.threads }, async (_, thread) => {
        const worker = new Worker(new URL(`./render-thread${import.meta.url.slice(-3)}`, import.meta.url), {
          name: `render ${thread}`,
          workerData: { memory: wake.memory, thread } satisfies RenderThreadData,
        });
        const scheduling = await new Promise<Scheduling>((resolve, reject) => {
          worker.once('message', (note: ThreadNote) => resolve(note.type === 'up' ? note.scheduling : 'none'));
          worker.once('error', reject);
        });
        worker.removeAllListeners('error');
        return { worker, scheduling, tasks: new Set<string>() };
      }),
    );
    return new ThreadPool(wake, threads);
  }

  private constructor(wake: Wake, threads: RenderThread[]) {
    super();
    this.wake = wake;
    this.threads = threads;
    for (const thread of threads) {
      thread.worker.on('message', (note: ThreadNote) => {
        if (note.type !== 'failed') return;
        thread.tasks.delete(note.task);
        const message = `Cannot ${note.doing} task '${note.task}': ${note.message}; load it again`;
        this.emit('failed', note.task, new AudioCloudError('ENGINE_FAILED', message, { task: note.task }));
      });
      thread.worker.on('error', (error) => this.emit('lost', error));
      thread.worker.on('exit', (code) => {
        if (!wake.isStopped()) this.emit('lost', new Error(`A render thread ended with code ${code}`));
      });
    }
  }

  /** The least that any thread got. */
  get scheduling(): Scheduling {
    const order: Scheduling[] = ['none', 'nice', 'fifo'];
    return order.find((one) => this.threads.some(({ scheduling }) => scheduling === one)) ?? 'none';
  }

  /** Has a task rendered, on the thread with the least load; one of the same id is replaced. Resolves when it was taken. */
  async add(task: string, image: TaskImage): Promise<void> {
    const thread = this.find(task) ?? this.leastLoaded();
    this.threads[thread]!.tasks.add(task);
    await this.post(thread, { type: 'add', task, image });
  }

  /** Swaps the image of a task at a block boundary; resolves when the old one is let go of. */
  async update(task: string, image: TaskImage): Promise<void> {
    const thread = this.find(task);
    if (thread !== undefined) await this.post(thread, { type: 'update', task, image });
  }

  /** Resolves when nothing of the task is touched any more; at once for a task that is not there. */
  async remove(task: string): Promise<void> {
    const thread = this.find(task);
    if (thread === undefined) return;
    await this.post(thread, { type: 'remove', task });
    this.threads[thread]!.tasks.delete(task);
  }

  /** Blocks in which the thread of a task was late. */
  lateBlocks(task: string): number {
    const thread = this.find(task);
    return thread === undefined ? 0 : this.wake.lateBlocks(thread);
  }

  /** The largest load of a thread, 0 to 1 (above when late). */
  load(): number {
    return Math.max(...this.threads.map((_, thread) => this.wake.load(thread)));
  }

  async stop(): Promise<void> {
    this.wake.stop();
    await Promise.all(
      this.threads.map(async ({ worker }) => {
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        // a thread looks up every 100 ms; one that has not by then is stuck
        const timer = setTimeout(() => void worker.terminate(), 500);
        await ended;
        clearTimeout(timer);
      }),
    );
  }

  private find(task: string): number | undefined {
    const thread = this.threads.findIndex(({ tasks }) => tasks.has(task));
    return thread < 0 ? undefined : thread;
  }

  private leastLoaded(): number {
    // a task that was just placed shows no load yet, so its number counts a little as well
    const costs = this.threads.map(({ tasks }, thread) => this.wake.load(thread) + 0.01 * tasks.size);
    return costs.indexOf(Math.min(...costs));
  }

  private post(thread: number, letter: Letter): Promise<void> {
    this.threads[thread]!.worker.postMessage(letter);
    return this.wake.mailPosted(thread);
  }
}
