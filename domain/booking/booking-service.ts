import {
  asAudioCloudError,
  AudioCloudError,
  type Availability,
  type Maintenance,
  type MaintenanceCreate,
  type MaintenanceCreated,
  modelWithoutVersion,
  type Reservation,
  type ReservationChange,
  type ReservationCreate,
  type ReservationRights,
} from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Cancel, Clock } from '../clock/clock.ts';
import { causeBy } from '../events/cause.ts';
import type { EventJournal, NewDomainEvent } from '../events/event-journal.ts';
import type { UnitUser } from '../instances/unit-rights.ts';
import { type Page, type PageQuery, sortedPageOf } from '../http/paging.ts';
import type { Manner } from '../http/once-or-dry.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import type { Store } from '../store/store.ts';
import { availability } from './availability.ts';
import { type Book, EMPTY_BOOK, type Unit, withEntry } from './book.ts';
import { type BookEntry, BookStore } from './book-store.ts';
import type { Booking } from './booking.ts';
import type { BookingSettings } from './booking-settings.ts';
import { hasReservation, isReservedFor, whyNotUse } from './may-use.ts';
import { readMoment } from './moment.ts';
import { reservationChanged, reservationEvent } from './reservation-events.ts';
import { cursorOf, type ReservationFilter, reservationPage } from './reservation-page.ts';
import {
  isOpen,
  type MaintenanceRecord,
  maintenanceOf,
  offeredReservationOf,
  type ReservationRecord,
  reservationOf,
} from './reservation-record.ts';
import {
  acceptReservation,
  cancelReservation,
  changeReservation,
  disturbedBy,
  dueReservations,
  nextChangeMs,
  replaceUnit,
  reserve,
} from './reserve.ts';
import { requireFuture, requireOrder, type Rules } from './rights.ts';
import { UnitsInUse } from './units-in-use.ts';

/** What is over is kept for so long. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** The clock of the machine may jump: what is due is looked for at least so often while something is to come. */
const LOOK_MS = 60_000;
/** What could not be stored is tried again. */
const RETRY_MS = 1_000;

export interface BookingContext {
  store: Store;
  journal: EventJournal;
  clock: Clock;
  logger: FastifyBaseLogger;
  randomBytes: RandomBytes;
  settings: BookingSettings;
  /** The fixed instances of all engines. */
  units(): Unit[];
}

/** Who asks: an application, or somebody of it who knows only these tasks. */
export interface Asker {
  application: string;
  tasks?: ReadonlySet<string>;
}

interface Decision<R> {
  entries: BookEntry[];
  events: NewDomainEvent[];
  answer: R;
}

/** The reservations of fixed instances, and who may use those. [control] */
export class BookingService implements Booking {
  readonly #context: BookingContext;
  readonly #stored: BookStore;
  readonly #inUse = new UnitsInUse();
  readonly #listeners = new Set<() => void>();
  #book: Book = EMPTY_BOOK;
  #tail: Promise<unknown> = Promise.resolve();
  #cancelLook: Cancel = () => undefined;
  #isClosed = false;

  /** Takes up what is stored. */
  static async open(context: BookingContext): Promise<BookingService> {
    const service = new BookingService(context);
    service.#book = await service.#stored.read();
    return service;
  }

  private constructor(context: BookingContext) {
    this.#context = context;
    this.#stored = new BookStore(context.store, context.journal);
  }

