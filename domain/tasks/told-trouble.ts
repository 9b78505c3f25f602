import type { TaskState } from '@audiocloud/api';
import type { TaskParts } from './task-parts.ts';
import { troubleOf } from './trouble.ts';

/** Writes into the log that a task is hindered, or no longer: each once. [control] */
export class ToldTrouble {
  readonly #parts: TaskParts;
  #told: string | undefined;

  constructor(parts: TaskParts) {
    this.#parts = parts;
    this.#told = parts.record.now.trouble;
  }

  note(state: TaskState): void {
    const { context, whose, engineTask, record, runtime } = this.#parts;
    const isEngineThere = runtime.actor.actual !== null;
    const found = troubleOf(state, { wantsToPlay: record.now.isPlaying, isEngineThere });
    if (found === undefined || record.isDeleted) return;
    const text = found === null ? undefined : JSON.stringify([found.error.code, found.instances]);
    if (text === this.#told) return;
    this.#told = text;
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
