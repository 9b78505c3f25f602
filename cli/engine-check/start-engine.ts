import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudError } from '@audiocloud/api';
import { controlSocket } from './engine-line.ts';

/** An engine in a process of its own. */
export interface StartedEngine {
  readonly dataDir: string;
  /** Its exit code or signal. */
  readonly ended: Promise<number | string>;
  /** Ends it, and removes its folder. */
  stop(): Promise<void>;
}

export type StartEngine = () => Promise<StartedEngine>;

const START_SECONDS = 60;
const STOP_MS = 5000;
const KEPT_LOG = 2000;

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/**
 * Starts an engine with an empty folder, whose path takes the place of `{data}` in its arguments. [control]
 *
 * Resolves when its control socket is there. Throws ENGINE_UNAVAILABLE, with its last words.
 */
export async function startEngine(command: readonly string[]): Promise<StartedEngine> {
  const dataDir = mkdtempSync(join(tmpdir(), 'engine-check-'));
  const [program, ...args] = command.map((word) => word.replaceAll('{data}', dataDir));
  const child: ChildProcess = spawn(program!, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-KEPT_LOG);
  });
  let how: number | string | undefined;
  const ended = Promise.race([
    once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string),
    once(child, 'error').then(([error]) => (error as Error).message),
  ]);
  void ended.then((found) => {
    how = found;
  });
  const stop = async () => {
    if (how === undefined) {
      child.kill();
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(timer);
    }
    rmSync(dataDir, { recursive: true, force: true });
  };
  for (const end = performance.now() + START_SECONDS * 1000; how === undefined && performance.now() < end; ) {
    if (await answers(controlSocket(dataDir))) return { dataDir, ended, stop };
    await sleep(20);
  }
  await stop();
  throw new AudioCloudError(
    'ENGINE_UNAVAILABLE',
    `Cannot start ${command.join(' ')}: ${how === undefined ? `no socket ${controlSocket('{data}')} within ${START_SECONDS} s` : `it ended with ${how}`}${log ? `; it said: ${log.trim()}` : ''}`,
  );
}
