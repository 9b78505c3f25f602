import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

export const PREAMP = 'generic:line-preamp:one';

/** A data folder with a rack of simulated preamps, where an engine looks for it. isSwitched: they have power when it is asked for only. */
export function folderWithRack(t: Test, ids: readonly string[] = [PREAMP], isSwitched = false): string {
  const driver = fileURLToPath(new URL('../../plugins/devices/generic-line-preamp', import.meta.url));
  const dataDir = mkdtempSync(join(tmpdir(), 'rack-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  writeFileSync(
    join(dataDir, 'rack.json'),
    JSON.stringify({
      instances: ids.map((id) => ({ id, driver, simulate: true, ...(isSwitched ? { power: 'simulated' } : {}) })),
    }),
  );
  return dataDir;
}
