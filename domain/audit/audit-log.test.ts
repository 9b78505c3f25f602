import { pino } from 'pino';
import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { AuditLog, type NewAuditEntry } from './audit-log.ts';

const logger = pino({ level: 'silent' }) as never;
const entry = (who: string, more: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  who,
  from: '192.0.2.1',
  what: 'GET /v1/tasks',
  status: 401,
  code: 'UNAUTHENTICATED',
  request: 'r',
  ...more,
});

t.test('entries are numbered, paged, and there when it is opened again', async (t) => {
  const store = openSqliteStore(':memory:');
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  const audit = await AuditLog.open(store, clock, logger);
  for (let i = 0; i < 5; i++) audit.add(entry(`key-${i}`));
  const first = await audit.read(0, 2);
  t.match(first, { entries: [{ number: 1, who: 'key-0' }, { number: 2 }], next: 2, oldest: 1, newest: 5 });
  t.match(await audit.read(4, 10), { entries: [{ number: 5, who: 'key-4' }], next: 5 });
  const again = await AuditLog.open(store, clock, logger);
  again.add(entry('key-5'));
  t.match(await again.read(5, 10), { entries: [{ number: 6 }], newest: 6 });
  await clock.advance(91 * 24 * 60 * 60 * 1000);
  await again.forget();
  t.match(await again.read(0, 10), { entries: [{ number: 6 }], oldest: 6 }, 'the last one stays');
  await store.close();
});

t.test('a flood of refused tries costs one transaction and an entry for each address', async (t) => {
  const store = openSqliteStore(':memory:');
  const clock = new VirtualClock(0);
  const audit = await AuditLog.open(store, clock, logger);
  let writes = 0;
  store.watch('audit/', () => writes++);
  for (let i = 0; i < 10_000; i++) audit.add(entry('nobody', { from: i % 2 ? '192.0.2.1' : '192.0.2.2' }));
  for (let i = 0; i < 3; i++) audit.add(entry('key-1'));
  await clock.advance(200);
  const { entries } = await audit.read(0, 100);
  t.match(entries, [{ times: 5_000 }, { times: 5_000 }, { who: 'key-1' }, { who: 'key-1' }, { who: 'key-1' }]);
  t.equal(writes, 5);
  await store.close();
});

t.test('what the store did not take is tried again', async (t) => {
  const store = openSqliteStore(':memory:');
  let isFull = true;
  const failing: Store = {
    ...store,
    write: (writes) => (isFull ? Promise.reject(new Error('disk full')) : store.write(writes)),
  };
  const audit = await AuditLog.open(failing, new VirtualClock(0), logger);
  audit.add(entry('key-1'));
  await audit.flush();
  isFull = false;
  audit.add(entry('key-2'));
  t.same(
    (await audit.read(0, 10)).entries.map(({ number, who }) => [number, who]),
    [
      [1, 'key-1'],
      [2, 'key-2'],
    ],
  );
  await store.close();
});
