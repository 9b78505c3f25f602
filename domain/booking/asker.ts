import { AudioCloudError, type Reservation } from '@audiocloud/api';
import type { Book } from './book.ts';
import { offeredReservationOf, type ReservationRecord, reservationOf } from './reservation-record.ts';

/** Who asks: an application, or somebody of it who knows only these tasks. */
export interface Asker {
  application: string;
  tasks?: ReadonlySet<string>;
}

/** Whether somebody knows of it. [any] */
export function isSeenBy({ application, task, offeredTo }: ReservationRecord, asker: Asker): boolean {
  if (application !== asker.application) return offeredTo === asker.application && asker.tasks === undefined;
  return asker.tasks === undefined || (task !== undefined && asker.tasks.has(task));
}

/** As who asks may know it. [any] */
export const seenBy = (record: ReservationRecord, { application }: Asker): Reservation =>
  record.application === application ? reservationOf(record) : offeredReservationOf(record);

/** One that somebody knows of. Throws RESERVATION_UNKNOWN. [any] */
export function findReservation(book: Book, asker: Asker, id: string): ReservationRecord {
  const found = book.reservations.get(id);
  if (!found || !isSeenBy(found, asker)) throw unknown(id);
  return found;
}

/** One of the application that asks. expected: its revision. Throws RESERVATION_UNKNOWN, REVISION_CONFLICT. [any] */
export function ownReservation(book: Book, asker: Asker, id: string, expected: number | undefined): ReservationRecord {
  const found = findReservation(book, asker, id);
  if (found.application !== asker.application) throw unknown(id);
  requireRevision(found, expected);
  return found;
}

/** One that another application offers to that of who asks. Throws as ownReservation does. [any] */
export function offeredReservation(
  book: Book,
  asker: Asker,
  id: string,
  expected: number | undefined,
): ReservationRecord {
  const found = findReservation(book, asker, id);
  if (found.offeredTo !== asker.application) throw unknown(id);
  requireRevision(found, expected);
  return found;
}

const unknown = (id: string) =>
  new AudioCloudError('RESERVATION_UNKNOWN', `Cannot find ${id}: there is none of that id`, { reservation: id });

function requireRevision({ id, revision }: ReservationRecord, expected: number | undefined): void {
  if (expected === undefined || expected === revision) return;
  throw new AudioCloudError(
    'REVISION_CONFLICT',
    `Cannot change ${id}: it is at revision ${revision}, wanted ${expected}; read it again`,
    { reservation: id, revision, expected },
  );
}
