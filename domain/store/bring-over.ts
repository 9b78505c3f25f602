import type { DatabaseSync } from 'node:sqlite';
import { STORE_VERSION } from './store-file.ts';

/*
 * What an earlier version of the schema needs to become the next one, by the version it has. A revision is the row id and stays.
 */
const STEPS: { [from: number]: string } = {
  // Stores were not marked at first.
  0: '',
  // Tasks, presets, receipts, webhooks and events belong to an application; there was only one.
  1: `
    UPDATE entries SET key = 'task/main/' || substr(key, 6) WHERE key >= 'task/' AND key < 'task0';
    UPDATE entries SET key = 'preset/main/' || substr(key, 8) WHERE key >= 'preset/' AND key < 'preset0';
    UPDATE entries SET key = 'receipt/main/' || substr(key, 9) WHERE key >= 'receipt/' AND key < 'receipt0';
    UPDATE entries SET
      key = substr(key, 1, 29) || 'main/' || substr(key, 30),
      value = json_quote('main/' || json_extract(value, '$'))
      WHERE key >= 'receipt-time/' AND key < 'receipt-time0';
    UPDATE entries SET value = json_set(value, '$.application', 'main') WHERE key >= 'webhook/' AND key < 'webhook0';
    UPDATE entries SET value = json_set(value, '$.application', 'main')
      WHERE key >= 'event/' AND key < 'event0'
      AND (json_extract(value, '$.task') IS NOT NULL OR json_extract(value, '$.type') GLOB 'webhook.*');`,
};

/** Brings a store of an earlier version to this one, all of it or nothing. [control] */
export function bringOver(database: DatabaseSync, version: number): void {
  if (version === STORE_VERSION) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (let from = version; from < STORE_VERSION; from++) database.exec(STEPS[from]!);
    database.exec(`PRAGMA user_version = ${STORE_VERSION}`);
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
