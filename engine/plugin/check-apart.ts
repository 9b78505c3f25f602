import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type CheckOptions, chosenChecks, modelsToCheck, type PluginReport } from './check.ts';
import { readForCheck } from './check-package.ts';
import { type PluginCheck, reportLine } from './check-run.ts';
import { CHECKS, type Check } from './check-table.ts';
import type { CheckRequest } from './check-thread.ts';

export interface CheckApartOptions extends CheckOptions {
  /** Seconds for one check; default 60. What takes longer has crashed. */
  readonly limitSeconds?: number;
  /** Hears of every check when it is done, in order. */
  readonly onCheck?: (
    line: PluginCheck,
    model: string,
    progress: { readonly done: number; readonly of: number },
  ) => void;
}

const LIMIT_SECONDS = 60;

/**
 * Checks a plugin package on a thread of its own, as `checkPlugin` does on this one. [control]
 *
 * A check that hangs, or takes its thread with it, has crashed; the next one gets a new thread.
 * Throws PLUGIN_MISSING when there is no such folder, REQUEST_INVALID or MODEL_UNKNOWN for the name of a check
 * or a model that there is not.
 */
export async function checkPluginApart(path: string, options: CheckApartOptions = {}): Promise<PluginReport> {
  const { only, seed = 1, limitSeconds = LIMIT_SECONDS, onCheck } = options;
  const checks = chosenChecks(only);
  const found = readForCheck(path);
  const models = modelsToCheck(found, options.models).map((model) => ({ ...model, checks: [] as PluginCheck[] }));
  const shared = checks.filter(({ of }) => of === 'package' || of === 'module').length;
  const of = shared + models.length * (checks.length - shared);
  const thread = new CheckThread(found.folder, limitSeconds);
  const known = new Map<Check, PluginCheck>();
  let done = 0;
  try {
    for (const { id, place, checks: lines } of models)
      for (const check of checks) {
        let line = known.get(check);
        if (!line) {
          line = await thread.run(check, place, seed);
          if (check.of === 'package' || check.of === 'module') known.set(check, line);
          onCheck?.(line, id, { done: ++done, of });
        }
        lines.push(line);
      }
  } finally {
    await thread.end();
  }
  return {
    package: { name: found.name, version: found.version },
    seed,
    models: models.map(({ id, checks: lines }) => ({ id, checks: lines })),
  };
}

/** Runs one check after the other on a worker, which is replaced when it dies or takes too long. */
class CheckThread {
  readonly #folder: string;
  readonly #limitMs: number;
  #worker: Worker | undefined;

  constructor(folder: string, limitSeconds: number) {
    this.#folder = folder;
    this.#limitMs = limitSeconds * 1000;
  }

  async run(check: Check, place: number, seed: number): Promise<PluginCheck> {
    const limit = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    try {
      const worker = this.#worker ?? (await this.#start());
      const answer = once(worker, 'message', { signal: limit.signal }).then(([line]) => line as PluginCheck);
      const end = once(worker, 'exit', { signal: limit.signal }).then(([code]): never => {
        throw new Error(`its thread ended with code ${code}`);
      });
      timer = setTimeout(() => limit.abort(), this.#limitMs);
      worker.postMessage({ check: CHECKS.indexOf(check), place, seed } satisfies CheckRequest);
      // an error of the worker is thrown here
      return await Promise.race([answer, end]);
    } catch (error) {
      const why = limit.signal.aborted
        ? `it took longer than ${this.#limitMs / 1000} s`
        : `it took its thread with it: ${(error as Error).message}`;
      await this.end();
      return reportLine(check, ['crashed', why]);
    } finally {
      clearTimeout(timer);
      limit.abort();
    }
  }

  async #start(): Promise<Worker> {
    this.#worker = new Worker(new URL(`./check-thread${import.meta.url.slice(-3)}`, import.meta.url), {
      workerData: this.#folder,
    });
    await once(this.#worker, 'message');
    return this.#worker;
  }

  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}
