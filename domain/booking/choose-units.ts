import { AudioCloudError, modelWithoutVersion, type ReservedInstance } from '@audiocloud/api';
import { type Book, type Busy, busyOf, type Unit } from './book.ts';
import { freeSpans, overlaps, type Span } from './calendar.ts';
import { momentText } from './moment.ts';
import { forbidden, mayReserve, type Rules } from './rights.ts';

/** What is to be reserved. */
export interface Wish extends Span {
  application: string;
  graceMs: number;
  instances: Record<string, ReservedInstance>;
}

/** The reservation that is changed: it does not stand in its own way, and keeps its units where it can. */
export interface Before {
  id: string;
  units: Record<string, string>;
}

const sameAs = (id: string | undefined) => (busy: Busy) => 'reservation' in busy && busy.reservation.id === id;

/** What a unit is taken by for a reservation with this grace time: that has to be over before the next begins. [any] */
export function busyFor(book: Book, unit: Unit, graceMs: number, exceptId?: string): Busy[] {
  const isOwn = sameAs(exceptId);
  return busyOf(book, unit)
    .filter((busy) => !isOwn(busy))
    .map((busy) => ({ ...busy, fromMs: busy.fromMs - graceMs }));
}

/** Why a unit is taken, as far as an application may know. [any] */
export function takenText(busy: Busy, application: string): string {
  const until = momentText(busy.toMs);
  if ('maintenance' in busy) {
    const who = busy.through === undefined ? 'it is' : `it has its power through ${busy.through}, which is`;
    return `${who} in maintenance until ${until} (${busy.maintenance.reason})`;
  }
  const { reservation } = busy;
  if (reservation.application !== application) return `it is taken until ${until}`;
  const task = reservation.task === undefined ? '' : ` for task ${reservation.task}`;
  return `${reservation.id} of yours has it${task} until ${until}`;
}

/**
 * The unit for each name, for the whole time. [any]
 *
 * Units that are named are given first; `any` gets the one that it had, or the first that is free. All units of a model are
 * alike, so that finds a choice whenever there is one.
 * Throws FIXED_INSTANCE_UNKNOWN, MODEL_UNKNOWN, RESERVATION_FORBIDDEN, RESERVATION_CONFLICT with who has it and until when.
 */
export function chooseUnits(
  what: string,
  book: Book,
  wish: Wish,
  rules: Rules,
  before?: Before,
): Record<string, string> {
  const rights = book.rights.get(wish.application);
  const names = Object.entries(wish.instances);
  const chosen = new Map<string, string>();
  const given = new Set<string>();
  const give = (name: string, unit: string) => {
    chosen.set(name, unit);
    given.add(unit);
  };
  for (const [name, wanted] of names) {
    if (!('fixed' in wanted)) continue;
    const unit = rules.units.find(({ id }) => id === wanted.fixed);
    if (!unit && before?.units[name] !== wanted.fixed) throw unknownUnit(what, wanted.fixed);
    if (given.has(wanted.fixed)) throw namedTwice(what, wanted.fixed);
    if (unit && !mayReserve(rights, unit)) throw forbidden(what, wish.application, unit.id);
    requireFree(what, book, unit ?? { id: wanted.fixed, model: '' }, wish, before);
    give(name, wanted.fixed);
  }
  for (const [name, wanted] of names) {
    if (!('any' in wanted)) continue;
    const model = modelWithoutVersion(wanted.any);
    const ofModel = rules.units.filter((unit) => unit.model === model);
    if (ofModel.length === 0) throw unknownModel(what, model);
    const allowed = ofModel.filter((unit) => mayReserve(rights, unit));
    if (allowed.length === 0) throw forbidden(what, wish.application, model);
    const had = before?.units[name];
    const free = allowed
      .filter(({ id }) => !given.has(id))
      .sort((a, b) => Number(b.id === had) - Number(a.id === had))
      .find((unit) => !busyFor(book, unit, wish.graceMs, before?.id).some((busy) => overlaps(busy, wish)));
    if (!free) throw noneFree(what, book, model, allowed, wish, before);
    give(name, free.id);
  }
  return Object.fromEntries(names.map(([name]) => [name, chosen.get(name)!]));
}

/** Throws RESERVATION_CONFLICT when a unit is taken within the time. [any] */
function requireFree(what: string, book: Book, unit: Unit, wish: Wish, before: Before | undefined): void {
  const busy = busyFor(book, unit, wish.graceMs, before?.id);
  const [first] = busy.filter((one) => overlaps(one, wish)).sort((a, b) => a.toMs - b.toMs);
  if (!first) return;
  const freeFrom = momentText(earliest([busy], wish, 1));
  throw new AudioCloudError(
    'RESERVATION_CONFLICT',
    `Cannot ${what}: ${unit.id}: ${takenText(first, wish.application)}; for so long it is free from ${freeFrom} on`,
    { unit: unit.id, until: momentText(first.toMs), freeFrom },
  );
}

function noneFree(
  what: string,
  book: Book,
  model: string,
  allowed: readonly Unit[],
  wish: Wish,
  before: Before | undefined,
): AudioCloudError {
  const wanted = Object.values(wish.instances);
  const named = wanted.flatMap((one) => ('fixed' in one ? [one.fixed] : []));
  const count = wanted.filter((one) => 'any' in one && modelWithoutVersion(one.any) === model).length;
  const busy = allowed
    .filter(({ id }) => !named.includes(id))
    .map((unit) => busyFor(book, unit, wish.graceMs, before?.id));
  if (busy.length < count)
    return new AudioCloudError(
      'RESERVATION_CONFLICT',
      `Cannot ${what}: ${count} of ${model} wanted, ${busy.length} may be had beside those named; ask for fewer`,
      { model, wanted: count, units: busy.length },
    );
  const free = busy.filter((ofUnit) => !ofUnit.some((one) => overlaps(one, wish))).length;
  const freeFrom = momentText(earliest(busy, wish, count));
  return new AudioCloudError(
    'RESERVATION_CONFLICT',
    `Cannot ${what}: ${count} of ${model} wanted, ${free} of ${busy.length} free all the time; from ${freeFrom} on so many are free for so long`,
    { model, wanted: count, free, freeFrom },
  );
}

/** The first moment from the beginning of a wish on, at which so many units are free for its length. [any] */
function earliest(busyOfUnits: readonly (readonly Span[])[], { fromMs, toMs }: Span, count: number): number {
  const length = toMs - fromMs;
  const slots = busyOfUnits.map((busy) => freeSpans(busy, { fromMs, toMs: Number.POSITIVE_INFINITY }, length));
  const starts = slots.flatMap((ofUnit) => ofUnit.map((slot) => slot.fromMs)).sort((a, b) => a - b);
  const isRoom = (startMs: number) =>
    slots.filter((ofUnit) => ofUnit.some((slot) => slot.fromMs <= startMs && startMs + length <= slot.toMs)).length;
  // The last start lies behind everything that is booked.
  return starts.find((startMs) => isRoom(startMs) >= count)!;
}

const unknownUnit = (what: string, unit: string) =>
  new AudioCloudError(
    'FIXED_INSTANCE_UNKNOWN',
    `Cannot ${what}: no engine has ${unit}; see /v1/instances for those that there are`,
    { instance: unit },
  );
const unknownModel = (what: string, model: string) =>
  new AudioCloudError('MODEL_UNKNOWN', `Cannot ${what}: no fixed instance is a ${model}; see /v1/instances`, { model });
const namedTwice = (what: string, unit: string) =>
  new AudioCloudError('REQUEST_INVALID', `Cannot ${what}: ${unit} is named twice; name it once`, { instance: unit });
