import { DatabaseSync } from 'node:sqlite';
import { AudioCloudError } from '@audiocloud/api';
import { bringOver } from './bring-over.ts';
import type { Entry, ListRange, Store, StoreChange, StoreWrite } from './store.ts';
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
  PRAGMA application_id = ${STORE_APPLICATION};`;

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
    if (isNew) database.exec(`PRAGMA user_version = ${STORE_VERSION}`);
    else bringOver(database, facts.version);
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
  const columns = 'SELECT revision, key, value FROM entries';
  const ascending = database.prepare(`${columns} WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?`);
  const descending = database.prepare(`${columns} WHERE key >= ? AND key < ? AND key < ? ORDER BY key DESC LIMIT ?`);
  const watchers = new Set<{ prefix: string; changed: (change: StoreChange) => void }>();

  const tell = (change: StoreChange) => {
    for (const { prefix, changed } of [...watchers]) if (change.key.startsWith(prefix)) changed(change);
  };

  /** Makes one change of a transaction, after the revision that is there was found to be the one expected. */
  function apply({ key, value, expected }: StoreWrite): { revision: number; change: StoreChange | undefined } {
    const before = find.get(key) as Row | undefined;
    const revision = before?.revision ?? 0;
    if (expected !== undefined && revision !== expected)
      throw new AudioCloudError(
        'REVISION_CONFLICT',
        `Cannot write ${key}: it is at revision ${revision}, wanted ${expected}; read it again`,
        { key, revision, expected },
      );
    if (before) erase.run(key);
    if (value === undefined) return { revision, change: before && { key, value, revision } };
    const text = JSON.stringify(value);
    const written = Number(insert.run(key, text).lastInsertRowid);
    return { revision: written, change: { key, value: JSON.parse(text), revision: written } };
  }

  async function write(writes: readonly StoreWrite[]): Promise<number[]> {
    if (writes.length === 0) return [];
    database.exec('BEGIN IMMEDIATE');
    let done: ReturnType<typeof apply>[];
    try {
      done = writes.map(apply);
      database.exec('COMMIT');
    } catch (error) {
      // A disk that is full may have ended the transaction by itself.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
    for (const { change } of done) if (change) tell(change);
    return done.map(({ revision }) => revision);
  }

  return {
    async get<V>(key: string) {
      const row = find.get(key) as Row | undefined;
      return row && toEntry<V>(row);
    },

    async put(key, value, expected) {
      const [revision] = await write([{ key, value, ...(expected === undefined ? {} : { expected }) }]);
      return revision!;
    },

    async delete(key, expected) {
      const [revision] = await write([{ key, ...(expected === undefined ? {} : { expected }) }]);
      return revision! > 0;
    },

    write,

    async list<V>(prefix: string, { after, limit = -1, isDescending = false }: ListRange = {}) {
      const end = `${prefix}\u{10ffff}`;
      const rows = isDescending
        ? descending.all(prefix, end, after ?? end, limit)
        : ascending.all(prefix, end, after ?? '', limit);
      return (rows as unknown as Row[]).map((row) => toEntry<V>(row));
    },

    watch(prefix, changed) {
      const watcher = { prefix, changed };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },

    async eraseDeleted() {
      // Rows, free pages and the room within pages are written anew; then the log of writes is emptied.
      database.exec('PRAGMA temp_store = MEMORY; VACUUM');
      const { busy } = database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
      if (busy)
        throw new AudioCloudError(
          'STORE_BUSY',
          'Cannot rewrite the store: another process reads it; it is tried again',
        );
    },

    async close() {
      watchers.clear();
      if (database.isOpen) database.close();
    },
  };
}