  /** Whether an application has reservations that are not over. */
  isUsedBy(application: string): boolean {
    return [...this.#book.reservations.values()].some((one) => one.application === application && isOpen(one));
  }

  /** What begins and ends is told from now on, at first what did so meanwhile. After those who played have told what they use. */
  start(): void {
    this.#lookIn(0);
  }

  /** By their beginning. */
  list(asker: Asker, filter: ReservationFilter): Page<Reservation> {
    const seen = [...this.#book.reservations.values()].filter((one) => isSeenBy(one, asker));
    return reservationPage(seen, filter, this.#context.units(), (one) => told(one, asker));
  }

  /** Throws RESERVATION_UNKNOWN, also for one of another application that is not offered to this one. */
  get(asker: Asker, id: string): Reservation {
    return told(this.#find(this.#book, asker, id), asker);
  }

  /** Throws what `reserve` throws. */
  async create(asker: Asker, create: ReservationCreate, manner: Manner = {}): Promise<Reservation> {
    const { task, from, to, instances } = create;
    const asked = {
      application: asker.application,
      ...(task === undefined ? {} : { task }),
      ...(from === undefined ? {} : { fromMs: readMoment(from, 'from') }),
      toMs: readMoment(to, 'to'),
      instances,
    };
    const id = `reservation-${this.#context.randomBytes(6).toString('hex')}`;
    return this.#change(manner, (book, rules) => changed(undefined, reserve(book, id, asked, rules), manner));
  }

  /** expected: the revision that must be there. Throws RESERVATION_UNKNOWN, REVISION_CONFLICT, and what `changeReservation` throws. */
  async change(
    asker: Asker,
    id: string,
    change: ReservationChange,
    expected?: number,
    manner: Manner = {},
  ): Promise<Reservation> {
    const { from, to, ...rest } = change;
    const asked = {
      ...rest,
      ...(from === undefined ? {} : { fromMs: readMoment(from, 'from') }),
      ...(to === undefined ? {} : { toMs: readMoment(to, 'to') }),
    };
    return this.#change(manner, (book, rules) => {
      const before = this.#own(book, asker, id, expected);
      return changed(before, changeReservation(book, before, asked, rules), manner);
    });
  }

  /** Takes over one that another application offers. Throws RESERVATION_UNKNOWN, and what `acceptReservation` throws. */
  async accept(
    asker: Asker,
    id: string,
    task: string | undefined,
    expected?: number,
    manner: Manner = {},
  ): Promise<Reservation> {
    const { application } = asker;
    return this.#change(manner, (book, rules) => {
      const before = this.#find(book, asker, id);
      if (before.offeredTo !== application) throw unknown(id);
      requireRevision(before, expected);
      const to = { application, ...(task === undefined ? {} : { task }) };
      return changed(before, acceptReservation(book, before, to, rules), manner);
    });
  }

