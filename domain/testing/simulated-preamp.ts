import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

export const PREAMP = 'generic:line-preamp:one';

const DISTRIBUTOR = 'test:outlets:pdu';
const folderOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/**
 * A data folder with a rack of simulated preamps, where an engine looks for it. isSwitched: they have their power through a
 * simulated distributor, which is the last of the rack; four at most.
 */
export function folderWithRack(t: Test, ids: readonly string[] = [PREAMP], isSwitched = false): string {
  const driver = folderOf('plugins/devices/generic-line-preamp');
  const dataDir = mkdtempSync(join(tmpdir(), 'rack-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  const power = (index: number) => ({ power: { through: DISTRIBUTOR, parameter: 'power', index, report: 'powered' } });
  const instances = [
    ...ids.map((id, i) => ({ id, driver, simulate: true, ...(isSwitched ? power(i) : {}) })),
    ...(isSwitched ? [{ id: DISTRIBUTOR, driver: folderOf('engine/adapter/testing/outlets'), simulate: true }] : []),
  ];
  writeFileSync(join(dataDir, 'rack.json'), JSON.stringify({ instances }));
  return dataDir;
}
