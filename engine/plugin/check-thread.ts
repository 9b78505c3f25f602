import { parentPort, workerData } from 'node:worker_threads';
import { type PackageUnderCheck, readForCheck } from './check-package.ts';
import { runCheck } from './check-run.ts';
import { CHECKS } from './check-table.ts';

/** What is asked of this thread; it answers with a PluginCheck. */
export interface CheckRequest {
  /** Place in CHECKS. */
  readonly check: number;
  /** Place of the model in the manifest. */
  readonly place: number;
  readonly seed: number;
}

let found: PackageUnderCheck | undefined;

parentPort?.on('message', ({ check, place, seed }: CheckRequest) => {
  found ??= readForCheck(workerData as string);
  parentPort?.postMessage(runCheck(CHECKS[check]!, found, place, seed));
});
