import { isWithin, type Span } from './calendar.ts';
import { heldSpan, isOpen, type MaintenanceRecord, type ReservationRecord } from './reservation-record.ts';
import type { Rights } from './rights.ts';

/** A fixed instance of the domain and its model, `maker:name`. */
export interface Unit {
  id: string;
  model: string;
}

/** All that is booked. It is never changed: a change gives another one. */
export interface Book {
  reservations: ReadonlyMap<string, ReservationRecord>;
  maintenance: ReadonlyMap<string, MaintenanceRecord>;
  /** Of applications that have rights of their own. */
  rights: ReadonlyMap<string, Rights>;
}

/** A time in which a unit is taken, and by what. */
export type Busy = Span & ({ reservation: ReservationRecord } | { maintenance: MaintenanceRecord });

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

/** When a unit is taken, in no order. A reservation takes it until its grace time is over. [any] */
export function busyOf(book: Book, unit: Unit): Busy[] {
  const maintenance = [...book.maintenance.values()].filter((window) =>
    'unit' in window ? window.unit === unit.id : window.model === unit.model,
  );
  return [
    ...maintenance.map((window) => ({ fromMs: window.fromMs, toMs: window.toMs, maintenance: window })),
    ...reservationsOf(book, unit.id).map((reservation) => ({ ...heldSpan(reservation), reservation })),
  ];
}

/** What has a unit at a moment; maintenance before a reservation. [any] */
export function holderOf(book: Book, unit: Unit, nowMs: number): Busy | undefined {
  return busyOf(book, unit).find((busy) => isWithin(nowMs, busy));
}
