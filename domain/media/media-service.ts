import {
  asAudioCloudError,
  AudioCloudError,
  type Media,
  type MediaChange,
  type MediaCreate,
  type MediaJob,
  type MediaJobState,
} from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import { byOf, type Cause, causeBy } from '../events/cause.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { Estate } from '../erasure/estate.ts';
import type { Manner } from '../http/once-or-dry.ts';
import { mostOf, type Page, type PageQuery, sortedPageOf } from '../http/paging.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import { entriesOf } from '../store/entries-of.ts';
import type { Store } from '../store/store.ts';
import { taskKey } from '../tasks/task-address.ts';
import type { TaskIndex } from '../tasks/task-index.ts';
import { JobTurns } from './job-turns.ts';
import type { MediaDisk } from './media-disk.ts';
import { defaultName } from './default-name.ts';
import { LateInspection } from './late-inspection.ts';
import { MediaIndex } from './media-index.ts';
import type { MediaInspector } from './media-inspector.ts';
import { type MediaJobContext, MediaJobRunner } from './media-job-runner.ts';
import { hasEnded, newMediaJob } from './media-job-step.ts';
import { type Departure, MediaLifetime } from './media-lifetime.ts';
import type { LibrarySettings, MediaLimits } from './media-limits.ts';
import { MediaQuota } from './media-quota.ts';
import {
  actorOf,
  MEDIA_JOBS,
  type MediaJobRecord,
  mediaJobKey,
  mediaJobOf,
  mediaKey,
  mediaOf,
  type MediaRecord,
  type Owned,
  ownedOf,
  toldOf,
} from './media-record.ts';

/** A job that ended is forgotten then, as its events are. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** Read at once. */
const MOST_READ = 200;

export interface MediaOptions {
  store: Store;
  journal: EventJournal;
  clock: Clock;
  logger: FastifyBaseLogger;
  randomBytes: RandomBytes;
  disk: MediaDisk;
  inspector: MediaInspector;
  /** Jobs that work at once. */
  mostJobs: number;
  /** Who names media. */
  tasks: Pick<TaskIndex, 'namerOf' | 'has' | 'listen'>;
  settings: LibrarySettings;
  /** What is said of one application in particular. */
  limitsOf(application: string): MediaLimits | undefined;
  /** Whether what an application had is being deleted: nothing more is taken for it. */
  isErasing(application: string): boolean;
}

export interface MediaQuery extends PageQuery {
  /** How the name begins, in any case. */
  name?: string;
  tag?: string;
  sha256?: string;
}

export interface MediaJobQuery extends PageQuery {
  state?: MediaJobState;
}

/** How many jobs there are, by state, and what was imported; those that ended since the domain started. */
export interface MediaCounts {
  underWay: Record<'queued' | 'running' | 'inspecting' | 'waiting', number>;
  ended: Record<'done' | 'failed' | 'cancelled', number>;
  importedBytes: number;
  /** Tries that failed since the domain started, by code. */
  refusals: ReadonlyMap<string, number>;
}

/** The id of the first import of an upload: that of the upload with another beginning. [any] */
export const mediaJobOfUpload = (upload: string): string => `media-job-${upload.slice('upload-'.length)}`;

/** The imported media of every application, and the jobs that import them. [control] */
export class MediaService {
  readonly #options: MediaOptions;
  readonly #context: MediaJobContext;
  readonly #index: MediaIndex;
  /** Those that have not ended, by their ids. */
  readonly #jobs = new Map<string, MediaJobRunner>();
  readonly #quota: MediaQuota;
  readonly #lifetime: MediaLifetime;
  readonly #lateInspections = new Set<LateInspection>();
  readonly #unlisten: () => void;
  readonly #endedCounts = { done: 0, failed: 0, cancelled: 0 };
  readonly #refusals = new Map<string, number>();
  #importedBytes = 0;
  /** Settles when a job has ended. */
  #nextEnd = Promise.withResolvers<void>();
  #tail: Promise<unknown> = Promise.resolve();