  /** As change. */
  async cancel(asker: Asker, id: string, expected?: number, manner: Manner = {}): Promise<Reservation> {
    return this.#change(manner, (book) => {
      const before = this.#own(book, asker, id, expected);
      return changed(before, cancelReservation(before), manner);
    });
  }

  /** Free slots of a unit or of all units of a model, from now on. Throws FIXED_INSTANCE_UNKNOWN, MODEL_UNKNOWN, RESERVATION_TIME. */
  availability(of: { unit?: string; model?: string }, from: string, to: string, leastSeconds: number): Availability {
    const rules = this.#rules();
    const fromMs = Math.max(rules.nowMs, readMoment(from, 'from'));
    const within = { fromMs, toMs: readMoment(to, 'to') };
    requireOrder('look for free time', within);
    return availability(this.#book, this.#unitsOf(of, rules.units), within, {
      leastMs: leastSeconds * 1000,
      graceMs: rules.graceMs,
    });
  }

  /** What is not over yet, by its beginning. */
  listMaintenance(query: PageQuery = {}): Page<Maintenance> {
    const nowMs = this.#context.clock.now();
    const windows = [...this.#book.maintenance.values()].filter(({ toMs }) => toMs > nowMs);
    const { items, ...rest } = sortedPageOf(windows, cursorOf, query);
    return { items: items.map(maintenanceOf), ...rest };
  }

  /** It goes before reservations: those that it disturbs are told at once. Throws as availability does. */
  async createMaintenance(create: MaintenanceCreate, manner: Manner = {}): Promise<MaintenanceCreated> {
    const { from, to, ...rest } = create;
    const id = `maintenance-${this.#context.randomBytes(6).toString('hex')}`;
    const [fromMs, toMs] = [from === undefined ? undefined : readMoment(from, 'from'), readMoment(to, 'to')];
    return this.#change(manner, (book, rules) => {
      const units = this.#unitsOf(rest, rules.units);
      const where = 'unit' in rest ? { unit: rest.unit } : { model: modelWithoutVersion(rest.model) };
      const window: MaintenanceRecord = { id, ...where, fromMs: fromMs ?? rules.nowMs, toMs, reason: rest.reason };
      requireOrder('plan maintenance', window);
      requireFuture('plan maintenance', 'to', window.toMs, rules);
      const disturbed = disturbedBy(book, window, rules);
      const answer = { ...maintenanceOf(window), disturbed: disturbed.map((one) => one.id) };
      const { reason } = window;
      const data = { maintenance: id, from: answer.from, to: answer.to, reason };
      const by = byOf(manner);
      return {
        entries: [{ part: 'maintenance', key: id, value: window }],
        events: [
          { type: 'maintenance.created', ...by, data: { ...data, units: units.map((unit) => unit.id) } },
          ...disturbed.map((one) => reservationEvent('reservation.disturbed', one, by, data)),
        ],
        answer,
      };
    });
  }

  /** Throws MAINTENANCE_UNKNOWN. */
  async deleteMaintenance(id: string, manner: Manner = {}): Promise<null> {
    return this.#change(manner, (book) => {
      if (!book.maintenance.has(id))
        throw new AudioCloudError('MAINTENANCE_UNKNOWN', `Cannot find ${id}: there is none of that id`, {
          maintenance: id,
        });
      return {
        entries: [{ part: 'maintenance', key: id, value: undefined }],
        events: [{ type: 'maintenance.deleted', ...byOf(manner), data: { maintenance: id } }],
        answer: null,
      };
    });
  }

  /** The rights of an application with the limits that count for it. */
  rightsOf(application: string): ReservationRights {
    return { ...this.#context.settings.limits, ...this.#book.rights.get(application) };
  }

  /** For what is reserved from now on. Returns them as rightsOf does. */
  setRights(application: string, rights: ReservationRights, manner: Manner = {}): Promise<ReservationRights> {
    return this.#change(manner, () => ({
      entries: [{ part: 'rights', key: application, value: rights }],
      events: [],
      answer: { ...this.#context.settings.limits, ...rights },
    }));
  }

  whyNot(id: string, who: UnitUser, nowMs: number): string | undefined {
    return whyNotUse(this.#book, this.#unit(id), who, nowMs, this.#context.settings.isReservationNeeded);
  }

  requireUse(units: readonly string[], who: UnitUser, nowMs: number): void {
    for (const unit of units) {
      const why = this.whyNot(unit, who, nowMs);
      if (why !== undefined)
        throw new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', `Cannot use ${unit}: ${why}`, { instance: unit });
    }
  }

  isReserved(unit: string, who: UnitUser, nowMs: number): boolean {
    return isReservedFor(this.#book, this.#unit(unit), who, nowMs);
  }

  /** Where a task got another unit for one that it reserved under `any`, which failed, its reservation goes over to that. */
  hold(units: readonly string[], who: Required<UnitUser>): void {
    const reserved = this.#inUse.of(who).filter((use) => use.isReserved && !units.includes(use.unit));
    const had = this.#inUse.of(who).map(({ unit }) => unit);
    const fresh = units.filter((unit) => !had.includes(unit));
    this.#inUse.hold(units, who);
    this.#noteReserved();
    for (const { unit } of reserved) {
      const { model } = this.#unit(unit);
      const next = fresh.find((one) => this.#unit(one).model === model);
      if (next !== undefined) this.#follow(unit, next, who);
    }
  }

  overFor(who: Required<UnitUser>, nowMs: number): string | undefined {
    return this.#inUse.of(who).find(({ unit, isReserved }) => isReserved && !this.isReserved(unit, who, nowMs))?.unit;
  }

  /**
   * Gives a running reservation another unit for one under `any`, until its end. Returns whether somebody has reserved it so.
   *
   * Throws RESERVATION_CONFLICT when the other one is taken within that time.
   */
  replaceUnit(failed: string, unit: string, who: UnitUser): Promise<boolean> {
    return this.#change<boolean>({}, (book, rules) => {
      for (const before of book.reservations.values()) {
        if (before.state !== 'running' || before.application !== who.application) continue;
        if (before.task !== undefined && before.task !== who.task) continue;
        const name = Object.keys(before.units).find((one) => before.units[one] === failed);
        if (name === undefined || !('any' in before.instances[name]!)) continue;
        return { ...changed(before, replaceUnit(book, before, name, this.#unit(unit), rules), {}), answer: true };
      }
      return { entries: [], events: [], answer: false };
    });
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Forgets what is over for long. */
  async forget(): Promise<void> {
    await this.#change({}, (book, { nowMs }) => {
      const since = nowMs - KEPT_MS;
      const reservations = [...book.reservations.values()].filter((one) => !isOpen(one) && one.toMs < since);
      const windows = [...book.maintenance.values()].filter(({ toMs }) => toMs < since);
      const gone = (part: 'reservations' | 'maintenance') => (one: { id: string }) => ({
        part,
        key: one.id,
        value: undefined,
      });
      return {
        entries: [...reservations.map(gone('reservations')), ...windows.map(gone('maintenance'))],
        events: [],
        answer: undefined,
      };
    });
  }

  /** Settles when what was asked until now is stored or refused. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  /** Nothing begins or ends by itself any more. Settles when what was asked is stored. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelLook();
    await this.settled();
  }

  /** One decision after another, each made on the book as it is then, and made again when the store has another. */
  #change<R>(manner: Manner, decide: (book: Book, rules: Rules) => Decision<R>): Promise<R> {
    const { cause = causeBy(), isDryRun = false } = manner;
    const done = this.#tail.then(async () => {
      for (;;) {
        // Also who is refused is refused by the book as it is.
        if (!(await this.#stored.isCurrent())) this.#book = await this.#stored.read();
        const { entries, events, answer } = decide(this.#book, this.#rules());
        if (isDryRun) return answer;
        const receipt = cause.receipt(answer);
        if (entries.length === 0 && receipt.length === 0) return answer;
        try {
          await this.#stored.write(entries, events, receipt);
        } catch (error) {
          if (asAudioCloudError(error).code !== 'REVISION_CONFLICT') throw error;
          if (await this.#stored.isCurrent()) throw error;
          continue;
        }
        this.#noteReserved();
        for (const { part, key, value } of entries) this.#book = withEntry(this.#book, part, key, value as never);
        this.#tell();
        return answer;
      }
    });
    this.#tail = done.catch(() => undefined);
    return done;
  }

  #tell(): void {
    this.#noteReserved();
    this.#schedule();
    for (const listener of [...this.#listeners]) listener();
  }

  #schedule(): void {
    const nowMs = this.#context.clock.now();
    const next = nextChangeMs(this.#book, nowMs);
    if (next === undefined) this.#cancelLook();
    else this.#lookIn(Math.min(next - nowMs, LOOK_MS));
  }

  #lookIn(ms: number): void {
    this.#cancelLook();
    if (!this.#isClosed) this.#cancelLook = this.#context.clock.after(ms, () => void this.#look());
  }

  /** Stores and tells what begins and ends. */
  async #look(): Promise<void> {
    try {
      await this.#change({}, (book, { nowMs }) => {
        const due = dueReservations(book, nowMs);
        const changes = due.map((next) => changed(book.reservations.get(next.id), next, {}));
        return {
          entries: changes.flatMap(({ entries }) => entries),
          events: changes.flatMap(({ events }) => events),
          answer: undefined,
        };
      });
      // Also without a change of the book: maintenance begins and ends by itself.
      this.#tell();
    } catch (error) {
      this.#context.logger.error({ error: asAudioCloudError(error).toJSON() }, 'what is due was not stored');
      this.#lookIn(RETRY_MS);
    }
  }

  #follow(failed: string, unit: string, who: Required<UnitUser>): void {
    this.replaceUnit(failed, unit, who).catch((error) =>
      this.#context.logger.warn(
        { error: asAudioCloudError(error).toJSON(), unit },
        'a unit could not be reserved instead',
      ),
    );
  }

  /** Who plays under a reservation ends with it, also if nobody else wants the unit then. */
  #noteReserved(): void {
    const nowMs = this.#context.clock.now();
    for (const use of this.#inUse.all())
      use.isReserved ||= hasReservation(this.#book, this.#unit(use.unit), use.user, nowMs);
  }

  #rules(): Rules {
    const { clock, settings } = this.#context;
    return {
      nowMs: clock.now(),
      units: this.#context.units(),
      limits: settings.limits,
      graceMs: settings.graceSeconds * 1000,
    };
  }

  #unit(id: string): Unit {
    return this.#context.units().find((unit) => unit.id === id) ?? { id, model: '' };
  }

  #unitsOf({ unit, model }: { unit?: string; model?: string }, units: readonly Unit[]): Unit[] {
    if (unit !== undefined) {
      const found = units.find(({ id }) => id === unit);
      if (found) return [found];
      throw new AudioCloudError('FIXED_INSTANCE_UNKNOWN', `Cannot find ${unit}: no engine has it; see /v1/instances`, {
        instance: unit,
      });
    }
    const found = units.filter((one) => one.model === modelWithoutVersion(model!));
    if (found.length > 0) return found;
    throw new AudioCloudError('MODEL_UNKNOWN', `Cannot find units of ${model}: no engine has one; see /v1/instances`, {
      model,
    });
  }

  #find(book: Book, asker: Asker, id: string): ReservationRecord {
    const found = book.reservations.get(id);
    if (!found || !isSeenBy(found, asker)) throw unknown(id);
    return found;
  }

  #own(book: Book, asker: Asker, id: string, expected: number | undefined): ReservationRecord {
    const found = this.#find(book, asker, id);
    if (found.application !== asker.application) throw unknown(id);
    requireRevision(found, expected);
    return found;
  }
}

