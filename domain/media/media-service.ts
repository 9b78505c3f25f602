import { basename } from 'node:path';
import {
  asAudioCloudError,
  AudioCloudError,
  type Media,
  type MediaCreate,
  type MediaJob,
  type MediaJobState,
} from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import { byOf, type Cause, causeBy } from '../events/cause.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { Manner } from '../http/once-or-dry.ts';
import { mostOf, type Page, type PageQuery, sortedPageOf } from '../http/paging.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import { entriesOf } from '../store/entries-of.ts';
import type { Store } from '../store/store.ts';
import { JobTurns } from './job-turns.ts';
import type { MediaDisk } from './media-disk.ts';
import { LateInspection } from './late-inspection.ts';
import { MediaIndex } from './media-index.ts';
import type { MediaInspector } from './media-inspector.ts';
import { type MediaJobContext, MediaJobRunner } from './media-job-runner.ts';
import { hasEnded, newMediaJob } from './media-job-step.ts';
import {
  actorOf,
  MEDIA_JOBS,
  type MediaJobRecord,
  mediaJobKey,
  mediaJobOf,
  mediaKey,
  mediaOf,
  type Owned,
  ownedOf,
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
  /** A task of the application that names the media; undefined for none. */
  namedBy(application: string, media: string): string | undefined;
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
}

/** The imported media of every application, and the jobs that import them. [control] */
export class MediaService {
  readonly #options: MediaOptions;
  readonly #context: MediaJobContext;
  readonly #index: MediaIndex;
  /** Those that have not ended, by their ids. */
  readonly #jobs = new Map<string, MediaJobRunner>();
  readonly #lateInspections = new Set<LateInspection>();
  readonly #unlisten: () => void;
  readonly #endedCounts = { done: 0, failed: 0, cancelled: 0 };
  #importedBytes = 0;
  #tail: Promise<unknown> = Promise.resolve();

  /** Removes what a crash left on the disk. Jobs go on at `resume`. */
  static async open(options: MediaOptions): Promise<MediaService> {
    const { store, disk, logger } = options;
    const service = new MediaService(options, await MediaIndex.open(store));
    for await (const { key, value } of entriesOf<MediaJobRecord>(store, MEDIA_JOBS))
      if (!value.end) service.#take(ownedOf(key), value);
    await disk.content
      .sweep((sha256) => service.#index.has(sha256))
      .catch((error) => logger.error({ error: asAudioCloudError(error).toJSON() }, 'media left over stay'));
    service.#takeUninspected();
    return service;
  }

  private constructor(options: MediaOptions, index: MediaIndex) {
    const { journal, clock, logger, disk, inspector, mostJobs } = options;
    this.#options = options;
    this.#index = index;
    this.#context = {
      journal,
      clock,
      logger,
      disk,
      index,
      inspector,
      turns: new JobTurns(mostJobs),
      inOrder: (work) => this.#inOrder(work),
      ended: (job) => this.#ended(job),
    };
    this.#unlisten = inspector.listen(() => {
      for (const one of [...this.#jobs.values(), ...this.#lateInspections]) one.served();
    });
  }

  /** The jobs that did not end before go on. */
  resume(): void {
    for (const one of [...this.#jobs.values(), ...this.#lateInspections]) one.begin();
  }

  list(application: string, query: MediaQuery = {}): Page<Media> {
    const { name, tag, sha256 } = query;
    const begins = name?.toLowerCase();
    const its = this.#index.of(application).map(([id, record]) => mediaOf(id, record));
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
    const record = this.#index.get(application, id);
    if (!record)
      throw new AudioCloudError('MEDIA_UNKNOWN', `Cannot find media ${id}: there are none of that id`, { media: id });
    return mediaOf(id, record);
  }

  /** Where the content of media lies; undefined for what the application has not. */
  pathOf(application: string, id: string): string | undefined {
    const record = this.#index.get(application, id);
    return record && this.#options.disk.content.pathOf(record.sha256);
  }

  /** Acknowledged is durable: the import is done then, or ends as failed. Throws MEDIA_FORBIDDEN, MEDIA_MISSING. */
  async create(
    application: string,
    wanted: MediaCreate,
    { cause = causeBy(), isDryRun }: Manner = {},
  ): Promise<MediaJob> {
    const { journal, clock, randomBytes, disk } = this.#options;
    await disk.sources.find(wanted.from);
    const { from, name = basename(from.path).slice(0, 128), tags = [] } = wanted;
    const owned = { application, id: `media-job-${randomBytes(6).toString('hex')}` };
    const media = `media-${randomBytes(6).toString('hex')}`;
    const record: MediaJobRecord = { media, from, name, tags, createdAtMs: clock.now(), desired: 'done' };
    const answer = mediaJobOf(owned.id, record, newMediaJob());
    if (isDryRun) return answer;
    await journal.write([{ key: mediaJobKey(owned), value: record, expected: 0 }], {
      events: [{ type: 'media.requested', application, ...byOf(cause), data: { media, job: owned.id } }],
      writes: cause.receipt(answer),
    });
    this.#take(owned, record).begin();
    return answer;
  }

  /** Throws MEDIA_UNKNOWN; MEDIA_IN_USE while a task of the application names them. */
  async remove(application: string, id: string, { cause = causeBy(), isDryRun }: Manner = {}): Promise<void> {
    await this.#inOrder(async () => {
      const { sha256 } = this.get(application, id);
      const task = this.#options.namedBy(application, id);
      if (task !== undefined)
        throw new AudioCloudError('MEDIA_IN_USE', `Cannot delete media ${id}: task ${task} names them`, {
          media: id,
          task,
        });
      if (isDryRun) return;
      await this.#options.journal.write([{ key: mediaKey({ application, id }) }], {
        events: [{ type: 'media.deleted', application, ...byOf(cause), data: { media: id } }],
        writes: cause.receipt(null),
      });
      if (this.#index.has(sha256)) return;
      await this.#options.disk.content
        .remove(sha256)
        .catch((error) => this.#options.logger.error({ error, media: id }, 'a content was not removed'));
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

  /** Whether an application has media or imports some. */
  isUsedBy(application: string): boolean {
    const isImporting = [...this.#jobs.values()].some(({ owned }) => owned.application === application);
    return isImporting || this.#index.of(application).length > 0;
  }

  get counts(): MediaCounts {
    const underWay = { queued: 0, running: 0, inspecting: 0, waiting: 0 };
    for (const { actor } of this.#jobs.values())
      if (!hasEnded(actor)) underWay[actor.state as keyof typeof underWay] += 1;
    return { underWay, ended: { ...this.#endedCounts }, importedBytes: this.#importedBytes };
  }

  /** Forgets jobs that ended long ago. */
  async forget(): Promise<void> {
    const { store, clock } = this.#options;
    const beforeMs = clock.now() - KEPT_MS;
    for await (const { key, value } of entriesOf<MediaJobRecord>(store, MEDIA_JOBS))
      if (value.end && value.end.atMs < beforeMs) await store.delete(key);
  }

  async close(): Promise<void> {
    this.#unlisten();
    await Promise.all([...this.#jobs.values(), ...this.#lateInspections].map((one) => one.end()));
    await this.#tail;
    this.#index.close();
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
