import { type ErrorBody, ERRORS, type Loop, type TransportChange } from '@audiocloud/api';
import { backOffMs } from '../engine/back-off.ts';

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

export interface TaskActor {
  desired: Desired;
  /** null while no engine is there. */
  actual: Actual | null;
  /** The effect whose outcome is awaited. */
  running: 'inspect' | 'load' | 'transport' | null;
  /** A request has the engine to itself; nothing is repaired meanwhile. */
  isHeld: boolean;
  /** Where to go on after the engine was lost. */
  playheadSeconds: number;
  failures: number;
  /** When the next try is due, in ms; null when none is. */
  retryAtMs: number | null;
  error: ErrorBody | null;
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
  | { type: 'retry' }
  | { type: 'wake' };

export type TaskEffect =
  /** Ask the engine what it has. */
  | { kind: 'inspect' }
  | { kind: 'load' }
  | { kind: 'transport'; change: TransportChange }
  /** Send `wake` then. */
  | { kind: 'wake'; atMs: number }
  /** The task stopped by itself: it is no longer wanted to play. */
  | { kind: 'ended' };

export interface TaskStep {
  state: TaskActor;
  effects: TaskEffect[];
}

export function newTaskActor(desired: Desired, playheadSeconds = 0): TaskActor {
  return {
    desired,
    actual: null,
    running: null,
    isHeld: false,
    playheadSeconds,
    failures: 0,
    retryAtMs: null,
    error: null,
  };
}

/** Nothing is left to do. */
export function isSettled({ desired, actual, running }: TaskActor): boolean {
  if (!actual || running) return false;
  return actual.revision === desired.revision && actual.isPlaying === desired.isPlaying;
}

const unfailed = { failures: 0, retryAtMs: null, error: null };

/** The next state and what is to be done. [any] */
export function stepTask(before: TaskActor, event: TaskActorEvent, nowMs: number): TaskStep {
  const { state, effects } = take(before, event, nowMs);
  return decide(state, effects, nowMs);
}

function take(state: TaskActor, event: TaskActorEvent, nowMs: number): TaskStep {
  const to = (change: Partial<TaskActor>, ...effects: TaskEffect[]) => ({ state: { ...state, ...change }, effects });
  switch (event.type) {
    case 'engine-up':
      // What the engine has is not believed before it was asked: revision -1 matches nothing.
      return to({ ...unfailed, running: null, actual: { revision: event.isLoaded ? -1 : 0, isPlaying: false } });
    case 'engine-down':
      return to({ ...unfailed, running: null, actual: null });
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
        ...(event.desired.revision === state.desired.revision ? {} : unfailed),
        isHeld: false,
        desired: event.desired,
        actual: state.actual && (event.actual ?? state.actual),
        playheadSeconds: event.playheadSeconds ?? state.playheadSeconds,
      });
    case 'done':
      return to({ ...unfailed, running: null, actual: state.actual && event.actual });
    case 'failed': {
      const { error } = event;
      const failures = state.failures + 1;
      // What only a change can mend is not tried again before one comes: see `settle`, `retry` and `engine-up`.
      const isHopeless = ERRORS[error.code].status < 500 && error.retry !== 'soon';
      const retryAtMs = isHopeless ? Number.POSITIVE_INFINITY : nowMs + backOffMs(failures);
      return to(
        { running: null, failures, error, retryAtMs },
        ...(isHopeless ? [] : [{ kind: 'wake', atMs: retryAtMs } as const]),
      );
    }
    case 'retry':
      return to(unfailed);
    case 'wake':
      return to({});
  }
}

function decide(state: TaskActor, effects: TaskEffect[], nowMs: number): TaskStep {
  const { desired, actual, running, isHeld, retryAtMs } = state;
  if (!actual || running || isHeld || (retryAtMs !== null && nowMs < retryAtMs)) return { state, effects };
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
