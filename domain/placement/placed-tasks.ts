import type { DeclaredResources } from '@audiocloud/api';
import type { TaskAddress } from '../tasks/task-address.ts';
import type { TaskNeeds } from './task-needs.ts';

/** A task that an engine has, or is to have, and what is spoken for it there. */
export interface PlacedTask {
  readonly address: TaskAddress;
  /** Undefined while no engine could take it. */
  readonly engineId: string | undefined;
  readonly needs: TaskNeeds;
  /** Share of a render thread, once it was measured. */
  readonly cpu: number | undefined;
  /** It is to play, so its engine is to keep that share for it. */
  readonly isToPlay: boolean;
}

/** Which engine has which task, and what is taken of each by that. In memory: the records say where a task was. [control] */
export class PlacedTasks {
  readonly #tasks = new Set<PlacedTask>();

  /** Counts it until the end of it, which is returned. One that moves is counted twice meanwhile. */
  add(task: PlacedTask): () => void {
    this.#tasks.add(task);
    return () => void this.#tasks.delete(task);
  }

  on(engine: string): PlacedTask[] {
    return [...this.#tasks].filter(({ engineId }) => engineId === engine);
  }

  count(engine: string): number {
    return this.on(engine).length;
  }

  /** Declared resources that the tasks of an engine use. except: as if that task were not there. */
  used(engine: string, except?: TaskAddress): DeclaredResources {
    const used: DeclaredResources = {};
    for (const { address, needs } of this.on(engine))
      if (!except || !isSameTask(address, except))
        for (const [resource, amount] of Object.entries(needs.resources))
          used[resource] = (used[resource] ?? 0) + amount;
    return used;
  }
}

export const isSameTask = (a: TaskAddress, b: TaskAddress): boolean => a.id === b.id && a.application === b.application;
