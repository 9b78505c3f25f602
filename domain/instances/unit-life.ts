import type { LifeState } from '@audiocloud/api';
import { isReady, type UnitActor } from './unit-step.ts';

/** How far a unit is in its life, as applications see it. [any] */
export function lifeState(unit: UnitActor): LifeState {
  const { actual, hold, maintainedBy } = unit;
  if (!actual) return 'disconnected';
  if (maintainedBy !== undefined) return 'maintenance';
  if (actual.state === 'faulty' && actual.power !== false) return 'faulty';
  if (actual.phase !== undefined && actual.phase !== 'on') return actual.phase;
  if (actual.state !== 'ready') return actual.state;
  return hold && isReady(unit) ? 'in-use' : 'ready';
}
