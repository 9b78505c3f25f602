import { AudioCloudError, modelWithoutVersion, type ReservationRights } from '@audiocloud/api';
import type { Book, Unit } from './book.ts';
import { mostAtOnce, type Span } from './calendar.ts';
import { momentText } from './moment.ts';
import { heldSpan, isOpen, type ReservationRecord } from './reservation-record.ts';

/** How much an application may reserve. */
export type Limits = Required<Omit<ReservationRights, 'units' | 'models'>>;
/** What an application may reserve; limits that are left out are those of everybody. */
export type Rights = ReservationRights;

/** What is the same for all decisions of a moment. */
export interface Rules {
  nowMs: number;
  /** The fixed instances that there are. */
  units: readonly Unit[];
  limits: Limits;
  /** Of new reservations. */
  graceMs: number;
}

const lengthText = (seconds: number): string => {
  const [size, name] = (
    [
      [86_400, 'days'],
      [3600, 'h'],
      [60, 'min'],
    ] as const
  ).find(([size]) => seconds >= size && seconds % size === 0) ?? [1, 's'];
  return `${seconds / size} ${name}`;
};
const timeError = (message: string, details: object) =>
  new AudioCloudError('RESERVATION_TIME', message, { ...details });
const limitError = (message: string, details: object) =>
  new AudioCloudError('RESERVATION_LIMIT', message, { ...details });

/** The limits of an application. [any] */
export function limitsOf(book: Book, application: string, { limits }: Rules): Limits {
  return { ...limits, ...book.rights.get(application) };
}

/** Throws RESERVATION_TIME for what ends before it begins. [any] */
export function requireOrder(what: string, { fromMs, toMs }: Span): void {
  if (toMs > fromMs) return;
  const [from, to] = [momentText(fromMs), momentText(toMs)];
  throw timeError(`Cannot ${what}: its end ${to} is not after its beginning ${from}; give a later end`, { from, to });
}

/** Throws RESERVATION_TIME for a moment that is past. [any] */
export function requireFuture(what: string, part: 'from' | 'to', ms: number, { nowMs }: Rules): void {
  if (part === 'from' ? ms >= nowMs : ms > nowMs) return;
  const [moment, now] = [momentText(ms), momentText(nowMs)];
  throw timeError(
    `Cannot ${what}: its ${part === 'from' ? 'beginning' : 'end'} ${moment} is past, it is ${now}; give a time that lies ahead`,
    { [part]: moment, now },
  );
}

/** Throws RESERVATION_LIMIT for a reservation that is shorter than the application may have. [any] */
export function requireLongEnough(what: string, { fromMs, toMs }: Span, { shortestSeconds }: Limits): void {
  const seconds = (toMs - fromMs) / 1000;
  if (seconds >= shortestSeconds) return;
  throw limitError(
    `Cannot ${what}: it lasts ${lengthText(seconds)}, at least ${lengthText(shortestSeconds)} is wanted; give a later end`,
    { limit: 'shortestSeconds', seconds, least: shortestSeconds },
  );
}

/** Throws RESERVATION_LIMIT for a reservation that is longer, or further ahead, than the application may have. [any] */
export function requireWithinLimits(
  what: string,
  span: Span,
  { longestSeconds, aheadSeconds }: Limits,
  { nowMs }: Rules,
) {
  const seconds = (span.toMs - span.fromMs) / 1000;
  if (seconds > longestSeconds)
    throw limitError(
      `Cannot ${what}: it lasts ${lengthText(seconds)}, at most ${lengthText(longestSeconds)} is allowed; give an earlier end`,
      { limit: 'longestSeconds', seconds, most: longestSeconds },
    );
  const latest = momentText(nowMs + aheadSeconds * 1000);
  if (span.fromMs > nowMs + aheadSeconds * 1000)
    throw limitError(
      `Cannot ${what}: it begins at ${momentText(span.fromMs)}, at most ${lengthText(aheadSeconds)} ahead is allowed; begin by ${latest}`,
      { limit: 'aheadSeconds', latest, most: aheadSeconds },
    );
}

/** Throws RESERVATION_LIMIT when an application would have too many units at once, or too many reservations. [any] */
export function requireRoom(what: string, book: Book, next: ReservationRecord, limits: Limits): void {
  const own = [...book.reservations.values()].filter(
    (one) => one.application === next.application && one.id !== next.id && isOpen(one),
  );
  if (own.length + 1 > limits.mostPlanned)
    throw limitError(
      `Cannot ${what}: ${next.application} has ${own.length} reservations that are not over, at most ${limits.mostPlanned} are allowed; cancel one`,
      { limit: 'mostPlanned', there: own.length, most: limits.mostPlanned },
    );
  const within = heldSpan(next);
  const held = [...own, next].map((one) => {
    const { fromMs, toMs } = heldSpan(one);
    const count = Object.keys(one.units).length;
    return { fromMs: Math.max(fromMs, within.fromMs), toMs: Math.min(toMs, within.toMs), count };
  });
  const units = mostAtOnce(held.filter(({ fromMs, toMs }) => toMs > fromMs));
  if (units > limits.mostAtOnce)
    throw limitError(
      `Cannot ${what}: ${next.application} would have ${units} units at once, at most ${limits.mostAtOnce} are allowed; take fewer, or another time`,
      { limit: 'mostAtOnce', units, most: limits.mostAtOnce },
    );
}

/** Whether an application may reserve a unit. [any] */
export function mayReserve(rights: Rights | undefined, unit: Unit): boolean {
  const { units, models } = rights ?? {};
  if (!units && !models) return true;
  const isOfModel = (models ?? []).some((model) => modelWithoutVersion(model) === unit.model);
  return isOfModel || (units ?? []).includes(unit.id);
}

export function forbidden(what: string, application: string, name: string): AudioCloudError {
  return new AudioCloudError(
    'RESERVATION_FORBIDDEN',
    `Cannot ${what}: ${application} has no right to reserve ${name}; choose another, or ask an administrator`,
    { instance: name },
  );
}
