import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a program may take of the machine. */
export interface ProcessLimits {
  /** Memory that it asks for. */
  memoryBytes: number;
  /** Time of processors. */
  cpuSeconds: number;
}

/** Where a program is, as a shell would find it; undefined: nowhere. [control] */
export function findProgram(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** How a program is called that cannot take more than its limits, write files or leave a core: by prlimit, where there is one. [any] */
export function limited(program: string, args: readonly string[], limits: ProcessLimits): [string, string[]] {
  const prlimit = findProgram('prlimit');
  if (prlimit === undefined) return [program, [...args]];
  const { memoryBytes, cpuSeconds } = limits;
  return [prlimit, [`--as=${memoryBytes}`, `--cpu=${cpuSeconds}`, '--core=0', '--fsize=0', program, ...args]];
}

/** Runs a program of others: with nothing of our environment, one pipe out, and its complaints apart. [any] */
export function guardedSpawn(program: string, args: readonly string[], limits: ProcessLimits): ChildProcess {
  const [command, all] = limited(program, args, limits);
  return spawn(command, all, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', LANG: 'C' },
  });
}
