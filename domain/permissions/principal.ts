import type { Permission } from './permission.ts';

/** What somebody may do: all of it within one application. */
export interface Grant {
  /** The tenant whose tasks it sees. */
  application: string;
  permissions: ReadonlySet<Permission>;
  /** It sees these tasks only; absent: all of its application. */
  tasks?: ReadonlySet<string>;
}

/** Who asks, as its key or token says: made once for a request or a socket, before anything else of it is looked at. */
export interface Principal extends Grant {
  /** Of the key, for logs and for whoever revokes it; never a secret. */
  id: string;
  /** Counts the secrets of the key: which one was shown, or the token was made with. */
  secretVersion?: number;
  /** Where a token was shown: its id, those of the tokens that it was made with, and the key that signed it. */
  token?: { id: string; from: readonly string[]; signedWith: string };
  /** From when on it is nobody. */
  expiresMs?: number;
}

/** The application of a domain that has no others. */
export const MAIN_APPLICATION = 'main';
/** Whoever can read the data folder. */
export const ADMINISTRATOR = 'administrator';
/** Everybody, where no login is wanted. */
export const ANYBODY = 'anybody';
