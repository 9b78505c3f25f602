import { AudioCloudError, type Media, type MediaChange } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { byOf, causeBy } from '../events/cause.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { Manner } from '../http/once-or-dry.ts';
import { type Page, type PageQuery, sortedPageOf } from '../http/paging.ts';
import type { MediaIndex } from './media-index.ts';
import type { Departure, MediaLifetime } from './media-lifetime.ts';
import type { TaskIndex } from '../tasks/task-index.ts';
import type { MediaDisk } from './media-disk.ts';
import { mediaKey, mediaOf, type MediaRecord, type Owned } from './media-record.ts';

export interface MediaQuery extends PageQuery {
  /** How the name begins, in any case. */
  name?: string;
  tag?: string;
  sha256?: string;
}

export interface MediaLibraryOptions {
  index: MediaIndex;
  lifetime: MediaLifetime;
  journal: EventJournal;
  logger: FastifyBaseLogger;
  disk: MediaDisk;
  /** Who names media. */
  tasks: Pick<TaskIndex, 'namerOf'>;
  hasTask(application: string, task: string): boolean;
  /** Media change one after another. */
  inOrder<R>(work: () => Promise<R>): Promise<R>;
}

/** What was imported, of every application. [control] */
export class MediaLibrary {
  readonly #options: MediaLibraryOptions;

  constructor(options: MediaLibraryOptions) {
    this.#options = options;
  }

  list(application: string, query: MediaQuery = {}): Page<Media> {
    const { name, tag, sha256 } = query;
    const begins = name?.toLowerCase();
    const its = this.#options.index.of(application).map(([id, record]) => this.#media({ application, id }, record));
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
    const record = this.#options.index.get(application, id);
    if (!record) return undefined;
    this.#options.lifetime.use({ application, id });
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

  /** Another name, other tags. Throws MEDIA_UNKNOWN. */
  change(
    application: string,
    id: string,
    { name, tags, forTask }: MediaChange,
    { cause = causeBy(), isDryRun }: Manner = {},
  ): Promise<Media> {
    const owned = { application, id };
    return this.#options.inOrder(async () => {
      const { forTask: bound, isTaskKnown, ...before } = this.#record(owned);
      const task = forTask === undefined ? bound : forTask;
      const isKnown = task && (this.#options.hasTask(application, task) || (task === bound && isTaskKnown));
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

  /** Throws MEDIA_UNKNOWN; MEDIA_IN_USE while a task of the application names them. */
  async remove(application: string, id: string, manner: Manner = {}): Promise<void> {
    await this.#options.inOrder(async () => {
      this.#record({ application, id });
      const task = this.#options.tasks.namerOf(application, id);
      if (task !== undefined)
        throw new AudioCloudError('MEDIA_IN_USE', `Cannot delete media ${id}: task ${task} names them`, {
          media: id,
          task,
        });
      if (!manner.isDryRun) await this.removeNow({ application, id }, manner);
    });
  }

  /** Removes media that are there; called in order. */
  async removeNow(owned: Owned, { cause = causeBy() }: Manner, why?: Departure): Promise<void> {
    const { application, id } = owned;
    const { sha256 } = this.#record(owned);
    const data = { media: id, ...(why === undefined ? {} : { why }) };
    await this.#options.journal.write([{ key: mediaKey(owned) }], {
      events: [{ type: 'media.deleted', application, ...byOf(cause), data }],
      writes: cause.receipt(null),
    });
    if (this.#options.index.has(sha256)) return;
    await this.#options.disk.content
      .remove(sha256)
      .catch((error) => this.#options.logger.error({ error, media: id }, 'a content was not removed'));
  }

  #media(owned: Owned, record: MediaRecord): Media {
    return mediaOf(owned.id, record, this.#options.lifetime.expiresAtMs(owned, record));
  }

  #record({ application, id }: Owned): MediaRecord {
    const record = this.#options.index.get(application, id);
    if (record) return record;
    throw new AudioCloudError('MEDIA_UNKNOWN', `Cannot find media ${id}: there are none of that id`, { media: id });
  }
}
