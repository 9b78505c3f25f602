import type { ErrorBody, Loop, TransportChange } from '@audiocloud/api';
import type { Actor, Step, Wake } from '../actors/actor.ts';
import { earliestMs } from '../actors/lease.ts';
import { failed, isDue, type Retry, UNFAILED } from '../actors/retry.ts';

/*
 * One task converging to what is wanted of it, as a pure function: no clock, no engine, no store. A request of a client
 * goes to the engine directly (between `hold` and `settle`); this is what repairs the rest: engines that went away,
 * came back empty, or could not load the first time.
 */

/** What is wanted of one task. Only a task that is played or used has an actor; the engine has it loaded. */
export interface Desired {
  revision: number;
  isPlaying: boolean;
  /** Overrides that of the graph, null for none. */
  loop?: Loop | null;
}

/** What the engine has of it. Revision 0: nothing. */
export interface Actual {
  revision: number;
  isPlaying: boolean;
}

export interface TaskActor extends Retry {
  desired: Desired;
  /** null while no engine is there. */
  actual: Actual | null;
  /** The effect whose outcome is awaited. */
  running: 'inspect' | 'load' | 'transport' | null;
  /** A request has the engine to itself; nothing is repaired meanwhile. */
  isHeld: boolean;
  /** Where to go on after the engine was lost. */
  playheadSeconds: number;
}

export type TaskActorEvent =
  /** An engine is there; isLoaded: it says that it has the task. */
  | { type: 'engine-up'; isLoaded: boolean }
  | { type: 'engine-down' }
  /** What the engine says unasked. */
  | { type: 'actual'; actual: Actual }
  | { type: 'playhead'; seconds: number }
  | { type: 'hold' }
  /** The request is done: what is wanted now, and what the engine then had (absent: as before). */
  | { type: 'settle'; desired: Desired; actual?: Actual; playheadSeconds?: number }
  | { type: 'done'; actual: Actual }
  | { type: 'failed'; error: ErrorBody }
  /** Somebody needs the task now: what failed is tried again at once. */
  | { type: 'retry' };

export type TaskEffect =
  /** Ask the engine what it has. */
  | { kind: 'inspect' }
  | { kind: 'load' }
  | { kind: 'transport'; change: TransportChange }
  /** The task stopped by itself: it is no longer wanted to play. */
  | { kind: 'ended' };

type TaskStep = Step<TaskActor, TaskEffect>;

export function newTaskActor(desired: Desired, playheadSeconds = 0): TaskActor {
  return {
    desired,
    actual: null,
    running: null,
    isHeld: false,
    playheadSeconds,
    ...UNFAILED,
  };
}

/** Nothing is left to do. */
export function isSettled({ desired, actual, running }: TaskActor): boolean {
  if (!actual || running) return false;
  return actual.revision === desired.revision && actual.isPlaying === desired.isPlaying;
}

export const taskActor: Actor<TaskActor, TaskActorEvent, TaskEffect> = {
  step(before, event, nowMs) {
    const { state, effects } = take(before, event, nowMs);
    return decide(state, effects, nowMs);
  },
  wakeAtMs: ({ actual, running, isHeld, retryAtMs }) =>
    !actual || running || isHeld ? undefined : earliestMs(retryAtMs),
  // A request must not have a task play again that has ended meanwhile.
  laneOf: ({ kind }) => (kind === 'ended' ? undefined : ENGINE_LANE),
  forgets: ({ type }) => type === 'engine-up' || type === 'engine-down',
};

/** What the engine is asked for, and requests of clients, one at a time. */
export const ENGINE_LANE = 'engine';

function take(state: TaskActor, event: TaskActorEvent | Wake, nowMs: number): TaskStep {
  const to = (change: Partial<TaskActor>, ...effects: TaskEffect[]) => ({ state: { ...state, ...change }, effects });
  switch (event.type) {
    case 'engine-up':
      // What the engine has is not believed before it was asked: revision -1 matches nothing.
      return to({ ...UNFAILED, running: null, actual: { revision: event.isLoaded ? -1 : 0, isPlaying: false } });
    case 'engine-down':
      return to({ ...UNFAILED, running: null, actual: null });
    case 'actual': {
      if (!state.actual || state.running || state.isHeld) return to({});
      const isEnd = state.actual.isPlaying && !event.actual.isPlaying && state.desired.isPlaying;
      if (!isEnd) return to({ actual: event.actual });
      return to({ actual: event.actual, desired: { ...state.desired, isPlaying: false } }, { kind: 'ended' });
    }
    case 'playhead':
      return to({ playheadSeconds: event.seconds });
    case 'hold':
      return to({ isHeld: true });
    case 'settle':
      return to({
        ...(event.desired.revision === state.desired.revision ? {} : UNFAILED),
        isHeld: false,
        desired: event.desired,
        actual: state.actual && (event.actual ?? state.actual),
        playheadSeconds: event.playheadSeconds ?? state.playheadSeconds,
      });
    case 'done':
      return to({ ...UNFAILED, running: null, actual: state.actual && event.actual });
    case 'failed':
      // What only a change can mend is not tried again before one comes: see `settle`, `retry` and `engine-up`.
      return to({ running: null, ...failed(state, event.error, nowMs) });
    case 'retry':
      return to(UNFAILED);
    case 'wake':
      return to({});
  }
}

function decide(state: TaskActor, effects: TaskEffect[], nowMs: number): TaskStep {
  const { desired, actual, running, isHeld } = state;
  if (!actual || running || isHeld || !isDue(state, nowMs)) return { state, effects };
  const start = (effect: TaskEffect & { kind: NonNullable<TaskActor['running']> }) => ({
    state: { ...state, running: effect.kind, retryAtMs: null },
    effects: [...effects, effect],
  });
  if (actual.revision === -1) return start({ kind: 'inspect' });
  if (actual.revision !== desired.revision) return start({ kind: 'load' });
  if (actual.isPlaying === desired.isPlaying) return { state, effects };
  const { loop } = desired;
  const change = desired.isPlaying
    ? { play: true, positionSeconds: state.playheadSeconds, ...(loop === undefined ? {} : { loop }) }
    : { play: false };
  return start({ kind: 'transport', change });
}
