import type { UnitUser } from './unit-user.ts';

/**
 * Who may use which hardware, for whoever runs tasks. [control]
 *
 * Times are ms since 1970. A unit is a fixed instance, `maker:name:unit`. How a task uses units:
 * 1. `claim` before it plays, with all units that it is going to use: from then on nobody else gets them.
 * 2. `hold` with what it uses, after every change of that; with none when it stopped. What it claimed and does not hold is free.
 * 3. `listen`: after a call, what plays and for which `whyNot` gives a reason is to be stopped.
 * For `fixed: any` take the first of `freeUnits` that is in order; for one that failed, ask `replaceUnit`.
 */
export interface Booking {
  /** Why somebody may not use a unit now, as a sentence; undefined when they may. */
  whyNot(unit: string, who: UnitUser, nowMs: number): string | undefined;
  mayUse(unit: string, who: UnitUser, nowMs: number): boolean;
  /** Throws FIXED_INSTANCE_UNAVAILABLE, with who has it and until when as far as that may be told. */
  requireUse(units: readonly string[], who: UnitUser, nowMs: number): void;
  /** As requireUse; then the units are theirs until the next `hold`. */
  claim(units: readonly string[], who: Required<UnitUser>, nowMs: number): void;
  /** What a task uses from now on. */
  hold(units: readonly string[], who: Required<UnitUser>): void;
  /**
   * Units of a model (`maker:name`) that somebody may use all the time: first those that they have reserved, then those that
   * nobody has. Whether a unit is connected and in order is not looked at.
   */
  freeUnits(model: string, who: UnitUser, fromMs: number, toMs: number): string[];
  /**
   * Gives a running reservation another free unit of the model for one that failed, until its end. Returns it; undefined when
   * the failed one belongs to no reservation of theirs under `any`: then any of `freeUnits` will do.
   *
   * isFit: whether a unit is in order.   Throws RESERVATION_CONFLICT when there is none.
   */
  replaceUnit(failed: string, who: UnitUser, isFit: (unit: string) => boolean): Promise<string | undefined>;
  /** Calls `changed` whenever somebody may use what they might not, or the other way round. Returns the end of it. */
  listen(changed: () => void): () => void;
}
