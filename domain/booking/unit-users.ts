import { asAudioCloudError, AudioCloudError } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import type { UnitUser } from '../instances/unit-rights.ts';
import { holderOf, type Unit } from './book.ts';
import type { BookKeeper } from './book-keeper.ts';
import { decided, undecided } from './decision.ts';
import { hasReservation, isReservedFor, whyNotUse } from './may-use.ts';
import { replaceUnit } from './reserve.ts';
import { UnitsInUse } from './units-in-use.ts';

export interface UnitUsersOptions {
  keeper: BookKeeper;
  clock: Clock;
  logger: FastifyBaseLogger;
  /** Units may be used only by who has reserved them. */
  isReservationNeeded: boolean;
  /** The fixed instances of all engines. */
  units(): Unit[];
}

/** Who uses units now, who may, and under which reservation. See Booking. [control] */
export class UnitUsers {
  readonly #options: UnitUsersOptions;
  readonly #inUse = new UnitsInUse();

  constructor(options: UnitUsersOptions) {
    this.#options = options;
  }

  whyNot(id: string, who: UnitUser, nowMs: number): string | undefined {
    const { keeper, isReservationNeeded } = this.#options;
    return whyNotUse(keeper.book, this.#unit(id), who, nowMs, isReservationNeeded);
  }

  requireUse(units: readonly string[], who: UnitUser, nowMs: number): void {
    for (const unit of units) {
      const why = this.whyNot(unit, who, nowMs);
      if (why !== undefined)
        throw new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', `Cannot use ${unit}: ${why}`, { instance: unit });
    }
  }

  isReserved(unit: string, who: UnitUser, nowMs: number): boolean {
    return isReservedFor(this.#options.keeper.book, this.#unit(unit), who, nowMs);
  }

  maintainedBy(id: string, nowMs: number): string | undefined {
    const holder = holderOf(this.#options.keeper.book, this.#unit(id), nowMs);
    return holder && 'maintenance' in holder ? (holder.through ?? id) : undefined;
  }

  /** Where a task got another unit for one that it reserved under `any`, which failed, its reservation goes over to that. */
  hold(units: readonly string[], who: Required<UnitUser>): void {
    const reserved = this.#inUse.of(who).filter((use) => use.isReserved && !units.includes(use.unit));
    const had = this.#inUse.of(who).map(({ unit }) => unit);
    const fresh = units.filter((unit) => !had.includes(unit));
    this.#inUse.hold(units, who);
    this.noteReserved();
    for (const { unit } of reserved) {
      const { model } = this.#unit(unit);
      const next = fresh.find((one) => this.#unit(one).model === model);
      if (next !== undefined) this.#follow(unit, next, who);
    }
  }

  overFor(who: Required<UnitUser>, nowMs: number): string | undefined {
    return this.#inUse.of(who).find(({ unit, isReserved }) => isReserved && !this.isReserved(unit, who, nowMs))?.unit;
  }

  /**
   * Gives a running reservation another unit for one under `any`, until its end. Returns whether somebody has reserved it so.
   *
   * Throws RESERVATION_CONFLICT when the other one is taken within that time.
   */
  replaceUnit(failed: string, unit: string, who: UnitUser): Promise<boolean> {
    return this.#options.keeper.change<boolean>({}, (book, rules) => {
      for (const before of book.reservations.values()) {
        if (before.state !== 'running' || before.application !== who.application) continue;
        if (before.task !== undefined && before.task !== who.task) continue;
        const name = Object.keys(before.units).find((one) => before.units[one] === failed);
        if (name === undefined || !('any' in before.instances[name]!)) continue;
        return { ...decided(before, replaceUnit(book, before, name, this.#unit(unit), rules)), answer: true };
      }
      return undecided(false);
    });
  }

  /** Who plays under a reservation ends with it, also if nobody else wants the unit then. */
  noteReserved(): void {
    const { keeper, clock } = this.#options;
    const nowMs = clock.now();
    for (const use of this.#inUse.all())
      use.isReserved ||= hasReservation(keeper.book, this.#unit(use.unit), use.user, nowMs);
  }

  #follow(failed: string, unit: string, who: Required<UnitUser>): void {
    this.replaceUnit(failed, unit, who).catch((error) =>
      this.#options.logger.warn(
        { error: asAudioCloudError(error).toJSON(), unit },
        'a unit could not be reserved instead',
      ),
    );
  }

  #unit(id: string): Unit {
    return this.#options.units().find((unit) => unit.id === id) ?? { id, model: '' };
  }
}
