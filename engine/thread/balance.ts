/** A task on a render thread. load: share of the block time, 0 to 1. */
export interface PlacedTask {
  task: string;
  load: number;
  /** It is shared among the threads, so it is not moved. */
  stays?: boolean;
}

export interface Move {
  task: string;
  from: number;
  to: number;
}

/** A thread above this is full: what is left is for the blocks that take longer than the average. */
export const FULL_LOAD = 0.7;
/** A move must better the fuller of the two threads by so much: loads that are measured wobble. */
const GAIN = 0.05;
/** A task that takes less of a block is not worth sharing: handing over its branches has a price of some microseconds. */
const WORTH_SHARING = 0.3;
/** A task of which nothing is measured yet counts a little. */
const UNKNOWN_LOAD = 0.01;

const loadOf = (tasks: readonly PlacedTask[]): number =>
  tasks.reduce((sum, { load }) => sum + Math.max(load, UNKNOWN_LOAD), 0);

/** The thread with the most room. threads: their tasks. */
export function roomiest(threads: readonly (readonly PlacedTask[])[]): number {
  const loads = threads.map(loadOf);
  return loads.indexOf(Math.min(...loads));
}

/**
 * The one move that helps a full thread most, if any: what makes the fuller of the two threads least full.
 *
 * The fullest thread gives; a thread that is not full gives nothing, since a move costs more than it would bring.
 */
export function nextMove(threads: readonly (readonly PlacedTask[])[]): Move | undefined {
  const loads = threads.map(loadOf);
  const from = loads.indexOf(Math.max(...loads));
  if (loads[from]! < FULL_LOAD) return undefined;
  const to = loads.indexOf(Math.min(...loads));
  let best: Move | undefined;
  let least = loads[from]! - GAIN;
  for (const { task, load, stays } of threads[from]!) {
    if (stays) continue;
    const after = Math.max(loads[from]! - load, loads[to]! + load);
    if (after >= least) continue;
    least = after;
    best = { task, from, to };
  }
  return best;
}

/**
 * The task that the fullest thread should let the others help with, if any; to be asked when no move helps.
 *
 * Only where some thread has room for half of it.
 */
export function toShare(threads: readonly (readonly PlacedTask[])[]): string | undefined {
  const loads = threads.map(loadOf);
  const from = loads.indexOf(Math.max(...loads));
  if (threads.length < 2 || loads[from]! < FULL_LOAD) return undefined;
  const room = FULL_LOAD - Math.min(...loads);
  const [heaviest] = threads[from]!.filter(({ stays }) => !stays).sort((a, b) => b.load - a.load);
  return heaviest && heaviest.load >= WORTH_SHARING && heaviest.load / 2 <= room ? heaviest.task : undefined;
}
