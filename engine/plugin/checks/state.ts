import { AudioCloudError } from '@audiocloud/api';
import { CHECK_MAX_FRAMES, type CheckContext, type CheckRun, difference, randomValue } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';
import { LAYOUT } from '../layout.ts';
import type { PluginMemory } from '../plugin-memory.ts';

const FRAMES = 4096;
const ROUNDS = 40;

const isSame = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** A state saved and loaded gives the same settings: another instance sounds the same. */
export const stateRoundTrip: CheckRun = (context) => {
  const first = context.probe({ parameters: context.randomParameters(11) });
  const state = first.saveState();
  const second = context.probe();
  second.loadState(state);
  const input = context.noise(first, FRAMES);
  const options = { frames: FRAMES };
  const { size, text } = difference(first.render(input, options).outputs, second.render(input, options).outputs);
  return size > 0 ? failed(`the sound after loading differs: ${text}`) : passed(`${state.length} bytes`);
};

/** A state is the same bytes whenever it is saved, and after it was loaded elsewhere. */
export const stateBytesEqual: CheckRun = (context) => {
  const first = context.probe({ parameters: context.randomParameters(12) });
  const state = first.saveState();
  if (!isSame(first.saveState(), state)) return failed('saved twice it is other bytes');
  first.render(context.noise(first, FRAMES), { frames: FRAMES });
  if (!isSame(first.saveState(), state))
    return failed('after some sound it is other bytes, though nobody set anything');
  const second = context.probe();
  second.loadState(state);
  return isSame(second.saveState(), state)
    ? passed(`${state.length} bytes`)
    : failed('a state that was loaded is saved as other bytes');
};

/** A state saved while it plays holds what events set: the end of a glide, not where it is. */
export const stateHoldsEvents: CheckRun = (context) => {
  const live = context.live.slice(0, 64);
  if (live.length === 0) return skipped('no parameter changes while it plays');
  const random = context.random(13);
  const values = Object.fromEntries(live.map((parameter) => [parameter.id, randomValue(parameter, random())]));
  const moved = context.probe();
  const events = Object.entries(values).map(([parameter, value]) => ({ frame: 0, parameter, value }));
  moved.process(context.noise(moved, 8), 8, events);
  const found = moved.saveState();
  const wanted = context.probe({ parameters: values }).saveState();
  const at = found.findIndex((byte, i) => byte !== wanted[i]);
  return isSame(found, wanted)
    ? passed(`${live.length} values`)
    : failed(`after events its state differs at byte ${at} from that of an instance made with their values`);
};

/** Loads a state that may be refused; a trap goes on. */
function isTaken(memory: PluginMemory, layout: number, state: Uint8Array): boolean {
  try {
    memory.stateLoad(layout, state);
    return true;
  } catch (error) {
    if (!(error instanceof AudioCloudError) || error.details?.['trap']) throw error;
    return false;
  }
}

/** Loads states that are not sound, each into a new instance that then must render; how many were taken. */
function loadAll(context: CheckContext, states: Iterable<Uint8Array>): { taken: number; all: number } {
  const { memory } = context.probe();
  let [taken, all] = [0, 0];
  for (const state of states) {
    const probe = context.probe({ memory });
    memory.deactivate(probe.layout);
    all++;
    if (isTaken(memory, probe.layout, state)) taken++;
    memory.activate(probe.layout, 48000, CHECK_MAX_FRAMES);
    probe.render(context.noise(probe, FRAMES / 8), { frames: FRAMES / 8 });
    probe.dispose();
  }
  return { taken, all };
}

/** No bytes at all: refused or taken, and it goes on. */
export const stateEmpty: CheckRun = (context) => {
  const { taken } = loadAll(context, [new Uint8Array(0)]);
  return passed(taken ? 'taken' : 'refused');
};

/** Bytes that never were a state: refused or taken, and it goes on. */
export const stateRandom: CheckRun = (context) => {
  const probe = context.probe();
  const capacity = probe.memory.word(probe.layout, LAYOUT.stateCapacity);
  const random = context.random(14);
  const bytes = (length: number) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const lengths = [capacity, ...Array.from({ length: ROUNDS }, () => Math.floor(random() * (capacity + 1)))];
  const { taken, all } = loadAll(context, lengths.map(bytes));
  return passed(`${all} loaded, ${taken} taken`);
};

function damage(context: CheckContext, state: Uint8Array): Uint8Array[] {
  const random = context.random(15);
  return Array.from({ length: ROUNDS }, (_, round) => {
    const damaged = state.slice(0, round % 4 === 0 ? Math.floor(random() * state.length) : state.length);
    if (damaged.length > 0) damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
    return damaged;
  });
}

/** A state of its own, cut short or with a byte changed: refused or taken, and it goes on. */
export const stateDamaged: CheckRun = (context) => {
  const state = context.probe({ parameters: context.randomParameters(16) }).saveState();
  const { taken, all } = loadAll(context, damage(context, state));
  return passed(`${all} loaded, ${taken} taken`);
};

/** Of older versions nothing traps; a newer one is refused, since nobody knows what it means. */
export const stateVersions: CheckRun = (context) => {
  const probe = context.probe({ parameters: context.randomParameters(17) });
  const state = probe.saveState();
  if (state.length === 0) return skipped('its state is empty');
  if (state.length < 4) return failed(`its state has ${state.length} bytes: no version word first`);
  const version = new DataView(state.buffer, state.byteOffset).getUint32(0, true);
  const as = (number: number) => {
    const copy = state.slice();
    new DataView(copy.buffer).setUint32(0, number, true);
    return copy;
  };
  const older = Array.from({ length: Math.min(version, 8) }, (_, i) => as(version - 1 - i));
  const { taken } = loadAll(context, older);
  const newer = loadAll(context, [as((version + 1) >>> 0), as(0xfffffffe)]);
  return newer.taken
    ? failed(`its state begins with version ${version}; one that says ${version + 1} is taken as well`)
    : passed(`version ${version}; of ${older.length} older ones ${taken} taken, newer ones refused`);
};

/** A state that is refused changes nothing. */
export const stateRefusedUnchanged: CheckRun = (context) => {
  const probe = context.probe({ parameters: context.randomParameters(18) });
  const { memory, layout } = probe;
  const state = context.probe({ parameters: context.randomParameters(19) }).saveState();
  memory.deactivate(layout);
  const before = memory.stateSave(layout);
  let refused = 0;
  for (const damaged of [...damage(context, state), new Uint8Array(0), state.slice(0, -1)]) {
    if (isTaken(memory, layout, damaged)) {
      isTaken(memory, layout, before);
      continue;
    }
    refused++;
    const after = memory.stateSave(layout);
    if (!isSame(after, before))
      return failed(
        `a state of ${damaged.length} bytes is refused, and yet changed what is saved at byte ${after.findIndex((byte, i) => byte !== before[i])}`,
      );
  }
  return refused ? passed(`${refused} refused, nothing changed`) : skipped('it refuses none of them');
};
