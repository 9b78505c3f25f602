import { AudioCloudError, type EngineCommand, type RecordedFiles } from '@audiocloud/api';
import type { LoadedTask } from '../task/loaded-task.ts';
import { Recording } from './recording.ts';

/** What is to be recorded, to which files. */
export type RecordJob = Omit<Extract<EngineCommand, { type: 'record' }>, 'type' | 'id'>;

/** A task that is loaded. */
export interface RecordedTask {
  loaded: LoadedTask;
  /** Since it was loaded, of it and of its device. */
  missedBlocks: number;
}

export interface RecordJobsOptions {
  /** Undefined while a task is not there. */
  find(task: string): RecordedTask | undefined;
  onProgress(progress: { job: string; frames: number; ofFrames: number }): void;
}

/** Records what tasks play, each job beside the others. [control] */
export class RecordJobs {
  readonly #options: RecordJobsOptions;
  readonly #jobs = new Map<string, { stop: AbortController; ended: Promise<void> }>();

  constructor(options: RecordJobsOptions) {
    this.#options = options;
  }

  /** Resolves when the files are complete. Throws what Recording throws; REQUEST_INVALID when there is one of that id. */
  async record(job: RecordJob): Promise<RecordedFiles> {
    const { job: id, task } = job;
    if (this.#jobs.has(id))
      throw new AudioCloudError('REQUEST_INVALID', `Cannot record '${id}': one of that id is under way`, { job: id });
    const stop = new AbortController();
    const recording = new Recording(job, {
      find: () => this.#options.find(task),
      signal: stop.signal,
      onProgress: (frames, ofFrames) => this.#options.onProgress({ job: id, frames, ofFrames }),
    });
    const made = recording.run();
    const ended = made.then(
      () => {},
      () => {},
    );
    this.#jobs.set(id, { stop, ended });
    try {
      return await made;
    } finally {
      this.#jobs.delete(id);
    }
  }

  /** Settles when it has ended, also if it was over or never there. */
  async cancel(id: string): Promise<void> {
    const job = this.#jobs.get(id);
    job?.stop.abort();
    await job?.ended;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#jobs.keys()].map((id) => this.cancel(id)));
  }
}
