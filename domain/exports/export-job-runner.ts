import { AudioCloudError, asAudioCloudError, type ErrorBody, type Export, OUTPUT_FORMAT_FACTS } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { ActorRuntime } from '../actors/actor-runtime.ts';
import type { Clock } from '../clock/clock.ts';
import type { Cause } from '../events/cause.ts';
import type { EventJournal, NewDomainEvent } from '../events/event-journal.ts';
import type { JobTurns } from '../media/job-turns.ts';
import type { StoreWrite } from '../store/store.ts';
import type { ExportDisk } from './export-disk.ts';
import { type ExportActor, exportActor, type ExportEffect, type ExportEvent, hasEnded } from './export-job-step.ts';
import type { ExportMaker, Growing } from './export-maker.ts';
import {
  bytesOf,
  exportActorOf,
  exportGraphKey,
  exportKey,
  exportOf,
  type ExportRecord,
  type OwnedExport,
} from './export-record.ts';
import { fileName } from './file-name.ts';
import type { PutFile } from './put-file.ts';
import type { TakenTask } from './taken-task.ts';

/** What exports work with. */
export interface ExportContext {
  journal: EventJournal;
  clock: Clock;
  logger: FastifyBaseLogger;
  disk: ExportDisk;
  maker: ExportMaker;
  /** Prints take hardware, renders take cores: they do not wait for each other. */
  turnsOf(mode: ExportRecord['mode']): JobTurns;
  /** The task as it is now. Throws TASK_UNKNOWN, and what an export of it is refused with. */
  take(owned: OwnedExport, record: ExportRecord): Promise<TakenTask>;
  /** The graph that was taken. */
  graphOf(owned: OwnedExport): Promise<TakenTask['graph']>;
  /** Throws EXPORT_LIMIT, DISK_FULL when so many bytes more are too much. */
  requireRoom(owned: OwnedExport, bytes: number): Promise<void>;
  putFile: PutFile;
  allowsPrivate: boolean;
  /** Its end is stored. */
  ended(job: ExportJobRunner): void;
}

/** Room is looked for so often while files grow. */
const ROOM_MS = 1000;

/** Runs the effects of one export: takes the task, waits for its turn, has files made and uploaded, stores its end. [control] */
export class ExportJobRunner {
  readonly owned: OwnedExport;
  readonly #context: ExportContext;
  readonly #runtime: ActorRuntime<ExportActor, ExportEvent, ExportEffect>;
  #record: ExportRecord;
  #stop = new AbortController();
  #growing: Growing | undefined;
  #makes = 0;
  readonly #followers = new Set<() => void>();
  /** The event that it waited for. */
  #startedBy: number | undefined;

  /** record: as it was stored. */
  constructor(context: ExportContext, owned: OwnedExport, record: ExportRecord) {
    this.#context = context;
    this.owned = owned;
    this.#record = record;
    this.#runtime = new ActorRuntime({
      actor: exportActor,
      state: exportActorOf(record),
      clock: context.clock,
      run: (effect) => this.#perform(effect),
      failed: (effect, error) => failedEvent(effect, bodyOf(error)),
      changed: ({ type }) => {
        for (const follower of [...this.#followers]) follower();
        if (type === 'stored') context.ended(this);
      },
    });
  }

  get record(): ExportRecord {
    return this.#record;
  }

  get actor(): Readonly<ExportActor> {
    return this.#runtime.state;
  }

