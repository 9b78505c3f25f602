import type { Reservation, ReservationPage, ReservationState } from '@audiocloud/api';
import { modelWithoutVersion, type Unit } from './book.ts';
import { overlaps, type Span } from './calendar.ts';
import { heldSpan, type ReservationRecord } from './reservation-record.ts';

/** Which reservations somebody wants; what is left out lets all through. */
export interface ReservationFilter {
  states?: readonly ReservationState[];
  task?: string;
  unit?: string;
  model?: string;
  /** Those that hold units within it. */
  within?: Span;
  /** `next` of the page before. */
  after?: string;
  limit: number;
}

const cursorOf = ({ fromMs, id }: ReservationRecord) => `${String(fromMs).padStart(15, '0')}.${id}`;

/** A page of reservations by their beginning. [any] */
export function reservationPage(
  all: readonly ReservationRecord[],
  filter: ReservationFilter,
  units: readonly Unit[],
  tell: (record: ReservationRecord) => Reservation,
): ReservationPage {
  const { states, task, unit, model, within, after, limit } = filter;
  const ofModel = model === undefined ? undefined : modelWithoutVersion(model);
  const modelOfUnit = new Map(units.map((one) => [one.id, one.model]));
  const isWanted = (record: ReservationRecord): boolean => {
    const had = Object.values(record.units);
    return (
      (states?.includes(record.state) ?? true) &&
      (task === undefined || record.task === task) &&
      (unit === undefined || had.includes(unit)) &&
      (ofModel === undefined || had.some((one) => modelOfUnit.get(one) === ofModel)) &&
      (within === undefined || overlaps(heldSpan(record), within))
    );
  };
  const found = all
    .filter(isWanted)
    .map((record) => ({ record, cursor: cursorOf(record) }))
    .filter(({ cursor }) => after === undefined || cursor > after)
    .sort((a, b) => (a.cursor < b.cursor ? -1 : 1));
  const page = found.slice(0, limit);
  return {
    reservations: page.map(({ record }) => tell(record)),
    ...(found.length > limit ? { next: page.at(-1)!.cursor } : {}),
  };
}
