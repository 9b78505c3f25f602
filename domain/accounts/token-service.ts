import { randomBytes } from 'node:crypto';
import { AudioCloudError, MOST_TOKEN_SECONDS, type TokenCreate, type TokenCreated } from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import { narrowed } from '../permissions/narrow.ts';
import { ADMINISTRATOR, ANYBODY, MAIN_APPLICATION, type Principal } from '../permissions/principal.ts';
import type { Store } from '../store/store.ts';
import type { AccountBook } from './account-book.ts';
import { ENDED_TOKENS, type EndedToken } from './account-record.ts';
import { requireApplication } from './application-service.ts';
import type { SigningKeys } from './signing-keys.ts';
import { writeToken } from './token-text.ts';

const USUAL_SECONDS = 60 * 60;
/** A token made with a token made with a token ...: each has to be asked whether it was ended. */
const MOST_FROM = 8;

const newTokenId = () => `token-${randomBytes(12).toString('hex')}`;

export interface TokenContext {
  store: Store;
  clock: Clock;
  book: AccountBook;
  signingKeys: SigningKeys;
}

/** A token for everything, for whoever can read the signing key. [control] */
export async function administratorToken(
  signingKeys: SigningKeys,
  nowMs: number,
  lifetimeSeconds = MOST_TOKEN_SECONDS,
): Promise<TokenCreated> {
  const expiresMs = nowMs + lifetimeSeconds * 1000;
  const id = newTokenId();
  const application = MAIN_APPLICATION;
  const claims = { id, from: [], maker: ADMINISTRATOR, application, expiresMs };
  const token = await writeToken(signingKeys, claims, nowMs);
  return { id, token, expires: new Date(expiresMs).toISOString() };
}

/** Tokens: short-lived, made with a key or another token, never with more than that has. [control] */
export class TokenService {
  readonly #context: TokenContext;

  constructor(context: TokenContext) {
    this.#context = context;
  }

  /** Throws PERMISSION_DENIED for more than the maker has, APPLICATION_UNKNOWN. */
  async create(maker: Principal, wanted: TokenCreate): Promise<TokenCreated> {
    const { clock, book, signingKeys } = this.#context;
    if (maker.id === ANYBODY)
      throw new AudioCloudError('UNAUTHENTICATED', 'Cannot make a token: nobody is known in a domain without login');
    const { application = maker.application, lifetimeSeconds = USUAL_SECONDS } = wanted;
    if (application !== maker.application) {
      if (!maker.permissions.has('administration') || maker.tasks)
        throw new AudioCloudError(
          'PERMISSION_DENIED',
          `Cannot make a token for application ${application}: the permission 'administration' is missing`,
          { permission: 'administration' },
        );
      requireApplication(book, application);
    }
    const { permissions, tasks } = narrowed({ ...maker, application }, wanted);
    const from = maker.token ? [maker.token.id, ...maker.token.from] : [];
    if (from.length > MOST_FROM)
      throw new AudioCloudError(
        'PERMISSION_DENIED',
        `Cannot make a token: it would be the last of ${from.length} that were made one with the other, at most ${MOST_FROM}; use the key`,
      );
    const nowMs = clock.now();
    // The time of a token is in whole seconds.
    const expiresMs = Math.floor(Math.min(nowMs + lifetimeSeconds * 1000, maker.expiresMs ?? Infinity) / 1000) * 1000;
    const id = newTokenId();
    const token = await writeToken(
      signingKeys,
      {
        id,
        from,
        maker: maker.id,
        application,
        permissions: [...permissions],
        expiresMs,
        ...(tasks ? { tasks: [...tasks] } : {}),
        ...(maker.secretVersion === undefined ? {} : { secretVersion: maker.secretVersion }),
      },
      nowMs,
    );
    return { id, token, expires: new Date(expiresMs).toISOString() };
  }

  /** The token, and all that were made with it, are refused from now on. */
  async end(id: string): Promise<void> {
    const { store, clock } = this.#context;
    const ended: EndedToken = { untilMs: clock.now() + MOST_TOKEN_SECONDS * 1000 };
    await store.put(ENDED_TOKENS + id, ended);
  }

  /** Forgets the ended tokens whose time is over anyway. */
  async forget(): Promise<void> {
    const { store, clock, book } = this.#context;
    const over = [...book.endedTokens].filter(([, { untilMs }]) => untilMs < clock.now());
    await store.write(over.map(([id]) => ({ key: ENDED_TOKENS + id })));
  }
}
