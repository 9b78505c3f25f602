import type { UnitRights, UnitUser } from '../instances/unit-rights.ts';

/** Who may use which hardware, when, for whoever runs tasks. Times are ms since 1970. [control] */
export interface Booking extends UnitRights {
  /** Throws FIXED_INSTANCE_UNAVAILABLE, with who has it and until when as far as that may be told. */
  requireUse(units: readonly string[], who: UnitUser, nowMs: number): void;
  /** A unit that a task uses under a reservation that is over: the task is to stop. */
  overFor(who: Required<UnitUser>, nowMs: number): string | undefined;
}
