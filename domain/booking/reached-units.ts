import { modelWithoutVersion } from '@audiocloud/api';
import type { Engines } from '../engine/engines.ts';
import type { Unit } from './book.ts';

/** The fixed instances that engines reach, or did last, each once. [control] */
export function reachedUnits({ list }: Pick<Engines, 'list'>): Unit[] {
  const units = new Map<string, Unit>();
  for (const { engine } of list)
    for (const { id, model } of engine.fixed) units.set(id, { id, model: modelWithoutVersion(model) });
  return [...units.values()];
}
