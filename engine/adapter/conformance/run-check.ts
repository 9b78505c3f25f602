import { failed, type Outcome } from '../../plugin/check-outcome.ts';
import { type AdapterCheck, type AdapterRig, Nonconformance } from './adapter-rig.ts';

/** Runs one check on this thread. Never rejects; a check that never ends is for the caller to end. [control] */
export async function runAdapterCheck(check: AdapterCheck, rig: AdapterRig): Promise<Outcome> {
  try {
    return await check.run(rig);
  } catch (error) {
    if (error instanceof Nonconformance) return failed(error.message);
    return ['crashed', error instanceof Error ? error.message : String(error)];
  }
}
