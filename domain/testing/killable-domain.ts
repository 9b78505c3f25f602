import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { DomainOptions } from '../main.ts';

const ENTRY = fileURLToPath(new URL('./domain-process.ts', import.meta.url));

/** A domain in a process of its own, whose engine outlives a kill. */
export class KillableDomain {
  /** Of the process that runs, or of the last one. */
  url = '';
  readonly #options: Partial<DomainOptions>;
  #child: ChildProcess | undefined;

  constructor(options: Partial<DomainOptions>) {
    this.#options = options;
  }

  /** Settles when it answers. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [ENTRY, JSON.stringify({ port: 0, logLevel: 'error', ...this.#options })], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { NODE_COMPILE_CACHE: join(tmpdir(), 'audiocloud-compile-cache'), ...process.env },
    });
    this.#child = child;
    for await (const line of createInterface(child.stdout)) {
      this.url = line;
      return;
    }
    throw new Error('The domain ended at start');
  }

  /** The body of the answer, whatever its status. */
  async call<A>(method: string, path: string, body?: unknown): Promise<A> {
    const response = await fetch(this.url + path, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as A;
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** Ends it in order, with its engine. */
  close(): Promise<void> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}
