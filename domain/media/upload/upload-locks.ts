import type { Lock, Locker, RequestRelease } from '@tus/server';

interface Holder {
  release: RequestRelease;
  isFree: Promise<void>;
  free(): void;
}

/**
 * One request at a time for each upload. [control]
 *
 * Who comes asks the one that has it to end: it may be a connection that broke without a word. It waits without a turn of the
 * loop, which the library's own locker does not.
 */
export class UploadLocks implements Locker {
  readonly #holders = new Map<string, Holder>();

  newLock(id: string): Lock {
    let own: Holder | undefined;
    return {
      lock: async (signal, release) => {
        for (let holder = this.#holders.get(id); holder; holder = this.#holders.get(id)) {
          await holder.release();
          await until(holder.isFree, signal);
        }
        const { promise, resolve } = Promise.withResolvers<void>();
        own = { release, isFree: promise, free: resolve };
        this.#holders.set(id, own);
      },
      unlock: async () => {
        if (own && this.#holders.get(id) === own) this.#holders.delete(id);
        own?.free();
      },
    };
  }
}

/** Throws when the signal comes first. */
function until(done: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const stopped = () => reject(signal.reason);
    signal.addEventListener('abort', stopped, { once: true });
    void done.then(() => {
      signal.removeEventListener('abort', stopped);
      resolve();
    });
  });
}
