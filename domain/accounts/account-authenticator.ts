import { hash as digest } from 'node:crypto';
import { AudioCloudError } from '@audiocloud/api';
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../clock/clock.ts';
import type { Authenticator } from '../permissions/authenticator.ts';
import { credentialOf } from '../permissions/credential.ts';
import type { Principal } from '../permissions/principal.ts';
import { WrongTries } from '../permissions/wrong-tries.ts';
import type { Accounts } from './accounts.ts';
import { isStill, principalOfSecret, principalOfToken, type TokenClaims } from './grants.ts';
import { keyIdOf } from './key-secret.ts';
import { readToken } from './token-text.ts';

/** Signatures that were found to be good, by the hash of the token. */
const MOST_REMEMBERED = 1_000;

/** Name of the cookie of a session: cookies know no ports, and another domain may run on this machine. */
export const sessionCookie = ({ signingKeys }: Accounts): string => `audiocloud-${signingKeys.domain}`;

/** Knows who asks by API key, token or session. [control] */
export class AccountAuthenticator implements Authenticator {
  readonly #accounts: Accounts;
  readonly #clock: Clock;
  readonly #tries: WrongTries;
  readonly #remembered = new Map<string, TokenClaims>();

  constructor(accounts: Accounts, clock: Clock) {
    this.#accounts = accounts;
    this.#clock = clock;
    this.#tries = new WrongTries(clock);
  }

  /** Throws UNAUTHENTICATED, TOKEN_EXPIRED, RATE_LIMITED for an address with too many wrong tries. */
  async principalOf(request: FastifyRequest): Promise<Principal> {
    const credential = credentialOf(request, sessionCookie(this.#accounts));
    if (!credential)
      throw new AudioCloudError('UNAUTHENTICATED', 'Cannot do that for nobody: show an API key or a token');
    try {
      const principal = await this.#principalOf(credential.text, request.ip);
      if (principal) return principal;
      throw new AudioCloudError('UNAUTHENTICATED', 'Cannot take the key or token: it is unknown or was revoked');
    } catch (error) {
      if (error instanceof AudioCloudError && error.code === 'UNAUTHENTICATED') this.#tries.add(request.ip);
      throw error;
    }
  }

  isStill(principal: Principal): boolean {
    const now = this.#clock.now();
    const { book, signingKeys } = this.#accounts;
    if (principal.token && !signingKeys.find(principal.token.signedWith, now)) return false;
    return isStill(book, principal, now);
  }

  follow(changed: () => void): () => void {
    return this.#accounts.book.follow(changed);
  }

  async #principalOf(text: string, address: string): Promise<Principal | undefined> {
    const { book } = this.#accounts;
    const now = this.#clock.now();
    const isKey = keyIdOf(text) !== undefined;
    const byKey = isKey ? principalOfSecret(book, text, now) : undefined;
    if (byKey) return byKey;
    const hash = digest('sha256', text, 'base64url');
    const known = this.#remembered.get(hash);
    // The key that signed it may have been taken back.
    if (known && this.#accounts.signingKeys.find(known.signedWith, now)) {
      if (known.expiresMs <= now) throw new AudioCloudError('TOKEN_EXPIRED', 'Cannot take the token: its time is over');
      return principalOfToken(book, known, now);
    }
    const waitMs = this.#tries.waitMs(address);
    if (waitMs > 0)
      throw new AudioCloudError(
        'RATE_LIMITED',
        `Cannot take a key or token from ${address}: too many wrong ones came; wait ${Math.ceil(waitMs / 1000)} s`,
      );
    if (isKey) return undefined;
    const claims = await readToken(this.#accounts.signingKeys, text, now);
    this.#remembered.set(hash, claims);
    if (this.#remembered.size > MOST_REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value!);
    return principalOfToken(book, claims, now);
  }
}
