import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export const ENTRY = fileURLToPath(new URL('../audiocloud.js', import.meta.url));

export interface Finished {
  /** Exit code, or the signal that ended it. */
  code: number | string;
  stdout: string;
  stderr: string;
}

/** The `audiocloud` command as a process of its own. */
export class RunningCommand {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What it has written so far. */
  readonly written = { stdout: '', stderr: '' };

  /** stdin: 'pipe' where the test types something. */
  constructor(args: readonly string[], environment: Record<string, string> = {}, stdin: 'ignore' | 'pipe' = 'ignore') {
    const child = spawn(process.execPath, [ENTRY, ...args], {
      stdio: [stdin, 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    });
    for (const name of ['stdout', 'stderr'] as const)
      child[name]!.setEncoding('utf8').on('data', (text: string) => {
        this.written[name] += text;
      });
    this.child = child;
    this.finished = once(child, 'close').then(([code, signal]) => ({ code: code ?? signal, ...this.written }));
  }
}

/** Runs the `audiocloud` command to its end. */
export function runCommand(...args: string[]): Promise<Finished> {
  return new RunningCommand(args).finished;
}

/** A process that runs one command line after the other: fast, where a process of its own proves nothing. */
export class CommandProcess {
  readonly #child = fork(fileURLToPath(new URL('./command-runner.ts', import.meta.url)), {
    stdio: 'inherit',
    execArgv: [], // as the command is run, without the hooks of tap
  });

  /** Throws when the process ends instead of answering. */
  async run(...args: string[]): Promise<Finished> {
    const child = this.#child;
    child.send(args);
    const done = new AbortController();
    const { signal } = done;
    const ended = once(child, 'exit', { signal }).then(([code, killedBy]) => {
      throw new Error(`audiocloud ${args.join(' ')}: its process ended with ${code ?? killedBy}`);
    });
    const answered = once(child, 'message', { signal }).then(([result]) => result as Finished);
    try {
      return await Promise.race([answered, ended]);
    } finally {
      ended.catch(() => {});
      answered.catch(() => {});
      done.abort();
    }
  }

  async end(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit'); // 'close' never comes once the channel was closed from here
    if (child.connected) child.disconnect();
    await exited;
  }
}
