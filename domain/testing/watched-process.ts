import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { DomainOptions } from '../main.ts';
import type { Watched } from './watched-domain.ts';

const ENTRY = fileURLToPath(new URL('./watched-domain.ts', import.meta.url));

/** A domain in a process of its own that says what it uses and how late it is. */
export class WatchedProcess {
  readonly url: string;
  /** Of its first administrator; undefined where nobody has to show who it is. */
  readonly token: string | undefined;
  readonly #child: ChildProcess;

  static async start(options: Partial<DomainOptions>): Promise<WatchedProcess> {
    const logLevel = process.env['AUDIOCLOUD_TEST_LOG'] ?? 'silent';
    const child = fork(ENTRY, [JSON.stringify({ port: 0, logLevel, requestsPerMinute: 1e9, ...options })], {
      execArgv: ['--expose-gc'],
    });
    const [{ url, token }] = (await once(child, 'message')) as [{ url: string; token?: string }];
    return new WatchedProcess(child, url, token);
  }

  private constructor(child: ChildProcess, url: string, token: string | undefined) {
    this.#child = child;
    this.url = url;
    this.token = token;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Calls once, when it ends without being closed. */
  onEnd(ended: (how: number | NodeJS.Signals | null) => void): void {
    this.#child.once('exit', (code, signal) => ended(code ?? signal));
  }

  /** What is in use when all is collected that can be, and what was seen since it was asked last. */
  async measure(): Promise<Watched> {
    this.#child.send('measure');
    const [watched] = (await once(this.#child, 'message')) as [Watched];
    return watched;
  }

  async close(): Promise<void> {
    if (this.hasEnded) return;
    this.#child.removeAllListeners('exit');
    const ended = once(this.#child, 'exit');
    this.#child.send('close');
    await ended;
  }
}
