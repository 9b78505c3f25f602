import { isAbsolute, resolve } from 'node:path';
import {
  asAudioCloudError,
  AudioCloudError,
  type EngineChange,
  type EngineEvent,
  type EngineFacts,
  type EngineRegistration,
  type ErrorBody,
  type Model,
} from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import { byOf, type Cause, causeBy } from '../events/cause.ts';
import type { EventJournal } from '../events/event-journal.ts';
import { PlacedTasks } from '../placement/placed-tasks.ts';
import type { Store } from '../store/store.ts';
import { refusedOf } from '../tasks/client-terms.ts';
import type { Engine, KeptEngine } from './engine.ts';
import { EMBEDDED, ENGINE_PREFIX, engineKey, type EngineRecord, type EngineSource } from './engine-record.ts';
import { engineStatus } from './engine-status.ts';
import { RegisteredEngine } from './registered-engine.ts';

export interface EnginesOptions {
  store: Store;
  journal: EventJournal;
  clock: Clock;
  logger: FastifyBaseLogger;
  embedded: Engine;
  /** Of the embedded one, and of others that are there from the start. */
  configured?: readonly EngineRegistration[];
  /** Makes the way to one more engine. Absent: there are no others than the embedded one. */
  open?: (registration: EngineRegistration) => KeptEngine;
}

export interface EnginesListener {
  up?(engine: RegisteredEngine, facts: EngineFacts): void;
  down?(engine: RegisteredEngine, why: string): void;
  event?(engine: RegisteredEngine, event: EngineEvent): void;
  models?(engine: RegisteredEngine): void;
  /** There is one more, one is gone, or something else is wanted of one. */
  changed?(): void;
}

const isKept = (engine: Engine): engine is KeptEngine => 'start' in engine && 'close' in engine;

/** The engines of a domain, by id. The embedded one is the first, and there without being registered. [control] */
export class Engines {
  /** Which of them has which task. */
  readonly placed = new PlacedTasks();
  readonly #options: EnginesOptions;
  readonly #engines = new Map<string, RegisteredEngine>();
  readonly #listeners = new Set<EnginesListener>();
  readonly #closing = new Set<Promise<void>>();
  #union: { of: readonly (readonly Model[])[]; models: readonly Model[] } = { of: [], models: [] };

