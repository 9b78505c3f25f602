import { AudioCloudError } from '@audiocloud/api';
import type { Command, TaskShared } from '../render/task-shared.ts';

/** The ring of commands of one task, from the side that gives them. [control] */
export class TaskCommands {
  readonly #task: string;
  readonly shared: TaskShared;

  constructor(task: string, shared: TaskShared) {
    this.#task = task;
    this.shared = shared;
  }

  /** All of several commands find a place, or none is given. Throws RATE_LIMITED. */
  refuseWithoutRoom(commands: number): void {
    const { room } = this.shared;
    if (commands > room)
      throw new AudioCloudError(
        'RATE_LIMITED',
        `Cannot queue ${commands} more changes for task '${this.#task}': there is room for ${room} until its renderer takes some; send fewer at once`,
        { task: this.#task, commands, room },
      );
  }

  /** Queues a command; returns its number. Throws RATE_LIMITED. */
  give(command: Command): number {
    this.refuseWithoutRoom(1);
    return this.shared.give(command);
  }
}
