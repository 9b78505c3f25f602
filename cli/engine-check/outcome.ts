import { AudioCloudError } from '@audiocloud/api';

/** What a check found. `crashed`: the engine went away or did not answer, so nothing is known. `skipped`: it does not apply. */
export type CheckResult = 'passed' | 'failed' | 'crashed' | 'skipped';

/** Ends a check: the engine does something else than is wanted. */
export class Fault extends Error {}

/** Ends a check that does not apply; says why. */
export class Skip extends Error {}

/** Throws a Fault that says what was found. */
export function want(isSo: boolean, found: string): void {
  if (!isSo) throw new Fault(found);
}

/** How a check ended that threw. */
export function resultOf(thrown: unknown): { result: CheckResult; found: string } {
  const found = thrown instanceof Error ? thrown.message : String(thrown);
  if (thrown instanceof Skip) return { result: 'skipped', found };
  if (thrown instanceof Fault) return { result: 'failed', found };
  // the contract's own checks throw these
  if (thrown instanceof AudioCloudError && thrown.code !== 'ENGINE_UNAVAILABLE') return { result: 'failed', found };
  return { result: 'crashed', found };
}
