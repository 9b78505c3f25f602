import type { ErrorBody, Loop, TaskState, TransportChange } from '@audiocloud/api';
import type { Actor, Step, Wake } from '../actors/actor.ts';
import { earliestMs } from '../actors/lease.ts';
import { failed, isDue, type Retry, UNFAILED } from '../actors/retry.ts';
import type { UnitGrant } from '../instances/fixed-instances.ts';

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

export const toActual = ({ revision, transport }: TaskState): Actual => ({
  revision,
  isPlaying: transport?.playing ?? false,
});

export interface TaskActor extends Retry {
  desired: Desired;
  /** null while no engine is there. */
  actual: Actual | null;
  /** The effect whose outcome is awaited. */
  running: 'inspect' | 'load' | 'keep' | 'transport' | null;
  /** Whether it plays, as the engine said unasked while it was asked: its answer may be of before. */
  toldPlaying: boolean | null;
  /** The one that ran last: the error is of it. */
  lastRun: TaskActor['running'];
  /** The units that it may have, and what keeps it from playing. */
  grant: UnitGrant;
  /** The units that the store has for it, by instance. */
  kept: UnitGrant['units'];
  /** A request has the engine to itself; nothing is repaired meanwhile. */
  isHeld: boolean;
  /** The engine came or went since the request began: what that one knows of it is of before. */
  isAnew: boolean;
  /** Where to go on after the engine was lost. */
  playheadSeconds: number;
}

export type TaskActorEvent =
  /** An engine is there; isLoaded: it says that it has the task. */
  | { type: 'engine-up'; isLoaded: boolean }
  | { type: 'engine-down' }
  /** It is on another engine, which has this. */
  | { type: 'moved'; actual: Actual }
  /** What the engine says unasked. */
  | { type: 'actual'; actual: Actual }
  | { type: 'playhead'; seconds: number }
  | { type: 'hold' }
  /** The request is done: what is wanted now, and what the engine then had (absent: as before). */
  | { type: 'settle'; desired: Desired; actual?: Actual; playheadSeconds?: number }
  | { type: 'done'; actual: Actual }
  /** Other units, or other reasons to wait for them. */
  | { type: 'granted'; grant: UnitGrant }
  /** The store has these units for it. */
  | { type: 'kept'; units: UnitGrant['units'] }
  | { type: 'failed'; error: ErrorBody }
  /** Somebody needs the task now: what failed is tried again at once. */
  | { type: 'retry' };

export type TaskEffect =
  /** Ask the engine what it has. */
  | { kind: 'inspect' }
  | { kind: 'load' }
  /** Store which units it has. */
  | { kind: 'keep'; units: UnitGrant['units'] }
  | { kind: 'transport'; change: TransportChange }
  /** Give its units back: it does not play, and is not to. */
  | { kind: 'release' }
  /** The task stopped by itself: it is no longer wanted to play. */
  | { kind: 'ended' };

type TaskStep = Step<TaskActor, TaskEffect>;

export const NO_GRANT: UnitGrant = { units: {}, waits: [] };

export function newTaskActor(desired: Desired, playheadSeconds = 0, kept: UnitGrant['units'] = {}): TaskActor {
  return {
    desired,
    actual: null,
    running: null,
    toldPlaying: null,
    lastRun: null,
    isHeld: false,
    isAnew: false,
    grant: NO_GRANT,
    kept,
    playheadSeconds,
    ...UNFAILED,
  };
}

const isKept = ({ grant, kept }: TaskActor): boolean =>
  Object.keys(kept).length === Object.keys(grant.units).length &&
  Object.entries(grant.units).every(([instance, unit]) => kept[instance] === unit);

/** The units that it needs are its own, with power and in step. [any] */
export const mayPlay = (task: TaskActor): boolean => task.grant.waits.length === 0 && isKept(task);

/** It is wanted to play, and may. [any] */
const isToPlay = (task: TaskActor): boolean => task.desired.isPlaying && mayPlay(task);

/** The engine has nothing left to do: what else is wanted waits for something else. [any] */
export function isSettled(task: TaskActor): boolean {
  const { desired, actual, running } = task;
  if (!actual || running) return false;
  return actual.revision === desired.revision && actual.isPlaying === isToPlay(task);
}

export const taskActor: Actor<TaskActor, TaskActorEvent, TaskEffect> = {
  step(before, event, nowMs) {
    const { state, effects } = take(before, event, nowMs);
    return decide(state, effects, nowMs);
  },
  wakeAtMs: ({ actual, running, isHeld, retryAtMs }) =>
    !actual || running || isHeld ? undefined : earliestMs(retryAtMs),
  // At once: a request must not have a task play again that has ended meanwhile.
  laneOf: ({ kind }) => (kind === 'ended' || kind === 'release' ? undefined : ENGINE_LANE),
  // What waits behind a request was decided before it, of what was wanted then: it is decided anew when that is settled.
  forgets: ({ type }) => type === 'engine-up' || type === 'engine-down' || type === 'hold',
};

