import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { MOST_TOKEN_SECONDS } from '@audiocloud/api';

interface StoredKey {
  id: string;
  /** Private, as PKCS 8. */
  pem: string;
  /** Tokens signed with it are taken until then; absent for the one that signs. */
  untilMs?: number;
}

/** The secret of a domain: with it anybody can make a token for everything. */
export interface StoredKeys {
  /** Names this domain in its tokens: those of others are refused. */
  domain: string;
  keys: StoredKey[];
}

/** Where the keys are kept. Another process may write there. */
export interface KeyStorage {
  read(): StoredKeys | undefined;
  write(stored: StoredKeys): void;
  /** Another value after every change. */
  stamp(): number;
}

/** Keys that end with the process. */
export function keysInMemory(): KeyStorage {
  let stored: StoredKeys | undefined;
  return {
    read: () => stored,
    write: (next) => {
      stored = next;
    },
    stamp: () => 0,
  };
}

/** Changes of another process are seen after so long. */
const LOOK_MS = 500;

/** The keys that tokens are signed with. Another process may rotate them: `audiocloud domain rotate`. [control] */
export class SigningKeys {
  /** There were none before: this is the first start. */
  readonly isNew: boolean;
  readonly #storage: KeyStorage;
  #stored: StoredKeys;
  #stamp: number;
  #lookedAt = performance.now();
  readonly #loaded = new Map<string, KeyObject>();

  /** Makes them when there are none. */
  constructor(storage: KeyStorage) {
    this.#storage = storage;
    const before = storage.read();
    this.isNew = before === undefined;
    this.#stored = before ?? { domain: `domain-${randomBytes(6).toString('hex')}`, keys: [newKey()] };
    if (this.isNew) storage.write(this.#stored);
    this.#stamp = storage.stamp();
  }

  get domain(): string {
    return this.#stored.domain;
  }

  /** The key that signs. */
  get current(): { id: string; key: KeyObject } {
    this.#look();
    const { id, pem } = this.#stored.keys.find(({ untilMs }) => untilMs === undefined)!;
    return { id, key: this.#load(id, pem) };
  }

  /** The public half of a key whose signatures are taken. */
  find(id: string | undefined, nowMs: number): KeyObject | undefined {
    this.#look();
    const found = this.#stored.keys.find((key) => key.id === id && (key.untilMs ?? Number.POSITIVE_INFINITY) > nowMs);
    return found && createPublicKey(this.#load(found.id, found.pem));
  }

  /** A new key signs from now on. overlapSeconds: so long tokens that were signed before are taken. Returns its id. */
  rotate(nowMs: number, overlapSeconds = MOST_TOKEN_SECONDS): string {
    const next = newKey();
    const untilMs = nowMs + overlapSeconds * 1000;
    const before = this.#storage.read() ?? this.#stored;
    const kept = before.keys
      .map((key) => ({ ...key, untilMs: Math.min(key.untilMs ?? untilMs, untilMs) }))
      .filter((key) => key.untilMs > nowMs);
    this.#take({ ...before, keys: [next, ...kept] });
    this.#storage.write(this.#stored);
    this.#stamp = this.#storage.stamp();
    return next.id;
  }

  #look(): void {
    const at = performance.now();
    if (at - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = at;
    const stamp = this.#storage.stamp();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    this.#take(this.#storage.read() ?? this.#stored);
  }

  #take(stored: StoredKeys): void {
    this.#stored = stored;
    this.#loaded.clear();
  }

  #load(id: string, pem: string): KeyObject {
    const key = this.#loaded.get(id) ?? createPrivateKey(pem);
    this.#loaded.set(id, key);
    return key;
  }
}

function newKey(): StoredKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { id: randomBytes(6).toString('hex'), pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string };
}
