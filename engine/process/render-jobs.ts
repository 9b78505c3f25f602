import {
  AudioCloudError,
  type EngineCommand,
  type ExportedFiles,
  type OutputDepth,
  type RenderedFile,
  type RenderFormat,
} from '@audiocloud/api';
import { type ExportJob, RenderToFileThread } from './render-to-file-thread.ts';

/** What is to be rendered, to which file. */
export type RenderJob = Omit<Extract<EngineCommand, { type: 'render' }>, 'type' | 'id'>;

export interface RenderProgress {
  job: string;
  frames: number;
  ofFrames: number;
  /** Of an export. */
  bytes?: number[];
}

/** Plays an export as the device plays it, and writes what is heard; `thread` is for its writing. */
export type PlayExport = (
  job: ExportJob,
  thread: RenderToFileThread,
  signal: AbortSignal,
  onProgress: (progress: Omit<RenderProgress, 'job'>) => void,
) => Promise<ExportedFiles>;

export interface RenderJobsOptions {
  pluginDirs: readonly string[];
  onProgress(progress: RenderProgress): void;
  /** Without it there is no real time. */
  play?: PlayExport;
}

interface Entry {
  cancel(): void;
  /** Settles when its thread is gone; never rejects. */
  ended: Promise<void>;
}

type Lane = 'offline' | 'realtime';
/** Whoever plays comes first: nice 10 gets a ninth of what an ordinary thread gets. */
const OFFLINE_NICE = 10;
const DEPTHS: Record<RenderFormat, OutputDepth> = { 'wav-s16': 's16', 'wav-s24': 's24', 'wav-f32': 'f32' };

/**
 * Renders tasks to files beside what plays: one at a time, in the order asked, in a thread that gives way to everything else. What is
 * played in real time has a queue and a thread of its own. [control]
 */
export class RenderJobs {
  private readonly jobs = new Map<string, Entry>();
  private readonly options: RenderJobsOptions;
  private readonly threads: Record<Lane, RenderToFileThread>;
  private readonly tails: Record<Lane, Promise<void>> = { offline: Promise.resolve(), realtime: Promise.resolve() };

  constructor(options: RenderJobsOptions) {
    this.options = options;
    const { pluginDirs } = options;
    this.threads = {
      offline: new RenderToFileThread({ pluginDirs, nice: OFFLINE_NICE }),
      realtime: new RenderToFileThread({ pluginDirs, nice: 0 }), // it has to keep up
    };
  }

  /** Resolves when the file is complete. Throws what OfflineRender and openMedia throw, RENDER_CANCELLED, REQUEST_INVALID. */
  async render({ path, format, sink, ...job }: RenderJob): Promise<RenderedFile> {
    const output = { path, format: 'wav' as const, depth: DEPTHS[format], ...(sink === undefined ? {} : { sink }) };
    const { outputs, failed } = await this.queue({ ...job, outputs: [output] }, false);
    const { sampleRate, channels, frames } = outputs[0]!;
    return { sampleRate, channels, frames, failed };
  }

  /** Resolves when all files are complete. Throws as `render`, what writeExport throws, and in real time what is thrown there. */
  async export(job: ExportJob): Promise<ExportedFiles> {
    return this.queue(job, true);
  }

  async cancel(id: string): Promise<void> {
    const entry = this.jobs.get(id);
    entry?.cancel();
    await entry?.ended;
  }

  /** Cancels all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.jobs.keys()].map((id) => this.cancel(id)));
    await Promise.all(Object.values(this.threads).map((thread) => thread.end()));
  }

  private async queue(job: ExportJob, isExport: boolean): Promise<ExportedFiles> {
    const { job: id } = job;
    if (this.jobs.has(id))
      throw new AudioCloudError('REQUEST_INVALID', `Cannot render '${id}': one of that id is under way`, { job: id });
    const lane: Lane = job.isRealtime ? 'realtime' : 'offline';
    const stop = new AbortController();
    const cancelled = new Promise((resolve) => {
      stop.signal.addEventListener('abort', resolve, { once: true });
    });
    const before = this.tails[lane];
    // one that waits for its turn is not to wait for its end too
    const made = Promise.race([before, cancelled]).then(() => this.run(job, lane, isExport, stop.signal));
    const ended = made.then(
      () => {},
      () => {},
    );
    this.tails[lane] = Promise.all([before, ended]).then(() => {});
    this.jobs.set(id, { cancel: () => stop.abort(), ended });
    try {
      return await made;
    } finally {
      this.jobs.delete(id);
    }
  }

  private async run(job: ExportJob, lane: Lane, isExport: boolean, signal: AbortSignal): Promise<ExportedFiles> {
    const thread = this.threads[lane];
    const onProgress = ({ frames, ofFrames, bytes }: Omit<RenderProgress, 'job'>) =>
      this.options.onProgress({ job: job.job, frames, ofFrames, ...(isExport && bytes ? { bytes } : {}) });
    if (lane === 'offline')
      return thread.run({ kind: 'render', job, isMeasured: isExport }, { name: job.job, signal, onProgress });
    const { play } = this.options;
    if (!play)
      throw new AudioCloudError('ENGINE_UNABLE', `Cannot export '${job.job}' in real time: this engine has no device`);
    if (signal.aborted)
      throw new AudioCloudError('RENDER_CANCELLED', `Cannot render '${job.job}': it was cancelled before it began`);
    return play(job, thread, signal, onProgress);
  }
}