/** What the engine is asked for, and requests of clients, one at a time. */
export const ENGINE_LANE = 'engine';

function take(state: TaskActor, event: TaskActorEvent | Wake, nowMs: number): TaskStep {
  const to = (change: Partial<TaskActor>, ...effects: TaskEffect[]) => ({ state: { ...state, ...change }, effects });
  switch (event.type) {
    case 'engine-up':
      // What the engine has is not believed before it was asked: revision -1 matches nothing.
      return to({
        ...UNFAILED,
        running: null,
        isAnew: true,
        actual: { revision: event.isLoaded ? -1 : 0, isPlaying: false },
      });
    case 'engine-down':
      return to({ ...UNFAILED, running: null, isAnew: true, actual: null });
    case 'moved':
      return to({ isAnew: false, actual: event.actual });
    case 'actual': {
      if (state.running === 'inspect') return to({ toldPlaying: event.actual.isPlaying });
      if (!state.actual || state.running || state.isHeld) return to({});
      const isEnd = state.actual.isPlaying && !event.actual.isPlaying && state.desired.isPlaying;
      if (!isEnd) return to({ actual: event.actual });
      return to({ actual: event.actual, desired: { ...state.desired, isPlaying: false } }, { kind: 'ended' });
    }
    case 'playhead':
      return to({ playheadSeconds: event.seconds });
    case 'hold':
      return to({ running: null, isHeld: true, isAnew: false });
    case 'settle':
      return to({
        ...(event.desired.revision === state.desired.revision ? {} : UNFAILED),
        isHeld: false,
        desired: event.desired,
        // What nobody knows is asked for all the same: a request sees its own outcome, not that of the one before.
        actual:
          state.actual && ((state.isAnew || state.actual.revision === -1 ? undefined : event.actual) ?? state.actual),
        playheadSeconds: event.playheadSeconds ?? state.playheadSeconds,
      });
    case 'done': {
      const { actual } = event;
      const isOfBefore = state.toldPlaying !== null && state.toldPlaying !== actual.isPlaying;
      const now = isOfBefore ? { ...actual, revision: -1 } : actual;
      return to({ ...UNFAILED, running: null, actual: state.actual && now });
    }
    case 'granted':
      return to({ grant: event.grant });
    case 'kept':
      return to({ ...UNFAILED, running: null, kept: event.units });
    case 'failed':
      // What only a change can mend is not tried again before one comes: see `settle`, `retry` and `engine-up`.
      return to({ running: null, ...failed(state, event.error, nowMs) });
    case 'retry':
      return to(UNFAILED);
    case 'wake':
      return to({});
  }
}

function decide(before: TaskActor, earlier: TaskEffect[], nowMs: number): TaskStep {
  const { state, effects } = release(before, earlier);
  const { running, isHeld } = state;
  const effect = running || isHeld || !isDue(state, nowMs) ? undefined : nextEffect(state);
  if (!effect) return { state, effects };
  return {
    state: { ...state, running: effect.kind, toldPlaying: null, lastRun: effect.kind, retryAtMs: null },
    effects: [...effects, effect],
  };
}

function release(state: TaskActor, effects: TaskEffect[]): TaskStep {
  const { desired, actual, running, isHeld, grant } = state;
  const isOver = !desired.isPlaying && !actual?.isPlaying && actual?.revision !== -1 && !running && !isHeld;
  if (!isOver || grant === NO_GRANT) return { state, effects };
  return { state: { ...state, grant: NO_GRANT, kept: {} }, effects: [...effects, { kind: 'release' }] };
}

/** What brings the task nearer to what is wanted. Units are given up only when it does not play any more. */
function nextEffect(state: TaskActor): (TaskEffect & { kind: NonNullable<TaskActor['running']> }) | undefined {
  const { desired, actual, grant } = state;
  if (actual?.revision === -1) return { kind: 'inspect' };
  if (actual?.isPlaying && !isToPlay(state)) return { kind: 'transport', change: { play: false } };
  if (actual && actual.revision !== desired.revision) return { kind: 'load' };
  if (!isKept(state)) return { kind: 'keep', units: grant.units };
  if (!actual || actual.isPlaying || !isToPlay(state)) return undefined;
  const { loop } = desired;
  const change = { play: true, positionSeconds: state.playheadSeconds, ...(loop === undefined ? {} : { loop }) };
  return { kind: 'transport', change };
}