  /** Removes what a crash left on the disk. Jobs go on at `resume`. */
  static async open(options: MediaOptions): Promise<MediaService> {
    const { store, disk, logger } = options;
    const service = new MediaService(options, await MediaIndex.open(store));
    for await (const { key, value } of entriesOf<MediaJobRecord>(store, MEDIA_JOBS))
      if (!value.end) await service.#takeUp(ownedOf(key), value);
    await disk.content
      .sweep(
        (sha256) => service.#index.has(sha256),
        (job) => service.#jobs.get(job)?.actor.desired === 'done',
      )
      .catch((error) => logger.error({ error: asAudioCloudError(error).toJSON() }, 'media left over stay'));
    service.#takeUninspected();
    return service;
  }

  private constructor(options: MediaOptions, index: MediaIndex) {
    const { store, journal, clock, logger, disk, inspector, mostJobs, tasks, settings, limitsOf } = options;
    this.#options = options;
    this.#index = index;
    this.#quota = new MediaQuota({
      index,
      settings,
      limitsOf,
      freeBytes: async () => disk.freeBytes?.(),
    });
    this.#lifetime = new MediaLifetime({
      index,
      tasks,
      store,
      clock,
      logger,
      limitsOf: (application) => this.#quota.limitsOf(application),
      inOrder: (work) => this.#inOrder(work),
      remove: (owned, why) => this.#remove(owned, {}, why),
    });
    this.#context = {
      journal,
      clock,
      logger,
      disk,
      index,
      inspector,
      quota: this.#quota,
      hasTask: (application, task) => this.#hasTask(application, task),
      turns: new JobTurns(mostJobs),
      inOrder: (work) => this.#inOrder(work),
      ended: (job) => this.#ended(job),
      refused: ({ code }) => this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1),
    };
    const ends = [
      inspector.listen(() => {
        for (const one of [...this.#jobs.values(), ...this.#lateInspections]) one.served();
      }),
      tasks.listen((before, after) => {
        if (before && !after) this.#taskEnded(before.address);
      }),
    ];
    this.#unlisten = () => {
      for (const end of ends) end();
    };
  }

  /** The jobs that did not end before go on. */
  resume(): void {
    for (const one of [...this.#jobs.values(), ...this.#lateInspections]) one.begin();
    void this.sweep();
  }

  /** Removes what nobody needs any more. */
  async sweep(): Promise<void> {
    await this.#lifetime
      .sweep()
      .catch((error) =>
        this.#options.logger.error({ error: asAudioCloudError(error).toJSON() }, 'media that may go stay'),
      );
  }

  list(application: string, query: MediaQuery = {}): Page<Media> {
    const { name, tag, sha256 } = query;
    const begins = name?.toLowerCase();
    const its = this.#index.of(application).map(([id, record]) => this.#media({ application, id }, record));
    return sortedPageOf(
      its,
      ({ id }) => id,
      query,
      (one) =>
        (begins === undefined || one.name.toLowerCase().startsWith(begins)) &&
        (tag === undefined || one.tags.includes(tag)) &&
        (sha256 === undefined || one.sha256 === sha256),
    );
  }

  /** Throws MEDIA_UNKNOWN. */
  get(application: string, id: string): Media {
    return this.#media({ application, id }, this.#record({ application, id }));
  }

  /** Where the content of media lies, for a task or what else is to be done with it; undefined for what the application has not. */
  pathOf(application: string, id: string): string | undefined {
    const record = this.#index.get(application, id);
    if (!record) return undefined;
    this.#lifetime.use({ application, id });
    return this.#options.disk.content.pathOf(record.sha256);
  }

  /** Media and where their content lies, for whoever wants to have it. Throws MEDIA_UNKNOWN. */
  contentOf(application: string, id: string): { media: Media; path: string } {
    const media = this.get(application, id);
    return { media, path: this.#options.disk.content.pathOf(media.sha256) };
  }

  /** Where the peaks of media lie. Throws MEDIA_UNKNOWN, and MEDIA_UNREADABLE while there are none. */
  peaksOf(application: string, id: string): { path: string; tag: string } {
    const { sha256, facts, error } = this.#record({ application, id });
    if (facts) return { path: this.#options.disk.content.peaksOf(sha256), tag: sha256 };
    if (error) throw AudioCloudError.from(error);
    throw new AudioCloudError(
      'MEDIA_UNREADABLE',
      `Cannot show the peaks of ${id}: an engine is still to look into them`,
    );
  }

  /**
   * An upload is on its way, and will have so many bytes, as far as that is known; missing: of these are not on the disk yet. It
   * counts until it is released, or the import of this id has ended. Throws MEDIA_QUOTA, DISK_FULL; gives back what was before.
   */
  async reserve(id: string, application: string, bytes = 0, missingBytes = bytes): Promise<() => void> {
    await this.#makeRoom(id, application, bytes);
    const undo = this.#quota.reserve(id, application, bytes);
    try {
      await this.#quota.requireDisk(missingBytes);
    } catch (error) {
      undo();
      throw error;
    }
    return undo;
  }

  /** As reserve, of an upload that goes on; one that is on its way no more is looked at alone. */
  async reserveMore(id: string, application: string, bytes: number, missingBytes: number): Promise<void> {
    await this.#makeRoom(id, application, bytes);
    if (this.#quota.isReserved(id)) this.#quota.reserve(id, application, bytes);
    else this.#quota.require(id, application, bytes);
    await this.#quota.requireDisk(missingBytes);
  }

  /** As reserve, of an upload from before a restart. */
  restoreReservation(id: string, application: string, bytes: number): void {
    this.#quota.restore(id, application, bytes);
  }

  /** An upload is on its way no more. */
  release(id: string): void {
    this.#quota.release(id);
  }

  /** Another name, other tags. Throws MEDIA_UNKNOWN. */
  change(
    application: string,
    id: string,
    { name, tags, forTask }: MediaChange,
    { cause = causeBy(), isDryRun }: Manner = {},
  ): Promise<Media> {
    const owned = { application, id };
    return this.#inOrder(async () => {
      const { forTask: bound, isTaskKnown, ...before } = this.#record(owned);
      const task = forTask === undefined ? bound : forTask;
      const isKnown = task && (this.#hasTask(application, task) || (task === bound && isTaskKnown));
      const record: MediaRecord = {
        ...before,
        ...(name === undefined ? {} : { name }),
        ...(tags === undefined ? {} : { tags: tags ?? [] }),
        ...(task ? { forTask: task } : {}),
        ...(isKnown ? { isTaskKnown: true } : {}),
      };
      const answer = this.#media(owned, record);
      if (isDryRun) return answer;
      await this.#options.journal.write([{ key: mediaKey(owned), value: record }], {
        events: [{ type: 'media.changed', application, ...byOf(cause), data: { media: id } }],
        writes: cause.receipt(answer),
      });
      return answer;
    });
  }

  /** Acknowledged is durable: the import is done then, or ends as failed. Throws MEDIA_FORBIDDEN, MEDIA_MISSING, MEDIA_QUOTA, DISK_FULL. */
  async create(
    application: string,
    wanted: MediaCreate,
    { cause = causeBy(), isDryRun }: Manner = {},
  ): Promise<MediaJob> {
    const { journal, clock, randomBytes, disk } = this.#options;
    await disk.sources.find(wanted.from, application);
    const totalBytes = await disk.sources.sizeOf?.(wanted.from, application);
    const { from, name = defaultName(from), tags = [], context, forTask } = wanted;
    const owned = { application, id: `media-job-${randomBytes(6).toString('hex')}` };
    if ('upload' in from) {
      const own = mediaJobOfUpload(from.upload);
      const runner = this.#runner({ application, id: own });
      if (runner) return runner.document;
      // One that failed may be imported once more.
      if ((await this.#options.store.get(mediaJobKey({ application, id: own }))) === undefined) owned.id = own;
    }
    const media = `media-${randomBytes(6).toString('hex')}`;
    const about = { media, from, name, tags, ...(context === undefined ? {} : { context }) };
    const bound = forTask === undefined ? {} : { forTask };
    const size = totalBytes === undefined ? {} : { totalBytes };
    const record: MediaJobRecord = { ...about, ...bound, ...size, createdAtMs: clock.now(), desired: 'done' };
    const answer = mediaJobOf(owned.id, record, newMediaJob());
    if (isDryRun) {
      this.#quota.require(owned.id, application, totalBytes ?? 0);
      await this.#quota.requireDisk(totalBytes ?? 0);
      return answer;
    }
    if (this.#options.isErasing(application))
      throw new AudioCloudError('APPLICATION_UNKNOWN', `Cannot import media: application ${application} is deleted`, {
        application,
      });
    const undo = await this.reserve(owned.id, application, totalBytes);
    try {
      await journal.write([{ key: mediaJobKey(owned), value: record, expected: 0 }], {
        events: [{ type: 'media.requested', application, ...byOf(cause), data: toldOf(owned.id, record) }],
        writes: cause.receipt(answer),
      });
    } catch (error) {
      undo();
      throw error;
    }
    this.#take(owned, record).begin();
    return answer;
  }

  /** Throws MEDIA_UNKNOWN; MEDIA_IN_USE while a task of the application names them. */
  async remove(application: string, id: string, manner: Manner = {}): Promise<void> {
    await this.#inOrder(async () => {
      this.#record({ application, id });
      const task = this.#options.tasks.namerOf(application, id);
      if (task !== undefined)
        throw new AudioCloudError('MEDIA_IN_USE', `Cannot delete media ${id}: task ${task} names them`, {
          media: id,
          task,
        });
      if (!manner.isDryRun) await this.#remove({ application, id }, manner);
    });
  }

  /** In the order of ids. */
  async jobs(application: string, query: MediaJobQuery = {}): Promise<Page<MediaJob>> {
    const { state } = query;
    const prefix = mediaJobKey({ application, id: '' });
    const items: MediaJob[] = [];
    for (let after = query.after ?? ''; ; ) {
      const page = await this.#options.store.list<MediaJobRecord>(prefix, { after: prefix + after, limit: MOST_READ });
      for (const { key, value } of page) {
        const job = this.#document(ownedOf(key), value);
        if (state !== undefined && job.state !== state) continue;
        if (items.length === mostOf(query)) return { items, next: items.at(-1)!.id };
        items.push(job);
      }
      if (page.length < MOST_READ) return { items };
      after = ownedOf(page.at(-1)!.key).id;
    }
  }

  /** Throws MEDIA_JOB_UNKNOWN. */
  async job(application: string, id: string): Promise<MediaJob> {
    const stored = await this.#options.store.get<MediaJobRecord>(mediaJobKey({ application, id }));
    if (!stored)
      throw new AudioCloudError('MEDIA_JOB_UNKNOWN', `Cannot find media job ${id}: there is none of that id`, {
        job: id,
      });
    return this.#document({ application, id }, stored.value);
  }

  /** Has a job end; one that has ended stays as it is. Throws MEDIA_JOB_UNKNOWN. */
  async cancel(application: string, id: string, cause: Cause = causeBy()): Promise<MediaJob> {
    const runner = this.#runner({ application, id });
    return runner ? runner.cancel(cause) : this.job(application, id);
  }

  /** All that an application has here: imports end, and media, contents, peaks and what is known of imports go. */
  readonly estate: Estate = async (application, { gone, items }) => {
    const { store, disk } = this.#options;
    for (const job of this.#jobsOf(application)) await job.cancel(causeBy());
    while (this.#jobsOf(application).length > 0) await this.#nextEnd.promise;
    for (const [id, { sha256, bytes }] of this.#index.of(application))
      await this.#inOrder(async () => {
        const isShared = this.#index.ownersOf(sha256).some(([key]) => ownedOf(key).application !== application);
        const item = { kind: 'media' as const, id, sha256, bytes, ...(isShared ? { isShared } : {}) };
        await store.write([{ key: mediaKey({ application, id }) }, gone(item)]);
      });
    for await (const { key } of entriesOf(store, mediaJobKey({ application, id: '' })))
      await store.write([{ key }, gone({ kind: 'import', id: ownedOf(key).id })]);
    // Also those that went before a crash.
    for await (const { sha256 } of items())
      if (sha256 !== undefined)
        await this.#inOrder(async () => {
          if (!this.#index.has(sha256)) await disk.content.remove(sha256);
        });
  };

  get counts(): MediaCounts {
    const underWay = { queued: 0, running: 0, inspecting: 0, waiting: 0 };
    for (const { actor } of this.#jobs.values())
      if (!hasEnded(actor)) underWay[actor.state as keyof typeof underWay] += 1;
    return { underWay, ended: { ...this.#endedCounts }, importedBytes: this.#importedBytes, refusals: this.#refusals };
  }

  /** Forgets jobs that ended long ago. */
  async forget(): Promise<void> {
    const { store, clock } = this.#options;
    const beforeMs = clock.now() - KEPT_MS;
    for await (const { key, value } of entriesOf<MediaJobRecord>(store, MEDIA_JOBS))
      if (value.end && value.end.atMs < beforeMs) await store.delete(key);
  }

  /** Settles when no change of media is under way. */
  async idle(): Promise<void> {
    for (let tail: unknown; tail !== this.#tail; ) {
      tail = this.#tail;
      await this.#tail;
    }
  }

  async close(): Promise<void> {
    this.#unlisten();
    this.#lifetime.close();
    await Promise.all([...this.#jobs.values(), ...this.#lateInspections].map((one) => one.end()));
    await this.#tail;
    this.#index.close();
  }

  #media(owned: Owned, record: MediaRecord): Media {
    return mediaOf(owned.id, record, this.#lifetime.expiresAtMs(owned, record));
  }

  #record({ application, id }: Owned): MediaRecord {
    const record = this.#index.get(application, id);
    if (record) return record;
    throw new AudioCloudError('MEDIA_UNKNOWN', `Cannot find media ${id}: there are none of that id`, { media: id });
  }

  /** Of media that are there, in order. */
  async #remove(owned: Owned, { cause = causeBy() }: Manner, why?: Departure): Promise<void> {
    const { application, id } = owned;
    const { sha256 } = this.#record(owned);
    const data = { media: id, ...(why === undefined ? {} : { why }) };
    await this.#options.journal.write([{ key: mediaKey(owned) }], {
      events: [{ type: 'media.deleted', application, ...byOf(cause), data }],
      writes: cause.receipt(null),
    });
    if (this.#index.has(sha256)) return;
    await this.#options.disk.content
      .remove(sha256)
      .catch((error) => this.#options.logger.error({ error, media: id }, 'a content was not removed'));
  }

  #hasTask(application: string, task: string): boolean {
    return this.#options.tasks.has(taskKey({ application, id: task }));
  }

  /** An import of media that would go with a task has no purpose without it. */
  #taskEnded({ application, id }: Owned): void {
    for (const job of this.#jobsOf(application))
      if (job.record.forTask === id)
        job
          .cancel(causeBy())
          .catch((error) => this.#options.logger.error({ error, job: job.owned.id }, 'an import was not called off'));
  }

  #jobsOf(application: string): MediaJobRunner[] {
    return [...this.#jobs.values()].filter(({ owned }) => owned.application === application);
  }

  /** Removes what may go by itself, so that there is room. */
  async #makeRoom(id: string, application: string, bytes: number): Promise<void> {
    await this.#lifetime.makeRoom(application, this.#quota.reservedOf(application, id).bytes + bytes);
  }

  /** One from before a restart. */
  async #takeUp(owned: Owned, record: MediaJobRecord): Promise<void> {
    const { application, id } = owned;
    this.#take(owned, record);
    const noted = await this.#options.disk.content.noted?.(id);
    this.#quota.restore(id, application, record.totalBytes ?? noted?.totalBytes ?? noted?.bytes ?? 0);
  }

  #take(owned: Owned, record: MediaJobRecord): MediaJobRunner {
    const job = new MediaJobRunner(this.#context, owned, record);
    this.#jobs.set(owned.id, job);
    return job;
  }

  /** Media from before contents were looked into. */
  #takeUninspected(): void {
    for (const content of this.#index.uninspected())
      this.#lateInspections.add(
        new LateInspection(this.#context, content, (one) => void this.#lateInspections.delete(one)),
      );
  }

  #runner({ application, id }: Owned): MediaJobRunner | undefined {
    const job = this.#jobs.get(id);
    return job?.owned.application === application ? job : undefined;
  }

  #document(owned: Owned, stored: MediaJobRecord): MediaJob {
    return this.#runner(owned)?.document ?? mediaJobOf(owned.id, stored, actorOf(stored));
  }

  #ended({ owned, record }: MediaJobRunner): void {
    const { end } = record;
    this.#jobs.delete(owned.id);
    this.#nextEnd.resolve();
    this.#nextEnd = Promise.withResolvers();
    if (!end) return;
    this.#endedCounts[end.state] += 1;
    if (end.state === 'done') this.#importedBytes += end.bytes;
  }

  #inOrder<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}
