import type { Permission } from './permission.ts';

/** Who asks, as its key or token says: made once for a request or a socket, before anything else of it is looked at. */
export interface Principal {
  /** Of the key or token, for logs and for whoever revokes it; never a secret. */
  id: string;
  /** The tenant whose tasks it sees. */
  application: string;
  permissions: ReadonlySet<Permission>;
  /** It sees these tasks only; absent: all of its application. */
  tasks?: ReadonlySet<string>;
}

/** The application of a domain that has no others. */
export const MAIN_APPLICATION = 'main';
