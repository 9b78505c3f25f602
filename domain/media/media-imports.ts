import { AudioCloudError, type MediaCreate, type MediaJob, type MediaJobState } from '@audiocloud/api';
import { byOf, type Cause, causeBy } from '../events/cause.ts';
import type { Manner } from '../http/once-or-dry.ts';
import { mostOf, type Page, type PageQuery } from '../http/paging.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import { entriesOf } from '../store/entries-of.ts';
import type { Store } from '../store/store.ts';
import { defaultName } from './default-name.ts';
import { JobTurns } from './job-turns.ts';
import { LateInspection } from './late-inspection.ts';
import { type MediaJobContext, MediaJobRunner } from './media-job-runner.ts';
import { hasEnded, newMediaJob } from './media-job-step.ts';
import {
  actorOf,
  MEDIA_JOBS,
  type MediaJobRecord,
  mediaJobKey,
  mediaJobOf,
  type Owned,
  ownedOf,
  toldOf,
} from './media-record.ts';
import type { MediaRoom } from './media-room.ts';

/** A job that ended is forgotten then, as its events are. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1000;
/** Read at once. */
const MOST_READ = 200;

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

export interface MediaImportsOptions extends Omit<MediaJobContext, 'turns' | 'ended' | 'refused'> {
  store: Store;
  randomBytes: RandomBytes;
  room: MediaRoom;
  /** Jobs that work at once. */
  mostJobs: number;
  /** Whether what an application had is being deleted: nothing more is taken for it. */
  isErasing(application: string): boolean;
}

/** The jobs that import media, of every application. [control] */
export class MediaImports {
  readonly #options: MediaImportsOptions;
  readonly #context: MediaJobContext;
  /** Those that have not ended, by their ids. */
  readonly #jobs = new Map<string, MediaJobRunner>();
  readonly #lateInspections = new Set<LateInspection>();
  readonly #endedCounts = { done: 0, failed: 0, cancelled: 0 };
  readonly #refusals = new Map<string, number>();
  #importedBytes = 0;
  /** Settles when a job has ended. */
  #nextEnd = Promise.withResolvers<void>();

  constructor(options: MediaImportsOptions) {
    this.#options = options;
    this.#context = {
      ...options,
      turns: new JobTurns(options.mostJobs),
      ended: (job) => this.#ended(job),
      refused: ({ code }) => this.#refusals.set(code, (this.#refusals.get(code) ?? 0) + 1),
    };
  }

  /** Those that did not end before, with what they take from the quota. They go on at `resume`. */
  async takeUp(): Promise<void> {
    for await (const { key, value } of entriesOf<MediaJobRecord>(this.#options.store, MEDIA_JOBS))
      if (!value.end) await this.#takeUp(ownedOf(key), value);
  }

  /** Media from before contents were looked into. */
  takeUninspected(): void {
    for (const content of this.#options.index.uninspected())
      this.#lateInspections.add(
        new LateInspection(this.#context, content, (one) => void this.#lateInspections.delete(one)),
      );
  }

  resume(): void {
    for (const one of this.#all()) one.begin();
  }

  /** An engine came that can look into media. */
  served(): void {
    for (const one of this.#all()) one.served();
  }

  /** Whether a job that did not end before is to go on. */
  goesOn(job: string): boolean {
    return this.#jobs.get(job)?.actor.desired === 'done';
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
      await this.#options.room.require(owned.id, application, totalBytes);
      return answer;
    }
    const undo = await this.#options.room.reserve(owned.id, application, totalBytes);
    try {
      if (this.#options.isErasing(application))
        throw new AudioCloudError('APPLICATION_UNKNOWN', `Cannot import media: application ${application} is deleted`, {
          application,
        });
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

  /** Has all of an application end, and settles when they have. */
  async cancelAll(application: string): Promise<void> {
    for (const job of this.#jobsOf(application)) await job.cancel(causeBy());
    while (this.#jobsOf(application).length > 0) await this.#nextEnd.promise;
  }

  /** An import of media that would go with a task has no purpose without it. */
  taskEnded({ application, id }: Owned): void {
    for (const job of this.#jobsOf(application))
      if (job.record.forTask === id)
        job
          .cancel(causeBy())
          .catch((error) => this.#options.logger.error({ error, job: job.owned.id }, 'an import was not called off'));
  }

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

  async close(): Promise<void> {
    await Promise.all(this.#all().map((one) => one.end()));
  }

  #all(): (MediaJobRunner | LateInspection)[] {
    return [...this.#jobs.values(), ...this.#lateInspections];
  }

  #jobsOf(application: string): MediaJobRunner[] {
    return [...this.#jobs.values()].filter(({ owned }) => owned.application === application);
  }

  /** One from before a restart. */
  async #takeUp(owned: Owned, record: MediaJobRecord): Promise<void> {
    const { application, id } = owned;
    this.#take(owned, record);
    const noted = await this.#options.disk.content.noted?.(id);
    this.#options.room.restore(id, application, record.totalBytes ?? noted?.totalBytes ?? noted?.bytes ?? 0);
  }

  #take(owned: Owned, record: MediaJobRecord): MediaJobRunner {
    const job = new MediaJobRunner(this.#context, owned, record);
    this.#jobs.set(owned.id, job);
    return job;
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
}
