import { AudioCloudError, type ReservedInstance } from '@audiocloud/api';
import { type Book, busyOf, maintainedBy, type Unit } from './book.ts';
import { overlaps, type Span } from './calendar.ts';
import { busyFor, chooseUnits, takenText } from './choose-units.ts';
import { momentText } from './moment.ts';
import { heldSpan, isOpen, type MaintenanceRecord, type ReservationRecord } from './reservation-record.ts';
import {
  forbidden,
  limitsOf,
  mayReserve,
  requireFuture,
  requireLongEnough,
  requireOrder,
  requireRoom,
  requireWithinLimits,
  type Rules,
} from './rights.ts';

/** What an application asks for; without a beginning, from now on. */
export interface Asked {
  application: string;
  task?: string;
  fromMs?: number;
  toMs: number;
  instances: Record<string, ReservedInstance>;
}

/** What is to be another; null takes away. */
export interface Change {
  task?: string | null;
  fromMs?: number;
  toMs?: number;
  instances?: Record<string, ReservedInstance>;
  offeredTo?: string | null;
}

/** A new reservation. Throws what hinders it, each by name. [any] */
export function reserve(book: Book, id: string, asked: Asked, rules: Rules): ReservationRecord {
  const { application, task, toMs, instances } = asked;
  const what = 'reserve';
  const span = { fromMs: asked.fromMs ?? rules.nowMs, toMs };
  const limits = limitsOf(book, application, rules);
  requireFuture(what, 'from', span.fromMs, rules);
  requireOrder(what, span);
  requireLongEnough(what, span, limits);
  requireWithinLimits(what, span, limits, rules);
  const units = chooseUnits(what, book, { application, ...span, graceMs: rules.graceMs, instances }, rules);
  const reservation: ReservationRecord = {
    id,
    revision: 1,
    application,
    ...(task === undefined ? {} : { task }),
    ...span,
    graceMs: rules.graceMs,
    instances,
    units,
    state: span.fromMs <= rules.nowMs ? 'running' : 'planned',
  };
  requireRoom(what, book, reservation, limits);
  return reservation;
}

/**
 * A reservation as it is to be: extended, shortened, moved, handed over, offered. [any]
 *
 * One that has begun keeps its beginning and its units, and may be shortened to less than the shortest. Throws RESERVATION_OVER,
 * and what `reserve` throws.
 */
export function changeReservation(
  book: Book,
  before: ReservationRecord,
  change: Change,
  rules: Rules,
): ReservationRecord {
  const what = `change ${before.id}`;
  requireOpen(what, before);
  const hasBegun = before.state === 'running' || before.fromMs <= rules.nowMs;
  const { fromMs = before.fromMs, toMs = before.toMs, instances = before.instances } = change;
  const next: ReservationRecord = { ...before, revision: before.revision + 1, fromMs, toMs, instances };
  setOrRemove(next, 'task', change.task);
  setOrRemove(next, 'offeredTo', change.offeredTo);
  if (next.offeredTo === before.application)
    throw new AudioCloudError('REQUEST_INVALID', `Cannot ${what}: ${before.application} has it; offer it to another`);
  const isOther = JSON.stringify(instances) !== JSON.stringify(before.instances);
  if (hasBegun && (fromMs !== before.fromMs || isOther))
    throw new AudioCloudError(
      'RESERVATION_TIME',
      `Cannot ${what}: it has begun, so its beginning and its units stay; change its end, or make another reservation`,
      { reservation: before.id },
    );
  const limits = limitsOf(book, before.application, rules);
  if (fromMs !== before.fromMs) requireFuture(what, 'from', fromMs, rules);
  if (toMs !== before.toMs) requireFuture(what, 'to', toMs, rules);
  requireOrder(what, next);
  if (!hasBegun) requireLongEnough(what, next, limits);
  next.state = fromMs <= rules.nowMs ? 'running' : before.state;
  // What it holds already is not asked for again: limits and maintenance that came since do not hinder that it becomes less.
  if (fromMs >= before.fromMs && toMs <= before.toMs && !isOther) return next;
  requireWithinLimits(what, next, limits, rules);
  next.units = chooseUnits(what, book, { ...next, instances: hasBegun ? asFixed(before) : instances }, rules, before);
  requireRoom(what, book, next, limits);
  return next;
}

