import type { EventSource } from '@audiocloud/api';
import type { NewDomainEvent } from '../events/event-journal.ts';
import { momentText } from './moment.ts';
import type { ReservationRecord } from './reservation-record.ts';

type ReservationEvent = Extract<NewDomainEvent, { type: `reservation.${string}` }>;
type By = { by?: EventSource };

/** One event of a reservation. [any] */
export function reservationEvent<T extends ReservationEvent['type']>(
  type: T,
  { id, application, task }: Pick<ReservationRecord, 'id' | 'application' | 'task'>,
  by: By,
  data: Omit<Extract<ReservationEvent, { type: T }>['data'], 'reservation'>,
): NewDomainEvent {
  const whose = { application, ...(task === undefined ? {} : { task }) };
  return { type, ...by, ...whose, data: { reservation: id, ...data } } as unknown as NewDomainEvent;
}

/** What is told of a change of a reservation, to each application that it concerns. [any] */
export function reservationChanged(
  before: ReservationRecord | undefined,
  next: ReservationRecord,
  by: By,
): NewDomainEvent[] {
  const { id, state, revision, offeredTo } = next;
  if (state === 'cancelled') return [reservationEvent('reservation.cancelled', next, by, {})];
  const events: NewDomainEvent[] = [];
  const span = { from: momentText(next.fromMs), to: momentText(next.toMs) };
  const units = Object.values(next.units);
  if (before && before.application !== next.application)
    events.push(reservationEvent('reservation.accepted', before, by, { acceptedBy: next.application }));
  if (!before || !isSameButState(before, next))
    events.push(
      reservationEvent(before ? 'reservation.changed' : 'reservation.created', next, by, { revision, ...span, units }),
    );
  if (offeredTo !== undefined && offeredTo !== before?.offeredTo) {
    const to = { id, application: offeredTo };
    events.push(reservationEvent('reservation.offered', to, by, { ...span, units, offeredBy: next.application }));
  }
  if (state !== 'planned' && (before?.state ?? 'planned') === 'planned')
    events.push(reservationEvent('reservation.begun', next, by, {}));
  if (state === 'ended') events.push(reservationEvent('reservation.ended', next, by, {}));
  return events;
}

/** Nothing but the passing of time made one of the other. */
function isSameButState(before: ReservationRecord, next: ReservationRecord): boolean {
  const still = ({ state: _state, revision: _revision, ...rest }: ReservationRecord) => JSON.stringify(rest);
  return before.state !== next.state && still(before) === still(next);
}
