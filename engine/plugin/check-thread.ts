import { parentPort, workerData } from 'node:worker_threads';
import { readForCheck } from './check-package.ts';
import { runCheck } from './check-run.ts';
import { CHECKS } from './check-table.ts';

/** What is asked of this thread; it answers with a PluginCheck. First it says that it is ready. */
export interface CheckRequest {
  /** Place in CHECKS. */
  readonly check: number;
  /** Place of the model in the manifest. */
  readonly place: number;
  readonly seed: number;
}

const found = readForCheck(workerData as string);

parentPort?.on('message', ({ check, place, seed }: CheckRequest) => {
  parentPort?.postMessage(runCheck(CHECKS[check]!, found, place, seed));
});
parentPort?.postMessage('ready'); // until then no check has begun, and none is late
