import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { AudioCloudError } from '@audiocloud/api';
import { lockDataFolder } from './data-folder-lock.ts';
import { openDatabase, openToRead, requireStore, STORE_APPLICATION, storeFacts, storePath } from './store-file.ts';

/*
 * A backup is the store as one SQLite file, with a table `backup` of one row beside `entries`: when it was made, how many entries
 * there are, and a digest of them all. SQLite itself finds a file that is cut or whose pages are damaged, the digest what was
 * changed inside of a page.
 */
const SEAL = `
  CREATE TABLE backup (made TEXT NOT NULL, entries INTEGER NOT NULL, digest TEXT NOT NULL);`;

export interface BackupFacts {
  file: string;
  /** When it was made. */
  made: string;
  entries: number;
}

/**
 * Writes the store of a data folder into `file`, as it is at one moment, also while a domain writes. [control]
 *
 * The file appears when it is whole and on the disk. Throws STORE_INVALID, and BACKUP_INVALID when there is such a file.
 */
export function backupStore(dataDir: string, file: string, now = new Date()): BackupFacts {
  const target = resolve(file);
  if (existsSync(target)) throw refuse(target, 'there is such a file; choose another name', 'write');
  const found = openToRead(resolve(dataDir));
  if (!found)
    throw new AudioCloudError(
      'STORE_INVALID',
      `Cannot back up ${dataDir}: there is no store in it; give it with --data`,
    );
  const part = `${target}.part`;
  mkdirSync(dirname(target), { recursive: true });
  rmSync(part, { force: true });
  try {
    // One read transaction: in WAL mode it sees one state, and no writer waits for it.
    found.database.prepare('VACUUM INTO ?').run(part);
    const facts = seal(part, target, now, found.facts.version);
    syncFile(part);
    renameSync(part, target);
    syncFile(dirname(target));
    return facts;
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  } finally {
    found.database.close();
  }
}

/**
 * Puts the store of a backup in place of that of a data folder, which is kept beside it. Returns what it is and where the old one is.
 * [control]
 *
 * Throws STORE_BUSY while a domain runs there, BACKUP_INVALID for what is no whole backup; then nothing was changed.
 */
export function restoreStore(dataDir: string, file: string, now = new Date()): BackupFacts & { kept?: string } {
  const source = resolve(file);
  const folder = resolve(dataDir);
  if (!existsSync(source)) throw refuse(source, 'there is no such file');
  mkdirSync(folder, { recursive: true });
  const release = lockDataFolder(folder);
  const part = join(folder, 'domain.db.restoring');
  try {
    rmSync(part, { force: true });
    copyFileSync(source, part);
    const facts = unseal(part, source);
    syncFile(part);
    const kept = keepOld(folder, now);
    renameSync(part, storePath(folder));
    syncFile(folder);
    return { ...facts, ...(kept ? { kept } : {}) };
  } finally {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(part + suffix, { force: true });
    release();
  }
}

/** Looks whether a file is a whole backup. Throws BACKUP_INVALID. */
function verified(database: DatabaseSync, source: string): BackupFacts {
  const facts = storeFacts(database);
  const sealed = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'backup'").get();
  if (facts.application !== STORE_APPLICATION || !facts.hasEntries || !sealed)
    throw refuse(source, 'it is a database, but no backup of Audio Cloud');
  requireStore(source, facts);
  const checked = database.prepare('PRAGMA integrity_check').all() as { integrity_check: string }[];
  if (checked[0]?.integrity_check !== 'ok') throw refuse(source, `it is damaged: ${checked[0]?.integrity_check}`);
  const row = database.prepare('SELECT made, entries, digest FROM backup').get() as
    | { made: string; entries: number; digest: string }
    | undefined;
  const found = digestOf(database);
  if (!row || row.entries !== found.entries || row.digest !== found.digest)
    throw refuse(source, 'it is damaged: its entries are not those that were saved');
  return { file: source, made: row.made, entries: row.entries };
}

/** version: of the schema of the store that it is of: a domain that opens it brings it over. */
function seal(part: string, target: string, now: Date, version: number): BackupFacts {
  const database = openDatabase(part);
  try {
    const { entries, digest } = digestOf(database);
    const made = now.toISOString();
    database.exec(`${SEAL} PRAGMA application_id = ${STORE_APPLICATION}; PRAGMA user_version = ${version};`);
    database.prepare('INSERT INTO backup VALUES (?, ?, ?)').run(made, entries, digest);
    return { file: target, made, entries };
  } finally {
    database.close();
  }
}

function unseal(part: string, source: string): BackupFacts {
  let database: DatabaseSync | undefined;
  try {
    database = openDatabase(part);
    const facts = verified(database, source);
    database.exec('DROP TABLE backup');
    return facts;
  } catch (error) {
    if (error instanceof AudioCloudError && error.code === 'BACKUP_INVALID') throw error;
    // SQLite says `not a database` or `malformed`, of the copy.
    throw refuse(source, (error as Error).message.replaceAll(part, source));
  } finally {
    database?.close();
  }
}

function digestOf(database: DatabaseSync): { entries: number; digest: string } {
  const hash = createHash('sha256');
  let entries = 0;
  for (const row of database.prepare('SELECT revision, key, value FROM entries ORDER BY revision').iterate()) {
    hash.update(`${JSON.stringify([row['revision'], row['key'], row['value']])}\n`);
    entries++;
  }
  return { entries, digest: hash.digest('hex') };
}

/** Gives the old store a second name, whole, before the new one takes the first. Returns that name. */
function keepOld(folder: string, now: Date): string | undefined {
  const file = storePath(folder);
  if (!existsSync(file)) return undefined;
  foldWal(file);
  const stamp = now.toISOString().replaceAll(':', '-').replace('.', '-');
  const kept = join(folder, `domain.before-restore-${stamp}.db`);
  linkSync(file, kept);
  // What the old one could not fold in stays with it; beside the new one it would be taken for its own.
  if (existsSync(`${file}-wal`)) linkSync(`${file}-wal`, `${kept}-wal`);
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
  return kept;
}

/** The last to close a store folds its log in. One that is damaged is left as it is. */
function foldWal(file: string): void {
  try {
    const old = openDatabase(file);
    try {
      old.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      old.close();
    }
  } catch {
    // It may be damaged: that is why somebody restores.
  }
}

function syncFile(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function refuse(file: string, why: string, verb = 'restore'): AudioCloudError {
  return new AudioCloudError('BACKUP_INVALID', `Cannot ${verb} ${file}: ${why}`, { file });
}
