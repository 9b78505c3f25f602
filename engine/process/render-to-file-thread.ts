import { Worker } from 'node:worker_threads';
import { AudioCloudError, type EngineCommand, type ErrorBody, type ExportedFiles } from '@audiocloud/api';
import type { TakenFacts } from '../export/taken-sound.ts';
import type { HeardFacts } from './heard-sound.ts';

/** What is to be rendered, to which files. */
export type ExportJob = Omit<Extract<EngineCommand, { type: 'export' }>, 'type' | 'id'>;

/** What is played, and written as it is heard. */
export interface HeardJob extends HeardFacts, Pick<ExportJob, 'outputs' | 'loudnessLink'> {
  /** Of each sink, see SinkRing. */
  rings: SharedArrayBuffer[];
}

/** What is taken of sinks while they play. */
export interface TakenJob extends Pick<ExportJob, 'outputs' | 'loudnessLink'> {
  sound: TakenFacts;
}

/** What the thread that renders to files is told. */
export type RenderToFileMessage =
  | { kind: 'render'; job: ExportJob; isMeasured: boolean }
  | { kind: 'hear'; job: HeardJob }
  | { kind: 'taken'; job: TakenJob }
  | { kind: 'cancel' };

/** Its data. */
export interface RenderToFileData {
  pluginDirs: readonly string[];
  /** How far it gives way: nice of its thread, 0 to 19. */
  nice: number;
}

export type RenderToFileAnswer =
  | { kind: 'progress'; frames: number; ofFrames: number; bytes: number[] }
  /** What is to be heard may begin. */
  | { kind: 'listening' }
  | { kind: 'done'; files: ExportedFiles }
  | { kind: 'refused'; error: ErrorBody };

type Progress = Extract<RenderToFileAnswer, { kind: 'progress' }>;

export interface RunOptions {
  /** In messages. */
  name: string;
  signal: AbortSignal;
  onProgress(progress: Progress): void;
  /** Of `hear`: its files are open, the sound may begin. */
  onListening?: () => void;
}

/** A thread that has nothing to do ends after this, to give back its memory. To start one takes about a second. */
const IDLE_MS = 5000;

/** A thread that renders, encodes and writes, one job at a time; it is there while there is something to do. [control] */
export class RenderToFileThread {
  private readonly data: RenderToFileData;
  private thread: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;

  constructor(data: RenderToFileData) {
    this.data = data;
  }

  /** Throws what the job throws; RENDER_FAILED when its thread breaks; RENDER_CANCELLED. */
  async run(
    message: Exclude<RenderToFileMessage, { kind: 'cancel' }>,
    { name, signal, onProgress, onListening }: RunOptions,
  ): Promise<ExportedFiles> {
    const refusal = (code: 'RENDER_CANCELLED' | 'RENDER_FAILED', why: string, cause?: Error) =>
      new AudioCloudError(code, `Cannot render '${name}': ${why}`, { job: name }, { cause });
    if (signal.aborted) throw refusal('RENDER_CANCELLED', 'it was cancelled before it began');
    const thread = this.take();
    const say = (one: RenderToFileMessage): void => thread.postMessage(one);
    const { promise, resolve, reject } = Promise.withResolvers<ExportedFiles>();
    const onMessage = (answer: RenderToFileAnswer) => {
      if (answer.kind === 'progress') onProgress(answer);
      else if (answer.kind === 'listening') onListening?.();
      else if (answer.kind === 'done') resolve(answer.files);
      else reject(AudioCloudError.from(answer.error));
    };
    const onError = (cause: Error) => reject(refusal('RENDER_FAILED', cause.message, cause));
    const onExit = () => reject(refusal('RENDER_FAILED', 'its thread ended'));
    const onAbort = () => say({ kind: 'cancel' });
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    say(message);
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      this.idle = setTimeout(() => void this.end(), IDLE_MS).unref();
    }
  }

  async end(): Promise<void> {
    clearTimeout(this.idle);
    const { thread } = this;
    this.thread = undefined;
    await thread?.terminate();
  }

  private take(): Worker {
    clearTimeout(this.idle);
    if (this.thread) return this.thread;
    const thread = new Worker(new URL(`./render-to-file${import.meta.url.slice(-3)}`, import.meta.url), {
      name: 'render to file',
      workerData: this.data,
    });
    thread.on('error', () => {}); // of one that nobody listens to
    thread.once('exit', () => {
      if (this.thread === thread) this.thread = undefined;
    });
    this.thread = thread;
    return thread;
  }
}
