import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Outcome, passed } from '../../../plugin/check-outcome.ts';
import { type AdapterRig, close, expect, openPort, within } from '../adapter-rig.ts';

const OPENS = 100;
/** What a library keeps after its first use is no leak. */
const WARM_UP = 5;
/** A leak shows once for each open. */
const ALLOWED = OPENS / 10;

/** Open files where the system tells them, and what keeps the process alive: timers, sockets, handles. */
function held(): { descriptors: number; resources: number } {
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  return { descriptors, resources: process.getActiveResourcesInfo().length };
}

/** A hundred opens leave nothing behind. */
export async function nothingIsLeft(rig: AdapterRig): Promise<Outcome> {
  const once = async () => {
    const open = await openPort(rig);
    await within(open.port.write(rig.bytes), 'write');
    await close(open);
  };
  for (let i = 0; i < WARM_UP; i++) await once();
  await pause(50);
  const before = held();
  for (let i = 0; i < OPENS; i++) await once();
  await pause(50);
  const after = held();
  for (const name of ['descriptors', 'resources'] as const)
    expect(
      after[name] - before[name] < ALLOWED,
      `${name} rose from ${before[name]} to ${after[name]} over ${OPENS} opens: close ends everything that open began`,
    );
  return passed(`${before.descriptors} descriptors before, ${after.descriptors} after`);
}
