import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { STORE_APPLICATION, STORE_VERSION, storeFacts } from './store-file.ts';
import { openSqliteStore } from './sqlite-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'bring-over-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const TIME = '001893456000000';

/** What a domain of the version before wrote, and what it is now. */
const ENTRIES: [key: string, value: unknown, now: string, valueNow?: unknown][] = [
  ['task/main', { revision: 3, isPlaying: true }, 'task/main/main'],
  ['task/Song_2', { revision: 1 }, 'task/main/Song_2'],
  ['preset/soft', { revision: 2 }, 'preset/main/soft'],
  ['receipt/ab12', { fingerprint: 'f', atMs: 1 }, 'receipt/main/ab12'],
  [`receipt-time/${TIME}/ab12`, 'ab12', `receipt-time/${TIME}/main/ab12`, 'main/ab12'],
  ['webhook/webhook-1', { wanted: { url: 'u' } }, 'webhook/webhook-1', { wanted: { url: 'u' }, application: 'main' }],
  ['webhook-delivery/webhook-1', { after: 4 }, 'webhook-delivery/webhook-1'],
  ['event/1', { number: 1, type: 'domain.started' }, 'event/1'],
  [
    'event/2',
    { number: 2, type: 'task.created', task: 'main' },
    'event/2',
    { number: 2, type: 'task.created', task: 'main', application: 'main' },
  ],
  [
    'event/3',
    { number: 3, type: 'webhook.created' },
    'event/3',
    { number: 3, type: 'webhook.created', application: 'main' },
  ],
];

function write(file: string, marks: string, entries: readonly (readonly [string, string])[]): void {
  const database = new DatabaseSync(file);
  database.exec(
    'CREATE TABLE entries (revision INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, value TEXT)',
  );
  for (const [key, value] of entries)
    database.prepare('INSERT INTO entries (key, value) VALUES (?, ?)').run(key, value);
  database.exec(marks);
  database.close();
}

const texts = ENTRIES.map(([key, value]) => [key, JSON.stringify(value)] as const);
for (const [name, marks] of [
  ['of version 1', `PRAGMA application_id = ${STORE_APPLICATION}; PRAGMA user_version = 1`],
  ['that was not marked', ''],
] as const)
  t.test(`a store ${name} belongs to the application main, with its revisions`, async (t) => {
    const file = join(folder, `${name}.db`);
    write(file, marks, texts);
    for (const time of ['opened', 'opened again']) {
      const store = openSqliteStore(file);
      const found = (await store.list('')).sort((a, b) => a.revision - b.revision);
      t.same(
        found,
        ENTRIES.map(([, value, key, valueNow = value], i) => ({ key, value: valueNow, revision: i + 1 })),
        time,
      );
      await store.close();
    }
    const database = new DatabaseSync(file);
    t.match(storeFacts(database), { application: STORE_APPLICATION, version: STORE_VERSION });
    database.close();
  });

t.test('what cannot be brought over is left as it was', async (t) => {
  const file = join(folder, 'damaged.db');
  const marks = `PRAGMA application_id = ${STORE_APPLICATION}; PRAGMA user_version = 1`;
  write(file, marks, [...texts, ['event/4', '{"type":']]);
  t.throws(() => openSqliteStore(file), { code: 'STORE_INVALID' });
  const database = new DatabaseSync(file);
  t.equal(storeFacts(database).version, 1);
  t.same(
    (database.prepare('SELECT key FROM entries ORDER BY revision').all() as { key: string }[]).map(({ key }) => key),
    [...ENTRIES.map(([key]) => key), 'event/4'],
  );
  database.close();
});