/** The reservation of another application that was offered. It keeps its time and units. Throws RESERVATION_OVER. [any] */
export function acceptReservation(
  book: Book,
  before: ReservationRecord,
  { application, task }: { application: string; task?: string },
  rules: Rules,
): ReservationRecord {
  const what = `take over ${before.id}`;
  requireOpen(what, before);
  const { task: _task, offeredTo: _offeredTo, ...kept } = before;
  const next: ReservationRecord = {
    ...kept,
    revision: before.revision + 1,
    application,
    ...(task === undefined ? {} : { task }),
  };
  const rights = book.rights.get(application);
  for (const id of Object.values(before.units)) {
    const unit = rules.units.find((one) => one.id === id);
    if (unit && !mayReserve(rights, unit)) throw forbidden(what, application, id);
  }
  const limits = limitsOf(book, application, rules);
  requireWithinLimits(what, next, limits, rules);
  requireRoom(what, book, next, limits);
  return next;
}

/** The reservation as it is when it was cancelled: its units are free at once. Throws RESERVATION_OVER. [any] */
export function cancelReservation(before: ReservationRecord): ReservationRecord {
  requireOpen(`cancel ${before.id}`, before);
  const { offeredTo: _offeredTo, ...kept } = before;
  return { ...kept, revision: before.revision + 1, state: 'cancelled' };
}

/** A running reservation that has another unit for a name, until its end. Throws RESERVATION_CONFLICT, RESERVATION_FORBIDDEN. [any] */
export function replaceUnit(
  book: Book,
  before: ReservationRecord,
  name: string,
  unit: Unit,
  { nowMs }: Rules,
): ReservationRecord {
  const { id, application, graceMs, toMs, units } = before;
  const what = `replace ${units[name]} in ${id}`;
  if (!mayReserve(book.rights.get(application), unit)) throw forbidden(what, application, unit.id);
  const left = { fromMs: nowMs, toMs };
  const busy = busyFor(book, unit, graceMs).find((one) => overlaps(one, left));
  if (!busy) return { ...before, revision: before.revision + 1, units: { ...units, [name]: unit.id } };
  throw new AudioCloudError(
    'RESERVATION_CONFLICT',
    `Cannot ${what}: ${unit.id}: ${takenText(busy, application)}; it is wanted until ${momentText(toMs)}`,
    { reservation: id, unit: unit.id },
  );
}

/** Reservations that a maintenance window keeps from their units. [any] */
export function disturbedBy(book: Book, window: MaintenanceRecord, { units }: Rules): ReservationRecord[] {
  const concerned = units.filter((unit) => maintainedBy(window, unit) !== undefined);
  const ids = new Set<string>();
  for (const unit of concerned)
    for (const busy of busyOf(book, unit))
      if ('reservation' in busy && overlaps(busy, window)) ids.add(busy.reservation.id);
  return [...ids].map((id) => book.reservations.get(id)!);
}

/** What the passing of time makes of reservations that are not over: those that begin or end, in this order. [any] */
export function dueReservations(book: Book, nowMs: number): ReservationRecord[] {
  const sinceMs = (one: ReservationRecord) => (one.state === 'ended' ? heldSpan(one).toMs : one.fromMs);
  const due = [...book.reservations.values()].filter(isOpen).flatMap((reservation): ReservationRecord[] => {
    const { fromMs, toMs } = heldSpan(reservation);
    const state = nowMs >= toMs ? 'ended' : nowMs >= fromMs ? 'running' : reservation.state;
    return state === reservation.state ? [] : [{ ...reservation, revision: reservation.revision + 1, state }];
  });
  return due.sort((a, b) => sinceMs(a) - sinceMs(b));
}

/** The next moment after now at which something begins or ends; undefined when nothing does. [any] */
export function nextChangeMs(book: Book, nowMs: number): number | undefined {
  let next = Number.POSITIVE_INFINITY;
  const look = ({ fromMs, toMs }: Span) => {
    for (const ms of [fromMs, toMs]) if (ms > nowMs && ms < next) next = ms;
  };
  for (const reservation of book.reservations.values()) if (isOpen(reservation)) look(heldSpan(reservation));
  for (const window of book.maintenance.values()) look(window);
  return next === Number.POSITIVE_INFINITY ? undefined : next;
}

const asFixed = ({ units }: ReservationRecord): Record<string, ReservedInstance> =>
  Object.fromEntries(Object.entries(units).map(([name, fixed]) => [name, { fixed }]));

function setOrRemove<K extends 'task' | 'offeredTo'>(
  record: ReservationRecord,
  key: K,
  value: string | null | undefined,
) {
  if (value === null) delete record[key];
  else if (value !== undefined) record[key] = value;
}

function requireOpen(what: string, reservation: ReservationRecord): void {
  if (isOpen(reservation)) return;
  throw new AudioCloudError(
    'RESERVATION_OVER',
    `Cannot ${what}: it ${reservation.state === 'ended' ? 'has ended' : 'was cancelled'}; make a new reservation`,
    { reservation: reservation.id, state: reservation.state },
  );
}
