import { modelWithoutVersion } from '@audiocloud/api';
import type { Engines } from '../engine/engines.ts';
import type { Unit } from './book.ts';

/** The fixed instances that engines reach, or did last, each once. [control] */
export function reachedUnits({ list }: Pick<Engines, 'list'>): Unit[] {
  const units = new Map<string, Unit>();
  const switchedBy = new Map<string, string>();
  for (const { engine } of list)
    for (const { id, model, powers = {} } of engine.fixed) {
      units.set(id, { id, model: modelWithoutVersion(model) });
      for (const powered of Object.keys(powers)) switchedBy.set(powered, id);
    }
  return [...units.values()].map((unit) => {
    const through = new Set<Unit>();
    for (let at = switchedBy.get(unit.id); at !== undefined; at = switchedBy.get(at)) {
      const by = units.get(at)!;
      if (by === unit || through.has(by)) break;
      through.add(by);
    }
    return through.size > 0 ? { ...unit, through: [...through] } : unit;
  });
}
