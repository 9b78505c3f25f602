import type { TaskParts } from './task-parts.ts';
import { type Actual, toActual } from './task-step.ts';

/** What nobody knows: the engine is asked. */
const UNKNOWN: Actual = { revision: -1, isPlaying: false };

/** Requests of one task, one at a time: what is there after each is what its actor goes on from. [control] */
export class TaskRequests {
  lastUsedMs: number;
  readonly #parts: TaskParts;

  constructor(parts: TaskParts) {
    this.#parts = parts;
    this.lastUsedMs = parts.context.clock.now();
  }

  noteUse(): void {
    this.lastUsedMs = this.#parts.context.clock.now();
  }

  /** Settles when the engine has what is wanted. Throws what `settled` of the actor throws, TASK_UNKNOWN when it was deleted. */
  async use(): Promise<void> {
    this.noteUse();
    this.#parts.record.requireThere();
    await this.#parts.runtime.settled();
  }

  /** Throws TASK_UNKNOWN when the task was deleted. */
  run<R>(work: () => Promise<R>): Promise<R> {
    this.noteUse();
    const { record, site, runtime } = this.#parts;
    const whileThere = () => {
      record.requireThere();
      return work();
    };
    return runtime.request(whileThere, (failure) => {
      const { desired } = record;
      const { playheadSeconds } = runtime.actor;
      if (!failure) return { desired, playheadSeconds, ...(site.state ? { actual: toActual(site.state) } : {}) };
      // The engine refused and nothing changed; or nobody knows what it did, and it is asked.
      const isKnown = failure.status < 500 && failure.code !== 'TASK_UNKNOWN';
      return { desired, ...(isKnown ? {} : { actual: UNKNOWN }) };
    });
  }

  /** Does in its turn what changes nothing at the engine. */
  inTurn(work: () => Promise<void> = async () => undefined): Promise<void> {
    const { record, runtime } = this.#parts;
    return runtime.request(work, () => ({ desired: record.desired }));
  }

  /** Nobody knows what the engine did: it is asked, and brought to what is wanted. */
  doubt(): void {
    const { record, runtime } = this.#parts;
    void runtime.request(
      async () => undefined,
      () => ({ desired: record.desired, actual: UNKNOWN }),
    );
  }
}
