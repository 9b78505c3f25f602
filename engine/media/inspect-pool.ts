import { type ChildProcess, fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { AudioCloudError, type MediaFacts } from '@audiocloud/api';
import { findProgram } from './guarded-spawn.ts';
import type { InspectProgress, InspectRequest } from './inspect-file.ts';
import type { InspectAnswer } from './inspect-process.ts';
import { peaksParts } from './peaks-writer.ts';
import { memoryOf, ProcessWatch, WATCH_LIMITS, type WatchLimits } from './process-watch.ts';

export interface InspectPoolOptions {
  /** Files at a time; default: one for each core, at most 4. */
  processes?: number;
  /** Default: WATCH_LIMITS. */
  limits?: Partial<WatchLimits>;
}

export interface InspectOptions {
  signal?: AbortSignal;
  onProgress?: (progress: Pick<InspectProgress, 'frames' | 'ofFrames'>) => void;
}

interface Waiting {
  request: InspectRequest;
  options: InspectOptions;
  /** How often its process died without a reason of ours. */
  deaths: number;
  resolve(facts: MediaFacts): void;
  reject(error: Error): void;
}

const IDLE_MS = 5000;
const WATCH_MS = 250;
/** Of JavaScript; sound is outside of it, within the memory that is watched. */
const HEAP_MIB = 256;
/** Data of a process, in its own count: above what is watched, so that a leap in one allocation fails at once. */
const DATA_BYTES = 2 ** 30;
/** A process dies for reasons that are not the file's: somebody's kill, a machine without memory. It is tried once more. */
const MOST_DEATHS = 2;

/**
 * Looks into media in processes of their own, in the order asked. One that crashes, hangs, or takes too much memory or time is
 * ended and takes only its file with it. A process does one file after another, and ends when there is none for 5 s.
 */
export class InspectPool {
  private readonly most: number;
  private readonly limits: WatchLimits;
  private readonly queue: Waiting[] = [];
  private readonly idle = new Map<ChildProcess, { leave(): void; end(): void }>();
  private readonly busy = new Set<ChildProcess>();

  constructor({ processes, limits }: InspectPoolOptions = {}) {
    this.most = processes ?? Math.max(1, Math.min(4, availableParallelism()));
    this.limits = { ...WATCH_LIMITS, ...limits };
  }

  /** Processes that are at work. */
  get pids(): number[] {
    return [...this.busy].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
  }

  /**
   * Resolves when the whole file is decoded. Throws MEDIA_MISSING, MEDIA_UNSUPPORTED, TOO_LARGE, MEDIA_UNREADABLE (the disk),
   * MEDIA_DAMAGED (also when the decoder breaks down on it), RENDER_CANCELLED when `signal` aborts. [control]
   */
  inspect(request: InspectRequest, options: InspectOptions = {}): Promise<MediaFacts> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { request, options, deaths: 0, resolve, reject };
      const { signal } = options;
      const onAbort = () => {
        const place = this.queue.indexOf(waiting);
        if (place < 0) return; // at work: there it is heard too
        this.queue.splice(place, 1);
        reject(cancelled());
      };
      if (signal?.aborted) return reject(cancelled());
      signal?.addEventListener('abort', onAbort, { once: true });
      this.queue.push(waiting);
      this.next();
    });
  }

  /** Ends all processes; what waits or is at work is cancelled. [control] */
  close(): void {
    for (const { reject } of this.queue.splice(0)) reject(cancelled());
    for (const { end } of [...this.idle.values()]) end();
    for (const child of this.busy) child.emit('closing');
  }

  private next(): void {
    while (this.queue.length > 0 && this.busy.size < this.most) this.run(this.queue.shift()!);
  }

  private run(waiting: Waiting): void {
    const { request, options, resolve, reject } = waiting;
    const { signal, onProgress } = options;
    const child = this.take();
    this.busy.add(child);
    const watch = new ProcessWatch(this.limits, seconds());
    const timer = setInterval(() => {
      const why = watch.judge(seconds(), memoryOf(child.pid ?? 0));
      if (why !== undefined) end(damaged(why));
    }, WATCH_MS);
    const leave = () => {
      this.busy.delete(child);
      clearInterval(timer);
      signal?.removeEventListener('abort', onAbort);
      child.off('message', onMessage).off('exit', onExit).off('error', onError).off('closing', onAbort);
    };
    const end = (error: AudioCloudError) => {
      leave();
      kill(child);
      removeParts(request);
      reject(error);
      this.next();
    };
    const onAbort = () => end(cancelled());
    const onError = (cause: Error) => end(damaged(`its process could not be asked: ${cause.message}`));
    const onExit = (code: number | null, ended: string | null) => {
      leave();
      kill(child); // what it has started
      removeParts(request);
      waiting.deaths++;
      if (waiting.deaths < MOST_DEATHS) this.queue.unshift(waiting);
      else reject(damaged(`its decoder broke down ${waiting.deaths} times, the last time with ${ended ?? code}`));
      this.next();
    };
    const onMessage = (answer: InspectAnswer) => {
      if (answer.kind === 'progress') {
        const { samples, frames, ofFrames } = answer.progress;
        watch.progress(samples, seconds());
        onProgress?.({ frames, ofFrames });
        return;
      }
      leave();
      this.keep(child);
      if (answer.kind === 'done') resolve(answer.facts);
      else reject(AudioCloudError.from(answer.error));
      this.next();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    child.on('message', onMessage).on('exit', onExit).on('error', onError).on('closing', onAbort);
    child.send(request, () => {}); // one that is gone tells by `exit`
  }

  private take(): ChildProcess {
    for (const [child, { leave }] of this.idle) {
      leave();
      child.ref();
      child.channel?.ref();
      return child;
    }
    return start();
  }

  private keep(child: ChildProcess): void {
    if (!child.connected || memoryOf(child.pid ?? 0) > this.limits.memoryBytes / 2) {
      kill(child);
      return;
    }
    const leave = () => {
      clearTimeout(timer);
      child.off('exit', leave);
      this.idle.delete(child);
    };
    const end = () => {
      leave();
      kill(child);
    };
    const timer = setTimeout(end, IDLE_MS).unref();
    child.once('exit', leave);
    this.idle.set(child, { leave, end });
    child.unref();
    child.channel?.unref();
  }
}

