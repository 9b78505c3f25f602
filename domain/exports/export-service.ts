import {
  asAudioCloudError,
  AudioCloudError,
  CONTEXT_BYTES,
  type Export,
  type ExportCreate,
  type ExportState,
  KEPT_SECONDS,
  OUTPUT_FORMAT_FACTS,
} from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Estate } from '../erasure/estate.ts';
import { byOf, type Cause, causeBy } from '../events/cause.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { Manner } from '../http/once-or-dry.ts';
import { mostOf, type Page, type PageQuery } from '../http/paging.ts';
import { JobTurns } from '../media/job-turns.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import { entriesOf } from '../store/entries-of.ts';
import type { Store } from '../store/store.ts';
import { EventStarts } from './event-starts.ts';
import type { ExportDisk } from './export-disk.ts';
import { type ExportContext, ExportJobRunner } from './export-job-runner.ts';
import { hasEnded } from './export-job-step.ts';
import { type ExportLimits, MOST_PRINTS } from './export-limits.ts';
import type { ExportMaker } from './export-maker.ts';
import {
  bytesOf,
  exportActorOf,
  exportGraphKey,
  exportKey,
  exportOf,
  EXPORTS,
  expiresAtMs,
  type ExportRecord,
  hasFiles,
  type OwnedExport,
  ownedExportOf,
} from './export-record.ts';
import { ExportUsage } from './export-usage.ts';
import { fileName } from './file-name.ts';
import { newExportRecord } from './new-export-record.ts';
import type { PutFile } from './put-file.ts';
import { requireUploadUrl } from './put-file.ts';
import type { TakenTask } from './taken-task.ts';

/** An export that ended is forgotten then, when it has no files any more. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1000;
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

/** A file that is whole. */
export interface ExportFile {
  path: string;
  bytes: number;
  sha256: string;
  mediaType: string;
  /** For whoever stores it. */
  name: string;
}

/** A file that grows, or did until a moment ago. */
export interface GrowingFile {
  mediaType: string;
  /** Where it grows. */
  path: string;
  bytes: number;
  /** 'gone': this try has ended without it. */
  state: 'growing' | 'whole' | 'gone';
  /** Settles after the next change. */
  next(): Promise<void>;
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
  readonly #starts: EventStarts;
  /** Those that have not ended, by their ids. */
  readonly #jobs = new Map<string, ExportJobRunner>();
  readonly #endedCounts = { done: 0, failed: 0, cancelled: 0 };
  /** Files that are kept. */
  readonly #had = new Set<string>();
  readonly #cancelLooking: Cancel;

