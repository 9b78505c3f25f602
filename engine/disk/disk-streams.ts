import { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { ErrorBody } from '@audiocloud/api';
import { DISK_COUNT, type DiskLetter, type DiskNote, type DiskThreadData } from './disk-letter.ts';
import type { DiskSpec } from './disk-spec.ts';

interface Events {
  /** A file of a task cannot be read; undefined: it can again. */
  trouble: [key: number, path: string, error: ErrorBody | undefined];
  /** The disk thread ended by itself; another one goes on with its work. */
  lost: [error: Error];
}

/** A thread that breaks on everything is not started for ever. */
const MOST_STARTS = 20;

/** The disk thread of an engine, seen from its control thread. It is started when the first task needs it. [control] */
export class DiskStreams extends EventEmitter<Events> {
  readonly aheadSeconds: number;
  readonly #specs = new Map<number, DiskSpec>();
  readonly #questions = new Map<number, () => void>();
  readonly #counts = new Float64Array(new SharedArrayBuffer(8 * Object.keys(DISK_COUNT).length));
  #worker: Worker | undefined;
  #starts = 0;
  #lastQuestion = 0;
  #isStopped = false;

  constructor(aheadSeconds: number) {
    super();
    this.aheadSeconds = aheadSeconds;
  }

  /** Has what clips of a task want read ahead of its playhead, from now on; a later spec of the same key replaces it. */
  update(spec: DiskSpec): void {
    const isKnown = this.#specs.has(spec.key);
    if (spec.stores.length === 0 && !isKnown) return;
    this.#specs.set(spec.key, spec);
    this.#post({ type: 'update', spec });
  }

  /** The task is not rendered any more. */
  forget(key: number): void {
    if (this.#specs.delete(key)) this.#post({ type: 'forget', key });
  }

  /** Resolves when what is played at a place of the timeline is near enough to begin there, or after `mostMs`. */
  async near(key: number, positionFrame: number, mostMs: number): Promise<void> {
    if (!this.#specs.has(key) || this.#isStopped) return;
    const question = ++this.#lastQuestion;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, mostMs);
    this.#questions.set(question, resolve);
    this.#post({ type: 'ask', key, question, positionFrame });
    await promise;
    clearTimeout(timer);
    this.#questions.delete(question);
  }

  /** Of all tasks, since the start. */
  get readBytes(): number {
    return this.#counts[DISK_COUNT.bytes]!;
  }
  get reads(): number {
    return this.#counts[DISK_COUNT.reads]!;
  }

  /** Ends the disk thread as a fault would. For tests. */
  crash(): void {
    void this.#worker?.terminate();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const resolve of this.#questions.values()) resolve();
    await this.#worker?.terminate();
  }

  #post(letter: DiskLetter): void {
    if (this.#isStopped) return;
    if (this.#worker) this.#worker.postMessage(letter);
    else this.#start(); // it is told all there is
  }

  #start(): void {
    this.#starts++;
    const data: DiskThreadData = { aheadSeconds: this.aheadSeconds, counts: this.#counts.buffer as SharedArrayBuffer };
    const worker = new Worker(new URL(`./disk-thread${import.meta.url.slice(-3)}`, import.meta.url), {
      workerData: data,
    });
    this.#worker = worker;
    worker.unref();
    worker.on('message', (note: DiskNote) => {
      if (note.type === 'near') this.#questions.get(note.question)?.();
      else this.emit('trouble', note.key, note.path, note.error);
    });
    const onEnd = (error: Error): void => {
      if (this.#isStopped || this.#worker !== worker) return;
      this.#worker = undefined;
      for (const resolve of this.#questions.values()) resolve();
      this.emit('lost', error);
      if (this.#specs.size > 0 && this.#starts < MOST_STARTS) this.#start();
    };
    worker.on('error', onEnd);
    worker.on('exit', () => onEnd(new Error('The disk thread ended')));
    for (const spec of this.#specs.values()) worker.postMessage({ type: 'update', spec } satisfies DiskLetter);
  }
}
