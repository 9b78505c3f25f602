import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AudioCloudError } from '@audiocloud/api';

export interface EngineProcessOptions {
  dataDir: string;
  pluginDirs: string[];
  /** File that runs the engine; default: the one of the package @audiocloud/engine. */
  entry?: string;
  /** Variables added to the environment of the engine. */
  environment?: Record<string, string>;
}

/**
 * For Node, before the entry. Without it the heap of the control thread grows to 32 MB for short-lived objects while the engine starts, and
 * keeps that. More often collected is only what the control thread makes: render threads make nothing (docs/decisions/0015-memory-of-an-engine.md).
 */
export const ENGINE_FLAGS: readonly string[] = ['--max-semi-space-size=4'];

/** The path of the engine's entry, found by name only: the domain never loads engine code. */
export function defaultEngineEntry(): string {
  return fileURLToPath(import.meta.resolve('@audiocloud/engine/process'));
}

/**
 * Node keeps what it made of the engine's sources in the data folder. Run from TypeScript, each of the engine's threads would
 * else load a compiler: 70 MB for all.
 */
function engineEnvironment(dataDir: string, environment: Record<string, string> | undefined): NodeJS.ProcessEnv {
  return { NODE_COMPILE_CACHE: join(dataDir, 'compile-cache'), ...process.env, ...environment };
}

/**
 * Starts an engine of its own session, so that it goes on playing when the domain crashes. [control]
 *
 * It writes to `engine.log` in the data folder and not to a pipe, which would break with the domain.
 */
export function spawnEngine({ dataDir, pluginDirs, entry, environment }: EngineProcessOptions): ChildProcess {
  mkdirSync(dataDir, { recursive: true });
  const log = openSync(join(dataDir, 'engine.log'), 'a');
  try {
    const child = spawn(
      process.execPath,
      [
        ...ENGINE_FLAGS,
        entry ?? defaultEngineEntry(),
        ...['--data', dataDir, ...pluginDirs.flatMap((folder) => ['--plugins', folder])],
      ],
      { detached: true, stdio: ['ignore', log, log], env: engineEnvironment(dataDir, environment) },
    );
    child.unref();
    return child;
  } catch (cause) {
    throw new AudioCloudError('ENGINE_FAILED', `Cannot start the engine: ${(cause as Error).message}`, undefined, {
      cause,
    });
  } finally {
    closeSync(log);
  }
}
