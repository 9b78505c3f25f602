import type { DeclaredResources } from '@audiocloud/api';
import type { TaskNeeds } from './task-needs.ts';

/** A task that is in use, and what is spoken for it. */
export interface PlacedTask {
  engine: string;
  needs: TaskNeeds;
  /** Share of a render thread, once it was measured. */
  cpu: number | undefined;
  /** It is to play, so its engine is to keep that share for it. */
  isPlaying: boolean;
}

/** Which engine has which task, and what is taken of each by that. In memory: the records say where a task was. [control] */
export class PlacedTasks {
  readonly #tasks = new Map<string, PlacedTask>();

  set(task: string, placed: PlacedTask): void {
    this.#tasks.set(task, placed);
  }

  delete(task: string): void {
    this.#tasks.delete(task);
  }

  count(engine: string): number {
    return this.on(engine).length;
  }

  /** Declared resources that the tasks of an engine use. except: as if that task were not there. */
  used(engine: string, except?: string): DeclaredResources {
    const used: DeclaredResources = {};
    for (const [task, { needs }] of this.on(engine))
      if (task !== except)
        for (const [name, amount] of Object.entries(needs.resources)) used[name] = (used[name] ?? 0) + amount;
    return used;
  }

  on(engine: string): [string, PlacedTask][] {
    return [...this.#tasks].filter(([, placed]) => placed.engine === engine);
  }
}
