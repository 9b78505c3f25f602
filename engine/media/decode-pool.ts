import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AudioCloudError, type ErrorBody } from '@audiocloud/api';
import type { AudioData } from './audio-data.ts';
import type { KeepOptions } from './decode-playable.ts';
import type { DiskSound } from './disk-sound.ts';

/** What a decode thread is asked. sampleRate undefined: the file's own. */
export interface DecodeJob {
  path: string;
  sampleRate: number | undefined;
  maxBytes: number;
  /** Long sound is kept on the disk; then there is a sampleRate. */
  keep?: KeepOptions;
}

export type DecodeAnswer = { audio: AudioData } | { disk: DiskSound } | { error: ErrorBody };

interface Waiting {
  job: DecodeJob;
  limits: StallLimits;
  signal: AbortSignal | undefined;
  resolve(sound: AudioData | DiskSound): void;
  reject(error: Error): void;
}

interface DecodeThread {
  worker: Worker;
  /** Counts the steps of the job, some 64 KiB of input each: milliseconds. */
  beat: Int32Array;
}

/** When a decoder without any progress is ended. */
export interface StallLimits {
  /** Processor time of its thread: a loop without end. Counts the same on a machine that is busy with other things. */
  cpuSeconds: number;
  /** Time: a disk that does not answer. */
  seconds: number;
  /** How often it is looked at. */
  everyMs: number;
}

const STALL_LIMITS: StallLimits = { cpuSeconds: 10, seconds: 120, everyMs: 1000 };
/** An idle thread ends after this, to give back the memory of its decoders. */
const IDLE_MS = 2000;
const MAX_THREADS = Math.max(1, Math.min(4, availableParallelism()));

const queue: Waiting[] = [];
const idle = new Map<DecodeThread, NodeJS.Timeout>();
let running = 0;

/**
 * Decodes a file in a thread of its own, at most one for each core at a time, in the order asked. [control]
 *
 * Throws what decodeMedia throws; MEDIA_DAMAGED when the decoder makes no progress within `limits` or breaks its
 * thread; RENDER_CANCELLED when `signal` aborts. In both cases the thread is ended and others are not touched.
 */
export function decodeInThread(
  job: DecodeJob & { keep?: never },
  signal?: AbortSignal,
  limits?: StallLimits,
): Promise<AudioData>;
/** As above; sound that is long is on the disk. */
export function decodeInThread(
  job: DecodeJob,
  signal?: AbortSignal,
  limits?: StallLimits,
): Promise<AudioData | DiskSound>;
export function decodeInThread(
  job: DecodeJob,
  signal?: AbortSignal,
  limits = STALL_LIMITS,
): Promise<AudioData | DiskSound> {
  return new Promise((resolve, reject) => {
    queue.push({ job, signal, limits, resolve, reject });
    next();
  });
}

function next(): void {
  while (queue.length > 0 && running < MAX_THREADS) {
    const waiting = queue.shift()!;
    if (waiting.signal?.aborted) waiting.reject(cancelled(waiting.job));
    else run(waiting);
  }
}

function run({ job, signal, limits, resolve, reject }: Waiting): void {
  running++;
  const thread = takeThread();
  const { worker } = thread;
  let isRunning = true;
  let last: Progress | undefined;
  const watch = setInterval(async () => {
    const now = await progressOf(thread);
    if (!isRunning) return;
    if (!last || now.steps !== last.steps) last = now;
    else if (now.cpuSeconds - last.cpuSeconds > limits.cpuSeconds) end(hangs(job, `${limits.cpuSeconds} s of work`));
    else if (now.seconds - last.seconds > limits.seconds) end(hangs(job, `${limits.seconds} s`));
  }, limits.everyMs);
  const onAbort = () => end(cancelled(job));
  const onError = (cause: Error) => end(broke(job, cause.message, cause));
  const onExit = () => end(broke(job, 'its thread ended'));
  const onMessage = (answer: DecodeAnswer) => {
    leave();
    keepThread(thread);
    if ('audio' in answer) resolve(answer.audio);
    else if ('disk' in answer) resolve(answer.disk);
    else reject(named(job, AudioCloudError.from(answer.error)));
    next();
  };
  const leave = () => {
    running--;
    isRunning = false;
    clearInterval(watch);
    signal?.removeEventListener('abort', onAbort);
    worker.off('message', onMessage).off('error', onError).off('exit', onExit);
  };
  const end = (error: AudioCloudError) => {
    leave();
    void worker.terminate();
    reject(error);
    next();
  };
  signal?.addEventListener('abort', onAbort, { once: true });
  worker.on('message', onMessage).on('error', onError).on('exit', onExit);
  worker.postMessage(job);
}

interface Progress {
  steps: number;
  cpuSeconds: number;
  seconds: number;
}

async function progressOf({ worker, beat }: DecodeThread): Promise<Progress> {
  const cpu = await worker.cpuUsage().catch(() => ({ user: 0, system: 0 })); // not yet running
  return {
    steps: Atomics.load(beat, 0),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    seconds: performance.now() / 1000,
  };
}

function takeThread(): DecodeThread {
  for (const [thread, timer] of idle) {
    clearTimeout(timer);
    idle.delete(thread);
    thread.worker.removeAllListeners('exit');
    thread.worker.ref();
    return thread;
  }
  const beat = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL(`./decode-thread${import.meta.url.slice(-3)}`, import.meta.url), {
    workerData: { beat: beat.buffer },
    // For lists of pieces and of errors; the samples themselves are outside the heap.
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  worker.on('error', () => {}); // of one that nobody listens to: idle, or being ended
  return { worker, beat };
}

function keepThread(thread: DecodeThread): void {
  const timer = setTimeout(() => {
    idle.delete(thread);
    void thread.worker.terminate();
  }, IDLE_MS).unref();
  thread.worker.unref();
  thread.worker.once('exit', () => idle.delete(thread));
  idle.set(thread, timer);
}

const named = ({ path }: DecodeJob, error: AudioCloudError) =>
  new AudioCloudError(
    error.code,
    error.message.startsWith(`Cannot open '${path}'`) ? error.message : `Cannot open '${path}': ${error.message}`,
    { ...error.details, path },
  );
const cancelled = ({ path }: DecodeJob) =>
  new AudioCloudError('RENDER_CANCELLED', `Cannot open '${path}': it was cancelled`, { path });
const hangs = ({ path }: DecodeJob, time: string) =>
  new AudioCloudError('MEDIA_DAMAGED', `Cannot open '${path}': its decoder made no progress for ${time}`, { path });
const broke = ({ path }: DecodeJob, why: string, cause?: Error) =>
  new AudioCloudError(
    'MEDIA_DAMAGED',
    `Cannot open '${path}': the decoder broke down on it: ${why}`,
    { path },
    { cause },
  );
