import { PERMISSIONS } from '@audiocloud/api';
import { MAIN_APPLICATION } from '../permissions/principal.ts';
import type { Store } from '../store/store.ts';
import {
  APPLICATIONS,
  type ApplicationRecord,
  ENDED_TOKENS,
  type EndedToken,
  type KeyRecord,
  KEYS,
} from './account-record.ts';

/**
 * Applications, keys and ended tokens as the store has them, to be asked at every request. [control]
 *
 * It follows the store: what is revoked anywhere counts here from that moment on.
 */
export class AccountBook {
  readonly applications = new Map<string, ApplicationRecord>();
  readonly keys = new Map<string, KeyRecord>();
  readonly endedTokens = new Map<string, EndedToken>();
  readonly #followers = new Set<() => void>();
  readonly #ends: (() => void)[];

  static async open(store: Store, now: string): Promise<AccountBook> {
    if (!(await store.get(APPLICATIONS + MAIN_APPLICATION))) {
      const main: ApplicationRecord = { name: 'Main', permissions: [...PERMISSIONS], created: now };
      await store.put(APPLICATIONS + MAIN_APPLICATION, main);
    }
    const book = new AccountBook(store);
    for (const [prefix, map] of book.#parts)
      for (const { key, value } of await store.list(prefix)) map.set(key.slice(prefix.length), value);
    return book;
  }

  private constructor(store: Store) {
    this.#ends = this.#parts.map(([prefix, map]) =>
      store.watch(prefix, ({ key, value }) => {
        const id = key.slice(prefix.length);
        if (value === undefined) map.delete(id);
        else map.set(id, value);
        for (const follower of [...this.#followers]) follower();
      }),
    );
  }

  get #parts() {
    return [
      [APPLICATIONS, this.applications],
      [KEYS, this.keys],
      [ENDED_TOKENS, this.endedTokens],
    ] as [string, Map<string, unknown>][];
  }

  /** Calls `changed` after every change. Returns the end of it. */
  follow(changed: () => void): () => void {
    this.#followers.add(changed);
    return () => void this.#followers.delete(changed);
  }

  close(): void {
    for (const end of this.#ends) end();
  }
}
