import { AudioCloudError } from '@audiocloud/api';
import type { Cancel, Clock } from '../clock/clock.ts';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: AudioCloudError): void;
  cancel: Cancel;
}

/** Commands that were sent and not yet answered. Each is settled exactly once: by answer, refusal, time or loss. */
export class PendingCommands {
  private readonly waiting = new Map<number, Waiting>();
  private readonly clock: Clock;
  private lastId = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Takes a new id, hands it to `send`, and waits for its answer. */
  add(what: string, timeoutMs: number, send: (id: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = ++this.lastId;
      const cancel = this.clock.after(timeoutMs, () => {
        this.waiting.delete(id);
        reject(
          new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot ${what}: the engine did not answer within ${timeoutMs} ms`),
        );
      });
      this.waiting.set(id, { resolve, reject, cancel });
      send(id);
    });
  }

  answer(id: number, result: unknown): void {
    this.take(id)?.resolve(result);
  }

  refuse(id: number, error: AudioCloudError): void {
    this.take(id)?.reject(error);
  }

  /** The connection is gone: whether the commands were carried out is not known. */
  loseAll(why: string): void {
    for (const id of [...this.waiting.keys()])
      this.refuse(id, new AudioCloudError('ENGINE_UNAVAILABLE', `The engine went away before it answered: ${why}`));
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    waiting?.cancel();
    return waiting;
  }
}
