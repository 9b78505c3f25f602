import { type Export, type ExportCreate, type ExportState, KEPT_SECONDS } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Estate } from '../erasure/estate.ts';
import { byOf, type Cause, causeBy } from '../events/cause.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { Manner } from '../http/once-or-dry.ts';
import { mostOf, type Page, type PageQuery } from '../http/paging.ts';
import { JobTurns } from '../media/job-turns.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import type { Store } from '../store/store.ts';
import { EventStarts } from './event-starts.ts';
import type { ExportDisk } from './export-disk.ts';
import { type ExportContext, ExportJobRunner } from './export-job-runner.ts';
import { hasEnded } from './export-job-step.ts';
import { type ExportLimits, MOST_PRINTS } from './export-limits.ts';
import type { ExportMaker } from './export-maker.ts';
import {
  exportActorOf,
  exportGraphKey,
  exportKey,
  exportOf,
  type ExportRecord,
  hasFiles,
  type OwnedExport,
  ownedExportOf,
} from './export-record.ts';
import { ExportUsage } from './export-usage.ts';
import { type GrowingFile, growingFile } from './growing-file.ts';
import { newExportRecord } from './new-export-record.ts';
import type { PutFile } from './put-file.ts';
import { requireUploadUrl } from './put-file.ts';
import { requireContext } from './require-context.ts';
import { StoredExports, unknownExport } from './stored-exports.ts';
import type { TakenTask } from './taken-task.ts';
import { type ExportFile, noFile, outputIndex, wholeFile } from './whole-file.ts';

/** One timer for all: whose time came because the clock was put forward begins so late at most. */
const LOOK_MS = 60_000;
/** Read at once. */
const MOST_READ = 200;

export interface ExportOptions {
  store: Store;
  journal: EventJournal;
  clock: Clock;
  logger: FastifyBaseLogger;
  randomBytes: RandomBytes;
  disk: ExportDisk;
  maker: ExportMaker;
  limits: ExportLimits;
  /** The task as it is now. Throws TASK_UNKNOWN, and what an export of it is refused with. */
  take(owned: Pick<OwnedExport, 'application'>, record: ExportRecord): Promise<TakenTask>;
  putFile: PutFile;
  /** Uploads may lead to this machine and to networks behind it. */
  allowsPrivateUploads: boolean;
}

export interface ExportQuery extends PageQuery {
  state?: ExportState;
  task?: string;
}

/** How many exports there are, by state; those that ended since the domain started. */
export interface ExportCounts {
  underWay: Record<string, number>;
  ended: Record<'done' | 'failed' | 'cancelled', number>;
  bytes: number;
}

/** The exports of every application. [control] */
export class ExportService {
  readonly #options: ExportOptions;
  readonly #context: ExportContext;
  readonly #usage: ExportUsage;
  readonly #stored: StoredExports;
  readonly #starts: EventStarts;
  /** Those that have not ended, by their ids. */
  readonly #jobs = new Map<string, ExportJobRunner>();
  readonly #endedCounts = { done: 0, failed: 0, cancelled: 0 };
  readonly #cancelLooking: Cancel;

  /** Removes what a crash left on the disk. Exports go on at `resume`. */
  static async open(options: ExportOptions): Promise<ExportService> {
    const service = new ExportService(options);
    const stored = service.#stored;
    for await (const { owned, record } of stored.entries()) {
      stored.note(owned, record);
      if (!record.end) service.#jobs.set(owned.id, new ExportJobRunner(service.#context, owned, record));
    }
    await stored.sweep();
    return service;
  }

