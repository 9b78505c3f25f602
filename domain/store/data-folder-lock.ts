import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { openDatabase } from './store-file.ts';

const SQLITE_BUSY = 5;

/**
 * Holds a data folder for one domain, or for a restore. Returns its release. [control]
 *
 * The lock is SQLite's on an empty database: the system gives it up when the process ends, in whatever way, and nothing that is
 * left behind has to be judged by its age. Throws STORE_BUSY, STORE_INVALID when the folder cannot be written.
 */
export function lockDataFolder(dataDir: string): () => void {
  const lock = openDatabase(join(dataDir, 'domain.lock'));
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock.close();
    const isHeld = (cause as { errcode?: number }).errcode === SQLITE_BUSY;
    throw new AudioCloudError(
      isHeld ? 'STORE_BUSY' : 'STORE_INVALID',
      `Cannot use the data folder ${dataDir}: ${isHeld ? 'a domain runs on it' : (cause as Error).message}`,
      { dataDir },
      { cause },
    );
  }
  return () => {
    if (lock.isOpen) lock.close();
  };
}
