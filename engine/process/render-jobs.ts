import { Worker } from 'node:worker_threads';
import { AudioCloudError, type EngineCommand, type ErrorBody, type RenderedFile } from '@audiocloud/api';

/** What is to be rendered, to which file. */
export type RenderJob = Omit<Extract<EngineCommand, { type: 'render' }>, 'type' | 'id'>;

export interface RenderProgress {
  job: string;
  frames: number;
  ofFrames: number;
}

/** What a render thread for files is given; the message `cancel` ends it. */
export interface RenderToFile {
  job: RenderJob;
  pluginDirs: readonly string[];
}

export type RenderToFileAnswer =
  | { kind: 'progress'; frames: number; ofFrames: number }
  | { kind: 'done'; file: RenderedFile }
  | { kind: 'refused'; error: ErrorBody };

interface Entry {
  cancel(): void;
  /** Settles when its thread is gone; never rejects. */
  ended: Promise<void>;
}

/**
 * Renders tasks to files beside what plays: one at a time, in the order asked, each in a thread of its own that gives way
 * to everything else. [control]
 */
export class RenderJobs {
  private readonly jobs = new Map<string, Entry>();
  private readonly pluginDirs: readonly string[];
  private readonly onProgress: (progress: RenderProgress) => void;
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
  }

  private run(job: RenderJob, signal: AbortSignal): Promise<RenderedFile> {
    const refusal = (code: 'RENDER_CANCELLED' | 'RENDER_FAILED', why: string, cause?: Error) =>
      new AudioCloudError(code, `Cannot render '${job.job}': ${why}`, { job: job.job }, { cause });
    if (signal.aborted) throw refusal('RENDER_CANCELLED', 'it was cancelled before it began');
    const worker = new Worker(new URL(`./render-to-file${import.meta.url.slice(-3)}`, import.meta.url), {
      name: 'render to file',
      workerData: { job, pluginDirs: this.pluginDirs } satisfies RenderToFile,
    });
    const onAbort = () => worker.postMessage('cancel');
    signal.addEventListener('abort', onAbort, { once: true });
    const { promise, resolve, reject } = Promise.withResolvers<RenderedFile>();
    worker.on('message', (answer: RenderToFileAnswer) => {
      if (answer.kind === 'progress')
        this.onProgress({ job: job.job, frames: answer.frames, ofFrames: answer.ofFrames });
      else if (answer.kind === 'done') resolve(answer.file);
      else reject(AudioCloudError.from(answer.error));
    });
    worker.once('error', (cause) => reject(refusal('RENDER_FAILED', (cause as Error).message, cause as Error)));
    worker.once('exit', () => reject(refusal('RENDER_FAILED', 'its thread ended')));
    return promise.finally(async () => {
      signal.removeEventListener('abort', onAbort);
      await worker.terminate();
    });
  }
}
