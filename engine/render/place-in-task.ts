import { pendingInstance } from './batch-progress.ts';
import { OP, PROGRAM_RECORD_BYTES } from './program.ts';
import { STEP, type TaskImage } from './task-image.ts';

/** A record of a program of a task. */
export interface PlaceInTask {
  memory: number;
  program: number;
  record: number;
  /** Of the instance that the record runs. */
  name: string;
}

/**
 * The instance that a thread is at, by the words that it leaves behind: the step in progress, and in each memory, by its
 * seat there, the record in progress. Undefined when it is at none: between blocks, in a track, in a mix. [any, not render]
 */
export function placeInTask(image: TaskImage, step: number, seat: number, progress?: number): PlaceInTask | undefined {
  const { steps, memories, instances } = image;
  if (step < 0 || steps[step] !== STEP.run) return undefined;
  const memory = steps[step + 1]!;
  const program = steps[step + 2]!;
  const words = new Uint32Array(memories[memory]!.memory.buffer);
  const record = progress ?? words[memories[memory]!.seats[seat]!.progress >>> 2]!;
  if (record < steps[step + 3]! || record >= steps[step + 4]!) return undefined;
  const at = (program + record * PROGRAM_RECORD_BYTES) >>> 2;
  if (words[at] !== OP.process && words[at] !== OP.batch) return undefined;
  const instance = words[at] === OP.batch ? pendingInstance(words, words[at + 1]!) : words[at + 2];
  const found = instances.find((one) => one.memory === memory && one.record === instance);
  return found && { memory, program, record, name: found.name };
}
