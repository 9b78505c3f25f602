import { AudioCloudError, type EngineState, type ErrorBody } from '@audiocloud/api';
import { backOffMs } from './back-off.ts';

/*
 * One engine kept running and connected, as a pure function: no clock, no process, no socket. Time comes as `wake`, which is
 * asked for by how long it takes; the time of day is only written down, so that jumps of the clock change nothing.
 */

/** From one look at a connected engine to the next. */
export const LOOK_MS = 1_000;
/** Heartbeats come once a second: so many looks without any sign of life are no accident. */
const SUSPECT_LOOKS = 3;
const RENEW_LOOKS = 5;
/** The engine ends itself when no domain came back for so long. */
export const LEASE_SECONDS = 30;
/** An engine that stayed up so long did not fail at start: the next failure begins with the short delay. */
const STEADY_LOOKS = 60;

export interface EngineActor {
  /** The domain wants it to be there. */
  isWanted: boolean;
  state: EngineState;
  sinceMs: number;
  /** Looks since it was connected, since its last sign of life, and since its lease was renewed. */
  looks: number;
  silentLooks: number;
  unrenewedLooks: number;
  /** A renewal is on its way. */
  isRenewing: boolean;
  /** It plays on until then without us; null while there is no lease. */
  leaseUntilMs: number | null;
  /** Of tries to have it up, one after another. */
  failures: number;
  retryAtMs: number | null;
  error: ErrorBody | null;
}

export type EngineActorEvent =
  | { type: 'want'; isWanted: boolean }
  /** Connected, with a lease. */
  | { type: 'connected' }
  /** It could not be found and not be started. */
  | { type: 'failed'; error: ErrorBody }
  /** It said something. */
  | { type: 'alive' }
  | { type: 'renewed' }
  /** A renewal got no answer in time: it hangs. */
  | { type: 'unanswered' }
  /** The connection ended. */
  | { type: 'lost'; error: ErrorBody }
  /** It is to be tried again now. */
  | { type: 'retry' }
  | { type: 'wake' };

export type EngineEffect =
  /** Find the engine or start it: `connected` or `failed` is to follow. */
  | { kind: 'connect' }
  /** `renewed` or `unanswered` is to follow. */
  | { kind: 'renew' }
  /** Cut the connection, and end the process if it is ours. */
  | { kind: 'abandon' }
  | { kind: 'tell-up' }
  | { kind: 'tell-down'; why: string }
  /** Send `wake` after that; one that was asked for before is given up. */
  | { kind: 'wake'; inMs: number };

export interface EngineStep {
  state: EngineActor;
  effects: EngineEffect[];
}

export function newEngineActor(nowMs: number): EngineActor {
  return {
    isWanted: false,
    state: 'down',
    sinceMs: nowMs,
    looks: 0,
    silentLooks: 0,
    unrenewedLooks: 0,
    isRenewing: false,
    leaseUntilMs: null,
    failures: 0,
    retryAtMs: null,
    error: null,
  };
}

const isConnected = ({ state }: EngineActor) => state === 'up' || state === 'suspect';

/** The next state and what is to be done. [any] */
export function stepEngine(actor: EngineActor, event: EngineActorEvent, nowMs: number): EngineStep {
  const stay = { state: actor, effects: [] };
  switch (event.type) {
    case 'want': {
      if (event.isWanted === actor.isWanted) return stay;
      const next = { ...actor, isWanted: event.isWanted };
      return event.isWanted && actor.state === 'down' ? start(next, nowMs) : { state: next, effects: [] };
    }
    case 'retry':
      return actor.isWanted && actor.state === 'down' ? start(actor, nowMs) : stay;
    case 'connected':
      return connected(actor, nowMs);
    case 'failed':
      return actor.state === 'starting' ? down(actor, event.error, nowMs) : stay;
    case 'lost':
      return isConnected(actor) ? down(actor, event.error, nowMs) : stay;
    case 'alive':
      if (!isConnected(actor)) return stay;
      return { state: alive(actor, nowMs), effects: [] };
    case 'renewed':
      if (!isConnected(actor)) return stay;
      return {
        state: {
          ...alive(actor, nowMs),
          isRenewing: false,
          unrenewedLooks: 0,
          leaseUntilMs: nowMs + LEASE_SECONDS * 1000,
        },
        effects: [],
      };
    case 'unanswered': {
      if (!isConnected(actor)) return stay;
      const error = new AudioCloudError('ENGINE_UNAVAILABLE', 'The engine went away: it did not answer in time');
      const { state, effects } = down(actor, error.toJSON(), nowMs);
      return { state, effects: [{ kind: 'abandon' }, ...effects] };
    }
    case 'wake':
      if (actor.state === 'down') return actor.isWanted ? start(actor, nowMs) : stay;
      return isConnected(actor) ? look(actor, nowMs) : stay;
  }
}

function start(actor: EngineActor, nowMs: number): EngineStep {
  return {
    state: { ...actor, state: 'starting', sinceMs: nowMs, retryAtMs: null },
    effects: [{ kind: 'connect' }],
  };
}

function connected(actor: EngineActor, nowMs: number): EngineStep {
  if (actor.state !== 'starting') return { state: actor, effects: [{ kind: 'abandon' }] };
  return {
    state: {
      ...actor,
      state: 'up',
      sinceMs: nowMs,
      looks: 0,
      silentLooks: 0,
      unrenewedLooks: 0,
      isRenewing: false,
      leaseUntilMs: nowMs + LEASE_SECONDS * 1000,
      retryAtMs: null,
      error: null,
    },
    effects: [{ kind: 'tell-up' }, { kind: 'wake', inMs: LOOK_MS }],
  };
}

function alive(actor: EngineActor, nowMs: number): EngineActor {
  if (actor.state === 'suspect') return { ...actor, state: 'up', sinceMs: nowMs, silentLooks: 0 };
  return actor.silentLooks === 0 ? actor : { ...actor, silentLooks: 0 };
}

function look(before: EngineActor, nowMs: number): EngineStep {
  const silentLooks = before.silentLooks + 1;
  const isSuspect = before.state === 'up' && silentLooks >= SUSPECT_LOOKS;
  const actor: EngineActor = {
    ...before,
    ...(isSuspect ? { state: 'suspect' as const, sinceMs: nowMs } : {}),
    looks: before.looks + 1,
    silentLooks,
    unrenewedLooks: before.unrenewedLooks + 1,
  };
  const next: EngineEffect = { kind: 'wake', inMs: LOOK_MS };
  // One that is silent is asked at once whether it is there.
  if (actor.isRenewing || !(isSuspect || actor.unrenewedLooks >= RENEW_LOOKS)) return { state: actor, effects: [next] };
  return { state: { ...actor, isRenewing: true }, effects: [{ kind: 'renew' }, next] };
}

function down(actor: EngineActor, error: ErrorBody, nowMs: number): EngineStep {
  const wasSteady = isConnected(actor) && actor.looks >= STEADY_LOOKS;
  const failures = wasSteady ? 1 : actor.failures + 1;
  const inMs = backOffMs(failures);
  return {
    state: {
      ...actor,
      state: 'down',
      sinceMs: nowMs,
      isRenewing: false,
      failures,
      retryAtMs: actor.isWanted ? nowMs + inMs : null,
      error,
    },
    effects: [{ kind: 'tell-down', why: error.message }, ...(actor.isWanted ? [{ kind: 'wake' as const, inMs }] : [])],
  };
}
