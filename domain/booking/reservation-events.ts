import type { EventSource } from '@audiocloud/api';
import type { NewDomainEvent } from '../events/event-journal.ts';
import { momentText } from './moment.ts';
import type { ReservationRecord } from './reservation-record.ts';

type ReservationEvent = Extract<NewDomainEvent, { type: `reservation.${string}` }>;
type By = { by?: EventSource };

/** One event of a reservation. [any] */
export function reservationEvent<T extends ReservationEvent['type']>(
  type: T,
  { id, application, task }: ReservationRecord,
  by: By,
  data: Omit<Extract<ReservationEvent, { type: T }>['data'], 'reservation' | 'application'>,
): NewDomainEvent {
  const event = {
    type,
    ...by,
    ...(task === undefined ? {} : { task }),
    data: { reservation: id, application, ...data },
  };
  return event as unknown as NewDomainEvent;
}

/** What is told of a change of a reservation. [any] */
export function reservationChanged(
  before: ReservationRecord | undefined,
  next: ReservationRecord,
  by: By,
): NewDomainEvent[] {
  const { state, revision } = next;
  if (state === 'cancelled') return [reservationEvent('reservation.cancelled', next, by, {})];
  const isDue = before !== undefined && before.state !== state && isSameBut(before, next);
  const begun = state !== 'planned' && (before?.state ?? 'planned') === 'planned';
  const from = momentText(next.fromMs);
  const to = momentText(next.toMs);
  const booked = { revision, from, to, units: Object.values(next.units) };
  return [
    ...(isDue ? [] : [reservationEvent(before ? 'reservation.changed' : 'reservation.created', next, by, booked)]),
    ...(begun ? [reservationEvent('reservation.begun', next, by, {})] : []),
    ...(state === 'ended' ? [reservationEvent('reservation.ended', next, by, {})] : []),
  ];
}

/** Nothing but the passing of time made one of the other. */
function isSameBut(before: ReservationRecord, next: ReservationRecord): boolean {
  const still = ({ state: _state, revision: _revision, ...rest }: ReservationRecord) => JSON.stringify(rest);
  return still(before) === still(next);
}
