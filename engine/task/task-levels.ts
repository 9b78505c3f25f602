import type { Meters } from '@audiocloud/api';
import type { NodePlace } from './compile-plan.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';
import {
  type Level,
  metersOf,
  readReports,
  takeLevels,
  toTell,
  toTellOfSleepers,
  TURNS_TO_SEE_ALL,
} from './task-readings.ts';

/** What a task has now. */
export interface LevelSources {
  memories: TaskMemories;
  instances: ReadonlyMap<string, TaskInstance>;
  places: ReadonlyMap<string, NodePlace>;
  /** TaskShared.activity */
  activity: number;
}

/**
 * Tells levels and reports of one task again and again, and looks at nothing while all of it sleeps. [control]
 *
 * Once every instance was seen asleep and none has worked since, all levels are zero and stay so.
 */
export class TaskLevels {
  #activity = -1;
  #instances: ReadonlyMap<string, TaskInstance> | undefined;
  #places: ReadonlyMap<string, NodePlace> | undefined;
  /** Calls since an instance worked. */
  #turns = 0;
  /** While all sleep: the instances in their order, and their levels. */
  #sleepers: TaskInstance[] | undefined;
  #silence: ReadonlyMap<string, Level> | undefined;

  /** Whether all that was told last, but for the playhead, is what would be told now: silence. */
  isSilent(activity: number): boolean {
    return this.#silence !== undefined && this.#activity === activity;
  }

  /** turn: see LoadedTask.meters. */
  take(sources: LevelSources, turn: number | undefined): Pick<Meters, 'meters' | 'reports'> {
    const { memories, instances, places } = sources;
    const isAsleep = turn !== undefined && this.#isAsleep(sources);
    let told: TaskInstance[];
    if (isAsleep) {
      this.#sleepers ??= [...instances.values()];
      told = toTellOfSleepers(this.#sleepers, turn);
      this.#silence ??= takeLevels(memories, places);
    } else told = toTell(memories, instances, turn);
    const levels = (isAsleep && this.#silence) || takeLevels(memories, places);
    return { meters: metersOf(levels, told), reports: readReports(told) };
  }

  #isAsleep({ activity, instances, places }: LevelSources): boolean {
    if (this.#activity === activity && this.#instances === instances && this.#places === places) {
      if (this.#turns > TURNS_TO_SEE_ALL) return true;
      this.#turns += 1;
      return false;
    }
    this.#activity = activity;
    this.#instances = instances;
    this.#places = places;
    this.#turns = 0;
    this.#sleepers = undefined;
    this.#silence = undefined;
    return false;
  }
}
