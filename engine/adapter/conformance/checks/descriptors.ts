import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { type Outcome, passed } from '../../../plugin/check-outcome.ts';
import { type AdapterRig, close, expect, openPort, within } from '../adapter-rig.ts';

const OPENS = 100;
/** A bus that is slow to open is opened so often in any case, and no more after this time. */
const LEAST_OPENS = 30;
const LONG_MS = 20_000;
/** What a library keeps after its first use is no leak. */
const WARM_UP = 5;
/** A leak shows once for each open. */
const ALLOWED_SHARE = 0.1;

/** Open files where the system tells them, and what keeps the process alive: timers, sockets, handles. */
function held(): { descriptors: number; resources: number } {
  const descriptors = process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0;
  return { descriptors, resources: process.getActiveResourcesInfo().length };
}

/** A hundred opens leave nothing behind; fewer where they take long. */
export async function nothingIsLeft(rig: AdapterRig): Promise<Outcome> {
  const once = async () => {
    const open = await openPort(rig);
    await within(open.port.write(rig.bytes), 'write');
    await close(open);
  };
  for (let i = 0; i < WARM_UP; i++) await once();
  await pause(50);
  const before = held();
  const until = performance.now() + LONG_MS;
  let opens = 0;
  for (; opens < OPENS && (opens < LEAST_OPENS || performance.now() < until); opens++) await once();
  await pause(50);
  const after = held();
  for (const name of ['descriptors', 'resources'] as const)
    expect(
      after[name] - before[name] < opens * ALLOWED_SHARE,
      `${name} rose from ${before[name]} to ${after[name]} over ${opens} opens: close ends everything that open began`,
    );
  return passed(`${opens} opens: ${before.descriptors} descriptors before, ${after.descriptors} after`);
}
