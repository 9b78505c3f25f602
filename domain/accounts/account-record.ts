import type { Application, Permission } from '@audiocloud/api';
import { PERMISSIONS } from '@audiocloud/api';

/** What the store keeps of an application. */
export type ApplicationRecord = Omit<Application, 'id'>;

/** What the store keeps of an API key: not its secret, of which nothing can be made from the hash. */
export interface KeyRecord {
  application: string;
  name?: string;
  permissions: Permission[];
  tasks?: string[];
  created: string;
  by: string;
  rotated?: string;
  expiresMs?: number;
  /** SHA-256 of the secret: it has 256 random bits, so that a slow hash would add nothing. */
  hash: string;
  /** Counts its secrets. */
  version: number;
  /** The secret before, while it is taken too. */
  before?: { hash: string; version: number; untilMs: number };
}

export const APPLICATIONS = 'application/';
export const KEYS = 'key/';
/** Tokens that were ended before their time, until they would have ended. */
export const ENDED_TOKENS = 'ended-token/';

export interface EndedToken {
  untilMs: number;
}

/** What keys of an application can have when it says nothing. */
export const USUAL_PERMISSIONS: readonly Permission[] = PERMISSIONS.filter((one) => one !== 'administration');
