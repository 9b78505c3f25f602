import { AudioCloudError } from '@audiocloud/api';
import { backOffMs } from '../actors/back-off.ts';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { EventJournal, WrittenWith } from '../events/event-journal.ts';
import { type TaskAddress, taskKey } from './task-address.ts';
import type { TaskRecord } from './task-record.ts';

/** A value set live is stored within this time. */
const VALUES_MS = 200;

/** Writes the record of one task: one put at a time, each with the revision of the one before. [control] */
export class RecordKeeper {
  private readonly journal: EventJournal;
  private readonly clock: Clock;
  private readonly key: string;
  private readonly current: () => TaskRecord;
  private revision: number;
  private tail: Promise<unknown> = Promise.resolve();
  private cancelSave: Cancel | undefined;
  /** Of saves that nobody waits for, one after another. */
  private failures = 0;
  private failed: (error: unknown) => void = () => undefined;

  constructor(journal: EventJournal, clock: Clock, address: TaskAddress, revision: number, current: () => TaskRecord) {
    this.journal = journal;
    this.clock = clock;
    this.key = taskKey(address);
    this.revision = revision;
    this.current = current;
  }

  get isDirty(): boolean {
    return this.cancelSave !== undefined;
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
      const more = change();
      const write = { key: this.key, value: this.current(), expected: this.revision };
      const [revision] = await this.journal.write([write], more);
      this.revision = revision!;
      this.failures = 0;
    });
    // What was to be saved soon is, also when the save that should have taken it along failed.
    if (wasDirty) saved.catch((error) => this.saveAgain(error));
    return saved;
  }

  /** Saves a little later, together with what else changes until then; again with back-off until it is stored. */
  saveSoon(failed: (error: unknown) => void): void {
    this.failed = failed;
    this.saveIn(VALUES_MS);
  }

  /** Saves now what would have been saved soon. */
  flush(): Promise<void> {
    return this.isDirty ? this.save() : this.enqueue(async () => undefined);
  }

  /** Deletes the record, and writes the rest with it. */
  delete(more: WrittenWith = {}): Promise<void> {
    this.cancel();
    return this.enqueue(async () => {
      await this.journal.write([{ key: this.key, expected: this.revision }], more);
    });
  }

  private saveIn(ms: number): void {
    // Until it is stored it counts as one that is to be saved soon.
    this.cancelSave ??= this.clock.after(ms, () => void this.save().catch(this.failed));
  }

  private saveAgain(error: unknown): void {
    // Somebody else has written the record: it is not ours any more.
    if (error instanceof AudioCloudError && error.code === 'REVISION_CONFLICT') return;
    this.failures += 1;
    this.saveIn(backOffMs(this.failures));
  }

  private cancel(): void {
    this.cancelSave?.();
    this.cancelSave = undefined;
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.tail.then(work);
    this.tail = done.catch(() => undefined);
    return done;
  }
}