  static async open(options: EnginesOptions): Promise<Engines> {
    const stored = await options.store.list<EngineRecord>(ENGINE_PREFIX);
    const { embedded, configured = [], open } = options;
    const engines = new Engines(options);
    const find = (id: string) => stored.find(({ key }) => key === engineKey(id));
    const add = (registration: EngineRegistration, source: EngineSource, engine: Engine) => {
      const entry = find(registration.id);
      engines.#add(new RegisteredEngine(registration, source, engine, entry?.value, entry?.revision));
    };
    add(configured.find(({ id }) => id === EMBEDDED) ?? { id: EMBEDDED }, 'embedded', embedded);
    if (!open) return engines;
    for (const registration of configured)
      if (registration.id !== EMBEDDED) add(registration, 'configuration', open(registration));
    for (const { value } of stored)
      if (value.registration && !engines.#engines.has(value.registration.id))
        add(value.registration, 'request', open(value.registration));
    return engines;
  }

  private constructor(options: EnginesOptions) {
    this.#options = options;
  }

  get list(): readonly RegisteredEngine[] {
    return [...this.#engines.values()];
  }

  /** The embedded one. */
  get first(): RegisteredEngine {
    return this.#engines.get(EMBEDDED)!;
  }

  /** At least one answers. */
  get isUp(): boolean {
    return this.list.some(({ engine }) => engine.isUp);
  }

  find(id: string | undefined): RegisteredEngine | undefined {
    return id === undefined ? undefined : this.#engines.get(id);
  }

  /** Throws ENGINE_UNKNOWN. */
  get(id: string): RegisteredEngine {
    const found = this.#engines.get(id);
    if (found) return found;
    const ids = [...this.#engines.keys()].join(', ');
    throw new AudioCloudError('ENGINE_UNKNOWN', `Cannot find engine ${id}: there are ${ids}`, { engine: id });
  }

  /** All models that at least one engine offers, each version once, as the first engine that has it describes it. */
  get models(): readonly Model[] {
    const of = this.list.map(({ models }) => models);
    if (of.length === 1) return of[0]!;
    if (of.length === this.#union.of.length && of.every((models, i) => models === this.#union.of[i]))
      return this.#union.models;
    const byId = new Map<string, Model>();
    for (const model of of.flat()) {
      const id = `${model.id}@${model.version}`;
      if (!byId.has(id)) byId.set(id, model);
    }
    this.#union = { of, models: [...byId.values()] };
    return this.#union.models;
  }

  /** Which engines offer a model, by id and version. */
  get offers(): Record<string, string[]> {
    const offers: Record<string, string[]> = {};
    for (const { id: engine, models } of this.list)
      for (const { id, version } of models) {
        const key = `${id}@${version}`;
        offers[key] = [...(offers[key] ?? []), engine];
      }
    return offers;
  }

  /** application: who asks; of the tasks of others nothing is told. */
  status(id: string, application?: string) {
    return engineStatus(this.get(id), this.placed, this.#options.clock.now(), application);
  }

  listen(listener: EnginesListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** One more engine; it is started or looked for at once. Throws ENGINE_EXISTS, REQUEST_INVALID. */
  async register(registration: EngineRegistration, cause = causeBy()) {
    const { open, journal } = this.#options;
    const { id, folder } = registration;
    if (this.#engines.has(id)) throw exists(id);
    if (!open) throw new AudioCloudError('REQUEST_INVALID', `Cannot register engine ${id}: this domain starts none`);
    if (folder !== undefined) this.#requireFree(id, folder);
    const record: EngineRecord = { registration, desired: 'wanted' };
    const added = new RegisteredEngine(registration, 'request', open(registration), record);
    const status = engineStatus(added, this.placed, this.#options.clock.now());
    const [revision] = await journal
      .write([{ key: engineKey(id), value: record, expected: 0 }], {
        events: [{ type: 'engine.registered', ...byOf(cause), data: { engine: id } }],
        writes: cause.receipt(status),
      })
      .catch((error) => {
        throw error instanceof AudioCloudError && error.code === 'REVISION_CONFLICT' ? exists(id) : error;
      });
    added.storeRevision = revision!;
    this.#add(added);
    void (added.engine as KeptEngine).start();
    this.#tell('changed');
    return status;
  }

  /** Something else is wanted of it. Throws ENGINE_UNKNOWN. */
  async change(id: string, { desired, resources }: EngineChange, cause = causeBy()) {
    const engine = this.get(id);
    const before = engine.record;
    engine.record = {
      ...before,
      ...(desired === undefined ? {} : { desired }),
      ...(resources === undefined ? {} : { resources }),
    };
    try {
      const status = this.status(id);
      await this.#write(engine, 'engine.changed', cause, status);
      return status;
    } catch (error) {
      engine.record = before;
      throw error;
    } finally {
      this.#tell('changed');
    }
  }

  /** It is no longer one of the domain, and ends if the domain started it. Throws ENGINE_BUSY, ENGINE_UNKNOWN, REQUEST_INVALID. */
  async remove(id: string, cause = causeBy()): Promise<void> {
    const engine = this.get(id);
    if (engine.source !== 'request')
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot remove engine ${id}: it comes with the ${engine.source === 'embedded' ? 'domain' : 'configuration'}; have it drained instead`,
      );
    const tasks = this.placed.count(id);
    if (engine.engine.isUp && tasks > 0)
      throw new AudioCloudError('ENGINE_BUSY', `Cannot remove engine ${id}: it has ${tasks} tasks; drain it first`, {
        engine: id,
        tasks,
      });
    const before = engine.record;
    // Nothing is placed there meanwhile.
    engine.record = { ...before, desired: 'draining' };
    await this.#options.journal
      .write([{ key: engineKey(id), expected: engine.storeRevision }], {
        events: [{ type: 'engine.removed', ...byOf(cause), data: { engine: id } }],
        writes: cause.receipt(null),
      })
      .catch((error) => {
        engine.record = before;
        throw error;
      });
    this.#engines.delete(id);
    this.#tell('changed');
    const closing = (engine.engine as KeptEngine)
      .close(true)
      .catch((error) =>
        this.#options.logger.warn({ error: asAudioCloudError(error).toJSON(), engine: id }, 'not ended'),
      )
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  /**
   * Has all that are up read their plugin folders again. Throws ENGINE_UNAVAILABLE when none is.
   *
   * application: who asks; of the tasks of others nothing is told.
   */
  async rescan(application = ''): Promise<{ models: readonly Model[]; refused: ErrorBody[] }> {
    const up = this.list.filter(({ engine }) => engine.isUp);
    const facts = await Promise.all((up.length > 0 ? up : [this.first]).map(({ engine }) => engine.rescan()));
    return { models: this.models, refused: facts.flatMap(({ refused }) => refusedOf(refused, application)) };
  }

  /** Settles when each is up, or the first try to have it up has failed. */
  async start(): Promise<void> {
    await Promise.all(this.list.map(({ engine }) => (isKept(engine) ? engine.start() : undefined)));
  }

  async close(): Promise<void> {
    await Promise.all([
      ...this.#closing,
      ...this.list.map(({ engine }) => (isKept(engine) ? engine.close() : undefined)),
    ]);
  }

  #add(engine: RegisteredEngine): void {
    this.#engines.set(engine.id, engine);
    // One that was removed tells nobody any more.
    const ifThere = (tell: () => void) => this.#engines.get(engine.id) === engine && tell();
    engine.engine.listen({
      up: (facts) => ifThere(() => this.#tell('up', engine, facts)),
      down: (why) => ifThere(() => this.#tell('down', engine, why)),
      event: (event) => ifThere(() => this.#tell('event', engine, event)),
      models: () => ifThere(() => this.#tell('models', engine)),
    });
  }

  async #write(engine: RegisteredEngine, type: 'engine.changed', cause: Cause, answer: unknown): Promise<void> {
    const { id, record, desired } = engine;
    const [revision] = await this.#options.journal.write(
      [{ key: engineKey(id), value: record, expected: engine.storeRevision }],
      { events: [{ type, ...byOf(cause), data: { engine: id, desired } }], writes: cause.receipt(answer) },
    );
    engine.storeRevision = revision!;
  }

  /** Two ways to one engine would tell it different things. */
  #requireFree(id: string, folder: string): void {
    if (!isAbsolute(folder))
      throw new AudioCloudError('REQUEST_INVALID', `Cannot register engine ${id}: ${folder} is no absolute path`);
    const other = this.list.find((one) => one.folder !== undefined && resolve(one.folder) === resolve(folder));
    if (other)
      throw new AudioCloudError('ENGINE_EXISTS', `Cannot register engine ${id}: ${other.id} listens in ${folder}`, {
        engine: other.id,
      });
  }

  #tell<K extends keyof EnginesListener>(what: K, ...values: Parameters<NonNullable<EnginesListener[K]>>): void {
    for (const listener of [...this.#listeners])
      (listener[what] as ((...v: typeof values) => void) | undefined)?.(...values);
  }
}

const exists = (id: string) =>
  new AudioCloudError('ENGINE_EXISTS', `Cannot register engine ${id}: there is one; choose another id`, { engine: id });
