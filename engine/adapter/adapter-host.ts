import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { AudioCloudError } from '@audiocloud/api';
import type { FromAdapter, ToAdapter } from './adapter-message.ts';
import { ProcessSilence, SILENCE_TICK_MS, starvedMs } from './process-silence.ts';
import type { Taken } from './value-delivery.ts';

const PROCESS = new URL(`./adapter-process${import.meta.url.slice(-3)}`, import.meta.url);

export interface AdapterHostOptions {
  /** How messages call the adapter. */
  name: string;
  entry: URL;
  /** The process is there and knows nothing: tell it its instances. */
  onUp: () => void;
  /** The process ended. final: it will not be started again. */
  onDown: (error: AudioCloudError, final: boolean) => void;
  onMessage: (message: FromAdapter) => void;
  /** Pause before the first restart; it doubles, up to 5 s. */
  backOffMs?: number;
  /** Failures in a row, each less than 30 s after its start, after which it stays down. */
  maxFailures?: number;
}

const LONGEST_BACK_OFF_MS = 5000;
const STABLE_MS = 30_000;
/** All values of a large rack at once have place; more wait only for a process that does not read. */
const MOST_PENDING = 10_000;
const STDERR_CHARACTERS = 2000;
/** Its last words may come after its end; what it started may hold its stderr for ever. */
const LAST_WORDS_MS = 500;

/**
 * The engine's side of one adapter process: starts it, watches it, starts it again with back-off. [control]
 *
 * What was asked and not answered when the process ended is refused with ADAPTER_FAILED.
 */
export class AdapterHost {
  private readonly options: AdapterHostOptions;
  private child: ChildProcess | undefined;
  private readonly pending = new Map<number, { resolve: (outcome: Taken) => void; reject: (error: Error) => void }>();
  private lastId = 0;
  private failures = 0;
  private stopped = false;
  private cause = '';
  private restartTimer: NodeJS.Timeout | undefined;
  /** Why nothing can be asked now; undefined while the process is up. */
  private down: AudioCloudError | undefined;
  /** Processes started so far. */
  starts = 0;

  constructor(options: AdapterHostOptions) {
    this.options = options;
    this.down = this.failed('is being started', 'try again soon');
    this.start();
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  send(message: ToAdapter): void {
    if (this.child?.connected) this.child.send(message);
  }

  /** Sets a value; resolves with what became of it. Rejects with ADAPTER_FAILED also when too many wait for that. */
  set(message: Omit<ToAdapter & { type: 'set' }, 'type' | 'id'>): Promise<Taken> {
    const { child, down } = this;
    if (down || !child?.connected) return Promise.reject(down ?? this.failed('has just ended', 'is started again'));
    if (this.pending.size >= MOST_PENDING)
      return Promise.reject(this.failed(`${MOST_PENDING} values wait for it`, 'wait until they are set'));
    const id = ++this.lastId;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      child.send({ type: 'set', id, ...message });
    });
  }

  /** Ends the process: its ports are closed first. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.restartTimer);
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.connected) child.disconnect();
    const kill = setTimeout(() => child.kill('SIGKILL'), 2000);
    await ended;
    clearTimeout(kill);
  }

  private start(): void {
    this.cause = '';
    this.starts++;
    const startedAt = performance.now();
    // Native drivers write to stderr as they like: kept for the message if the process ends. What this process was started with
    // (a debugger's port, hooks of a test runner) is not for others.
    const child = fork(fileURLToPath(PROCESS), [this.options.entry.href], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: [],
    });
    this.child = child;
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_CHARACTERS);
    });
    const silence = new ProcessSilence(() => starvedMs(child.pid!));
    const watch = setInterval(() => {
      const silentMs = silence.tick();
      if (silentMs === undefined) return;
      this.cause = `said nothing for ${silentMs / 1000} s`;
      child.kill('SIGKILL');
    }, SILENCE_TICK_MS);
    child.on('message', (received) => {
      const message = received as FromAdapter;
      silence.heard();
      if (message.type === 'up') silence.up();
      this.receive(message);
    });
    // Process, channel and stderr must be through. (Node's own 'close' does not come when we disconnected first.)
    let open = 3;
    let lastWords: NodeJS.Timeout | undefined;
    const gone = () => {
      if (this.child !== child) return;
      this.child = undefined;
      clearInterval(watch);
      clearTimeout(lastWords);
      child.stderr?.destroy();
      this.failures = performance.now() - startedAt > STABLE_MS ? 1 : this.failures + 1;
      const { exitCode, signalCode } = child;
      const ending = signalCode ? `ended by ${signalCode}` : `ended with code ${exitCode}`;
      this.ended([ending, this.cause, lastLine(stderr)].filter(Boolean).join('; '));
    };
    const through = () => {
      if (--open === 0) gone();
    };
    child.once('exit', () => {
      lastWords = setTimeout(gone, LAST_WORDS_MS);
      through();
    });
    child.once('disconnect', through);
    child.stderr?.once('close', through);
    child.on('error', (error) => {
      this.cause = error.message;
      if (child.pid === undefined) gone(); // it never began: there is nothing to wait for
    });
  }

  private receive(message: FromAdapter): void {
    if (message.type === 'up') {
      this.down = undefined;
      this.options.onUp();
    } else if (message.type === 'taken' || message.type === 'refused') {
      const waiting = this.pending.get(message.id);
      this.pending.delete(message.id);
      if (message.type === 'taken') waiting?.resolve(message.outcome);
      else waiting?.reject(AudioCloudError.from(message.error));
    } else if (message.type === 'failed') this.cause = message.error.message;
    else if (message.type !== 'heartbeat') this.options.onMessage(message);
  }

  private ended(cause: string): void {
    const { backOffMs = 200, maxFailures = 5 } = this.options;
    const final = this.failures >= maxFailures;
    this.down = this.failed(cause, final ? `gave up after ${this.failures} failures` : 'is started again');
    for (const { reject } of this.pending.values()) reject(this.down);
    this.pending.clear();
    if (this.stopped) return;
    this.options.onDown(this.down, final);
    if (final) return;
    const pause = Math.min(LONGEST_BACK_OFF_MS, backOffMs * 2 ** (this.failures - 1));
    this.restartTimer = setTimeout(() => this.start(), pause);
  }

  private failed(cause: string, next: string): AudioCloudError {
    const { name } = this.options;
    return new AudioCloudError('ADAPTER_FAILED', `Adapter ${name}: ${cause}; ${next}`, { adapter: name });
  }
}

const lastLine = (text: string) => text.trim().split('\n').at(-1) ?? '';
