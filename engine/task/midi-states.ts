import type { MidiStateImage, NotesImage } from '../render/task-image.ts';

const CONTROLLER = 0xb0;
const PROGRAM = 0xc0;
const PRESSURE = 0xd0;
const PITCH_BEND = 0xe0;
/** From here on controllers are orders, as to end all notes, and leave no state. */
const FIRST_ORDER = 120;
/** Where controllers stand that nobody has moved: those not named stand at 0. Source: MIDI Manufacturers Association, RP-015. */
const RESTS = new Map([
  [7, 100], // volume
  [8, 64], // balance
  [10, 64], // pan
  [11, 127], // expression
]);
const MIDDLE = 64 << 16;

/** What a message sets that stays until it is set again; undefined: nothing. */
function stateKey(message: number): number | undefined {
  const kind = message & 0xf0;
  const controller = (message >>> 8) & 0x7f;
  if (kind === CONTROLLER) return controller < FIRST_ORDER ? message & 0x7fff : undefined;
  return kind === PROGRAM || kind === PRESSURE || kind === PITCH_BEND ? message & 0xff : undefined;
}

function restOf(key: number): number {
  const kind = key & 0xf0;
  if (kind === CONTROLLER) return key | ((RESTS.get(key >>> 8) ?? 0) << 16);
  if (kind === PITCH_BEND) return key | MIDDLE;
  return kind === PROGRAM ? 0 : key;
}

/** The states that messages in order of time set, each with all its values. [control] */
export function midiStates(frames: Float64Array, messages: Uint32Array): Pick<NotesImage, 'stateOf' | 'states'> {
  const indices = new Map<number, number>();
  const places: number[][] = [];
  const stateOf = new Int32Array(new SharedArrayBuffer(4 * messages.length)).fill(-1);
  messages.forEach((message, i) => {
    const key = stateKey(message);
    if (key === undefined) return;
    const index = indices.get(key) ?? places.push([]) - 1;
    indices.set(key, index);
    places[index]!.push(i);
    stateOf[i] = index;
  });
  const states = [...indices].map(([key, index]): MidiStateImage => {
    const own = places[index]!;
    const state = {
      key,
      frames: new Float64Array(new SharedArrayBuffer(8 * own.length)),
      messages: new Uint32Array(new SharedArrayBuffer(4 * own.length)),
      rest: restOf(key),
    };
    own.forEach((place, i) => {
      state.frames[i] = frames[place]!;
      state.messages[i] = messages[place]!;
    });
    return state;
  });
  return { stateOf, states };
}
