import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AudioCloudError } from '@audiocloud/api';

const WAIT_MS = 30_000;

/**
 * Does `work` while no other process does such in `folder`; waits for its turn. [control]
 *
 * The lock is SQLite's on an empty file: the system takes it back from a process that ends, however it ends.
 * Throws PLUGIN_INSTALL when another one takes half a minute.
 */
export function withFolderLock<R>(folder: string, work: () => R): R {
  mkdirSync(folder, { recursive: true });
  const lock = new DatabaseSync(join(folder, '.lock'));
  try {
    lock.exec(`PRAGMA busy_timeout = ${WAIT_MS}`);
    try {
      lock.exec('BEGIN EXCLUSIVE');
    } catch (cause) {
      throw new AudioCloudError(
        'PLUGIN_INSTALL',
        `Cannot change ${folder}: another process is changing it (${(cause as Error).message}); wait for it to end`,
        { folder },
        { cause },
      );
    }
    return work();
  } finally {
    lock.close();
  }
}
