import { setTimeout as pause } from 'node:timers/promises';
import { type Outcome, passed } from '../../../plugin/check-outcome.ts';
import { type AdapterRig, close, expect, findPort, openPort, refused, settled, within } from '../adapter-rig.ts';

const NOTICED_MS = 1000;
const LOOK_MS = 50;

/** Whether a port is listed. */
async function isListed({ adapter, wanted, settings }: AdapterRig, id: string): Promise<boolean> {
  return (await within(adapter.list([wanted], [settings]), 'list')).some((port) => port.id === id);
}

async function until(holds: () => Promise<boolean> | boolean, otherwise: string, limitMs: number): Promise<void> {
  for (const end = performance.now() + limitMs; !(await holds()); await pause(LOOK_MS))
    expect(performance.now() < end, otherwise);
}

/** A port that is gone says so, or is no longer listed, without being written to. */
export async function unplug(rig: AdapterRig): Promise<Outcome> {
  const open = await openPort(rig);
  const { id } = open.facts;
  rig.adapter.inject!(id, 'unplug');
  try {
    const isNoticed = async () => open.closed.length > 0 || !(await isListed(rig, id));
    await until(isNoticed, `the port was unplugged, and neither onClose nor list told it within a second`, NOTICED_MS);
    await refused(open.port.write(rig.bytes), 'write to an unplugged port');
    await refused(rig.adapter.open(open.facts, rig.settings), 'open of an unplugged port');
    expect(open.closed.length <= 1, `onClose was called ${open.closed.length} times, wanted once`);
    await close(open);
    return passed(open.closed[0] === undefined ? 'no longer listed' : `onClose: ${open.closed[0]}`);
  } finally {
    rig.adapter.inject!(id, 'none');
  }
}

/** A port that comes back is the same one. */
export async function replug(rig: AdapterRig): Promise<Outcome> {
  const before = await openPort(rig);
  const { id } = before.facts;
  rig.adapter.inject!(id, 'unplug');
  await close(before);
  rig.adapter.inject!(id, 'none');
  await until(() => isListed(rig, id), 'the port was plugged in again, and is not listed within two seconds', 2000);
  const facts = await findPort(rig);
  const text = (attributes: Record<string, string>) => JSON.stringify(Object.entries(attributes).sort());
  expect(
    text(facts.attributes) === text(before.facts.attributes),
    `the port came back as ${text(facts.attributes)}, it was ${text(before.facts.attributes)}`,
  );
  const after = await openPort(rig, facts);
  await within(after.port.write(rig.bytes), 'write after a replug');
  await refused(before.port.write(rig.bytes), 'write to the port as it was before the replug');
  await close(after);
  return passed('the same attributes');
}

/** A device that is quiet, broken or without power is still a port. */
export async function quietDevice(rig: AdapterRig): Promise<Outcome> {
  const open = await openPort(rig);
  for (const fault of ['silence', 'half-frame', 'power-loss'] as const) {
    rig.adapter.inject!(open.facts.id, fault);
    await settled(open.port.write(rig.bytes), `write during ${fault}`);
    await within(rig.adapter.list([rig.wanted], [rig.settings]), `list during ${fault}`);
  }
  rig.adapter.inject!(open.facts.id, 'none');
  await close(open);
  const again = await openPort(rig);
  await within(again.port.write(rig.bytes), 'write after the faults');
  await close(again);
  return passed('writes and lists settled');
}
