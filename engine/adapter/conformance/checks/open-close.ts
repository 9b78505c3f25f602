import { setTimeout as pause } from 'node:timers/promises';
import { type Outcome, passed } from '../../../plugin/check-outcome.ts';
import { type AdapterRig, close, expect, openPort, refused, settled, within } from '../adapter-rig.ts';

/** Long enough for what was on its way to arrive. */
const AFTER_MS = 100;
const PENDING = 20;

/** A port belongs to one instance; the second one does not disturb the first. */
export async function openTwice(rig: AdapterRig): Promise<Outcome> {
  const first = await openPort(rig);
  try {
    await refused(rig.adapter.open(first.facts, rig.settings), 'open of an open port');
    await within(first.port.write(rig.bytes), 'write after the second open');
    expect(first.closed.length === 0, `the second open ended the first: ${first.closed[0]}`);
  } finally {
    await close(first);
  }
  return passed('the second was refused');
}

/** After close the port is free. */
export async function openAgain(rig: AdapterRig): Promise<Outcome> {
  for (let i = 0; i < 2; i++) {
    const open = await openPort(rig);
    await within(open.port.write(rig.bytes), 'write');
    await close(open);
  }
  return passed('opened, closed, opened');
}

/** Close settles what waits, and nothing is said after it. */
export async function closePending(rig: AdapterRig): Promise<Outcome> {
  const open = await openPort(rig);
  const writes = Array.from({ length: PENDING }, () => open.port.write(rig.bytes));
  const ends = Promise.all(writes.map((write) => settled(write, 'a write that waits')));
  await close(open);
  const results = await ends;
  const before = open.heard();
  await pause(AFTER_MS);
  expect(open.heard() === before, 'data came after close');
  expect(open.closed.length === 0, 'onClose was called, though close was asked for');
  return passed(
    `${results.filter((result) => result === 'done').length} of ${PENDING} writes were done, the others refused`,
  );
}

export async function closeTwice(rig: AdapterRig): Promise<Outcome> {
  const open = await openPort(rig);
  await close(open);
  await close(open);
  return passed('the second does nothing');
}

export async function writeAfterClose(rig: AdapterRig): Promise<Outcome> {
  const open = await openPort(rig);
  await close(open);
  await refused(open.port.write(rig.bytes), 'write after close');
  return passed('refused');
}
