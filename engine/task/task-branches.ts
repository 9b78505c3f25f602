import { PluginMemory } from '../plugin/plugin-memory.ts';
import { sharedWrite } from '../plugin/shared-write.ts';
import type { TaskImage } from '../render/task-image.ts';
import { branchImage } from './branch-image.ts';
import type { TaskMemories } from './task-memories.ts';

/** Cuts the images of one task into branches, for as many threads as share it. [control] */
export class TaskBranches {
  readonly #memories: TaskMemories;
  /** That may render a block together. */
  #threads = 1;

  constructor(memories: TaskMemories) {
    this.#memories = memories;
  }

  /** Lets so many threads render a block together: images are cut for them from now on. Throws INSTANCE_FAILED, TOO_LARGE. */
  seat(threads: number): void {
    this.#memories.seat(threads);
    this.#threads = threads;
  }

  /** An image for as many threads as share the task. */
  cut(image: TaskImage): TaskImage {
    if (this.#threads === 1) return { ...image, branches: null };
    const { list } = this.#memories;
    return branchImage(image, {
      memories: list.map(({ views }) => views.u32),
      isShareable: (memory) => {
        const owner = list[memory]!;
        return !(owner instanceof PluginMemory) || sharedWrite(owner.plugin) === undefined;
      },
      threads: this.#threads,
    });
  }
}
