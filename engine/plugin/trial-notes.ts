import type { Model } from '@audiocloud/api';
import type { ProbeMidi } from './probe.ts';

/** What trials play: few keys, so that few messages end them all. */
const KEYS = [36, 48, 55, 60, 64, 67, 72, 84];
const CHORD = [48, 55, 60, 64];
const VELOCITY = 100;

const NOTE_OFF = 0x80;
const NOTE_ON = 0x90;
const CONTROLLER = 0xb0;
const PITCH_BEND = 0xe0;
const MODULATION = 1;
/** Defined by nobody. */
const UNDEFINED_CONTROLLER = 119;

export const ALL_SOUND_OFF = 120;
export const ALL_NOTES_OFF = 123;

/** How many midi inputs a model has. */
export function midiInputs({ inputs }: Model): number {
  return inputs.filter(({ kind }) => kind === 'midi').length;
}

const onEveryInput = (model: Model, messages: readonly (readonly number[])[], frame: number): ProbeMidi[] =>
  Array.from({ length: midiInputs(model) }, (_, port) => messages.map((midi) => ({ frame, midi, port }))).flat();

/** Four keys at once on every midi input, on the first channel. */
export function chordOf(model: Model, frame = 0): ProbeMidi[] {
  const messages = CHORD.map((key, n) => [NOTE_ON, key, VELOCITY - 10 * n]);
  return onEveryInput(model, messages, frame);
}

/** Lets go all keys that trials play. */
export function endOfNotes(model: Model, frame = 0): ProbeMidi[] {
  const messages = KEYS.map((key) => [NOTE_OFF, key, 64]);
  return onEveryInput(model, messages, frame);
}

/** A controller on every midi input, on the first channel. */
export function controllerOf(model: Model, controller: number, value: number, frame = 0): ProbeMidi[] {
  return onEveryInput(model, [[CONTROLLER, controller, value]], frame);
}

/** A message that means nothing: an instance that gets it is awake in that block. */
export function nothingPlayed(model: Model): ProbeMidi[] {
  return controllerOf(model, UNDEFINED_CONTROLLER, 0);
}

/** What somebody could play at a frame: mostly notes, also of keys that sound already. `model` has a midi input. */
export function randomNote(model: Model, random: () => number, frame: number): ProbeMidi {
  const port = Math.floor(random() * midiInputs(model));
  const key = KEYS[Math.floor(random() * KEYS.length)]!;
  const value = 1 + Math.floor(random() * 127);
  const kind = random();
  if (kind < 0.5) return { frame, port, midi: [NOTE_ON, key, value] };
  if (kind < 0.8) return { frame, port, midi: [NOTE_OFF, key, value] };
  return { frame, port, midi: kind < 0.9 ? [PITCH_BEND, 0, value] : [CONTROLLER, MODULATION, value] };
}
