import type { Reservation } from '@audiocloud/api';
import type { NewDomainEvent } from '../events/event-journal.ts';
import type { Manner } from '../http/once-or-dry.ts';
import type { BookEntry } from './book-store.ts';
import { reservationChanged } from './reservation-events.ts';
import { type ReservationRecord, reservationOf } from './reservation-record.ts';

/** What a request makes of the book. */
export interface Decision<R> {
  entries: BookEntry[];
  events: NewDomainEvent[];
  answer: R;
}

/** Nothing changes. [any] */
export const undecided = <R>(answer: R): Decision<R> => ({ entries: [], events: [], answer });

/** A reservation that is another by now, with its events. [any] */
export function decided(
  before: ReservationRecord | undefined,
  next: ReservationRecord,
  manner: Manner = {},
): Decision<Reservation> {
  return {
    entries: [{ part: 'reservations', key: next.id, value: next }],
    events: reservationChanged(before, next, byOf(manner)),
    answer: reservationOf(next),
  };
}

/** Who asked, as events tell it. [any] */
export const byOf = ({ cause }: Manner) => (cause?.by ? { by: cause.by } : {});
