import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where costs are kept from run to run when nobody says where: in the cache folder of the user, as XDG has it. [any] */
export function defaultCacheDir(environment: NodeJS.ProcessEnv): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'audiocloud');
}

/**
 * Costs on disk, one file each, so that any number of engines may share the folder. [control]
 *
 * It never throws: without it a cost is measured again, that is all.
 */
export class CostCache<T> {
  readonly #folder: string;
  readonly #isSound: (value: unknown) => value is T;

  /** isSound: a file that holds something else is as good as none. */
  constructor(cacheDir: string, isSound: (value: unknown) => value is T) {
    this.#folder = join(cacheDir, 'costs');
    this.#isSound = isSound;
  }

  read(name: string): T | undefined {
    try {
      const value: unknown = JSON.parse(readFileSync(this.#path(name), 'utf8'));
      return this.#isSound(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  write(name: string, value: T): void {
    try {
      mkdirSync(this.#folder, { recursive: true });
      const draft = `${this.#path(name)}.${process.pid}`;
      writeFileSync(draft, JSON.stringify(value));
      renameSync(draft, this.#path(name)); // whole or not at all, also for another engine that reads it now
    } catch {
      // a folder that cannot be written to, or a full disk
    }
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`);
  }
}
