import { randomBytes } from 'node:crypto';
import {
  type Application,
  type ApplicationChange,
  ApplicationId,
  type ApplicationCreate,
  AudioCloudError,
  check,
  type Erasure,
} from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import type { ErasureService } from '../erasure/erasure-service.ts';
import { causeBy } from '../events/cause.ts';
import { MAIN_APPLICATION } from '../permissions/principal.ts';
import type { Store } from '../store/store.ts';
import type { AccountBook } from './account-book.ts';
import { APPLICATIONS, type ApplicationRecord, KEYS } from './account-record.ts';

/** Something of an application that is in the way of its end. */
export type InUse = (application: string) => Promise<boolean>;

/** The record of an application. Throws APPLICATION_UNKNOWN. [any] */
export function requireApplication(book: AccountBook, id: string): ApplicationRecord {
  const found = book.applications.get(id);
  if (found) return found;
  throw new AudioCloudError('APPLICATION_UNKNOWN', `Cannot find application ${id}: there is none of that id`, {
    application: id,
  });
}

/** The applications: tenants of the domain. [control] */
export class ApplicationService {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #book: AccountBook;
  readonly #isInUse: InUse;
  readonly #erasures: ErasureService;

  constructor(context: { store: Store; clock: Clock; book: AccountBook; isInUse: InUse; erasures: ErasureService }) {
    this.#store = context.store;
    this.#clock = context.clock;
    this.#book = context.book;
    this.#isInUse = context.isInUse;
    this.#erasures = context.erasures;
  }

  list(): Application[] {
    return [...this.#book.applications]
      .map(([id, record]) => ({ id, ...record }))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Throws APPLICATION_UNKNOWN. */
  get(id: string): Application {
    return { id, ...requireApplication(this.#book, id) };
  }

  /** Throws APPLICATION_EXISTS. */
  async create(
    { id = `app-${randomBytes(6).toString('hex')}`, ...about }: ApplicationCreate,
    cause = causeBy(),
  ): Promise<Application> {
    check(ApplicationId, id, 'the id of the application', 'ID_INVALID');
    const exists = new AudioCloudError(
      'APPLICATION_EXISTS',
      `Cannot create application ${id}: there is one; choose another id`,
      { application: id },
    );
    if (this.#book.applications.has(id)) throw exists;
    if (this.#erasures.isErasing(id))
      throw new AudioCloudError(
        'APPLICATION_EXISTS',
        `Cannot create application ${id}: what one of that id left is still being deleted; wait, or choose another id`,
        { application: id },
      );
    const record: ApplicationRecord = { ...about, created: new Date(this.#clock.now()).toISOString() };
    const made = { id, ...record };
    await this.#store
      .write([{ key: APPLICATIONS + id, value: record, expected: 0 }, ...cause.receipt(made)])
      .catch((error) => {
        throw error instanceof AudioCloudError && error.code === 'REVISION_CONFLICT' ? exists : error;
      });
    return made;
  }

  /** Its keys and tokens have at once what it allows now; sockets that had more are closed. Throws APPLICATION_UNKNOWN. */
  async change(id: string, about: ApplicationChange, cause = causeBy()): Promise<Application> {
    const { created } = requireApplication(this.#book, id);
    if (id === MAIN_APPLICATION && about.permissions && !about.permissions.includes('administration'))
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot take the permission 'administration' from application ${id}: nobody could give it back`,
      );
    const record: ApplicationRecord = { ...about, created };
    const made = { id, ...record };
    await this.#store.write([{ key: APPLICATIONS + id, value: record }, ...cause.receipt(made)]);
    return made;
  }

  /**
   * With its keys, media, imports, uploads and exports: those go from then on, and the erasure tells how far that is.
   *
   * Throws APPLICATION_UNKNOWN, APPLICATION_IN_USE while it has tasks, presets, webhooks or reservations.
   */
  async remove(id: string, cause = causeBy()): Promise<Erasure> {
    requireApplication(this.#book, id);
    if (id === MAIN_APPLICATION)
      throw new AudioCloudError('APPLICATION_IN_USE', `Cannot delete application ${id}: the domain needs it`);
    if (await this.#isInUse(id))
      throw new AudioCloudError(
        'APPLICATION_IN_USE',
        `Cannot delete application ${id}: it has tasks, presets, webhooks or reservations; delete them first`,
        { application: id },
      );
    const keys = [...this.#book.keys].filter(([, { application }]) => application === id);
    const writes = [{ key: APPLICATIONS + id }, ...keys.map(([key]) => ({ key: KEYS + key }))];
    return this.#erasures.begin(id, writes, cause);
  }
}
