import type { UnitUser } from '../instances/unit-rights.ts';
import { type Book, busyOf, holderOf, type Unit } from './book.ts';
import { takenText } from './choose-units.ts';
import type { ReservationRecord } from './reservation-record.ts';

/** Whether a reservation is for somebody; one without a task is for all tasks of its application. */
const isFor = ({ application, task }: ReservationRecord, who: UnitUser): boolean =>
  application === who.application && (task === undefined || who.task === undefined || task === who.task);

/**
 * Why the calendar does not let somebody use a unit now; undefined when it does. [any]
 *
 * isReservationNeeded: nobody may use a unit that they have not reserved.
 */
export function whyNotUse(
  book: Book,
  unit: Unit,
  who: UnitUser,
  nowMs: number,
  isReservationNeeded: boolean,
): string | undefined {
  const isAdministrator = who.task === undefined;
  const holder = holderOf(book, unit, nowMs);
  if (!holder) return isReservationNeeded && !isAdministrator ? 'it has to be reserved first' : undefined;
  const isTheirs = 'maintenance' in holder ? isAdministrator : isFor(holder.reservation, who);
  return isTheirs ? undefined : takenText(holder, who.application);
}

/** Whether somebody has reserved a unit, and may use it now. [any] */
export function isReservedFor(book: Book, unit: Unit, who: UnitUser, nowMs: number): boolean {
  const holder = holderOf(book, unit, nowMs);
  return holder !== undefined && 'reservation' in holder && isFor(holder.reservation, who);
}

/** Whether a reservation of somebody runs, or ran when the book was written last. [any] */
export function hasReservation(book: Book, unit: Unit, who: UnitUser, nowMs: number): boolean {
  return busyOf(book, unit).some(
    (busy) => 'reservation' in busy && busy.fromMs <= nowMs && isFor(busy.reservation, who),
  );
}
