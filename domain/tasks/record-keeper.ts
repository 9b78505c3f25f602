import type { Store } from '../store/store.ts';
import { type TaskRecord, taskKey } from './task-record.ts';

/** A value set live is stored within this time. */
const VALUES_MS = 200;

/** Writes the record of one task: one put at a time, each with the revision of the one before. [control] */
export class RecordKeeper {
  private readonly store: Store;
  private readonly key: string;
  private readonly current: () => TaskRecord;
  private revision: number;
  private tail: Promise<unknown> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(store: Store, id: string, revision: number, current: () => TaskRecord) {
    this.store = store;
    this.key = taskKey(id);
    this.revision = revision;
    this.current = current;
  }

  get isDirty(): boolean {
    return this.timer !== undefined;
  }

  /** Settles when the record, as it is when its turn comes, is durable. */
  save(): Promise<void> {
    this.cancel();
    return this.enqueue(async () => {
      this.revision = await this.store.put(this.key, this.current(), this.revision);
    });
  }

  /** Saves a little later, together with what else changes until then. */
  saveSoon(failed: (error: unknown) => void): void {
    this.timer ??= setTimeout(() => this.save().catch(failed), VALUES_MS);
  }

  /** Saves now what would have been saved soon. */
  flush(): Promise<void> {
    return this.isDirty ? this.save() : this.enqueue(async () => undefined);
  }

  delete(): Promise<void> {
    this.cancel();
    return this.enqueue(async () => {
      await this.store.delete(this.key, this.revision);
    });
  }

  private cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.tail.then(work);
    this.tail = done.catch(() => undefined);
    return done;
  }
}
