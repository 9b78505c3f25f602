import { DatabaseSync } from 'node:sqlite';
import { AudioCloudError } from '@audiocloud/api';
import type { Entry, Store, StoreChange } from './store.ts';
import { asStoreError, requireStore, STORE_APPLICATION, STORE_VERSION, storeFacts } from './store-file.ts';

/*
 * One table. The row id is the revision: AUTOINCREMENT never gives a number twice, not even after the newest row was
 * deleted. synchronous = FULL: in WAL mode only that makes a commit survive a power cut (sqlite.org/pragma.html).
 */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA busy_timeout = 2000;
  CREATE TABLE IF NOT EXISTS entries (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    value TEXT NOT NULL
  );
  PRAGMA application_id = ${STORE_APPLICATION};
  PRAGMA user_version = ${STORE_VERSION};`;

interface Row {
  revision: number;
  key: string;
  value: string;
}

const toEntry = <V>({ key, value, revision }: Row): Entry<V> => ({ key, value: JSON.parse(value) as V, revision });

function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    const facts = storeFacts(database);
    const isNew =
      facts.application === 0 &&
      facts.version === 0 &&
      database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
    if (!isNew) requireStore(file, facts);
    database.exec(SCHEMA);
    return database;
  } catch (error) {
    database?.close();
    throw asStoreError(file, error);
  }
}

/** Opens or makes the store in `file`; `:memory:` for one that is gone at the end. Throws STORE_INVALID. [control] */
export function openSqliteStore(file: string): Store {
  const database = openDatabase(file);
  const find = database.prepare('SELECT revision, key, value FROM entries WHERE key = ?');
  const insert = database.prepare('INSERT INTO entries (key, value) VALUES (?, ?)');
  const erase = database.prepare('DELETE FROM entries WHERE key = ?');
  // No LIKE: it folds letters and reads % and _. Every key with the prefix sorts from it up to prefix + U+10FFFF.
  const below = database.prepare('SELECT revision, key, value FROM entries WHERE key >= ? AND key < ? ORDER BY key');
  const watchers = new Set<{ prefix: string; changed: (change: StoreChange) => void }>();

  const tell = (change: StoreChange) => {
    for (const { prefix, changed } of [...watchers]) if (change.key.startsWith(prefix)) changed(change);
  };

  /** Runs `work` as one transaction, after the revision that is there was found to be the one expected. */
  function change<R>(key: string, expected: number | undefined, work: (before: Row | undefined) => R): R {
    database.exec('BEGIN IMMEDIATE');
    try {
      const before = find.get(key) as Row | undefined;
      const revision = before?.revision ?? 0;
      if (expected !== undefined && revision !== expected)
        throw new AudioCloudError(
          'REVISION_CONFLICT',
          `Cannot write ${key}: it is at revision ${revision}, wanted ${expected}; read it again`,
          { key, revision, expected },
        );
      const result = work(before);
      database.exec('COMMIT');
      return result;
    } catch (error) {
      database.exec('ROLLBACK');
      throw error;
    }
  }

  return {
    async get<V>(key: string) {
      const row = find.get(key) as Row | undefined;
      return row && toEntry<V>(row);
    },

    async put(key, value, expected) {
      const text = JSON.stringify(value);
      const revision = change(key, expected, (before) => {
        if (before) erase.run(key);
        return Number(insert.run(key, text).lastInsertRowid);
      });
      tell({ key, value: JSON.parse(text), revision });
      return revision;
    },

    async delete(key, expected) {
      const gone = change(key, expected, (before) => {
        if (before) erase.run(key);
        return before;
      });
      if (gone) tell({ key, value: undefined, revision: gone.revision });
      return gone !== undefined;
    },

    async list<V>(prefix: string) {
      return (below.all(prefix, `${prefix}\u{10ffff}`) as unknown as Row[]).map((row) => toEntry<V>(row));
    },

    watch(prefix, changed) {
      const watcher = { prefix, changed };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },

    async close() {
      watchers.clear();
      if (database.isOpen) database.close();
    },
  };
}
