import type { EngineStatus } from '@audiocloud/api';
import { refusedOf } from '../tasks/client-terms.ts';
import type { Engine } from '../engine/engine.ts';

/** Whether an engine is there, for everybody. */
export function engineState(engine: Engine): EngineStatus {
  return { id: engine.facts?.engine ?? 'embedded', state: engine.isUp ? 'up' : 'down' };
}

/** The embedded engine as its domain sees it, for one application. */
export function engineStatus(engine: Engine, application: string): EngineStatus {
  const { facts, heartbeat, error } = engine;
  return {
    ...engineState(engine),
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
    ...(engine.isUp && heartbeat ? { load: heartbeat.load, streamFrame: heartbeat.streamFrame } : {}),
    ...(error ? { error: error.toJSON() } : {}),
  };
}
