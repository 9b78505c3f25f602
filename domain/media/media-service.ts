import { asAudioCloudError, type Media, type MediaChange, type MediaCreate, type MediaJob } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import type { Estate } from '../erasure/estate.ts';
import type { Cause } from '../events/cause.ts';
import type { EventJournal } from '../events/event-journal.ts';
import type { Manner } from '../http/once-or-dry.ts';
import type { Page } from '../http/paging.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import type { Store } from '../store/store.ts';
import { taskKey } from '../tasks/task-address.ts';
import type { TaskIndex } from '../tasks/task-index.ts';
import type { MediaDisk } from './media-disk.ts';
import { mediaEstate } from './media-estate.ts';
import { type MediaCounts, MediaImports, type MediaJobQuery } from './media-imports.ts';
import { MediaIndex } from './media-index.ts';
import type { MediaInspector } from './media-inspector.ts';
import { MediaLibrary, type MediaQuery } from './media-library.ts';
import { MediaLifetime } from './media-lifetime.ts';
import type { LibrarySettings, MediaLimits } from './media-limits.ts';
import { MediaQuota } from './media-quota.ts';
import { MediaRoom } from './media-room.ts';

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

/** The imported media of every application, and the jobs that import them: MediaLibrary and MediaImports, over one index. [control] */
export class MediaService {
  /** For uploads, which are no imports yet. */
  readonly room: MediaRoom;
  /** All that an application has here. */
  readonly estate: Estate;
  readonly #options: MediaOptions;
  readonly #index: MediaIndex;
  readonly #lifetime: MediaLifetime;
  readonly #library: MediaLibrary;
  readonly #imports: MediaImports;
  readonly #unlisten: () => void;
  #tail: Promise<unknown> = Promise.resolve();

  /** Removes what a crash left on the disk. Jobs go on at `resume`. */
  static async open(options: MediaOptions): Promise<MediaService> {
    const { store, disk, logger } = options;
    const service = new MediaService(options, await MediaIndex.open(store));
    await service.#imports.takeUp();
    await disk.content
      .sweep(
        (sha256) => service.#index.has(sha256),
        (job) => service.#imports.goesOn(job),
      )
      .catch((error) => logger.error({ error: asAudioCloudError(error).toJSON() }, 'media left over stay'));
    service.#imports.takeUninspected();
    return service;
  }

  private constructor(options: MediaOptions, index: MediaIndex) {
    const { disk, inspector, tasks, settings, limitsOf } = options;
    const inOrder = <R>(work: () => Promise<R>) => this.#inOrder(work);
    const hasTask = (application: string, task: string) => tasks.has(taskKey({ application, id: task }));
    const quota = new MediaQuota({ index, settings, limitsOf, freeBytes: async () => disk.freeBytes?.() });
    this.#options = options;
    this.#index = index;
    this.#lifetime = new MediaLifetime({
      ...options,
      index,
      limitsOf: (application) => quota.limitsOf(application),
      inOrder,
      remove: (owned, why) => this.#library.removeNow(owned, {}, why),
    });
    this.room = new MediaRoom(quota, this.#lifetime);
    this.#library = new MediaLibrary({ ...options, index, lifetime: this.#lifetime, hasTask, inOrder });
    this.#imports = new MediaImports({ ...options, index, quota, room: this.room, hasTask, inOrder });
    this.estate = mediaEstate({ ...options, index, imports: this.#imports, inOrder });
    const ends = [
      inspector.listen(() => this.#imports.served()),
      tasks.listen((before, after) => {
        if (before && !after) this.#imports.taskEnded(before.address);
      }),
    ];
    this.#unlisten = () => {
      for (const end of ends) end();
    };
  }

  /** The jobs that did not end before go on. */
  resume(): void {
    this.#imports.resume();
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

  list(application: string, query?: MediaQuery): Page<Media> {
    return this.#library.list(application, query);
  }

  /** Throws MEDIA_UNKNOWN. */
  get(application: string, id: string): Media {
    return this.#library.get(application, id);
  }

  /** See MediaLibrary. */
  pathOf(application: string, id: string): string | undefined {
    return this.#library.pathOf(application, id);
  }

  /** Media and where their content lies. Throws MEDIA_UNKNOWN. */
  contentOf(application: string, id: string): { media: Media; path: string } {
    return this.#library.contentOf(application, id);
  }

  /** Where the peaks of media lie. Throws MEDIA_UNKNOWN, and MEDIA_UNREADABLE while there are none. */
  peaksOf(application: string, id: string): { path: string; tag: string } {
    return this.#library.peaksOf(application, id);
  }

  /** Another name, other tags. Throws MEDIA_UNKNOWN. */
  change(application: string, id: string, change: MediaChange, manner?: Manner): Promise<Media> {
    return this.#library.change(application, id, change, manner);
  }

  /** Throws MEDIA_UNKNOWN; MEDIA_IN_USE while a task of the application names them. */
  remove(application: string, id: string, manner?: Manner): Promise<void> {
    return this.#library.remove(application, id, manner);
  }

  /** Acknowledged is durable. Throws MEDIA_FORBIDDEN, MEDIA_MISSING, MEDIA_QUOTA, DISK_FULL. */
  create(application: string, wanted: MediaCreate, manner?: Manner): Promise<MediaJob> {
    return this.#imports.create(application, wanted, manner);
  }

  /** In the order of ids. */
  jobs(application: string, query?: MediaJobQuery): Promise<Page<MediaJob>> {
    return this.#imports.jobs(application, query);
  }

  /** Throws MEDIA_JOB_UNKNOWN. */
  job(application: string, id: string): Promise<MediaJob> {
    return this.#imports.job(application, id);
  }

  /** Has a job end; one that has ended stays as it is. Throws MEDIA_JOB_UNKNOWN. */
  cancel(application: string, id: string, cause?: Cause): Promise<MediaJob> {
    return this.#imports.cancel(application, id, cause);
  }

  get counts(): MediaCounts {
    return this.#imports.counts;
  }

  /** Forgets jobs that ended long ago. */
  forget(): Promise<void> {
    return this.#imports.forget();
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
    await this.#imports.close();
    await this.#tail;
    this.#index.close();
  }

  #inOrder<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}
