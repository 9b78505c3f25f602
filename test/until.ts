import { setTimeout as sleep } from 'node:timers/promises';

/** How long a test waits for what must come. Generous: a machine may be busy. */
const PATIENCE_MS = 60_000;

/** Settles when something is so; throws when it does not come to be so. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await isSo()); await sleep(20))
    if (Date.now() > end) throw new Error(`waited in vain: ${what}`);
}
