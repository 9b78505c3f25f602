import type { PlacedTask } from '../thread/balance.ts';

/** Where a task is to be rendered, and what has to move first. */
export interface Place {
  thread: number;
  /** At most one other task, which makes room. */
  moves: { task: string; to: number }[];
}

export interface Wanted {
  /** Share of one thread that the task claims. */
  load: number;
  /** Share with which it is let onto a thread that is empty: there only it can suffer. */
  least: number;
  /** The thread that renders it now. */
  thread: number;
}

/** What loads may add up to and still be equal to the limit. */
const ROUNDING = 1e-9;

/** A render thread by what is taken of it. */
export interface TakenThread {
  /** Those that play, by what they claim. */
  tasks: readonly PlacedTask[];
  /** What it takes beyond that. */
  beyond: number;
}

/** What is taken of each thread. */
export function taken(threads: readonly TakenThread[]): number[] {
  return threads.map(({ tasks, beyond }) => tasks.reduce((sum, { load }) => sum + load, beyond));
}

/**
 * A thread with room for a task; undefined when there is none. Pure.
 *
 * threads: without the task itself. It stays where it is if it fits there; else it goes where most room is; else
 * one other task is moved off; else it may have a thread for itself.
 */
export function findPlace(
  threads: readonly TakenThread[],
  { load, least, thread }: Wanted,
  limit: number,
): Place | undefined {
  const loads = taken(threads);
  const fits = (at: number, more: number): boolean => loads[at]! + more <= limit + ROUNDING;
  if (fits(thread, load)) return { thread, moves: [] };
  const byRoom = loads.map((_, at) => at).sort((a, b) => loads[a]! - loads[b]!);
  const roomiest = byRoom[0]!;
  if (fits(roomiest, load)) return { thread: roomiest, moves: [] };
  for (const at of byRoom)
    for (const other of threads[at]!.tasks) {
      if (loads[at]! - other.load + load > limit + ROUNDING) continue;
      const to = byRoom.find((one) => one !== at && fits(one, other.load));
      if (to !== undefined) return { thread: at, moves: [{ task: other.task, to }] };
    }
  const empty = [thread, ...byRoom].find((at) => threads[at]!.tasks.length === 0);
  return empty !== undefined && least <= limit + ROUNDING ? { thread: empty, moves: [] } : undefined;
}
