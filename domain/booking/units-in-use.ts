import type { UnitUser } from './unit-user.ts';

type TaskUser = Required<UnitUser>;
interface Use {
  user: TaskUser;
  /** It began, or went on, under a reservation: it ends with that. */
  isReserved: boolean;
}

const isSame = (a: UnitUser, b: UnitUser) => a.application === b.application && a.task === b.task;
const keyOf = ({ application, task }: TaskUser) => `${application}/${task}`;

/** The units that tasks play with now: each has one user. In memory, for tasks that play say so again when the domain is back. [control] */
export class UnitsInUse {
  readonly #uses = new Map<string, Use>();
  readonly #unitsOf = new Map<string, ReadonlySet<string>>();

  /** All that are used. */
  *[Symbol.iterator](): Generator<[unit: string, use: Use]> {
    yield* this.#uses;
  }

  /** Who uses a unit, when it is somebody else. */
  userBeside(unit: string, who: UnitUser): TaskUser | undefined {
    const user = this.#uses.get(unit)?.user;
    return user && !isSame(user, who) ? user : undefined;
  }

  /** Whether somebody uses a unit under a reservation, or did when they began. */
  isReserved(unit: string, who: UnitUser): boolean {
    const use = this.#uses.get(unit);
    return use !== undefined && isSame(use.user, who) && use.isReserved;
  }

  /** Beside what they have; whoever has one of them loses it. */
  claim(units: readonly string[], who: TaskUser): void {
    for (const unit of units) if (this.userBeside(unit, who) || !this.#uses.has(unit)) this.#use(unit, who);
    this.#unitsOf.set(keyOf(who), new Set([...(this.#unitsOf.get(keyOf(who)) ?? []), ...units]));
  }

  /** These and no others; what somebody else has stays theirs. */
  hold(units: readonly string[], who: TaskUser): void {
    const key = keyOf(who);
    const next = new Set(units);
    for (const unit of this.#unitsOf.get(key) ?? [])
      if (!next.has(unit) && !this.userBeside(unit, who)) this.#uses.delete(unit);
    for (const unit of next) if (!this.#uses.has(unit)) this.#use(unit, who);
    if (next.size === 0) this.#unitsOf.delete(key);
    else this.#unitsOf.set(key, next);
  }

  #use(unit: string, user: TaskUser): void {
    this.#uses.set(unit, { user, isReserved: false });
  }
}
