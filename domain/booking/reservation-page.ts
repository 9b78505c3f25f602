import { modelWithoutVersion, type Reservation, type ReservationState } from '@audiocloud/api';
import { type Page, type PageQuery, sortedPageOf } from '../http/paging.ts';
import type { Unit } from './book.ts';
import { overlaps, type Span } from './calendar.ts';
import { heldSpan, type ReservationRecord } from './reservation-record.ts';

/** Which reservations somebody wants; what is left out lets all through. */
export interface ReservationFilter extends PageQuery {
  state?: ReservationState;
  task?: string;
  unit?: string;
  model?: string;
  /** Those that hold units within it. */
  within?: Span;
}

/** Sorts by the beginning. [any] */
export const cursorOf = ({ fromMs, id }: { fromMs: number; id: string }): string =>
  `${String(fromMs).padStart(15, '0')}.${id}`;

/** A page of reservations by their beginning. [any] */
export function reservationPage(
  all: readonly ReservationRecord[],
  { state, task, unit, model, within, ...query }: ReservationFilter,
  units: readonly Unit[],
  tell: (record: ReservationRecord) => Reservation,
): Page<Reservation> {
  const ofModel = model === undefined ? undefined : modelWithoutVersion(model);
  const modelOfUnit = new Map(units.map((one) => [one.id, one.model]));
  const isWanted = (record: ReservationRecord): boolean => {
    const had = Object.values(record.units);
    return (
      (state === undefined || record.state === state) &&
      (task === undefined || record.task === task) &&
      (unit === undefined || had.includes(unit)) &&
      (ofModel === undefined || had.some((one) => modelOfUnit.get(one) === ofModel)) &&
      (within === undefined || overlaps(heldSpan(record), within))
    );
  };
  const { items, ...rest } = sortedPageOf(all, cursorOf, query, isWanted);
  return { items: items.map(tell), ...rest };
}
