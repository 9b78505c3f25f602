import { setTimeout as pause } from 'node:timers/promises';
import { type Outcome, passed } from '../../../plugin/check-outcome.ts';
import { type AdapterRig, close, expect, openPort, PATIENCE_MS, settled, within } from '../adapter-rig.ts';

const WRITES = 2000;
const FLOOD_MS = 300;
const PIECES = 5;
const LOOK_MS = 10;
/** Long enough for what was on its way to arrive. */
const AFTER_MS = 100;
/** A device that has nothing to do with a slow one waits no longer than this. */
const PROMPT_MS = 500;

/** Many writes at once all come to an end. */
export async function floodOut(rig: AdapterRig): Promise<Outcome> {
  const open = await openPort(rig);
  let ended = 0;
  const outcomes = Promise.all(
    Array.from({ length: WRITES }, () =>
      settled(open.port.write(rig.bytes), 'a write of many', Number.POSITIVE_INFINITY).finally(() => ended++),
    ),
  );
  outcomes.catch(() => {});
  // As long as one after the other ends, it may take its time.
  for (let before = -1; ended < WRITES && ended > before; await Promise.race([outcomes, pause(PATIENCE_MS)]))
    before = ended;
  expect(ended === WRITES, `${WRITES - ended} of ${WRITES} writes never ended`);
  const results = await outcomes;
  await close(open);
  return passed(`${results.filter((result) => result === 'done').length} of ${WRITES} were done`);
}

/** A device that never stops talking holds up neither writes nor close. */
export async function floodIn(rig: AdapterRig): Promise<Outcome> {
  const open = await openPort(rig);
  rig.adapter.inject!(open.facts.id, 'flood');
  await pause(FLOOD_MS);
  const heard = open.heard();
  await settled(open.port.write(rig.bytes), 'write during a flood');
  await close(open);
  const before = open.heard();
  await pause(AFTER_MS);
  expect(open.heard() === before, 'data came after close');
  rig.adapter.inject!(open.facts.id, 'none');
  expect(heard > 0, 'the simulator has no flood');
  return passed(`${heard} pieces of data`);
}

/** Noise is handed on, and changes nothing. */
export async function garbage(rig: AdapterRig): Promise<Outcome> {
  const open = await openPort(rig);
  rig.adapter.inject!(open.facts.id, 'garbage');
  for (let waited = 0; open.heard() < PIECES; waited += LOOK_MS) {
    expect(waited < FLOOD_MS * 10, 'the simulator has no garbage, or the adapter kept it for itself');
    await pause(LOOK_MS);
  }
  expect(open.closed.length === 0, `noise ended the port: ${open.closed[0]}`);
  rig.adapter.inject!(open.facts.id, 'none');
  await within(open.port.write(rig.bytes), 'write after noise');
  await close(open);
  return passed(`${PIECES} pieces of noise`);
}

/** A slow device holds up itself alone. */
export async function slowDevice(rig: AdapterRig): Promise<Outcome> {
  const [slow, other] = ['slow', 'other'].map((name) => ({ ...rig, wanted: { ...rig.wanted, name } }));
  const first = await openPort(slow!);
  const second = await openPort(other!);
  slow!.adapter.inject!(first.facts.id, 'late');
  const waiting = settled(first.port.write(rig.bytes), 'write to a slow device');
  await within(second.port.write(rig.bytes), 'write to a device beside a slow one', PROMPT_MS);
  await within(rig.adapter.list([slow!.wanted], [rig.settings]), 'list beside a slow device', PROMPT_MS);
  await waiting;
  await Promise.all([close(first), close(second)]);
  slow!.adapter.inject!(first.facts.id, 'none');
  return passed('the device beside it did not wait');
}
