import { isWithin, type Span } from './calendar.ts';
import { heldSpan, isOpen, type MaintenanceRecord, type ReservationRecord } from './reservation-record.ts';
import type { Rights } from './rights.ts';

/** A fixed instance of the domain and its model, `maker:name`. */
export interface Unit {
  id: string;
  model: string;
  /** The units through which it has its power, the nearest first; absent: none but itself. */
  through?: readonly Unit[];
}

/** All that is booked. It is never changed: a change gives another one. */
export interface Book {
  reservations: ReadonlyMap<string, ReservationRecord>;
  maintenance: ReadonlyMap<string, MaintenanceRecord>;
  /** Of applications that have rights of their own. */
  rights: ReadonlyMap<string, Rights>;
}

/** A time in which a unit is taken, and by what. */
export type Busy = Span &
  (
    | { reservation: ReservationRecord }
    /** through: somebody works on this one, through which the unit has its power, not on the unit. */
    | { maintenance: MaintenanceRecord; through?: string }
  );

export const EMPTY_BOOK: Book = { reservations: new Map(), maintenance: new Map(), rights: new Map() };

/** The book with another value, or without one, in a part of it. [any] */
export function withEntry<P extends keyof Book>(
  book: Book,
  part: P,
  key: string,
  value: MapValue<Book[P]> | undefined,
): Book {
  const entries = new Map<string, unknown>(book[part]);
  if (value === undefined) entries.delete(key);
  else entries.set(key, value);
  return { ...book, [part]: entries };
}
type MapValue<M> = M extends ReadonlyMap<string, infer V> ? V : never;

// A book is asked for its units far more often than it changes.
const reservationsByUnit = new WeakMap<Book['reservations'], Map<string, ReservationRecord[]>>();

function reservationsOf({ reservations }: Book, unit: string): readonly ReservationRecord[] {
  let byUnit = reservationsByUnit.get(reservations);
  if (!byUnit) {
    byUnit = new Map();
    for (const reservation of reservations.values()) {
      if (!isOpen(reservation)) continue;
      for (const id of new Set(Object.values(reservation.units))) {
        const there = byUnit.get(id);
        if (there) there.push(reservation);
        else byUnit.set(id, [reservation]);
      }
    }
    reservationsByUnit.set(reservations, byUnit);
  }
  return byUnit.get(unit) ?? [];
}

/** Which unit a maintenance window takes this one by: itself, or one through which it has its power; undefined: by none. [any] */
export function maintainedBy(window: MaintenanceRecord, unit: Unit): Unit | undefined {
  return [unit, ...(unit.through ?? [])].find(({ id, model }) =>
    'unit' in window ? window.unit === id : window.model === model,
  );
}

/** When a unit is taken, in no order. A reservation takes it until its grace time is over. [any] */
export function busyOf(book: Book, unit: Unit): Busy[] {
  const maintenance = [...book.maintenance.values()].flatMap((window): Busy[] => {
    const by = maintainedBy(window, unit);
    if (!by) return [];
    const { fromMs, toMs } = window;
    return [{ fromMs, toMs, maintenance: window, ...(by === unit ? {} : { through: by.id }) }];
  });
  return [
    ...maintenance,
    ...reservationsOf(book, unit.id).map((reservation) => ({ ...heldSpan(reservation), reservation })),
  ];
}

/** What has a unit at a moment; maintenance before a reservation. [any] */
export function holderOf(book: Book, unit: Unit, nowMs: number): Busy | undefined {
  return busyOf(book, unit).find((busy) => isWithin(nowMs, busy));
}