  get document(): Export {
    return exportOf(this.owned.id, this.#record, this.actor);
  }

  /** Its files while they grow, and may become whole. */
  get growing(): Growing | undefined {
    return this.actor.busy === 'make' && !this.#stop.signal.aborted ? this.#growing : undefined;
  }

  /** So many times its files were begun: those of another time are other files, though their paths are the same. */
  get makes(): number {
    return this.#makes;
  }

  /** An event that it waits for comes after this number; undefined when it waits for none. */
  get waitsAfter(): number | undefined {
    return this.actor.awaitsEvent && !hasEnded(this.actor) ? this.#record.afterEvent : undefined;
  }

  begin(): void {
    this.#runtime.send({ type: 'begin' });
  }

  /** The event has come. */
  start(event: number): void {
    this.#startedBy ??= event;
    this.#runtime.send({ type: 'start' });
  }

  /** Begins when its time has come. */
  look(): void {
    const { state, startsAtMs, isTaken } = this.actor;
    const isDue = startsAtMs !== undefined && !isTaken && startsAtMs <= this.#context.clock.now();
    if (state === 'scheduled' && isDue) this.#runtime.send({ type: 'wake' });
  }

  /** Called after every change. Returns the end of it. */
  follow(follower: () => void): () => void {
    this.#followers.add(follower);
    return () => void this.#followers.delete(follower);
  }

  /** Settles when it is stored that it is to end. One that has ended stays as it is. */
  cancel(cause: Cause): Promise<Export> {
    return this.#runtime.inLane('store', async () => {
      if (hasEnded(this.actor) || this.actor.desired === 'cancelled') return this.document;
      const record: ExportRecord = { ...this.#record, desired: 'cancelled' };
      const answer = exportOf(this.owned.id, record, { ...this.actor, desired: 'cancelled' });
      await this.#context.journal.write([{ key: exportKey(this.owned), value: record }], {
        writes: cause.receipt(answer),
      });
      this.#record = record;
      this.#runtime.send({ type: 'cancel' });
      return answer;
    });
  }

  /** Nothing is written any more when it settles; the export begins again when it is taken up. */
  async end(): Promise<void> {
    this.#stop.abort(cancelled(this.owned.id));
    this.#context.turnsOf(this.#record.mode).leave(this.owned.id);
    const ended = this.#runtime.end();
    for (const follower of [...this.#followers]) follower();
    await ended;
  }

  #perform(effect: ExportEffect): Promise<ExportEvent | undefined> | undefined {
    const { application, id } = this.owned;
    const turns = this.#context.turnsOf(this.#record.mode);
    switch (effect.kind) {
      case 'take':
        return this.#take();
      case 'ask':
        turns.ask({ id, application, begin: () => this.#runtime.send({ type: 'turn' }) });
        return undefined;
      case 'leave':
        turns.leave(id);
        return undefined;
      case 'abort':
        this.#stop.abort(cancelled(id));
        return undefined;
      case 'make':
        return this.#make();
      case 'keep':
        return this.#keep();
      case 'upload':
        return this.#upload(effect.output);
      case 'note':
        return this.#note(effect.output);
      case 'store':
        return this.#store();
    }
  }

  async #take(): Promise<ExportEvent> {
    const { graph, revision } = await this.#context.take(this.owned, this.#record);
    const startedBy = this.#startedBy;
    const taken = { revision, ...(startedBy === undefined ? {} : { startedBy }) };
    await this.#put({ taken }, [{ key: exportGraphKey(this.owned), value: graph }]);
    return { type: 'taken' };
  }

  async #make(): Promise<ExportEvent> {
    const { disk, clock, maker, requireRoom, graphOf } = this.#context;
    const { owned } = this;
    await this.#begun();
    await requireRoom(owned, 0);
    const folder = await disk.begin(owned);
    this.#makes += 1;
    const full = new AbortController();
    const stopLooking = clock.every(ROOM_MS, () => {
      const bytes = this.#growing?.bytes.reduce((sum, one) => sum + one, 0) ?? 0;
      requireRoom(owned, bytes).catch((error) => full.abort(error));
    });
    try {
      const made = await maker.make({
        owned,
        record: this.#record,
        graph: await graphOf(owned),
        folder,
        signal: AbortSignal.any([this.#stop.signal, full.signal]),
        progress: (frames, ofFrames, growing) => {
          this.#growing = growing;
          this.#runtime.send({ type: 'progress', frames, ...(ofFrames === undefined ? {} : { ofFrames }) });
        },
        mark: (isPlaying) => this.#mark(isPlaying),
      });
      await requireRoom(owned, bytesOf({ made }));
      return { type: 'made', made };
    } catch (error) {
      throw withoutFolder(asAudioCloudError(error), folder);
    } finally {
      stopLooking();
      this.#growing = undefined;
    }
  }

  /** Tells, once, that it begins. */
  #begun(): Promise<void> {
    return this.#inStore(async () => {
      if (this.#record.startedAtMs !== undefined) return;
      const startedBy = this.#record.taken?.startedBy;
      await this.#put({ startedAtMs: this.#context.clock.now() }, [], {
        ...this.#whose('export.started'),
        data: { ...this.#data, ...(startedBy === undefined ? {} : { startedBy }) },
      });
    });
  }

  #mark(isPlaying: boolean): Promise<void> {
    return this.#inStore(async () => {
      if ((this.#record.isPlaying ?? false) === isPlaying) return;
      const { isPlaying: _before, ...record } = this.#record;
      const next: ExportRecord = isPlaying ? { ...record, isPlaying } : record;
      await this.#context.journal.write([{ key: exportKey(this.owned), value: next }]);
      this.#record = next;
    });
  }

  async #keep(): Promise<ExportEvent> {
    const made = this.actor.made!;
    const files = made.files.map(({ format, bytes }, i) => ({ name: fileName(i, format), bytes }));
    try {
      await this.#context.disk.keep(this.owned, files);
    } catch (error) {
      return { type: 'lost', error: bodyOf(error) };
    }
    await this.#put({ made });
    return { type: 'kept' };
  }

  async #upload(output: number): Promise<ExportEvent> {
    const { disk, putFile, allowsPrivate } = this.#context;
    const { format, upload } = this.#record.outputs[output]!;
    const { url, headers = {} } = upload!;
    await putFile({
      url,
      headers,
      path: disk.pathOf(this.owned, fileName(output, format)),
      mediaType: OUTPUT_FORMAT_FACTS[format].mediaType,
      allowsPrivate,
      signal: this.#stop.signal,
      sent: (bytes) => this.#runtime.send({ type: 'sent', bytes }),
    });
    return { type: 'uploaded' };
  }

  async #note(output: number): Promise<ExportEvent> {
    const { name } = this.#record.outputs[output]!;
    const bytes = this.#record.made!.files[output]!.bytes;
    await this.#put({ uploaded: [...this.#record.uploaded, output] }, [], {
      ...this.#whose('export.uploaded'),
      data: { ...this.#data, output: name, bytes },
    });
    return { type: 'noted' };
  }

  async #store(): Promise<ExportEvent> {
    const { actor, owned } = this;
    const outcome = actor.outcome!;
    const { disk, clock } = this.#context;
    const { state } = outcome;
    if (state !== 'done') await disk.drop(owned);
    const end: ExportRecord['end'] = {
      state,
      atMs: clock.now(),
      retries: actor.tries.failures,
      uploads: actor.uploads.map(({ output, state, tries }) => ({
        output,
        isDone: state === 'done',
        tries: tries.failures,
        ...(tries.error ? { error: tries.error } : {}),
      })),
      ...(state === 'failed' ? { error: outcome.error } : {}),
    };
    // What was secret in the URLs is of no more use.
    const outputs = this.#record.outputs.map((output) =>
      output.upload ? { ...output, upload: { url: output.upload.url.split(/[?#]/)[0]! } } : output,
    );
    await this.#put({ end, outputs }, [{ key: exportGraphKey(owned) }], this.#told());
    return { type: 'stored' };
  }

  #told(): NewDomainEvent {
    const outcome = this.actor.outcome!;
    if (outcome.state === 'failed')
      return { ...this.#whose('export.failed'), data: { ...this.#data, error: outcome.error } };
    if (outcome.state === 'cancelled') return { ...this.#whose('export.cancelled'), data: this.#data };
    const { files, report } = this.#record.made!;
    const { isFaultless } = report;
    const data = { ...this.#data, files: files.length, bytes: bytesOf(this.#record), isFaultless };
    return { ...this.#whose('export.done'), data };
  }

  #whose<T extends NewDomainEvent['type']>(type: T) {
    return { type, application: this.owned.application, task: this.#record.task };
  }

  get #data() {
    const { context } = this.#record;
    return { export: this.owned.id, ...(context === undefined ? {} : { context }) };
  }

  async #put(change: Partial<ExportRecord>, more: readonly StoreWrite[] = [], event?: NewDomainEvent): Promise<void> {
    const record: ExportRecord = { ...this.#record, ...change };
    await this.#context.journal.write([{ key: exportKey(this.owned), value: record }, ...more], {
      events: event ? [event] : [],
    });
    this.#record = record;
  }

  /** Beside what runs: a cancellation is stored there too. */
  #inStore<R>(work: () => Promise<R>): Promise<R> {
    return this.#runtime.inLane('store', work);
  }
}

const cancelled = (id: string) => new AudioCloudError('RENDER_CANCELLED', `Cannot go on with ${id}: it was cancelled`);

const bodyOf = (error: unknown): ErrorBody => asAudioCloudError(error).toJSON();

function failedEvent({ kind }: ExportEffect, error: ErrorBody): ExportEvent {
  if (kind === 'upload') return { type: 'upload-refused', error };
  return kind === 'make' || kind === 'take' ? { type: 'refused', error } : { type: 'unstored', error };
}

/** Where files lie is nobody's to know. */
function withoutFolder(error: AudioCloudError, folder: string): AudioCloudError {
  const { path: _path, ...details } = error.details ?? {};
  if (error.details?.['path'] === undefined && !error.message.includes(folder)) return error;
  return new AudioCloudError(error.code, error.message.replaceAll(folder, 'its folder'), details, { cause: error });
}
