import { AudioCloudError, asAudioCloudError, type Export } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import { byOf, type Cause, causeBy } from '../events/cause.ts';
import type { EventJournal } from '../events/event-journal.ts';
import { entriesOf } from '../store/entries-of.ts';
import type { Store } from '../store/store.ts';
import type { TakenTask } from './taken-task.ts';
import type { ExportDisk } from './export-disk.ts';
import {
  bytesOf,
  exportGraphKey,
  exportKey,
  EXPORTS,
  expiresAtMs,
  type ExportRecord,
  hasFiles,
  type OwnedExport,
  ownedExportOf,
} from './export-record.ts';
import type { ExportUsage } from './export-usage.ts';

/** An export that ended is forgotten then, when it has no files any more. */
const REMEMBERED_MS = 30 * 24 * 60 * 60 * 1000;

export interface StoredExportsOptions {
  store: Store;
  journal: EventJournal;
  clock: Clock;
  logger: FastifyBaseLogger;
  disk: ExportDisk;
}

/** The records of exports in the store and their files on the disk: they are counted, and go together. [control] */
export class StoredExports {
  readonly #options: StoredExportsOptions;
  readonly #usage: ExportUsage;
  /** Files that are kept. */
  readonly #had = new Set<string>();

  constructor(options: StoredExportsOptions, usage: ExportUsage) {
    this.#options = options;
    this.#usage = usage;
  }

  /** All of them, or those of one application, in the order of their keys. */
  async *entries(application?: string): AsyncGenerator<{ owned: OwnedExport; record: ExportRecord }> {
    const prefix = application === undefined ? EXPORTS : exportKey({ application, id: '' });
    for await (const { key, value } of entriesOf<ExportRecord>(this.#options.store, prefix))
      yield { owned: ownedExportOf(key), record: value };
  }

  /** Throws EXPORT_UNKNOWN. */
  async get(owned: OwnedExport): Promise<ExportRecord> {
    const stored = await this.#options.store.get<ExportRecord>(exportKey(owned));
    if (stored) return stored.value;
    throw unknownExport(owned.id);
  }

  /** The graph that was taken for one. */
  async graphOf(owned: OwnedExport): Promise<TakenTask['graph']> {
    const stored = await this.#options.store.get<TakenTask['graph']>(exportGraphKey(owned));
    if (stored) return stored.value;
    throw new AudioCloudError('INTERNAL', `Cannot export: the graph of ${owned.id} is not stored`);
  }

  /** Bytes of all files. */
  get bytes(): number {
    let bytes = 0;
    for (const key of this.#had) bytes += this.#usage.bytesOfExport(ownedExportOf(key));
    return bytes;
  }

  /** Counts the files of an export as they are now. */
  note(owned: OwnedExport, record: ExportRecord): void {
    const isThere = hasFiles(record);
    this.#usage.set(owned, isThere ? bytesOf(record) : 0);
    if (isThere) this.#had.add(exportKey(owned));
    else this.#had.delete(exportKey(owned));
  }

  /** Removes from the disk what is of none that was noted. */
  async sweep(): Promise<void> {
    const { disk, logger } = this.#options;
    await disk
      .sweep((owned) => this.#had.has(exportKey(owned)))
      .catch((error) => logger.error({ error: asAudioCloudError(error).toJSON() }, 'exports left over stay'));
  }

  /** Deletes one with its files. answer: of the request, to be given again. */
  async delete(owned: OwnedExport, { task, context }: ExportRecord, cause: Cause = causeBy(), answer?: Export) {
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

  /** Deletes files that are too old, and forgets exports that ended long ago. */
  async forget(): Promise<void> {
    const { store, clock, journal } = this.#options;
    const nowMs = clock.now();
    for await (const { owned, record } of this.entries()) {
      const { end, task, context } = record;
      const key = exportKey(owned);
      if (!end) continue;
      if (hasFiles(record)) {
        if (expiresAtMs(record)! > nowMs) continue;
        const expired: ExportRecord = { ...record, expiredAtMs: nowMs };
        const data = { export: owned.id, ...(context === undefined ? {} : { context }), expired: true as const };
        await journal.write([{ key, value: expired }], {
          events: [{ type: 'export.deleted', application: owned.application, task, data }],
        });
        this.note(owned, expired);
        await this.#drop(owned);
      } else if (end.atMs < nowMs - REMEMBERED_MS) await store.delete(key);
    }
  }

  async #drop(owned: OwnedExport): Promise<void> {
    const { disk, logger } = this.#options;
    await disk
      .drop(owned)
      .catch((error) => logger.error({ error: asAudioCloudError(error).toJSON(), export: owned.id }, 'files stay'));
  }
}

export const unknownExport = (id: string): AudioCloudError =>
  new AudioCloudError('EXPORT_UNKNOWN', `Cannot find export ${id}: there is none of that id`, { export: id });
