import { asAudioCloudError, type AudioCloudError, type MediaJob } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { ActorRuntime } from '../actors/actor-runtime.ts';
import type { Clock } from '../clock/clock.ts';
import type { Cause } from '../events/cause.ts';
import type { EventJournal, NewDomainEvent } from '../events/event-journal.ts';
import type { StoreWrite } from '../store/store.ts';
import type { JobTurns } from './job-turns.ts';
import type { MediaDisk } from './media-disk.ts';
import type { MediaIndex } from './media-index.ts';
import { type MediaInspector, unserved } from './media-inspector.ts';
import {
  hasEnded,
  type MediaJobActor,
  mediaJobActor,
  type MediaJobEffect,
  type MediaJobEvent,
  type Outcome,
} from './media-job-step.ts';
import type { MediaQuota } from './media-quota.ts';
import {
  actorOf,
  type MediaJobRecord,
  mediaJobKey,
  mediaJobOf,
  type MediaRecord,
  mediaKey,
  type Owned,
  toldFrom,
  toldOf,
} from './media-record.ts';

/** After so much the room on the disk is looked at again. */
const LOOK_BYTES = 32 * 2 ** 20;

/** What media jobs work with. */
export interface MediaJobContext {
  journal: EventJournal;
  clock: Clock;
  logger: FastifyBaseLogger;
  disk: MediaDisk;
  index: MediaIndex;
  inspector: MediaInspector;
  quota: MediaQuota;
  hasTask(application: string, task: string): boolean;
  turns: JobTurns;
  /** Contents get and lose their owners one after another, so that none is removed while it gets one. */
  inOrder<R>(work: () => Promise<R>): Promise<R>;
  /** A try failed. */
  refused(error: AudioCloudError): void;
  /** Its end is stored. */
  ended(job: MediaJobRunner): void;
}

/** Runs the effects of one media job: waits for its turn, copies, has it looked into, stores its end. [control] */
export class MediaJobRunner {
  readonly owned: Owned;
  readonly #context: MediaJobContext;
  readonly #runtime: ActorRuntime<MediaJobActor, MediaJobEvent, MediaJobEffect>;
  #record: MediaJobRecord;
  #stop = new AbortController();
  /** What the tries took. */
  #spentMs = 0;
  /** A content that has its place and, until the end is stored, no owner. */
  #placed: string | undefined;

