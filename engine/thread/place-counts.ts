import { placeInTask } from '../render/place-in-task.ts';
import type { TaskImage } from '../render/task-image.ts';
import { WORD } from '../render/task-shared.ts';
import type { FoundPlace } from './watchdog-message.ts';

/** Kept of the looks of before at each note of the watchdog, twice a second: half of them after 4 s. */
const FORGET = 0.92;

/** Stands for the engine itself: no instance was in progress. */
export const NO_INSTANCE = '';

/** What the watchdog found of one task, by instance. [control] */
export class PlaceCounts {
  private readonly looks = new Map<string, number>();
  private readonly late = new Map<string, number>();

  /** Takes the places of this task out of one note. */
  add(image: TaskImage, places: readonly FoundPlace[]): void {
    for (const [name, count] of this.looks) {
      if (count < 0.01) this.looks.delete(name);
      else this.looks.set(name, count * FORGET);
    }
    for (const { generation, step, progress, looks, lateBlocks } of places) {
      const name = nameOf(image, generation, step, progress);
      if (looks > 0) this.looks.set(name, (this.looks.get(name) ?? 0) + looks);
      if (lateBlocks > 0) this.late.set(name, (this.late.get(name) ?? 0) + lateBlocks);
    }
  }

  /** The part of each instance in the time of the task; together 1 when anything is known. */
  shares(): Map<string, number> {
    const all = [...this.looks.values()].reduce((sum, count) => sum + count, 0);
    return new Map([...this.looks].map(([name, count]) => [name, count / all]));
  }

  /** Blocks that were late while the instance was in progress at the deadline, since the task was loaded. */
  lateBlocks(): Map<string, number> {
    return this.late;
  }
}

function nameOf(image: TaskImage, generation: number, step: number, progress: readonly number[]): string {
  if (step < 0 || generation !== image.generation) return NO_INSTANCE;
  const current = new Int32Array(image.shared)[WORD.generation];
  if (current !== generation) return NO_INSTANCE; // an edit came between: the numbers mean something else
  return placeInTask(image, step, 0, progress[image.steps[step + 1]!])?.name ?? NO_INSTANCE;
}
