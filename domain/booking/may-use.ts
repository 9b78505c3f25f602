import { type Book, holderOf, type Unit } from './book.ts';
import { overlaps, type Span } from './calendar.ts';
import { busyOf } from './book.ts';
import { takenText } from './choose-units.ts';
import type { ReservationRecord } from './reservation-record.ts';
import type { UnitUser } from './unit-user.ts';

/** What is known of a unit when somebody wants to use it. */
export interface Use {
  who: UnitUser;
  nowMs: number;
  /** Who else plays with it now. */
  user: UnitUser | undefined;
  /** They play with it, and did so under a reservation. */
  wasReserved: boolean;
  /** Nobody may use a unit that they have not reserved. */
  isReservationNeeded: boolean;
}

/** Whether a reservation is for somebody; one without a task is for all tasks of its application. */
const isFor = ({ application, task }: ReservationRecord, who: UnitUser): boolean =>
  application === who.application && (task === undefined || who.task === undefined || task === who.task);

/**
 * Why somebody may not use a unit now; undefined when they may. [any]
 *
 * A reservation goes before whoever plays without one.
 */
export function whyNotUse(
  book: Book,
  unit: Unit,
  { who, nowMs, user, wasReserved, isReservationNeeded }: Use,
): string | undefined {
  const isAdministrator = who.task === undefined;
  const holder = holderOf(book, unit, nowMs);
  if (holder && 'maintenance' in holder) return isAdministrator ? undefined : takenText(holder, who.application);
  if (holder && !isFor(holder.reservation, who)) return takenText(holder, who.application);
  if (!holder && isReservationNeeded && !isAdministrator) return 'it has to be reserved first';
  if (!holder && wasReserved) return 'its reservation is over';
  if (!user || (holder && !isFor(holder.reservation, user))) return undefined;
  if (user.application !== who.application) return 'somebody plays with it';
  return isAdministrator ? undefined : `task ${user.task} of yours plays with it; stop it first`;
}

/** Whether a reservation for somebody runs, or ran when the book was written last. [any] */
export function hasReserved(book: Book, unit: Unit, who: UnitUser, nowMs: number): boolean {
  return busyOf(book, unit).some(
    (busy) => 'reservation' in busy && busy.fromMs <= nowMs && isFor(busy.reservation, who),
  );
}

/** Whether somebody may use a unit all the time, as far as the calendar knows: `reserved` when it is theirs all the time. [any] */
export function freeFor(book: Book, unit: Unit, who: UnitUser, span: Span): 'reserved' | 'free' | undefined {
  const busy = busyOf(book, unit).filter((one) => overlaps(one, span));
  if (busy.some((one) => 'maintenance' in one || !isFor(one.reservation, who))) return undefined;
  return busy.some(({ fromMs, toMs }) => fromMs <= span.fromMs && span.toMs <= toMs) ? 'reserved' : 'free';
}