  /** record: as it was stored. */
  constructor(context: MediaJobContext, owned: Owned, record: MediaJobRecord) {
    this.#context = context;
    this.owned = owned;
    this.#record = record;
    this.#runtime = new ActorRuntime({
      actor: mediaJobActor,
      state: actorOf(record),
      clock: context.clock,
      run: (effect) => this.#perform(effect),
      failed: ({ kind }, error) => ({ type: kind === 'store' ? 'unstored' : 'refused', error: error.toJSON() }),
      changed: ({ type }) => {
        if (type === 'stored') context.ended(this);
      },
    });
  }

  get record(): MediaJobRecord {
    return this.#record;
  }

  get actor(): Readonly<MediaJobActor> {
    return this.#runtime.state;
  }

  get document(): MediaJob {
    return mediaJobOf(this.owned.id, this.#record, this.actor);
  }

  begin(): void {
    this.#runtime.send({ type: 'begin' });
  }

  /** An engine came that can look into media. */
  served(): void {
    this.#runtime.send({ type: 'served' });
  }

  /** Settles when it is stored that it is to end. One that has ended stays as it is. */
  cancel(cause: Cause): Promise<MediaJob> {
    return this.#runtime.inLane('store', async () => {
      if (hasEnded(this.actor) || this.actor.desired === 'cancelled') return this.document;
      const record: MediaJobRecord = { ...this.#record, desired: 'cancelled' };
      const answer = mediaJobOf(this.owned.id, record, { ...this.actor, desired: 'cancelled' });
      await this.#context.journal.write([{ key: mediaJobKey(this.owned), value: record }], {
        writes: cause.receipt(answer),
      });
      this.#record = record;
      this.#runtime.send({ type: 'cancel' });
      return answer;
    });
  }

  /** Nothing is written any more when it settles; the job begins again when it is taken up. */
  async end(): Promise<void> {
    this.#stop.abort();
    this.#context.turns.leave(this.owned.id);
    await this.#runtime.end();
  }

  #perform(effect: MediaJobEffect): Promise<MediaJobEvent | undefined> | undefined {
    const { turns } = this.#context;
    const { application, id } = this.owned;
    switch (effect.kind) {
      case 'ask':
        turns.ask({ id, application, begin: () => this.#runtime.send({ type: 'turn' }) });
        return undefined;
      case 'leave':
        turns.leave(id);
        return undefined;
      case 'abort':
        this.#stop.abort();
        return undefined;
      case 'copy':
        return this.#copy();
      case 'inspect':
        return this.#inspect();
      case 'store':
        return this.#context.inOrder(() => this.#store());
    }
  }

  async #copy(): Promise<MediaJobEvent> {
    const { disk, clock, index, quota } = this.#context;
    const { signal } = this.#stop;
    const { application, id } = this.owned;
    const begunAtMs = clock.now();
    try {
      const before = await disk.content.standing?.(id);
      const source = await disk.sources.open(this.#record.from, {
        application,
        signal,
        spentMs: this.#spentMs,
        ...(before ? { before } : {}),
      });
      try {
        const { totalBytes } = source;
        const told = (bytes: number) => {
          quota.take(id, application, Math.max(bytes, totalBytes ?? 0));
          this.#runtime.send({ type: 'progress', bytes, ...(totalBytes === undefined ? {} : { totalBytes }) });
        };
        told(source.startBytes ?? 0);
        const content = await disk.content.take(id, this.#guarded(source.pieces, signal), told, source);
        const facts = index.factsOf(content.sha256);
        return { type: 'copied', content, ...(facts ? { facts } : {}) };
      } finally {
        await source.close();
      }
    } catch (thrown) {
      const error = asAudioCloudError(thrown);
      if (!signal.aborted) this.#context.refused(error);
      if (error.details?.['beginsAnew']) await disk.content.drop(id);
      throw error;
    } finally {
      this.#spentMs += clock.now() - begunAtMs;
    }
  }

  async #inspect(): Promise<MediaJobEvent> {
    const { inspector, disk } = this.#context;
    const { id: job } = this.owned;
    const facts = await inspector.inspect({ job, ...disk.content.asideOf(job) }, this.#stop.signal);
    return facts ? { type: 'inspected', facts } : { type: 'unserved', error: unserved() };
  }

  async #store(): Promise<MediaJobEvent> {
    const outcome = this.actor.outcome!;
    const { disk, journal, clock, index, quota } = this.#context;
    const { id } = this.owned;
    if (outcome.state === 'done') {
      const { sha256 } = outcome.content;
      try {
        await disk.content.keep(id, sha256);
      } catch (error) {
        return { type: 'lost', error: asAudioCloudError(error).toJSON() };
      }
      this.#placed = sha256;
    } else await disk.content.drop(id);
    const record = this.#ended(outcome, clock.now());
    await journal.write([{ key: mediaJobKey(this.owned), value: record }, ...this.#media(outcome)], {
      events: [this.#told(outcome)],
    });
    quota.release(id); // at once: its media count by themselves
    await this.#release(outcome);
    if (outcome.state !== 'done' && this.#placed !== undefined && !index.has(this.#placed))
      await disk.content
        .remove(this.#placed)
        .catch((error) => this.#context.logger.error({ error, job: id }, 'a content was not removed'));
    this.#record = record; // at once with its state
    return { type: 'stored' };
  }

  /** A failed one may be asked for again. */
  async #release({ state }: Outcome): Promise<void> {
    if (state === 'failed') return;
    const { disk, logger } = this.#context;
    const { application, id } = this.owned;
    await disk.sources
      .release?.(this.#record.from, application)
      .catch((error) => logger.error({ error, job: id }, 'what was imported was not removed from its source'));
  }

  #ended(outcome: Outcome, atMs: number): MediaJobRecord {
    const { bytes, tries } = this.actor;
    const end = { state: outcome.state, atMs, bytes, retries: tries.failures };
    const record = { ...this.#record, from: toldFrom(this.#record.from) };
    return { ...record, end: outcome.state === 'failed' ? { ...end, error: outcome.error } : end };
  }

  #media(outcome: Outcome): StoreWrite[] {
    if (outcome.state !== 'done') return [];
    const { media, name, tags, forTask } = this.#record;
    const { content, facts } = outcome;
    const isTaskKnown = forTask !== undefined && this.#context.hasTask(this.owned.application, forTask);
    const bound = { ...(forTask === undefined ? {} : { forTask }), ...(isTaskKnown ? { isTaskKnown } : {}) };
    const value: MediaRecord = { name, tags, ...bound, ...content, facts, importedAtMs: this.#context.clock.now() };
    return [{ key: mediaKey({ ...this.owned, id: media }), value }];
  }

  #told(outcome: Outcome): NewDomainEvent {
    const { application, id } = this.owned;
    const data = toldOf(id, this.#record);
    if (outcome.state === 'done') return { type: 'media.imported', application, data: { ...data, ...outcome.content } };
    if (outcome.state === 'failed')
      return { type: 'media.failed', application, data: { ...data, error: outcome.error } };
    return { type: 'media.cancelled', application, data };
  }

  /** The pieces, as long as nobody stops it and the disk has room. */
  async *#guarded(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let unlooked = LOOK_BYTES;
    for await (const piece of pieces) {
      signal.throwIfAborted();
      unlooked += piece.length;
      if (unlooked >= LOOK_BYTES) {
        await this.#context.quota.requireDisk(piece.length);
        unlooked = 0;
      }
      yield piece;
    }
  }
}