/** A process with a group of its own, so that what it starts ends with it; with nothing of our environment. */
function start(): ChildProcess {
  const file = fileURLToPath(new URL(`./inspect-process${import.meta.url.slice(-3)}`, import.meta.url));
  const flags = [`--max-old-space-size=${HEAP_MIB}`];
  const prlimit = findProgram('prlimit');
  const env: NodeJS.ProcessEnv = { PATH: process.env['PATH'] ?? '' };
  const cache = process.env['NODE_COMPILE_CACHE'];
  if (cache !== undefined) env['NODE_COMPILE_CACHE'] = cache;
  const child = fork(file, [], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env,
    execArgv: flags,
    ...(prlimit === undefined
      ? {}
      : { execPath: prlimit, execArgv: [`--data=${DATA_BYTES}`, '--core=0', process.execPath, ...flags] }),
  });
  child.on('error', () => {}); // of one that nobody listens to: idle, or being ended
  return child;
}

function kill(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, 'SIGKILL');
  } catch {
    child.kill('SIGKILL'); // it has no group yet, or is gone
  }
}

function removeParts({ peaksPath }: InspectRequest): void {
  if (peaksPath !== undefined) for (const part of peaksParts(peaksPath)) rmSync(part, { force: true });
}

const seconds = () => performance.now() / 1000;
const damaged = (why: string) => new AudioCloudError('MEDIA_DAMAGED', `Cannot decode the file: ${why}`);
const cancelled = () => new AudioCloudError('RENDER_CANCELLED', 'Cannot look into the file: it was cancelled');
