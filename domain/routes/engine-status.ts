import type { EngineStatus } from '@audiocloud/api';
import type { Engine } from '../engine/engine.ts';

/** The embedded engine as its domain sees it. */
export function engineStatus(engine: Engine): EngineStatus {
  const { facts, heartbeat, error } = engine;
  return {
    id: facts?.engine ?? 'embedded',
    state: engine.isUp ? 'up' : 'down',
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
    ...(engine.isUp && heartbeat ? { load: heartbeat.load, streamFrame: heartbeat.streamFrame } : {}),
    ...(error ? { error: error.toJSON() } : {}),
  };
}
