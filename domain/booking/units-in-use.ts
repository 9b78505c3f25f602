import type { UnitUser } from '../instances/unit-rights.ts';

/** A unit that a task uses now. */
export interface UnitUse {
  unit: string;
  user: Required<UnitUser>;
  /** It began, or went on, under a reservation: it ends with that. */
  isReserved: boolean;
}

const keyOf = ({ application, task }: UnitUser) => `${application}/${task}`;

/** What tasks use, and whether they did so under a reservation. In memory: tasks say it again when the domain is back. [control] */
export class UnitsInUse {
  readonly #uses = new Map<string, UnitUse[]>();

  of(user: UnitUser): readonly UnitUse[] {
    return this.#uses.get(keyOf(user)) ?? [];
  }

  *all(): Generator<UnitUse> {
    for (const uses of this.#uses.values()) yield* uses;
  }

  /** These and no others. */
  hold(units: readonly string[], user: Required<UnitUser>): void {
    const before = this.of(user);
    const next = [...new Set(units)].map(
      (unit) => before.find((use) => use.unit === unit) ?? { unit, user, isReserved: false },
    );
    if (next.length === 0) this.#uses.delete(keyOf(user));
    else this.#uses.set(keyOf(user), next);
  }
}
