import { AudioCloudError, type EngineState, type ErrorBody } from '@audiocloud/api';
import type { Actor, Step } from '../actors/actor.ts';
import { backOffMs } from '../actors/back-off.ts';
import { earliestMs } from '../actors/lease.ts';

/*
 * One engine kept running and connected, as a pure function: no clock, no process, no socket. How long it is silent is counted in
 * looks, a second apart, so that a clock that jumps makes nobody suspect.
 */

const LOOK_MS = 1_000;
/** Heartbeats come once a second: so many looks without any sign of life are no accident. */
const SUSPECT_LOOKS = 3;
const RENEW_LOOKS = 5;
/** The engine ends itself when no domain came back for so long. */
export const LEASE_SECONDS = 30;
/** An engine that stayed up so long did not fail at start: the next failure begins with the short delay. */
const STEADY_LOOKS = 10;

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
  /** It plays on until then without us; null while nobody gave it a lease. */
  leaseUntilMs: number | null;
  lookAtMs: number | null;
  /** Of tries to have it up, one after another. */
  failures: number;
  retryAtMs: number | null;
  /** Why it is away. */
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
  | { type: 'lost'; error: ErrorBody };

export type EngineEffect =
  /** Find the engine or start it: `connected` or `failed` is to follow. */
  | { kind: 'connect' }
  /** `renewed` or `unanswered` is to follow. */
  | { kind: 'renew' }
  /** Cut the connection, and end the process if it is ours. */
  | { kind: 'abandon' }
  | { kind: 'tell-up' }
  | { kind: 'tell-down'; why: string };

type EngineStep = Step<EngineActor, EngineEffect>;

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
    lookAtMs: null,
    failures: 0,
    retryAtMs: null,
    error: null,
  };
}

export const engineActor: Actor<EngineActor, EngineActorEvent, EngineEffect> = {
  step(actor, event, nowMs) {
    const isConnected = actor.state === 'up' || actor.state === 'suspect';
    const stay = { state: actor, effects: [] };
    switch (event.type) {
      case 'want': {
        const wanted = { ...actor, isWanted: event.isWanted, ...(event.isWanted ? {} : { retryAtMs: null }) };
        return event.isWanted && actor.state === 'down' ? start(wanted, nowMs) : { state: wanted, effects: [] };
      }
      case 'connected':
        return actor.state === 'starting' ? connected(actor, nowMs) : stay;
      case 'failed':
        return actor.state === 'starting' ? down(actor, event.error, nowMs) : stay;
      case 'lost':
        return isConnected ? down(actor, event.error, nowMs) : stay;
      case 'alive':
        return isConnected ? { state: alive(actor, nowMs), effects: [] } : stay;
      case 'renewed':
        return isConnected ? { state: renewed(alive(actor, nowMs), nowMs), effects: [] } : stay;
      case 'unanswered':
        return isConnected ? abandoned(actor, nowMs) : stay;
      case 'wake':
        if (isConnected) return look(actor, nowMs);
        return actor.isWanted && actor.state === 'down' ? start(actor, nowMs) : stay;
    }
  },
  wakeAtMs: ({ lookAtMs, retryAtMs }) => earliestMs(lookAtMs, retryAtMs),
  laneOf: () => undefined,
  // A renewal that was sent to an engine that is gone.
  forgets: ({ type }) => type === 'lost' || type === 'unanswered',
};

function start(actor: EngineActor, nowMs: number): EngineStep {
  return {
    state: { ...actor, state: 'starting', sinceMs: nowMs, retryAtMs: null },
    effects: [{ kind: 'connect' }],
  };
}

function connected(actor: EngineActor, nowMs: number): EngineStep {
  const counted = { looks: 0, silentLooks: 0, lookAtMs: nowMs + LOOK_MS, retryAtMs: null, error: null };
  return {
    state: renewed({ ...actor, ...counted, state: 'up', sinceMs: nowMs }, nowMs),
    effects: [{ kind: 'tell-up' }],
  };
}

function renewed(actor: EngineActor, nowMs: number): EngineActor {
  return { ...actor, isRenewing: false, unrenewedLooks: 0, leaseUntilMs: nowMs + LEASE_SECONDS * 1000 };
}

function alive(actor: EngineActor, nowMs: number): EngineActor {
  if (actor.state === 'suspect') return { ...actor, state: 'up', sinceMs: nowMs, silentLooks: 0 };
  return actor.silentLooks === 0 ? actor : { ...actor, silentLooks: 0 };
}

function look(before: EngineActor, nowMs: number): EngineStep {
  const silentLooks = before.silentLooks + 1;
  const becomesSuspect = before.state === 'up' && silentLooks >= SUSPECT_LOOKS;
  const actor: EngineActor = {
    ...before,
    ...(becomesSuspect ? { state: 'suspect' as const, sinceMs: nowMs } : {}),
    looks: before.looks + 1,
    silentLooks,
    unrenewedLooks: before.unrenewedLooks + 1,
    lookAtMs: nowMs + LOOK_MS,
  };
  // One that is silent is asked at once whether it is there.
  if (actor.isRenewing || !(becomesSuspect || actor.unrenewedLooks >= RENEW_LOOKS))
    return { state: actor, effects: [] };
  return { state: { ...actor, isRenewing: true }, effects: [{ kind: 'renew' }] };
}

function abandoned(actor: EngineActor, nowMs: number): EngineStep {
  const error = new AudioCloudError('ENGINE_UNAVAILABLE', 'The engine went away: it did not answer in time');
  const { state, effects } = down(actor, error.toJSON(), nowMs);
  return { state, effects: [{ kind: 'abandon' }, ...effects] };
}

function down(actor: EngineActor, error: ErrorBody, nowMs: number): EngineStep {
  const wasSteady = actor.state !== 'starting' && actor.looks >= STEADY_LOOKS;
  const failures = wasSteady ? 1 : actor.failures + 1;
  const retryAtMs = actor.isWanted ? nowMs + backOffMs(failures) : null;
  return {
    state: { ...actor, state: 'down', sinceMs: nowMs, isRenewing: false, lookAtMs: null, failures, retryAtMs, error },
    effects: [{ kind: 'tell-down', why: error.message }],
  };
}