const byOf = ({ cause }: Manner) => (cause?.by ? { by: cause.by } : {});

/** A reservation that is another by now, with its events. */
function changed(
  before: ReservationRecord | undefined,
  next: ReservationRecord,
  manner: Manner,
): Decision<Reservation> {
  return {
    entries: [{ part: 'reservations', key: next.id, value: next }],
    events: reservationChanged(before, next, byOf(manner)),
    answer: reservationOf(next),
  };
}

function isSeenBy({ application, task, offeredTo }: ReservationRecord, asker: Asker): boolean {
  if (application !== asker.application) return offeredTo === asker.application && asker.tasks === undefined;
  return asker.tasks === undefined || (task !== undefined && asker.tasks.has(task));
}

const told = (record: ReservationRecord, { application }: Asker) =>
  record.application === application ? reservationOf(record) : offeredReservationOf(record);

const unknown = (id: string) =>
  new AudioCloudError('RESERVATION_UNKNOWN', `Cannot find ${id}: there is none of that id`, { reservation: id });

function requireRevision({ id, revision }: ReservationRecord, expected: number | undefined): void {
  if (expected === undefined || expected === revision) return;
  throw new AudioCloudError(
    'REVISION_CONFLICT',
    `Cannot change ${id}: it is at revision ${revision}, wanted ${expected}; read it again`,
    { reservation: id, revision, expected },
  );
}
