import type { EngineState, EngineStatus, WaitingFor } from '@audiocloud/api';
import type { PlacedTasks } from '../placement/placed-tasks.ts';
import type { RegisteredEngine } from './registered-engine.ts';

const iso = (ms: number): string => new Date(ms).toISOString();

/** How an engine is: as its actor has it, or up or down where that is all that is known. */
export function engineState({ engine }: RegisteredEngine): EngineState {
  return engine.actor?.state ?? (engine.isUp ? 'up' : 'down');
}

/** An engine as its domain sees it: what is wanted, what is, and what is waited for. */
export function engineStatus(registered: RegisteredEngine, placed: PlacedTasks, nowMs: number): EngineStatus {
  const { id, source, desired, declared, engine } = registered;
  const { facts, heartbeat, error, actor, heardMs } = engine;
  const state = engineState(registered);
  const isThere = state === 'up' || state === 'suspect';
  return {
    id,
    source,
    desired,
    state,
    ...(actor ? { since: iso(actor.sinceMs) } : {}),
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
          refused: facts.refused,
        }
      : {}),
    ...(isThere && heartbeat ? { load: heartbeat.load, streamFrame: heartbeat.streamFrame } : {}),
    ...(isThere && heardMs !== undefined ? { heartbeatAgeMs: Math.max(0, Math.round(nowMs - heardMs)) } : {}),
    ...(actor?.leaseUntilMs && actor.leaseUntilMs > nowMs ? { leaseUntil: iso(actor.leaseUntilMs) } : {}),
    ...(error ? { error: error.toJSON() } : {}),
  };
}

function waitingFor(registered: RegisteredEngine, tasks: number): WaitingFor[] {
  const { desired, engine } = registered;
  const { actor, error } = engine;
  const waiting: WaitingFor[] = [];
  const state = engineState(registered);
  if (state === 'down') {
    const why = error?.message ?? 'It was not reached yet';
    waiting.push({ what: 'engine', why, ...(actor?.retryAtMs ? { until: iso(actor.retryAtMs) } : {}) });
  }
  if (state === 'starting') waiting.push({ what: 'engine', why: 'It is being found or started' });
  if (state === 'suspect')
    waiting.push({
      what: 'heartbeat',
      why: `It has said nothing for ${actor?.silentLooks ?? 0} s`,
      ...(actor?.leaseUntilMs ? { until: iso(actor.leaseUntilMs) } : {}),
    });
  if (desired === 'draining' && tasks > 0)
    waiting.push({ what: 'tasks', why: `It is to give away ${tasks}, and no other engine has taken them yet` });
  return waiting;
}
