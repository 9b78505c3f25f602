import { AudioCloudError, type Model, type ParameterChange } from '@audiocloud/api';
import type { WrittenWith } from '../events/event-journal.ts';
import { RecordKeeper } from './record-keeper.ts';
import { engineTask, type TaskAddress } from './task-address.ts';
import type { TaskContext } from './task-context.ts';
import { type TaskRecord, withValues } from './task-record.ts';
import type { Desired } from './task-step.ts';

/** What the record has to know of the engine. */
export interface RecordEngine {
  models(): readonly Model[];
  /** It may have what was not stored. */
  doubt(): void;
}

/** The record of one task in memory, as it is and as followers know it, and its way to the disk. [control] */
export class KeptRecord {
  readonly #context: Pick<TaskContext, 'logger'>;
  readonly #address: TaskAddress;
  readonly #engine: RecordEngine;
  readonly #keeper: RecordKeeper;
  #now: TaskRecord;
  /** The record without a change that is being stored, or that followers were not told of yet. */
  #untold: TaskRecord | undefined;
  /** Values that are set while a change of the record is being stored. */
  #setSince: ParameterChange[] | undefined;
  #isDeleted = false;

  /** storeRevision: of the record in the store. */
  constructor(
    context: Pick<TaskContext, 'journal' | 'clock' | 'logger'>,
    address: TaskAddress,
    record: TaskRecord,
    storeRevision: number,
    engine: RecordEngine,
  ) {
    this.#context = context;
    this.#address = address;
    this.#now = record;
    this.#engine = engine;
    this.#keeper = new RecordKeeper(context.journal, context.clock, address, storeRevision, () => this.#now);
  }

  get now(): Readonly<TaskRecord> {
    return this.#now;
  }

  /** As those know it who heard every event so far: what is being stored comes with the next one. */
  get told(): Readonly<TaskRecord> {
    return this.#untold ?? this.#now;
  }

  /** What its actor brings the engine to. */
  get desired(): Desired {
    const { revision, isPlaying, loop } = this.#now;
    return { revision, isPlaying, ...(loop === undefined ? {} : { loop }) };
  }

  /** All of it is stored. */
  get isStored(): boolean {
    return this.#keeper.isAtRest;
  }

  get isDeleted(): boolean {
    return this.#isDeleted;
  }

  requireThere(): void {
    if (!this.#isDeleted) return;
    throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task ${this.#address.id}: it was deleted`);
  }

  /**
   * Durable with what `more` gives, or not at all; when the store fails, the engine is brought back to what is stored.
   *
   * update: gives the record as it is to be, of the one that is there when its turn comes.
   */
  async commit(update: (record: TaskRecord) => TaskRecord, more: () => WrittenWith = () => ({})): Promise<void> {
    let before: TaskRecord | undefined;
    const setSince: ParameterChange[] = [];
    const change = () => {
      before = this.#now;
      this.#setSince = setSince;
      this.#now = update(before);
      if (this.#now.revision !== before.revision) this.#untold = before;
      return more();
    };
    try {
      await this.#keeper.save(change);
    } catch (error) {
      if (before) {
        this.#now = this.#withValuesOf(before, setSince);
        this.#untold = undefined;
        this.#engine.doubt();
      }
      throw error;
    } finally {
      if (this.#setSince === setSince) this.#setSince = undefined;
    }
  }

  /** Followers are told of all that it has. */
  markTold(): void {
    this.#untold = undefined;
  }

  /** The engine has these values: so has the record, and the disk soon. */
  take(changes: readonly ParameterChange[]): void {
    this.#now = { ...this.#now, graph: withValues(this.#now.graph, changes, this.#engine.models()) };
    this.#setSince?.push(...changes);
    if (this.#untold) this.#untold = this.#withValuesOf(this.#untold, changes);
    this.saveSoon();
  }

  /** It is no longer to play: at once, and not stored yet. */
  stop(): void {
    this.#now = { ...this.#now, isPlaying: false };
  }

  /** Stores the playhead of a task that plays, so that not even a crash of everything begins from the start. */
  keepPlayhead(seconds: number): void {
    if (this.#isDeleted || !this.#now.isPlaying || seconds === this.#now.positionSeconds) return;
    this.#now = { ...this.#now, positionSeconds: seconds };
    this.saveSoon();
  }

  saveSoon(): void {
    const task = engineTask(this.#address);
    this.#keeper.saveSoon((error) =>
      this.#context.logger.error({ error, task }, 'the task was not stored, and is again soon'),
    );
  }

  /** Settles when what was to be stored soon is. */
  flush(): Promise<void> {
    return this.#keeper.flush();
  }

  /** Deletes it from the store, with what else is written. */
  async delete(more: WrittenWith): Promise<void> {
    await this.#keeper.delete(more);
    this.#isDeleted = true;
  }

  /** Nothing is stored any more by itself. */
  end(): void {
    this.#keeper.end();
  }

  /** The record of before, with the values that were set and acknowledged meanwhile. */
  #withValuesOf(before: TaskRecord, set: readonly ParameterChange[]): TaskRecord {
    const { instances = {} } = before.graph;
    const changes = set.filter(({ instance }) => Object.hasOwn(instances, instance));
    return { ...before, graph: withValues(before.graph, changes, this.#engine.models()) };
  }
}
