/** Who uses a unit. Without a task it is an administrator, who acts for an application and may work in maintenance too. */
export interface UnitUser {
  application: string;
  task?: string;
}

/** Who may have which unit, by the calendar. [control] */
export interface UnitRights {
  /** Why somebody may not use a unit now, as a sentence; undefined when they may. */
  whyNot(unit: string, who: UnitUser, nowMs: number): string | undefined;
  /**
   * On what somebody works now, itself or a unit through which it has its power: it has no power from us, and no task gets it.
   * Undefined: on none of them.
   */
  maintainedBy(unit: string, nowMs: number): string | undefined;
  /** Whether they have reserved it for now: it is theirs before any other of its model. */
  isReserved(unit: string, who: UnitUser, nowMs: number): boolean;
  /** What a task uses from now on; nothing when it stopped. */
  hold(units: readonly string[], who: UnitUser): void;
  /** Calls `changed` whenever somebody may use what they might not, or the other way round. Returns the end of it. */
  listen(changed: () => void): () => void;
}
