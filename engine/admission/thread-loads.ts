import { TURN_BLOCKS, type Turn } from '../thread/load-turns.ts';
import { middle } from './middle.ts';

/** So many seconds count. */
const KEPT = 8;
/** Fewer say nothing yet. */
const FEWEST = 2;
/** Waking takes a quarter of a block at most: what is more is a disturbance, and not a reason to play nothing. */
const MOST_WAKING = 0.25;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * What is measured of whole render threads: what they take beyond what their tasks claim, and what waking them takes.
 * [control]
 *
 * With b blocks in store a device makes up for a block that takes 1 + b times its time, and for n blocks that take 1 + b / n
 * times theirs; what goes on for a second has no store. So much of a thread is taken as the worst of these needs. Of the last
 * seconds the middle one counts, since the machine may stand still for a moment whatever is admitted.
 */
export class ThreadLoads {
  readonly #bufferBlocks: number;
  readonly #threads: { tasks: ReadonlySet<string>; needs: number[] }[] = [];
  #waking: number[] = [];

  /** bufferBlocks: that the device has in store. */
  constructor(bufferBlocks: number) {
    this.#bufferBlocks = bufferBlocks;
  }

  /** Once a second. tasks: those that play on the thread.   turns: its loads since the last call. */
  observe(thread: number, tasks: ReadonlySet<string>, turns: readonly Turn[]): void {
    const before = this.#threads[thread];
    const isLess = !before || [...before.tasks].some((task) => !tasks.has(task));
    const needs = isLess ? [] : before.needs;
    // a second in which a task stopped or left was measured with it
    if (!isLess && turns.length > 0) needs.push(this.#need(turns));
    if (needs.length > KEPT) needs.shift();
    this.#threads[thread] = { tasks, needs };
  }

  /** Once a second. turns: since the last call. */
  observeWaking(turns: readonly Turn[]): void {
    if (turns.length === 0) return;
    const usual = middle(turns.map((turn) => turn.mean))!;
    const largest = middle(turns.map((turn) => turn.largest))!;
    this.#waking.push(Math.min(MOST_WAKING, Math.max(usual, largest / (1 + this.#bufferBlocks))));
    if (this.#waking.length > KEPT) this.#waking.shift();
  }

  /** Nothing of what was measured counts. */
  forget(): void {
    this.#threads.length = 0;
    this.#waking = [];
  }

  /** Share of a block that the thread takes beyond the claims of its tasks; 0 while that is not known. */
  beyond(thread: number, claimOf: (task: string) => number): number {
    const found = this.#threads[thread];
    if (!found || found.needs.length < FEWEST) return 0;
    let claims = 0;
    for (const task of found.tasks) {
      const claim = claimOf(task);
      if (claim === 0) return 0; // it stopped since
      claims += claim;
    }
    return Math.max(0, middle(found.needs)! - claims);
  }

  /** Share of a block that passes between the device and the threads; 0 while that is not known. */
  get waking(): number {
    return middle(this.#waking) ?? 0;
  }

  #need(turns: readonly Turn[]): number {
    const blocks = this.#bufferBlocks;
    return Math.max(
      mean(turns.map((turn) => turn.mean)),
      Math.max(...turns.map((turn) => turn.mean)) / (1 + blocks / TURN_BLOCKS),
      Math.max(...turns.map((turn) => turn.largest)) / (1 + blocks),
    );
  }
}
