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

/** What is to be done. */
export type RenderToFileWork =
  | { kind: 'render'; job: ExportJob; isMeasured: boolean }
  | { kind: 'hear'; job: HeardJob }
  | { kind: 'taken'; job: TakenJob };

/** What the thread that renders to files is told of one run, by its number. */
export type RenderToFileMessage = { run: number } & (RenderToFileWork | { kind: 'cancel' });

/** Its data. */
export interface RenderToFileData {
  pluginDirs: readonly string[];
  /** How far it gives way: nice of its thread, 0 to 19. */
  nice: number;
}

/** What it says of a run. */
export type RunNews =
  | { kind: 'progress'; frames: number; ofFrames: number; bytes: number[] }
  /** What is to be heard may begin. */
  | { kind: 'listening' }
  | { kind: 'done'; files: ExportedFiles }
  | { kind: 'refused'; error: ErrorBody };

/** Of run 0 one `listening` alone, before all others: its code is loaded. */
export type RenderToFileAnswer = { run: number } & RunNews;

type Progress = Extract<RunNews, { kind: 'progress' }>;

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

/**
 * A thread that renders, encodes and writes; it is there while there is something to do. Of what it gets at once each goes on while
 * the others wait for their files: what only follows a device, many at once; what renders, one after another. [control]
 */
export class RenderToFileThread {
  private readonly data: RenderToFileData;
  private thread: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;
  private loaded: Promise<unknown> = Promise.resolve();
  /** Begun so far, and those that have not ended. */
  private runs = 0;
  private running = 0;

  constructor(data: RenderToFileData) {
    this.data = data;
  }

  /** Throws what the job throws; RENDER_FAILED when its thread breaks; RENDER_CANCELLED. */
  async run(work: RenderToFileWork, { name, signal, onProgress, onListening }: RunOptions): Promise<ExportedFiles> {
    const refusal = (code: 'RENDER_CANCELLED' | 'RENDER_FAILED', why: string, cause?: Error) =>
      new AudioCloudError(code, `Cannot render '${name}': ${why}`, { job: name }, { cause });
    if (signal.aborted) throw refusal('RENDER_CANCELLED', 'it was cancelled before it began');
    const thread = this.take();
    const run = ++this.runs;
    this.running += 1;
    const say = (one: RenderToFileMessage): void => thread.postMessage(one);
    const { promise, resolve, reject } = Promise.withResolvers<ExportedFiles>();
    const onMessage = (answer: RenderToFileAnswer) => {
      if (answer.run !== run) return;
      if (answer.kind === 'progress') onProgress(answer);
      else if (answer.kind === 'listening') onListening?.();
      else if (answer.kind === 'done') resolve(answer.files);
      else reject(AudioCloudError.from(answer.error));
    };
    const onError = (cause: Error) => reject(refusal('RENDER_FAILED', cause.message, cause));
    const onExit = () => reject(refusal('RENDER_FAILED', 'its thread ended'));
    const onAbort = () => say({ run, kind: 'cancel' });
    thread.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    say({ run, ...work });
    try {
      return await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
      thread.off('message', onMessage).off('error', onError).off('exit', onExit);
      this.running -= 1;
      this.rest();
    }
  }

  /** Settles when it is there: to start it takes processor time, which is not to fall into what is played. */
  async start(): Promise<void> {
    this.take();
    await this.loaded;
    this.rest();
  }

  async end(): Promise<void> {
    clearTimeout(this.idle);
    const { thread } = this;
    this.thread = undefined;
    await thread?.terminate();
  }

  private rest(): void {
    clearTimeout(this.idle);
    if (this.running === 0) this.idle = setTimeout(() => void this.end(), IDLE_MS).unref();
  }

  private take(): Worker {
    clearTimeout(this.idle);
    if (this.thread) return this.thread;
    const thread = new Worker(new URL(`./render-to-file${import.meta.url.slice(-3)}`, import.meta.url), {
      name: 'render to file',
      workerData: this.data,
    });
    thread.setMaxListeners(0); // three for each run
    this.loaded = new Promise((resolve) => thread.once('message', resolve).once('exit', resolve));
    thread.on('error', () => {}); // of one that nobody listens to
    thread.once('exit', () => {
      if (this.thread === thread) this.thread = undefined;
    });
    this.thread = thread;
    return thread;
  }
}
