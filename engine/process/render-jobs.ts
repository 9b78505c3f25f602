import { Worker } from 'node:worker_threads';
import { AudioCloudError, type EngineCommand, type ErrorBody, type RenderedFile } from '@audiocloud/api';

/** What is to be rendered, to which file. */
export type RenderJob = Omit<Extract<EngineCommand, { type: 'render' }>, 'type' | 'id'>;

export interface RenderProgress {
  job: string;
  frames: number;
  ofFrames: number;
}

/** What the thread that renders to files is told. */
export type RenderToFileMessage = { kind: 'render'; job: RenderJob } | { kind: 'cancel' };

/** Its data: the folders of plugins. */
export interface RenderToFileData {
  pluginDirs: readonly string[];
}

export type RenderToFileAnswer =
  | { kind: 'progress'; frames: number; ofFrames: number }
  | { kind: 'done'; file: RenderedFile }
  | { kind: 'refused'; error: ErrorBody };

/** A thread that has nothing to do ends after this, to give back its memory. To start one takes about a second. */
const IDLE_MS = 5000;

interface Entry {
  cancel(): void;
  /** Settles when its thread is gone; never rejects. */
  ended: Promise<void>;
}

/**
 * Renders tasks to files beside what plays: one at a time, in the order asked, in a thread that gives way to everything else
 * and is there while there is something to render. [control]
 */
export class RenderJobs {
  private readonly jobs = new Map<string, Entry>();
  private readonly pluginDirs: readonly string[];
  private readonly onProgress: (progress: RenderProgress) => void;
  private thread: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private tail: Promise<void> = Promise.resolve();

  constructor(pluginDirs: readonly string[], onProgress: (progress: RenderProgress) => void) {
    this.pluginDirs = pluginDirs;
    this.onProgress = onProgress;
  }

  /** Resolves when the file is complete. Throws what OfflineRender and openMedia throw, RENDER_CANCELLED, REQUEST_INVALID. */
  async render(job: RenderJob): Promise<RenderedFile> {
    const { job: id } = job;
    if (this.jobs.has(id))
      throw new AudioCloudError('REQUEST_INVALID', `Cannot render '${id}': one of that id is under way`, { job: id });
    const stop = new AbortController();
    const cancelled = new Promise((resolve) => {
      stop.signal.addEventListener('abort', resolve, { once: true });
    });
    const before = this.tail;
    // one that waits for its turn is not to wait for its end too
    const made = Promise.race([before, cancelled]).then(() => this.run(job, stop.signal));
    const ended = made.then(
      () => {},
      () => {},
    );
    this.tail = Promise.all([before, ended]).then(() => {});
    this.jobs.set(id, { cancel: () => stop.abort(), ended });
    try {
      return await made;
    } finally {
      this.jobs.delete(id);
    }
  }

  async cancel(id: string): Promise<void> {
    const entry = this.jobs.get(id);
    entry?.cancel();
    await entry?.ended;
  }

  /** Cancels all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.jobs.keys()].map((id) => this.cancel(id)));
    await this.endThread();
  }

  private async run(job: RenderJob, signal: AbortSignal): Promise<RenderedFile> {
    const refusal = (code: 'RENDER_CANCELLED' | 'RENDER_FAILED', why: string, cause?: Error) =>
      new AudioCloudError(code, `Cannot render '${job.job}': ${why}`, { job: job.job }, { cause });
    if (signal.aborted) throw refusal('RENDER_CANCELLED', 'it was cancelled before it began');
    const thread = this.takeThread();
    const say = (message: RenderToFileMessage): void => thread.postMessage(message);
    const { promise, resolve, reject } = Promise.withResolvers<RenderedFile>();
    const onMessage = (answer: RenderToFileAnswer) => {
      if (answer.kind === 'progress')
        this.onProgress({ job: job.job, frames: answer.frames, ofFrames: answer.ofFrames });
      else if (answer.kind === 'done') resolve(answer.file);
      else reject(AudioCloudError.from(answer.error));
    };
    const onError = (cause: Error) => reject(refusal('RENDER_FAILED', cause.message, cause));
    const onExit = () => reject(refusal('RENDER_FAILED', 'its thread ended'));
    const onAbort = () => say({ kind: 'cancel' });
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    say({ kind: 'render', job });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      this.idle = setTimeout(() => void this.endThread(), IDLE_MS).unref();
    }
  }

  private takeThread(): Worker {
    clearTimeout(this.idle);
    if (this.thread) return this.thread;
    const thread = new Worker(new URL(`./render-to-file${import.meta.url.slice(-3)}`, import.meta.url), {
      name: 'render to file',
      workerData: { pluginDirs: this.pluginDirs } satisfies RenderToFileData,
    });
    thread.on('error', () => {}); // of one that nobody listens to
    thread.once('exit', () => {
      if (this.thread === thread) this.thread = undefined;
    });
    this.thread = thread;
    return thread;
  }

  private async endThread(): Promise<void> {
    clearTimeout(this.idle);
    const { thread } = this;
    this.thread = undefined;
    await thread?.terminate();
  }
}