  /** Removes what a crash left on the disk. Exports go on at `resume`. */
  static async open(options: ExportOptions): Promise<ExportService> {
    const { store, disk, logger } = options;
    const service = new ExportService(options);
    for await (const { key, value } of entriesOf<ExportRecord>(store, EXPORTS)) {
      const owned = ownedExportOf(key);
      service.#note(owned, value);
      if (!value.end) service.#jobs.set(owned.id, new ExportJobRunner(service.#context, owned, value));
    }
    await disk
      .sweep((owned) => service.#had.has(exportKey(owned)))
      .catch((error) => logger.error({ error: asAudioCloudError(error).toJSON() }, 'exports left over stay'));
    return service;
  }

  private constructor(options: ExportOptions) {
    const { journal, clock, logger, disk, maker, limits, take, putFile, allowsPrivateUploads, store } = options;
    this.#options = options;
    this.#usage = new ExportUsage(limits, disk);
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
      graphOf: async (owned) => {
        const stored = await store.get<TakenTask['graph']>(exportGraphKey(owned));
        if (stored) return stored.value;
        throw new AudioCloudError('INTERNAL', `Cannot export: the graph of ${owned.id} is not stored`);
      },
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
    const record = await this.#record(owned);
    if (!(seen?.has(record.task) ?? true)) throw unknown(id);
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
    const record = await this.#record(owned);
    const answer = { ...this.#document(owned, record), desired: 'cancelled' as const };
    await this.#delete(owned, record, cause, answer);
    return answer;
  }

  /** Throws EXPORT_UNKNOWN, EXPORT_NOT_READY, EXPORT_EXPIRED. */
  async file(application: string, id: string, output: string): Promise<ExportFile> {
    const owned = { application, id };
    const record = this.#job(owned)?.record ?? (await this.#record(owned));
    const index = this.#output(id, record, output);
    if (record.expiredAtMs !== undefined)
      throw new AudioCloudError(
        'EXPORT_EXPIRED',
        `Cannot read ${output} of ${id}: its files were kept for ${record.keepForSeconds} s`,
        {
          export: id,
        },
      );
    const { format, name } = record.outputs[index]!;
    const written = hasFiles(record) ? record.made!.files[index] : undefined;
    if (!written) throw this.#notReady(owned, record);
    const { extension, mediaType } = OUTPUT_FORMAT_FACTS[format];
    const { bytes, sha256 } = written;
    const path = this.#options.disk.pathOf(owned, fileName(index, format));
    return { path, bytes, sha256, mediaType, name: `${name}${extension}` };
  }

  /** A file while it grows; undefined when it is whole. Throws EXPORT_UNKNOWN, EXPORT_NOT_READY. */
  async growing(application: string, id: string, output: string): Promise<GrowingFile | undefined> {
    const owned = { application, id };
    const job = this.#job(owned);
    if (!job || job.record.made) return undefined;
    const index = this.#output(id, job.record, output);
    const { format } = job.record.outputs[index]!;
    const first = job.growing;
    if (!first || (first.bytes[index] ?? 0) === 0) throw this.#notReady(owned, job.record);
    const { makes } = job;
    return {
      mediaType: OUTPUT_FORMAT_FACTS[format].mediaType,
      path: first.paths[index]!,
      get bytes() {
        if (job.makes !== makes) return 0;
        return job.growing?.bytes[index] ?? job.actor.made?.files[index]?.bytes ?? 0;
      },
      get state() {
        if (job.makes !== makes) return 'gone' as const;
        if (job.growing) return 'growing' as const;
        return job.actor.made ? ('whole' as const) : ('gone' as const);
      },
      next: () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        const leave = job.follow(() => {
          leave();
          resolve();
        });
        return promise;
      },
    };
  }

  /** Of its files. */
  bytesOf(application: string): number {
    return this.#usage.bytesOf(application);
  }

  get counts(): ExportCounts {
    const underWay: Record<string, number> = { scheduled: 0, queued: 0, running: 0, waiting: 0, uploading: 0 };
    for (const { actor } of this.#jobs.values()) if (!hasEnded(actor)) underWay[actor.state]! += 1;
    let bytes = 0;
    for (const key of this.#had) bytes += this.#usage.bytesOfExport(ownedExportOf(key));
    return { underWay, ended: { ...this.#endedCounts }, bytes };
  }

  /** Deletes files that are too old, and forgets exports that ended long ago. */
  async forget(): Promise<void> {
    const { store, clock, journal } = this.#options;
    const nowMs = clock.now();
    for await (const { key, value } of entriesOf<ExportRecord>(store, EXPORTS)) {
      const owned = ownedExportOf(key);
      const { end, task, context } = value;
      if (!end) continue;
      if (hasFiles(value)) {
        if (expiresAtMs(value)! > nowMs) continue;
        const record: ExportRecord = { ...value, expiredAtMs: nowMs };
        const data = { export: owned.id, ...(context === undefined ? {} : { context }), expired: true as const };
        await journal.write([{ key, value: record }], {
          events: [{ type: 'export.deleted', application: owned.application, task, data }],
        });
        this.#note(owned, record);
        await this.#drop(owned);
      } else if (end.atMs < nowMs - REMEMBERED_MS) await store.delete(key);
    }
  }

  /** All exports of an application, with their files. */
  readonly estate: Estate = async (application, { note }) => {
    const { store } = this.#options;
    for (const job of [...this.#jobs.values()].filter(({ owned }) => owned.application === application)) {
      await job.end();
      this.#jobs.delete(job.owned.id);
    }
    for await (const { key, value } of entriesOf<ExportRecord>(store, exportKey({ application, id: '' }))) {
      const owned = ownedExportOf(key);
      const files = hasFiles(value) ? value.made!.files : [];
      await note(
        { kind: 'export', id: owned.id },
        ...files.map(({ bytes, sha256 }, index) => ({
          kind: 'export' as const,
          id: `${owned.id}/${value.outputs[index]!.name}`,
          bytes,
          sha256,
        })),
      );
      await this.#delete(owned, value);
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

  async #record(owned: OwnedExport): Promise<ExportRecord> {
    const stored = await this.#options.store.get<ExportRecord>(exportKey(owned));
    if (stored) return stored.value;
    throw unknown(owned.id);
  }

  #output(id: string, { outputs }: ExportRecord, name: string): number {
    const index = outputs.findIndex((one) => one.name === name);
    if (index >= 0) return index;
    const names = outputs.map((one) => one.name).join(', ');
    throw new AudioCloudError('EXPORT_UNKNOWN', `Cannot find ${name} in ${id}: it has ${names}`, { export: id });
  }

  #notReady(owned: OwnedExport, record: ExportRecord): AudioCloudError {
    const { state } = this.#document(owned, record);
    const isOver = state === 'failed' || state === 'cancelled';
    const { id } = owned;
    if (isOver)
      return new AudioCloudError('EXPORT_UNKNOWN', `Cannot read a file of ${id}: it has ${state}, there are none`, {
        export: id,
        state,
      });
    return new AudioCloudError('EXPORT_NOT_READY', `Cannot read a file of ${id} yet: it is ${state}`, {
      export: id,
      state,
    });
  }

  async #delete(
    owned: OwnedExport,
    { task, context }: ExportRecord,
    cause = causeBy(),
    answer?: Export,
  ): Promise<void> {
    const { application, id } = owned;
    const data = { export: id, ...(context === undefined ? {} : { context }) };
    await this.#options.journal.write([{ key: exportKey(owned) }, { key: exportGraphKey(owned) }], {
      events: [{ type: 'export.deleted', application, task, ...byOf(cause), data }],
      writes: answer ? cause.receipt(answer) : [],
    });
    this.#had.delete(exportKey(owned));
    this.#usage.set(owned, 0);
    await this.#drop(owned);
  }

  async #drop(owned: OwnedExport): Promise<void> {
    const { disk, logger } = this.#options;
    await disk
      .drop(owned)
      .catch((error) => logger.error({ error: asAudioCloudError(error).toJSON(), export: owned.id }, 'files stay'));
  }

  /** Counts the files of an export as they are now. */
  #note(owned: OwnedExport, record: ExportRecord): void {
    const isThere = hasFiles(record);
    this.#usage.set(owned, isThere ? bytesOf(record) : 0);
    if (isThere) this.#had.add(exportKey(owned));
    else this.#had.delete(exportKey(owned));
  }

  #ended({ owned, record }: ExportJobRunner): void {
    this.#jobs.delete(owned.id);
    this.#note(owned, record);
    if (record.end) this.#endedCounts[record.end.state] += 1;
  }
}

const unknown = (id: string) =>
  new AudioCloudError('EXPORT_UNKNOWN', `Cannot find export ${id}: there is none of that id`, { export: id });

function requireContext(context: unknown): void {
  if (context === undefined) return;
  const bytes = Buffer.byteLength(JSON.stringify(context));
  if (bytes > CONTEXT_BYTES)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot export: its context has ${bytes} bytes as JSON, ${CONTEXT_BYTES} may be, ${bytes - CONTEXT_BYTES} too much`,
    );
}
