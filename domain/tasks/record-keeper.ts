import { AudioCloudError } from '@audiocloud/api';
import { backOffMs } from '../actors/back-off.ts';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { EventJournal, WrittenWith } from '../events/event-journal.ts';
import { type TaskAddress, taskKey } from './task-address.ts';
import type { TaskRecord } from './task-record.ts';

/** A value set live is stored within this time. */
const VALUES_MS = 200;
/** Where the store fails, it is tried again so often at least. */
const MOST_RETRY_MS = 1_000;

/** Writes the record of one task: one put at a time, each with the revision of the one before. [control] */
export class RecordKeeper {
  private readonly journal: EventJournal;
  private readonly clock: Clock;
  private readonly key: string;
  private readonly current: () => TaskRecord;
  private revision: number;
  private tail: Promise<unknown> = Promise.resolve();
  private cancelSave: Cancel | undefined;
  /** Told of saves for which nobody waits. */
  private failed: (error: unknown) => void = () => undefined;
  private failures = 0;
  /** That are under way or wait for their turn. */
  private writes = 0;
  private isEnded = false;
  private isDeleted = false;

  constructor(journal: EventJournal, clock: Clock, address: TaskAddress, revision: number, current: () => TaskRecord) {
    this.journal = journal;
    this.clock = clock;
    this.key = taskKey(address);
    this.revision = revision;
    this.current = current;
  }

  /** It is to be saved soon. */
  get isDirty(): boolean {
    return this.cancelSave !== undefined;
  }

  /** Nothing is being written, or is to be. */
  get isAtRest(): boolean {
    return !this.isDirty && this.writes === 0;
  }

  /**
   * Settles when the record, as it is when its turn comes, is durable.
   *
   * change: called then; makes the record what it is to be, and gives what is written with it. Its change is stored in this
   * transaction and not in one before, with what it gives or not at all.
   */
  save(change: () => WrittenWith = () => ({})): Promise<void> {
    const wasDirty = this.isDirty;
    this.cancel();
    const saved = this.enqueue(async () => {
      if (this.isDeleted) throw new AudioCloudError('TASK_UNKNOWN', `Cannot store ${this.key}: it was deleted`);
      const more = change();
      const write = { key: this.key, value: this.current(), expected: this.revision };
      const [revision] = await this.journal.write([write], more);
      this.revision = revision!;
      this.failures = 0;
    });
    // What was to be saved soon is so still: its values are acknowledged.
    if (wasDirty) saved.catch(() => this.saveSoon(this.failed));
    return saved;
  }

  /** Saves a little later, together with what else changes until then; again and again while the store fails. */
  saveSoon(failed: (error: unknown) => void): void {
    this.failed = failed;
    if (this.isEnded) return;
    const delayMs = this.failures === 0 ? VALUES_MS : backOffMs(this.failures, VALUES_MS, MOST_RETRY_MS);
    this.cancelSave ??= this.clock.after(delayMs, () => {
      this.save().catch((error) => {
        if (this.isDeleted) return;
        this.failures++;
        failed(error);
      });
    });
  }

  /** Nothing is saved any more by itself. */
  end(): void {
    this.isEnded = true;
    this.cancel();
  }

  /** Saves now what would have been saved soon. */
  flush(): Promise<void> {
    return this.isDirty ? this.save() : this.enqueue(async () => undefined);
  }

  /** Deletes the record, and writes the rest with it. */
  delete(more: WrittenWith = {}): Promise<void> {
    const wasDirty = this.isDirty;
    this.cancel();
    const deleted = this.enqueue(async () => {
      await this.journal.write([{ key: this.key, expected: this.revision }], more);
      this.isDeleted = true;
    });
    // It is still there, and what was to be saved soon is so still.
    if (wasDirty) deleted.catch(() => this.saveSoon(this.failed));
    return deleted;
  }

  private cancel(): void {
    this.cancelSave?.();
    this.cancelSave = undefined;
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    this.writes++;
    const done = this.tail.then(work).finally(() => this.writes--);
    this.tail = done.catch(() => undefined);
    return done;
  }
}
