import { asAudioCloudError } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import type { Store } from '../store/store.ts';
import { taskKey } from '../tasks/task-address.ts';
import type { TaskEntry, TaskIndex } from '../tasks/task-index.ts';
import type { MediaIndex } from './media-index.ts';
import type { MediaLimits } from './media-limits.ts';
import { type MediaRecord, mediaKey, type Owned } from './media-record.ts';

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** Why media went by themselves: nobody used them, others needed the room, or their task went. */
export type Departure = 'unused' | 'space' | 'task';

export interface MediaLifetimeOptions {
  index: MediaIndex;
  tasks: Pick<TaskIndex, 'namerOf' | 'has' | 'listen'>;
  store: Store;
  clock: Clock;
  logger: FastifyBaseLogger;
  limitsOf(application: string): MediaLimits;
  /** Media change one after another. */
  inOrder<R>(work: () => Promise<R>): Promise<R>;
  /** Removes media that are there. Called in order. */
  remove(owned: Owned, why: Departure): Promise<void>;
}

/**
 * How long media stay: when they were used, and which may go. [control]
 *
 * Those that a task names stay. So do those that were imported or used within the last hour: whoever did so may be about to name them.
 */
export class MediaLifetime {
  readonly #options: MediaLifetimeOptions;
  /** When they were used last, and when that was to be stored last: of the last hour. */
  readonly #touched = new Map<string, { atMs: number; notedMs: number }>();
  readonly #unlisten: () => void;

  constructor(options: MediaLifetimeOptions) {
    this.#options = options;
    this.#unlisten = options.tasks.listen((before, after) => this.#taskChanged(before, after));
  }

  /** A task that names them is loaded, or was until now. Stored once an hour at most. */
  use(owned: Owned): void {
    const { index, clock } = this.#options;
    const nowMs = clock.now();
    const record = index.get(owned.application, owned.id);
    if (!record) return;
    const key = mediaKey(owned);
    const { notedMs = 0 } = this.#touched.get(key) ?? {};
    const isNoted = nowMs - Math.max(record.usedAtMs ?? 0, notedMs) < HOUR_MS;
    this.#touched.set(key, { atMs: nowMs, notedMs: isNoted ? notedMs : nowMs });
    if (!isNoted) this.#change(owned, { usedAtMs: nowMs });
  }

