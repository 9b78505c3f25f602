/** What one instance of a task needs. */
export interface UnitNeed {
  instance: string;
  /** `maker:name`. */
  model: string;
  /** A unit, or `any` of the model. */
  fixed: string;
  /** The one that it had last: taken again when it is free. */
  last?: string;
}

/** A unit, as whoever chooses sees it. */
export interface UnitView {
  id: string;
  model: string;
  /** Whose it is now. */
  holder: string | undefined;
  isReady: boolean;
  isFailed: boolean;
}

export interface Assignment {
  /** By instance; empty when anything is missing: who waits for one unit keeps no other. */
  units: Record<string, string>;
  missing: UnitNeed[];
}

/**
 * The units for a task: all that it needs, or none. [any]
 *
 * What it has stays, but one that failed, where any will do and another is in order. Of those that are free it gets one that it has
 * reserved, then the one that it had last, then one that is ready. mayUse, isReserved: by the calendar.
 */
export function assignUnits(
  task: string,
  needs: readonly UnitNeed[],
  held: Readonly<Record<string, string>>,
  units: readonly UnitView[],
  mayUse: (unit: string) => boolean,
  isReserved: (unit: string) => boolean,
): Assignment {
  const chosen = new Map<string, string>();
  const given = new Set<string>();
  const give = (instance: string, unit: string) => {
    chosen.set(instance, unit);
    given.add(unit);
  };
  const isFree = ({ id, holder }: UnitView) =>
    !given.has(id) && (holder === undefined || holder === task) && mayUse(id);
  const find = (id: string | undefined) => units.find((unit) => unit.id === id);
  const anyOf = needs.filter(({ fixed }) => fixed === 'any');
  for (const { instance, fixed } of needs) {
    const unit = fixed === 'any' ? undefined : find(fixed);
    if (unit && isFree(unit)) give(instance, unit.id);
  }
  for (const { instance } of anyOf) {
    const had = find(held[instance]);
    if (had && !had.isFailed && isFree(had)) give(instance, had.id);
  }
  for (const { instance, model, last } of anyOf) {
    if (chosen.has(instance)) continue;
    const rank = ({ id, isReady }: UnitView) => (isReserved(id) ? 0 : id === last ? 1 : isReady ? 2 : 3);
    const fit = units
      .filter((unit) => unit.model === model && !unit.isFailed && isFree(unit))
      .sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
    const had = find(held[instance]);
    // One that failed is better than none: it may come back.
    const unit = fit[0] ?? (had && isFree(had) ? had : undefined);
    if (unit) give(instance, unit.id);
  }
  const missing = needs.filter(({ instance }) => !chosen.has(instance));
  return { units: missing.length > 0 ? {} : Object.fromEntries(chosen), missing };
}
