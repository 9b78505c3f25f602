import type { UnitUser } from './unit-user.ts';

type TaskUser = Required<UnitUser>;

const isSame = (a: UnitUser, b: UnitUser) => a.application === b.application && a.task === b.task;
const keyOf = ({ application, task }: TaskUser) => `${application}/${task}`;

/** The units that tasks play with now: each has one user. In memory, for tasks that play say so again when the domain is back. [control] */
export class UnitsInUse {
  readonly #users = new Map<string, TaskUser>();
  readonly #unitsOf = new Map<string, ReadonlySet<string>>();

  /** Who uses a unit, when it is somebody else. */
  userBeside(unit: string, who: UnitUser): TaskUser | undefined {
    const user = this.#users.get(unit);
    return user && !isSame(user, who) ? user : undefined;
  }

  /** Beside what they have; whoever has one of them loses it. */
  claim(units: readonly string[], who: TaskUser): void {
    for (const unit of units) this.#users.set(unit, who);
    this.#unitsOf.set(keyOf(who), new Set([...(this.#unitsOf.get(keyOf(who)) ?? []), ...units]));
  }

  /** These and no others; what somebody else has stays theirs. */
  hold(units: readonly string[], who: TaskUser): void {
    const key = keyOf(who);
    const next = new Set(units);
    for (const unit of this.#unitsOf.get(key) ?? [])
      if (!next.has(unit) && !this.userBeside(unit, who)) this.#users.delete(unit);
    for (const unit of next) if (!this.#users.has(unit)) this.#users.set(unit, who);
    if (next.size === 0) this.#unitsOf.delete(key);
    else this.#unitsOf.set(key, next);
  }
}