  /** When nobody has used them for long enough; undefined for those that stay. */
  expiresAtMs(owned: Owned, record: MediaRecord): number | undefined {
    const { mediaUnusedDays } = this.#options.limitsOf(owned.application);
    if (mediaUnusedDays === undefined || this.#isNeeded(owned, record)) return undefined;
    return this.#usedAtMs(owned, record) + mediaUnusedDays * DAY_MS;
  }

  /** Removes what may go by now. */
  async sweep(): Promise<void> {
    const { index, clock, inOrder, limitsOf } = this.#options;
    const nowMs = clock.now();
    for (const [key, { atMs }] of this.#touched) if (nowMs - atMs > HOUR_MS) this.#touched.delete(key);
    for (const application of index.applications) {
      for (const [id, record] of index.of(application)) {
        const owned = { application, id };
        this.#knowTask(owned, record);
        const why = this.#whyGone(owned, record);
        if (why) await inOrder(() => this.#removeIf(owned, (now) => this.#whyGone(owned, now)));
      }
      const { mediaKeptBytes } = limitsOf(application);
      if (mediaKeptBytes !== undefined) await this.#shrink(application, mediaKeptBytes);
    }
  }

  /** Removes the least recently used where that is allowed, so that so many bytes more are within what is kept. */
  async makeRoom(application: string, bytes: number): Promise<void> {
    const { mediaKeptBytes } = this.#options.limitsOf(application);
    if (mediaKeptBytes !== undefined) await this.#shrink(application, mediaKeptBytes - bytes);
  }

  close(): void {
    this.#unlisten();
  }

  async #shrink(application: string, mostBytes: number): Promise<void> {
    const { index, inOrder } = this.#options;
    const isOver = () => index.usageOf(application).bytes > mostBytes;
    if (!isOver()) return;
    const byUse = index
      .of(application)
      .map(([id, record]) => ({ owned: { application, id }, usedAtMs: this.#usedAtMs({ application, id }, record) }))
      .sort((a, b) => a.usedAtMs - b.usedAtMs);
    for (const { owned } of byUse) {
      if (!isOver()) return;
      await inOrder(() => this.#removeIf(owned, (now) => (isOver() && this.#mayGo(owned, now) ? 'space' : undefined)));
    }
  }

  async #removeIf(owned: Owned, whyOf: (record: MediaRecord) => Departure | undefined): Promise<void> {
    const record = this.#options.index.get(owned.application, owned.id);
    const why = record && whyOf(record);
    if (why) await this.#options.remove(owned, why);
  }

  #whyGone(owned: Owned, record: MediaRecord): Departure | undefined {
    const { tasks, clock } = this.#options;
    const { forTask, isTaskKnown } = record;
    const isNamed = tasks.namerOf(owned.application, owned.id) !== undefined;
    if (isTaskKnown && !this.#hasTask(owned, forTask) && !isNamed) return 'task';
    const expiresAtMs = this.expiresAtMs(owned, record);
    return expiresAtMs !== undefined && expiresAtMs <= clock.now() ? 'unused' : undefined;
  }

  #mayGo(owned: Owned, record: MediaRecord): boolean {
    const isFresh = this.#options.clock.now() - this.#usedAtMs(owned, record) < HOUR_MS;
    return !isFresh && !this.#isNeeded(owned, record);
  }

  #isNeeded(owned: Owned, { forTask }: MediaRecord): boolean {
    const { application, id } = owned;
    return this.#options.tasks.namerOf(application, id) !== undefined || this.#hasTask(owned, forTask);
  }

  #hasTask({ application }: Owned, task: string | undefined): boolean {
    return task !== undefined && this.#options.tasks.has(taskKey({ application, id: task }));
  }

  #usedAtMs(owned: Owned, { importedAtMs, usedAtMs = 0 }: MediaRecord): number {
    return Math.max(importedAtMs, usedAtMs, this.#touched.get(mediaKey(owned))?.atMs ?? 0);
  }

  #taskChanged(before: TaskEntry | undefined, after: TaskEntry | undefined): void {
    const { index, inOrder, logger } = this.#options;
    const { application, id } = (before ?? after)!.address;
    if (!after) for (const media of before!.media) this.use({ application, id: media });
    for (const media of index.boundTo({ application, id })) {
      const owned = { application, id: media };
      if (after) this.#knowTask(owned, index.get(application, media)!);
      else
        inOrder(() =>
          this.#removeIf(owned, (now) =>
            now.forTask === id ? this.#whyGone(owned, { ...now, isTaskKnown: true }) : undefined,
          ),
        ).catch((error) => logger.error({ error: asAudioCloudError(error).toJSON(), media }, 'media of a task stay'));
    }
  }

  /** That their task was there, so that they go with it, also when nobody sees it go. */
  #knowTask(owned: Owned, { forTask, isTaskKnown }: MediaRecord): void {
    if (!isTaskKnown && this.#hasTask(owned, forTask)) this.#change(owned, { isTaskKnown: true });
  }

  #change(owned: Owned, change: Partial<MediaRecord>): void {
    const { index, store, inOrder, logger } = this.#options;
    inOrder(async () => {
      const record = index.get(owned.application, owned.id);
      if (record) await store.put(mediaKey(owned), { ...record, ...change });
    }).catch((error) =>
      logger.warn({ error: asAudioCloudError(error).toJSON(), media: owned.id }, 'the use of media was not noted'),
    );
  }
}
