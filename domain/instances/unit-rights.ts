/** Who uses a unit. */
export interface UnitUser {
  application: string;
  task?: string;
}

/** Who may have which unit, by the calendar. [control] */
export interface UnitRights {
  /** Why somebody may not use a unit now, as a sentence; undefined when they may. */
  whyNot(unit: string, who: UnitUser, nowMs: number): string | undefined;
  /** What a task uses from now on; nothing when it stopped. */
  hold(units: readonly string[], who: UnitUser): void;
  /** Calls `changed` whenever somebody may use what they might not, or the other way round. Returns the end of it. */
  listen(changed: () => void): () => void;
}

/** Everybody may have every unit that nobody else has. */
export const rightsForAll: UnitRights = {
  whyNot: () => undefined,
  hold: () => undefined,
  listen: () => () => undefined,
};
