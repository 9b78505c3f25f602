import {
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
import type { Clock } from '../clock/clock.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { Manner } from '../http/once-or-dry.ts';
import { type Page, type PageQuery, sortedPageOf } from '../http/paging.ts';
import type { UnitUser } from '../instances/unit-rights.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import type { Store } from '../store/store.ts';
import { type Asker, findReservation, isSeenBy, offeredReservation, ownReservation, seenBy } from './asker.ts';
import { availability } from './availability.ts';
import type { Unit } from './book.ts';
import { BookKeeper } from './book-keeper.ts';
import { BookStore } from './book-store.ts';
import type { Booking } from './booking.ts';
import type { BookingSettings } from './booking-settings.ts';
import { byOf, decided } from './decision.ts';
import { DueChanges } from './due-changes.ts';
import { readMoment } from './moment.ts';
import { reservationEvent } from './reservation-events.ts';
import { cursorOf, type ReservationFilter, reservationPage } from './reservation-page.ts';
import { isOpen, type MaintenanceRecord, maintenanceOf } from './reservation-record.ts';
import { acceptReservation, cancelReservation, changeReservation, disturbedBy, reserve } from './reserve.ts';
import { requireFuture, requireOrder, type Rules } from './rights.ts';
import { UnitUsers } from './unit-users.ts';

export interface BookingContext {
  store: Store;
  journal: EventJournal;
  clock: Clock;
  logger: FastifyBaseLogger;
  randomBytes: RandomBytes;
  settings: BookingSettings;
  /** The fixed instances of all engines. */
  units(): Unit[];
  /** Every engine has said which units it has. */
  areUnitsKnown(): boolean;
}

const UNKNOWN: ReadonlySet<string> = new Set(['FIXED_INSTANCE_UNKNOWN', 'MODEL_UNKNOWN']);

/** The reservations of fixed instances, and who may use those. [control] */
export class BookingService implements Booking {
  readonly #context: BookingContext;
  readonly #keeper: BookKeeper;
  readonly #users: UnitUsers;
  readonly #due: DueChanges;
  readonly #listeners = new Set<() => void>();

  /** Takes up what is stored. */
  static async open(context: BookingContext): Promise<BookingService> {
    const service = new BookingService(context);
    await service.#keeper.read();
    return service;
  }

  private constructor(context: BookingContext) {
    this.#context = context;
    const { store, journal, clock, logger, settings } = context;
    const keeper = new BookKeeper(new BookStore(store, journal), () => this.#rules(), {
      changing: () => this.#users.noteReserved(),
      changed: () => this.#tell(),
    });
    this.#keeper = keeper;
    const { isReservationNeeded } = settings;
    this.#users = new UnitUsers({ keeper, clock, logger, isReservationNeeded, units: () => context.units() });
    this.#due = new DueChanges({ keeper, clock, logger, passed: () => this.#tell() });
  }

  /** Whether an application has reservations that are not over. */
  isUsedBy(application: string): boolean {
    return [...this.#keeper.book.reservations.values()].some((one) => one.application === application && isOpen(one));
  }

  /** What begins and ends is told from now on, at first what did so meanwhile. After those who played have told what they use. */
  start(): void {
    this.#due.start();
  }

  /** By their beginning. */
  list(asker: Asker, filter: ReservationFilter): Page<Reservation> {
    const seen = [...this.#keeper.book.reservations.values()].filter((one) => isSeenBy(one, asker));
    return reservationPage(seen, filter, this.#context.units(), (one) => seenBy(one, asker));
  }

  /** Throws RESERVATION_UNKNOWN, also for one of another application that is not offered to this one. */
  get(asker: Asker, id: string): Reservation {
    return seenBy(findReservation(this.#keeper.book, asker, id), asker);
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
    return this.#keeper.change(manner, (book, rules) => {
      const made = this.#knowing(() => reserve(book, id, asked, rules));
      return decided(undefined, made, manner);
    });
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
    return this.#keeper.change(manner, (book, rules) => {
      const before = ownReservation(book, asker, id, expected);
      return decided(
        before,
        this.#knowing(() => changeReservation(book, before, asked, rules)),
        manner,
      );
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
    return this.#keeper.change(manner, (book, rules) => {
      const before = offeredReservation(book, asker, id, expected);
      const to = { application, ...(task === undefined ? {} : { task }) };
      return decided(before, acceptReservation(book, before, to, rules), manner);
    });
  }

  /** As change. */
  async cancel(asker: Asker, id: string, expected?: number, manner: Manner = {}): Promise<Reservation> {
    return this.#keeper.change(manner, (book) => {
      const before = ownReservation(book, asker, id, expected);
      return decided(before, cancelReservation(before), manner);
    });
  }

  /** Free slots of a unit or of all units of a model, from now on. Throws FIXED_INSTANCE_UNKNOWN, MODEL_UNKNOWN, RESERVATION_TIME. */
  availability(of: { unit?: string; model?: string }, from: string, to: string, leastSeconds: number): Availability {
    const rules = this.#rules();
    const fromMs = Math.max(rules.nowMs, readMoment(from, 'from'));
    const within = { fromMs, toMs: readMoment(to, 'to') };
    requireOrder('look for free time', within);
    return availability(this.#keeper.book, this.#unitsOf(of, rules.units), within, {
      leastMs: leastSeconds * 1000,
      graceMs: rules.graceMs,
    });
  }

  /** What is not over yet, by its beginning. */
  listMaintenance(query: PageQuery = {}): Page<Maintenance> {
    const nowMs = this.#context.clock.now();
    const windows = [...this.#keeper.book.maintenance.values()].filter(({ toMs }) => toMs > nowMs);
    const { items, ...rest } = sortedPageOf(windows, cursorOf, query);
    return { items: items.map(maintenanceOf), ...rest };
  }

  /** It goes before reservations: those that it disturbs are told at once. Throws as availability does. */
  async createMaintenance(create: MaintenanceCreate, manner: Manner = {}): Promise<MaintenanceCreated> {
    const { from, to, ...rest } = create;
    const id = `maintenance-${this.#context.randomBytes(6).toString('hex')}`;
    const [fromMs, toMs] = [from === undefined ? undefined : readMoment(from, 'from'), readMoment(to, 'to')];
    return this.#keeper.change(manner, (book, rules) => {
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
    return this.#keeper.change(manner, (book) => {
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
    return { ...this.#context.settings.limits, ...this.#keeper.book.rights.get(application) };
  }

  /** For what is reserved from now on. Returns them as rightsOf does. */
  setRights(application: string, rights: ReservationRights, manner: Manner = {}): Promise<ReservationRights> {
    return this.#keeper.change(manner, () => ({
      entries: [{ part: 'rights', key: application, value: rights }],
      events: [],
      answer: { ...this.#context.settings.limits, ...rights },
    }));
  }

  whyNot(id: string, who: UnitUser, nowMs: number): string | undefined {
    return this.#users.whyNot(id, who, nowMs);
  }

  requireUse(units: readonly string[], who: UnitUser, nowMs: number): void {
    this.#users.requireUse(units, who, nowMs);
  }

  isReserved(unit: string, who: UnitUser, nowMs: number): boolean {
    return this.#users.isReserved(unit, who, nowMs);
  }

  maintainedBy(unit: string, nowMs: number): string | undefined {
    return this.#users.maintainedBy(unit, nowMs);
  }

  hold(units: readonly string[], who: Required<UnitUser>): void {
    this.#users.hold(units, who);
  }

  overFor(who: Required<UnitUser>, nowMs: number): string | undefined {
    return this.#users.overFor(who, nowMs);
  }

  /** See UnitUsers. */
  replaceUnit(failed: string, unit: string, who: UnitUser): Promise<boolean> {
    return this.#users.replaceUnit(failed, unit, who);
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Forgets what is over for long. */
  forget(): Promise<void> {
    return this.#due.forget();
  }

  /** Settles when what was asked until now is stored or refused. */
  settled(): Promise<void> {
    return this.#keeper.settled();
  }

  /** Nothing begins or ends by itself any more. Settles when what was asked is stored. */
  close(): Promise<void> {
    this.#due.close();
    return this.settled();
  }

  #tell(): void {
    this.#users.noteReserved();
    // What is due is stored first and told then: a reservation ends before the tasks that it let play.
    if (this.#due.schedule()) return;
    for (const listener of [...this.#listeners]) listener();
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

  /** What is not there may be at an engine that has not answered since the domain started: then nobody can tell yet. */
  #knowing<R>(work: () => R): R {
    try {
      return work();
    } catch (thrown) {
      const isUnknown = thrown instanceof AudioCloudError && UNKNOWN.has(thrown.code);
      if (!isUnknown || this.#context.areUnitsKnown()) throw thrown;
      throw new AudioCloudError(
        'ENGINE_UNAVAILABLE',
        `${thrown.message}; an engine that may have it has not answered yet`,
        thrown.details,
      );
    }
  }

  #unitsOf(of: { unit?: string; model?: string }, units: readonly Unit[]): Unit[] {
    return this.#knowing(() => unitsOf(of, units));
  }
}

function unitsOf({ unit, model }: { unit?: string; model?: string }, units: readonly Unit[]): Unit[] {
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
