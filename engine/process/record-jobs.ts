import { AudioCloudError, type EngineCommand, type RecordedFiles } from '@audiocloud/api';
import type { LoadedTask } from '../task/loaded-task.ts';
import { Recording } from './recording.ts';
import { RenderToFileThread } from './render-to-file-thread.ts';

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
  onProgress(progress: { job: string; frames: number; ofFrames: number; bytes?: number[] }): void;
}

/** As renders: whoever plays comes first. */
const NICE = 10;

/** Records what tasks play, each job beside the others; their files are written one job after another. [control] */
export class RecordJobs {
  readonly #options: RecordJobsOptions;
  /** What was taken is written here: no plugin is needed for that. */
  readonly #thread = new RenderToFileThread({ pluginDirs: [], nice: NICE });
  #tail: Promise<unknown> = Promise.resolve();
  readonly #jobs = new Map<string, { stop: AbortController; ended: Promise<void> }>();

  constructor(options: RecordJobsOptions) {
    this.#options = options;
  }

  /** Resolves when the files are complete. Throws what Recording throws; REQUEST_INVALID when there is one of that id. */
  async record(job: RecordJob): Promise<RecordedFiles> {
    const { job: id } = job;
    if (this.#jobs.has(id))
      throw new AudioCloudError('REQUEST_INVALID', `Cannot record '${id}': one of that id is under way`, { job: id });
    const stop = new AbortController();
    const made = this.#make(job, stop.signal);
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
    await this.#thread.end();
  }

  async #make(job: RecordJob, signal: AbortSignal): Promise<RecordedFiles> {
    const { job: id, task, outputs, loudnessLink } = job;
    const recording = new Recording(job, {
      find: () => this.#options.find(task),
      signal,
      onProgress: (frames, ofFrames) => this.#options.onProgress({ job: id, frames, ofFrames }),
    });
    try {
      const { sound, failed, missedBlocks, lostFrames, latencyFrames } = await recording.run();
      const { sampleRate, frames } = sound;
      const written = await this.#inTurn(() =>
        this.#thread.run(
          {
            kind: 'taken',
            job: { sound, outputs: recording.named(outputs), ...(loudnessLink ? { loudnessLink } : {}) },
          },
          {
            name: id,
            signal,
            // All of it was heard: what is left is to write it.
            onProgress: ({ bytes }) => this.#options.onProgress({ job: id, frames, ofFrames: frames, bytes }),
          },
        ),
      );
      return { outputs: written.outputs, latencyFrames, failed, missedBlocks, lostFrames, sampleRate, frames };
    } finally {
      await recording.remove();
    }
  }

  #inTurn<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}
