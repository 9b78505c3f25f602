import { AudioCloudError, type Key, type KeyCreate, type KeyCreated, type KeyRotate } from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import { causeBy } from '../events/cause.ts';
import { narrowed } from '../permissions/narrow.ts';
import type { Principal } from '../permissions/principal.ts';
import type { Store } from '../store/store.ts';
import type { AccountBook } from './account-book.ts';
import { type KeyRecord, KEYS } from './account-record.ts';
import { requireApplication } from './application-service.ts';
import { hashOf, newKeyId, newKeySecret } from './key-secret.ts';

/** API keys: for programs, until they are revoked or their time is over. [control] */
export class KeyService {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #book: AccountBook;

  constructor({ store, clock, book }: { store: Store; clock: Clock; book: AccountBook }) {
    this.#store = store;
    this.#clock = clock;
    this.#book = book;
  }

  /** application: those of it only. */
  list(application?: string): Key[] {
    return [...this.#book.keys]
      .map(([id, record]) => keyOf(id, record))
      .filter((key) => application === undefined || key.application === application)
      .sort((a, b) => (a.created < b.created ? -1 : 1));
  }

  /** Throws KEY_UNKNOWN. */
  get(id: string): Key {
    return keyOf(id, this.#required(id));
  }

  /** The secret is told only here, and not kept. Throws PERMISSION_DENIED for more than the maker has, APPLICATION_UNKNOWN. */
  async create(maker: Principal, wanted: KeyCreate): Promise<KeyCreated> {
    const { application = maker.application, name, lifetimeSeconds } = wanted;
    requireApplication(this.#book, application);
    const { permissions, tasks } = narrowed({ ...maker, application }, wanted);
    const nowMs = this.#clock.now();
    // None outlives the key that it was made with.
    const makerEndsMs = this.#book.keys.get(maker.id)?.expiresMs;
    const ends = [
      ...(lifetimeSeconds === undefined ? [] : [nowMs + lifetimeSeconds * 1000]),
      ...(makerEndsMs === undefined ? [] : [makerEndsMs]),
    ];
    const id = newKeyId();
    const secret = newKeySecret(id);
    const record: KeyRecord = {
      application,
      ...(name === undefined ? {} : { name }),
      permissions: [...permissions],
      ...(tasks ? { tasks: [...tasks] } : {}),
      created: new Date(nowMs).toISOString(),
      by: maker.id,
      ...(ends.length > 0 ? { expiresMs: Math.min(...ends) } : {}),
      hash: hashOf(secret),
      version: 1,
    };
    await this.#store.put(KEYS + id, record, 0);
    return { ...keyOf(id, record), secret };
  }

  /** Another secret for the same key. overlapSeconds: so long the one before is taken too. Throws KEY_UNKNOWN, PERMISSION_DENIED for a key that has more than who asks. */
  async rotate(asker: Principal, id: string, { overlapSeconds = 0 }: KeyRotate): Promise<KeyCreated> {
    const { before: _, ...record } = this.#required(id);
    // Whoever is told the secret has what the key has.
    narrowed({ ...asker, application: record.application }, record);
    const nowMs = this.#clock.now();
    const secret = newKeySecret(id);
    const { hash, version } = record;
    const next: KeyRecord = {
      ...record,
      rotated: new Date(nowMs).toISOString(),
      hash: hashOf(secret),
      version: version + 1,
      ...(overlapSeconds > 0 ? { before: { hash, version, untilMs: nowMs + overlapSeconds * 1000 } } : {}),
    };
    await this.#store.put(KEYS + id, next);
    return { ...keyOf(id, next), secret };
  }

  /** It and all tokens made with it are refused from now on, and their sockets closed. Throws KEY_UNKNOWN. */
  async revoke(id: string, cause = causeBy()): Promise<void> {
    this.#required(id);
    await this.#store.write([{ key: KEYS + id }, ...cause.receipt(null)]);
  }

  #required(id: string): KeyRecord {
    const found = this.#book.keys.get(id);
    if (found) return found;
    throw new AudioCloudError('KEY_UNKNOWN', `Cannot find key ${id}: there is none of that id`, { key: id });
  }
}

function keyOf(id: string, { hash: _hash, version: _version, before: _before, expiresMs, ...about }: KeyRecord): Key {
  return { id, ...about, ...(expiresMs === undefined ? {} : { expires: new Date(expiresMs).toISOString() }) };
}
