import type { Random } from './hostile-json.ts';
import { oneOf } from './hostile-json.ts';

/** Tasks that the fuzz makes and speaks of. */
export const OWN_TASKS = ['fuzz-a', 'fuzz-b', 'fuzz-c'];
/** Names that JavaScript gives to every object. */
const PROTOTYPE_NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', 'prototype'];
const UNKNOWN = ['nobody', 'none-of-mine', 'x'.repeat(64), 'maker:name', 'maker:name:unit', 'audiocloud:gain'];
const IMPOSSIBLE = ['', ' ', '..', '../..', '%00', 'ü', '💥', 'a/b', 'x'.repeat(500), '-1', '0', 'null'];
/** Of a task of another application: it is to be answered exactly as an unknown one is. */
export const FOREIGN_TASK = 'fuzz-theirs';

/** An id of a task, a preset or anything else: known, unknown, of somebody else, or none at all. */
export function anId(random: Random): string {
  const kind = random();
  if (kind < 0.6) return oneOf(random, OWN_TASKS);
  if (kind < 0.7) return oneOf(random, PROTOTYPE_NAMES);
  if (kind < 0.8) return FOREIGN_TASK;
  return oneOf(random, kind < 0.9 ? UNKNOWN : IMPOSSIBLE);
}

/** A name as parts of tasks have it. */
export function aName(random: Random): string {
  const known = ['tone', 'gain', 'out', 'toGain', 'toOut', 'level', 'frequency', 'host-mix', 'host-bypass', 'main'];
  return random() < 0.8 ? oneOf(random, known) : anId(random);
}
