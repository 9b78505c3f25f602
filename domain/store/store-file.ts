import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AudioCloudError } from '@audiocloud/api';

/** Marks a SQLite file as a store of ours: 'ACst'. */
export const STORE_APPLICATION = 0x41437374;
/** Of the tables. A store of a later version is refused, of an earlier one is brought to this. */
export const STORE_VERSION = 2;

/** The store in a data folder. */
export const storePath = (dataDir: string): string => join(dataDir, 'domain.db');

/** What a database file says of itself. */
export interface StoreFacts {
  application: number;
  version: number;
  hasEntries: boolean;
}

export function storeFacts(database: DatabaseSync): StoreFacts {
  const { application_id: application } = database.prepare('PRAGMA application_id').get() as { application_id: number };
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  const hasEntries =
    database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'entries'").get() !== undefined;
  return { application, version, hasEntries };
}

/** Throws STORE_INVALID for a database of something else, and for a later version. */
export function requireStore(file: string, { application, version, hasEntries }: StoreFacts): void {
  // Stores were not marked at first: those have entries and nothing else of it.
  const isOurs = application === STORE_APPLICATION || (application === 0 && version === 0 && hasEntries);
  if (!isOurs)
    throw new AudioCloudError('STORE_INVALID', `Cannot open ${file}: it is no store of Audio Cloud`, { file });
  if (version > STORE_VERSION)
    throw new AudioCloudError(
      'STORE_INVALID',
      `Cannot open ${file}: its schema has version ${version}, this Audio Cloud knows up to ${STORE_VERSION}`,
      { file, version },
    );
}

/**
 * Opens the store of a data folder to read, also while a domain writes; undefined when there is none yet. Throws STORE_INVALID.
 */
export function openToRead(dataDir: string): { database: DatabaseSync; facts: StoreFacts } | undefined {
  const file = storePath(dataDir);
  if (!existsSync(file)) return undefined;
  const database = openDatabase(file, { readOnly: true });
  try {
    const facts = storeFacts(database);
    requireStore(file, facts);
    return { database, facts };
  } catch (error) {
    database.close();
    throw asStoreError(file, error);
  }
}

/** Opens a SQLite file. Throws STORE_INVALID. */
export function openDatabase(file: string, options: { readOnly?: boolean } = {}): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: 2_000, ...options });
  } catch (error) {
    throw asStoreError(file, error);
  }
}

export function asStoreError(file: string, thrown: unknown): AudioCloudError {
  if (thrown instanceof AudioCloudError) return thrown;
  return new AudioCloudError(
    'STORE_INVALID',
    `Cannot open ${file}: ${(thrown as Error).message}`,
    { file },
    { cause: thrown },
  );
}
