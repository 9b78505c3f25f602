import type { EngineState, EngineStatus, Waiting } from '@audiocloud/api';
import { isoTime, waitingTries } from '../actors/waiting.ts';
import type { PlacedTasks } from '../placement/placed-tasks.ts';
import { refusedOf } from '../tasks/client-terms.ts';
import type { RegisteredEngine } from './registered-engine.ts';

/** How an engine is: as its actor has it, or up or down where that is all that is known. */
export function engineState({ engine }: RegisteredEngine): EngineState {
  return engine.actor?.state ?? (engine.isUp ? 'up' : 'down');
}

/** An engine as its domain sees it, for one application: what is wanted, what is, and what is waited for. */
export function engineStatus(
  registered: RegisteredEngine,
  placed: PlacedTasks,
  nowMs: number,
  application = '',
): EngineStatus {
  const { id, source, desired, declared, engine } = registered;
  const { facts, heartbeat, error, actor, heardMs } = engine;
  const state = engineState(registered);
  const isThere = state === 'up' || state === 'suspect';
  return {
    id,
    source,
    desired,
    state,
    ...(actor ? { since: isoTime(actor.sinceMs) } : {}),
    waitingFor: waitingFor(registered, placed.count(id)),
    tasks: placed.count(id),
    resources: { declared, used: placed.used(id) },
    ...(facts
      ? {
          version: facts.version,
          pid: facts.pid,
          node: facts.node,
          scheduling: facts.scheduling,
          device: facts.device,
          refused: refusedOf(facts.refused, application),
        }
      : {}),
    ...(isThere && heartbeat ? { load: heartbeat.load, streamFrame: heartbeat.streamFrame } : {}),
    ...(isThere && heardMs !== undefined ? { heartbeatAgeMs: Math.max(0, Math.round(nowMs - heardMs)) } : {}),
    ...(actor?.leaseUntilMs && actor.leaseUntilMs > nowMs ? { leaseUntil: isoTime(actor.leaseUntilMs) } : {}),
    ...(error ? { error: error.toJSON() } : {}),
  };
}

function waitingFor(registered: RegisteredEngine, tasks: number): Waiting[] {
  const { id, desired, engine } = registered;
  const { actor, error } = engine;
  const waiting: Waiting[] = [];
  const state = engineState(registered);
  const wait = (why: string, more: Partial<Waiting> = {}) =>
    waiting.push({ what: 'engine', id, why, retries: actor?.failures ?? 0, ...more });
  if (state === 'down') wait(error?.message ?? 'It was not reached yet', actor ? waitingTries(actor) : {});
  if (state === 'starting') wait('It is being found or started');
  if (state === 'suspect')
    wait(
      `It has said nothing for ${actor?.silentLooks ?? 0} s`,
      actor?.leaseUntilMs ? { until: isoTime(actor.leaseUntilMs) } : {},
    );
  if (desired === 'draining' && tasks > 0)
    wait(`It is to give away ${tasks} tasks, and no other engine has taken them yet`);
  return waiting;
}
