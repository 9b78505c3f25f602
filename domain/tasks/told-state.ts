import type { TaskState } from '@audiocloud/api';
import type { Cause } from '../events/cause.ts';
import type { TaskParts } from './task-parts.ts';
import { taskState } from './task-state.ts';
import { troubleOf } from './trouble.ts';

/** Tells the state of a task: to those who follow it, and into the log when it is hindered, or no longer. [control] */
export class ToldState {
  readonly #parts: TaskParts;
  /** The trouble that the log tells of. */
  #trouble: string | undefined;

  constructor(parts: TaskParts) {
    this.#parts = parts;
    this.#trouble = parts.record.now.trouble;
    parts.followers.assume(taskState(parts));
  }

  /** Tells it when it is another one. always: to followers also when it is not. */
  tell(cause: Cause, always = false): void {
    const state = taskState(this.#parts);
    this.#noteTrouble(state);
    this.#parts.followers.state(state, cause, always);
  }

  #noteTrouble(state: TaskState): void {
    const { context, whose, engineTask, record, runtime } = this.#parts;
    const isEngineThere = runtime.actor.actual !== null;
    const found = troubleOf(state, { wantsToPlay: record.now.isPlaying, isEngineThere });
    if (found === undefined || record.isDeleted) return;
    const text = found === null ? undefined : JSON.stringify([found.error.code, found.instances]);
    if (text === this.#trouble) return;
    this.#trouble = text;
    record
      .commit(
        (record) => ({ ...record, trouble: text }),
        () => ({
          events: [
            found === null
              ? { type: 'task.recovered', ...whose, data: {} }
              : { type: 'task.failed', ...whose, data: found },
          ],
        }),
      )
      .catch((error) => context.logger.error({ error, task: engineTask }, 'an event of the task was not stored'));
  }
}