  private constructor(options: ExportOptions) {
    const { journal, clock, logger, disk, maker, limits, take, putFile, allowsPrivateUploads } = options;
    this.#options = options;
    this.#usage = new ExportUsage(limits, disk);
    this.#stored = new StoredExports(options, this.#usage);
    this.#starts = new EventStarts(journal, logger);
    const [renders, prints] = [new JobTurns(limits.jobs), new JobTurns(MOST_PRINTS)];
    this.#context = {
      journal,
      clock,
      logger,
      disk,
      maker,
      turnsOf: (mode) => (mode === 'offline' ? renders : prints),
      take,
      graphOf: (owned) => this.#stored.graphOf(owned),
      requireRoom: (owned, bytes) => this.#usage.requireRoom(owned, bytes),
      putFile,
      allowsPrivate: allowsPrivateUploads,
      ended: (job) => this.#ended(job),
    };
    this.#cancelLooking = clock.every(LOOK_MS, () => {
      for (const job of [...this.#jobs.values()]) job.look();
    });
  }

  /** Those that did not end before go on. */
  resume(): void {
    for (const job of [...this.#jobs.values()]) this.#begin(job);
  }

  /** Acknowledged is durable: it is done then, or ends as failed. Throws what `take`, limits and uploads are refused with. */
  async create(
    application: string,
    wanted: ExportCreate,
    { cause = causeBy(), isDryRun }: Manner = {},
  ): Promise<Export> {
    const { journal, clock, randomBytes, take, allowsPrivateUploads } = this.#options;
    for (const { upload } of wanted.outputs)
      if (upload) requireUploadUrl(upload.url, upload.headers ?? {}, allowsPrivateUploads);
    requireContext(wanted.context);
    const isOpen = ({ owned }: ExportJobRunner) => owned.application === application;
    this.#usage.requireMore(application, [...this.#jobs.values()].filter(isOpen).length);
    const owned = { application, id: `export-${randomBytes(6).toString('hex')}` };
    const asked = newExportRecord(wanted, {
      nowMs: clock.now(),
      newestEvent: journal.newest,
      keepForSeconds: KEPT_SECONDS,
    });
    // Also of one that begins later: what cannot be exported is refused while somebody hears of it.
    const { graph, revision } = await take(owned, asked);
    const record = 'when' in asked.start ? { ...asked, taken: { revision } } : asked;
    const answer = exportOf(owned.id, record, exportActorOf(record));
    if (isDryRun) return answer;
    const { context, task } = record;
    const data = { export: owned.id, ...(context === undefined ? {} : { context }) };
    await journal.write(
      [
        { key: exportKey(owned), value: record, expected: 0 },
        ...(record.taken ? [{ key: exportGraphKey(owned), value: graph }] : []),
      ],
      {
        events: [{ type: 'export.requested', application, task, ...byOf(cause), data }],
        writes: cause.receipt(answer),
      },
    );
    const job = new ExportJobRunner(this.#context, owned, record);
    this.#jobs.set(owned.id, job);
    this.#begin(job);
    return answer;
  }

  /** In the order of ids. seen: of these tasks alone. */
  async list(application: string, query: ExportQuery = {}, seen?: ReadonlySet<string>): Promise<Page<Export>> {
    const { state, task } = query;
    const prefix = exportKey({ application, id: '' });
    const items: Export[] = [];
    for (let after = query.after ?? ''; ; ) {
      const page = await this.#options.store.list<ExportRecord>(prefix, { after: prefix + after, limit: MOST_READ });
      for (const { key, value } of page) {
        const one = this.#document(ownedExportOf(key), value);
        const isWanted = (state ?? one.state) === one.state && (task ?? one.task) === one.task;
        if (!isWanted || !(seen?.has(one.task) ?? true)) continue;
        if (items.length === mostOf(query)) return { items, next: items.at(-1)!.id };
        items.push(one);
      }
      if (page.length < MOST_READ) return { items };
      after = ownedExportOf(page.at(-1)!.key).id;
    }
  }

  /** Throws EXPORT_UNKNOWN. */
  async get(application: string, id: string, seen?: ReadonlySet<string>): Promise<Export> {
    const owned = { application, id };
    const record = await this.#stored.get(owned);
    if (!(seen?.has(record.task) ?? true)) throw unknownExport(id);
    return this.#document(owned, record);
  }

  /** Has it end, or deletes it with its files when it has. Throws EXPORT_UNKNOWN. */
  async remove(application: string, id: string, cause: Cause = causeBy()): Promise<Export> {
    const owned = { application, id };
    const job = this.#job(owned);
    if (job) {
      const before = await job.cancel(cause);
      // It ended while its end was stored before this: it is deleted then, as any other.
      if (before.desired === 'cancelled') return before;
    }
    const record = await this.#stored.get(owned);
    const answer = { ...this.#document(owned, record), desired: 'cancelled' as const };
    await this.#stored.delete(owned, record, cause, answer);
    return answer;
  }

  /** Throws EXPORT_UNKNOWN, EXPORT_NOT_READY, EXPORT_EXPIRED. */
  async file(application: string, id: string, output: string): Promise<ExportFile> {
    const owned = { application, id };
    const record = this.#job(owned)?.record ?? (await this.#stored.get(owned));
    const file = wholeFile(this.#options.disk, owned, record, output);
    if (file) return file;
    throw noFile(owned, this.#document(owned, record).state);
  }

  /** A file while it grows; undefined when it is whole. Throws EXPORT_UNKNOWN, EXPORT_NOT_READY. */
  async growing(application: string, id: string, output: string): Promise<GrowingFile | undefined> {
    const owned = { application, id };
    const job = this.#job(owned);
    if (!job || job.record.made) return undefined;
    const file = growingFile(job, outputIndex(owned, job.record, output));
    if (file) return file;
    throw noFile(owned, job.document.state);
  }

  /** Of its files. */
  bytesOf(application: string): number {
    return this.#usage.bytesOf(application);
  }

  get counts(): ExportCounts {
    const underWay: Record<string, number> = { scheduled: 0, queued: 0, running: 0, waiting: 0, uploading: 0 };
    for (const { actor } of this.#jobs.values()) if (!hasEnded(actor)) underWay[actor.state]! += 1;
    return { underWay, ended: { ...this.#endedCounts }, bytes: this.#stored.bytes };
  }

  /** Deletes files that are too old, and forgets exports that ended long ago. */
  forget(): Promise<void> {
    return this.#stored.forget();
  }

  /** All exports of an application, with their files. */
  readonly estate: Estate = async (application, { note }) => {
    for (const job of [...this.#jobs.values()].filter(({ owned }) => owned.application === application)) {
      await job.end();
      this.#jobs.delete(job.owned.id);
    }
    for await (const { owned, record } of this.#stored.entries(application)) {
      const files = hasFiles(record) ? record.made!.files : [];
      await note(
        { kind: 'export', id: owned.id },
        ...files.map(({ bytes, sha256 }, index) => ({
          kind: 'export' as const,
          id: `${owned.id}/${record.outputs[index]!.name}`,
          bytes,
          sha256,
        })),
      );
      await this.#stored.delete(owned, record);
    }
  };

  async close(): Promise<void> {
    this.#cancelLooking();
    await this.#starts.end();
    await Promise.all([...this.#jobs.values()].map((job) => job.end()));
  }

  #begin(job: ExportJobRunner): void {
    job.begin();
    const { owned, record } = job;
    this.#starts.add({
      application: owned.application,
      start: record.start,
      after: () => job.waitsAfter,
      begin: (event) => job.start(event),
    });
  }

  #job({ application, id }: OwnedExport): ExportJobRunner | undefined {
    const job = this.#jobs.get(id);
    return job?.owned.application === application ? job : undefined;
  }

  #document(owned: OwnedExport, stored: ExportRecord): Export {
    return this.#job(owned)?.document ?? exportOf(owned.id, stored, exportActorOf(stored));
  }

  #ended({ owned, record }: ExportJobRunner): void {
    this.#jobs.delete(owned.id);
    this.#stored.note(owned, record);
    if (record.end) this.#endedCounts[record.end.state] += 1;
  }
}
