import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t from 'tap';
import { backupStore, restoreStore } from './backup.ts';
import { lockDataFolder } from './data-folder-lock.ts';
import { openSqliteStore } from './sqlite-store.ts';
import { openToRead, STORE_VERSION, storePath } from './store-file.ts';

const folder = t.testdir();

async function dataWith(name: string, values: Record<string, unknown>): Promise<string> {
  const dataDir = join(folder, name);
  mkdirSync(dataDir);
  const store = openSqliteStore(storePath(dataDir));
  for (const [key, value] of Object.entries(values)) await store.put(key, value);
  await store.close();
  return dataDir;
}

async function valuesIn(file: string): Promise<Record<string, unknown>> {
  const store = openSqliteStore(file);
  const entries = await store.list('');
  await store.close();
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

t.test('a backup comes back with its revisions, and the store before is kept', async (t) => {
  const dataDir = await dataWith('round', { 'task/a': { text: 'ä' }, 'task/b': [1, 2] });
  const file = join(folder, 'round.backup');
  t.match(backupStore(dataDir, file), { file, entries: 2 });
  const before = openSqliteStore(storePath(dataDir));
  const revision = await before.put('task/b', 'later');
  await before.close();
  const { kept } = restoreStore(dataDir, file);
  t.same(await valuesIn(storePath(dataDir)), { 'task/a': { text: 'ä' }, 'task/b': [1, 2] });
  t.same(await valuesIn(kept!), { 'task/a': { text: 'ä' }, 'task/b': 'later' });
  const store = openSqliteStore(storePath(dataDir));
  t.equal((await store.get('task/b'))?.revision, revision - 1);
  t.equal(await store.put('task/c', 1), revision, 'revisions go on from those of the backup');
  await store.close();
  t.same(
    readdirSync(dataDir).filter((name) => /restoring|-wal|-shm/.test(name)),
    [],
    'nothing is left behind',
  );
  const found = openToRead(dataDir);
  t.equal(found?.facts.version, STORE_VERSION);
  found?.database.close();
});

t.test('a backup goes into an empty data folder, and into no file that is there', async (t) => {
  const dataDir = await dataWith('first', { a: 1 });
  const file = join(folder, 'first.backup');
  backupStore(dataDir, file);
  t.throws(() => backupStore(dataDir, file), { code: 'BACKUP_INVALID', message: /there is such a file/ });
  t.throws(() => backupStore(join(folder, 'none'), join(folder, 'x')), { code: 'STORE_INVALID' });
  t.equal(restoreStore(join(folder, 'new', 'data'), file).kept, undefined);
  t.same(await valuesIn(storePath(join(folder, 'new', 'data'))), { a: 1 });
});

t.test('backups while another process writes are each one state', async (t) => {
  const dataDir = await dataWith('busy', {});
  const script = `
    import { openSqliteStore } from ${JSON.stringify(new URL('./sqlite-store.ts', import.meta.url).href)};
    const store = openSqliteStore(${JSON.stringify(storePath(dataDir))});
    const filler = 'x'.repeat(5000);
    for (let i = 1; ; i++) {
      for (let n = 0; n < 20; n++) await store.put('key/' + n, { i, filler });
      if (i === 1) process.stdout.write('writing\\n');
      await new Promise(setImmediate);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const rounds: number[] = [];
  for (let n = 0; n < 5; n++) {
    const file = join(folder, `busy-${n}.backup`);
    backupStore(dataDir, file);
    restoreStore(join(folder, `busy-${n}`), file);
    const values = await valuesIn(storePath(join(folder, `busy-${n}`)));
    const counts = Array.from({ length: 20 }, (_, key) => (values[`key/${key}`] as { i: number }).i);
    const first = counts[0]!;
    // The keys are written in order: at one moment those up to some key are of this round, the others of the one before.
    const changed = counts.findIndex((count) => count !== first);
    const wanted = counts.map((_, key) => (changed >= 0 && key >= changed ? first - 1 : first));
    t.same(counts, wanted, `one state, round ${first}`);
    rounds.push(first);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.ok(rounds.at(-1)! > rounds[0]!, `it wrote all the time: ${rounds}`);
});

t.test('what is no whole backup is refused by what is wrong with it, and nothing is lost', async (t) => {
  const dataDir = await dataWith('kept', { a: 'x'.repeat(20_000), b: 'only here' });
  const good = join(folder, 'kept.backup');
  backupStore(dataDir, good);
  const before = await valuesIn(storePath(dataDir));
  const names = readdirSync(dataDir);
  const spoilt = (name: string, spoil: (file: string) => void): string => {
    const file = join(folder, `${name}.backup`);
    copyFileSync(good, file);
    spoil(file);
    return file;
  };
  const change = (file: string, sql: string) => {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  };
  const files: [string, RegExp][] = [
    [spoilt('cut', (file) => truncateSync(file, 12_288)), /malformed|damaged/],
    [spoilt('cut-head', (file) => truncateSync(file, 50)), /malformed|not a database|no backup/],
    [spoilt('empty', (file) => truncateSync(file, 0)), /no backup/],
    [spoilt('text', (file) => writeFileSync(file, 'a letter to my aunt\n'.repeat(100))), /not a database/],
    [spoilt('changed', (file) => change(file, "UPDATE entries SET value = '1' WHERE key = 'b'")), /not those/],
    [spoilt('shorter', (file) => change(file, "DELETE FROM entries WHERE key = 'b'")), /not those/],
    [spoilt('foreign', (file) => change(file, 'DROP TABLE entries')), /no backup/],
    [spoilt('later', (file) => change(file, 'PRAGMA user_version = 99')), /version 99/],
    [
      spoilt('letter', (file) => {
        const bytes = readFileSync(file);
        bytes.write('w', bytes.indexOf('only here') + 5);
        writeFileSync(file, bytes);
      }),
      /not those/,
    ],
    [storePath(dataDir), /no backup/],
    [join(folder, 'none.backup'), /no such file/],
  ];
  for (const [file, why] of files) {
    t.throws(() => restoreStore(dataDir, file), { code: 'BACKUP_INVALID', message: why }, file);
    t.same(
      readdirSync(dataDir).filter((name) => name !== 'domain.lock'),
      names.filter((name) => name !== 'domain.lock'),
    );
  }
  t.same(await valuesIn(storePath(dataDir)), before);
});

t.test('a data folder that a domain holds is not restored; a damaged store is, and kept', async (t) => {
  const dataDir = await dataWith('held', { a: 1 });
  const file = join(folder, 'held.backup');
  backupStore(dataDir, file);
  const release = lockDataFolder(dataDir);
  t.throws(() => restoreStore(dataDir, file), { code: 'STORE_BUSY' });
  t.throws(() => lockDataFolder(dataDir), { code: 'STORE_BUSY' });
  t.throws(() => lockDataFolder(join(dataDir, 'none')), { code: 'STORE_INVALID', message: /domain\.lock/ });
  release();
  writeFileSync(storePath(dataDir), 'damaged');
  const { kept } = restoreStore(dataDir, file);
  t.equal(readFileSync(kept!, 'utf8'), 'damaged');
  t.same(await valuesIn(storePath(dataDir)), { a: 1 });
  t.ok(existsSync(file), 'the backup stays');
});

t.test('a store of a later version, and another program’s database, are not opened', async (t) => {
  const dataDir = await dataWith('later', { a: 1 });
  const database = new DatabaseSync(storePath(dataDir));
  database.exec(`PRAGMA user_version = ${STORE_VERSION + 1}`);
  database.close();
  t.throws(() => openSqliteStore(storePath(dataDir)), { code: 'STORE_INVALID', message: /has version 3/ });
  const other = join(folder, 'other.db');
  const foreign = new DatabaseSync(other);
  foreign.exec('CREATE TABLE mine (a)');
  foreign.close();
  t.throws(() => openSqliteStore(other), { code: 'STORE_INVALID', message: /no store of Audio Cloud/ });
});

t.test('a store from before stores were marked is taken, and marked', async (t) => {
  const dataDir = await dataWith('unmarked', { a: 1 });
  const database = new DatabaseSync(storePath(dataDir));
  database.exec('PRAGMA user_version = 0; PRAGMA application_id = 0');
  database.close();
  t.same(await valuesIn(storePath(dataDir)), { a: 1 });
  const found = openToRead(dataDir);
  t.equal(found?.facts.version, STORE_VERSION);
  found?.database.close();
});
