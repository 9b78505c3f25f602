/**
 * How several threads share one block of a task. [any]
 *
 * A branch is a run of steps that one thread does without waiting. It may begin when all branches that it hears are done.
 */
export interface BranchPlan {
  /** Threads that may do branches, the owner of the task included. */
  seats: number;
  /** By branch, 1 to BRANCHES_MAXIMUM of them: its steps, as indices into the numbers of TaskImage.steps. */
  firstStep: Int32Array;
  endStep: Int32Array;
  /** How many branches each one waits for. */
  waitsFor: Int32Array;
  /** Who waits for branch b: next[firstNext[b]] to next[firstNext[b + 1] - 1]. */
  next: Int32Array;
  firstNext: Int32Array;
  /** What the threads share while a block is rendered: team.ts. */
  shared: SharedArrayBuffer;
  /** The whole work by that of the longest way through the branches: no number of threads is faster than that. */
  widest: number;
}

/** A graph whose branches could at best be this much faster on any number of threads is left to one. */
export const WORTH_SHARING = 1.2;

/** An index of a branch, or their number, fits into eight bits of a word. */
export const BRANCHES_MAXIMUM = 255;
