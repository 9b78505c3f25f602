import { AudioCloudError, type EngineCommand, type ExportedFiles, type RecordedFiles } from '@audiocloud/api';
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

/** Records what tasks play, each job beside the others; the files of each are written while it is recorded. [control] */
export class RecordJobs {
  readonly #options: RecordJobsOptions;
  /** What is taken is written there, of all jobs at once: a thread for each would cost some 40 MB. No plugin is needed for that. */
  readonly #thread = new RenderToFileThread({ pluginDirs: [], nice: NICE });
  readonly #jobs = new Map<string, { stop: AbortController; ended: Promise<void> }>();

  constructor(options: RecordJobsOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the files are complete. Throws what Recording and writeExport throw, REQUEST_INVALID when there is one of that id;
   * then nothing is left of it.
   */
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
    const { job: id, task, loudnessLink } = job;
    /** Neither goes on without the other: half of a take is no file, and nobody plays for files that cannot be written. */
    const stop = new AbortController();
    const either = AbortSignal.any([signal, stop.signal]);
    let heard = { frames: 0, ofFrames: 1 };
    let bytes: number[] | undefined;
    const tell = () => this.#options.onProgress({ job: id, ...heard, ...(bytes ? { bytes } : {}) });
    let writing: Promise<ExportedFiles> | undefined;
    let refusal: { error: unknown } | undefined;
    const recording = new Recording(job, {
      find: () => this.#options.find(task),
      signal: either,
      onProgress: (frames, ofFrames) => {
        heard = { frames, ofFrames };
        tell();
      },
      onTake: (sound) => {
        const outputs = recording.named(job.outputs);
        writing = this.#thread.run(
          { kind: 'taken', job: { sound, outputs, ...(loudnessLink ? { loudnessLink } : {}) } },
          {
            name: id,
            signal: either,
            onProgress: (told) => {
              bytes = told.bytes;
              tell();
            },
          },
        );
        writing.catch((error) => {
          refusal ??= { error };
          stop.abort();
        });
      },
    });
    try {
      await this.#thread.start();
      const recorded = await recording.run();
      const { outputs } = await writing!;
      return { outputs, ...recorded };
    } catch (error) {
      throw refusal ? refusal.error : error;
    } finally {
      stop.abort();
      await writing?.catch(() => undefined);
      await recording.remove();
    }
  }
}
