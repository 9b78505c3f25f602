import type { Application, Permission } from '@audiocloud/api';
import { PERMISSIONS } from '@audiocloud/api';
import { MAIN_APPLICATION } from '../permissions/principal.ts';

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

/** The most that keys of an application can have. Of the main one everything, when it says nothing: somebody has to administrate. */
export function mostPermissions(id: string, { permissions }: ApplicationRecord): readonly Permission[] {
  if (permissions) return permissions;
  return id === MAIN_APPLICATION ? PERMISSIONS : PERMISSIONS.filter((one) => one !== 'administration');
}
