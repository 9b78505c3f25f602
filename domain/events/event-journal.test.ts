import t, { type Test } from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import type { Store } from '../store/store.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { EventJournal, type NewDomainEvent } from './event-journal.ts';

const down = (why: string): NewDomainEvent => ({ type: 'engine.down', data: { engine: 'embedded', why } });
const created = (task: string): NewDomainEvent => ({
  type: 'task.created',
  application: 'main',
  task,
  data: { revision: 1 },
});
const DAY_MS = 86_400_000;

async function journal(t: Test, options: { mostEvents?: number; keptDays?: number } = {}) {
  const store = openSqliteStore(':memory:');
  t.teardown(() => store.close());
  const clock = new VirtualClock(Date.UTC(2030, 0, 1));
  const open = () => EventJournal.open({ store, clock, ...options });
  return { store, clock, open, log: await open() };
}
const numbers = async (log: EventJournal, after = 0, limit = 1_000) =>
  (await log.read(after, limit)).events.map(({ number }) => number);

t.test('events are numbered from 1, and go on after the journal is opened again', async (t) => {
  const { log, open } = await journal(t);
  t.same([log.oldest, log.newest], [1, 0]);
  t.same(await log.read(0, 10), { events: [], next: 0, oldest: 1, newest: 0 });
  await log.tell(down('a'), down('b'));
  const again = await open();
  await again.tell(created('x'));
  const { events, next } = await again.read(0, 10);
  t.same(events[2], { number: 3, timestamp: '2030-01-01T00:00:00.000Z', ...created('x') });
  t.same([events.length, next], [3, 3]);
});

t.test('events of many that write at once are in order, without gaps', async (t) => {
  const { log } = await journal(t);
  let told = 0;
  log.follow(() => told++);
  await Promise.all(
    Array.from({ length: 40 }, (_, i) => log.write([{ key: `k${i}`, value: i }], { events: [down('')] })),
  );
  t.same(
    await numbers(log),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  t.ok(told > 0 && told < 40, 'followers are not told of each by itself');
});

t.test('of changes that are made at once one that is refused does not hinder the others', async (t) => {
  const { log, store } = await journal(t);
  const revision = await store.put('a', 0);
  const written = { code: undefined };
  const put = (key: string, expected: number) =>
    log.write([{ key, value: key, expected }], { events: [created(key)] }).then(
      (revisions) => ({ ...written, revisions }),
      ({ code }) => ({ code, revisions: [] }),
    );
  const turn = () => {
    const value = log.newest;
    return [{ key: 'turn', value }];
  };
  const [a, refused, again, , b] = await Promise.all([
    put('a', revision),
    put('none', 7),
    put('a', revision),
    log.write(turn, { events: [down('turn')] }),
    put('b', 0),
  ]);
  t.same([refused.code, again.code], ['REVISION_CONFLICT', 'REVISION_CONFLICT']);
  t.same([(await store.get('a'))?.revision], a.revisions);
  t.same([(await store.get('b'))?.revision], b.revisions);
  const { events } = await log.read(0, 10);
  t.same(
    events.map((event) => ('task' in event ? event.task : event.type)),
    ['a', 'engine.down', 'b'],
  );
  t.equal((await store.get('turn'))?.value, 1, 'its number was the next when its turn came');
});

t.test('a change that is refused leaves no event and uses no number', async (t) => {
  const { log, store } = await journal(t);
  await log.tell(down('first'));
  const refused = log.write([{ key: 'a', value: 1, expected: 7 }], {
    events: [down('never')],
    writes: [{ key: 'b', value: 1 }],
  });
  await t.rejects(refused, { code: 'REVISION_CONFLICT' });
  t.equal(await store.get('b'), undefined);
  const [revision] = await log.write([{ key: 'a', value: 1, expected: 0 }], { events: [down('second')] });
  t.equal((await store.get('a'))?.revision, revision);
  t.same(await numbers(log), [1, 2]);
});

t.test('a cursor reads all once, through filters that find little', async (t) => {
  const { log } = await journal(t);
  for (let i = 0; i < 13; i++)
    await log.tell(...Array.from({ length: 100 }, (_, j) => (j === 50 ? created(`t${i % 2}`) : down('x'))));
  const found: number[] = [];
  for (let after = 0; ; ) {
    const { events, next } = await log.read(after, 2, { types: ['task.created'], tasks: ['t1'] });
    found.push(...events.map(({ number }) => number));
    if (next === log.newest) break;
    t.ok(next > after, `${next} is behind ${after}`);
    after = next;
  }
  t.same(found, [151, 351, 551, 751, 951, 1151]);
  t.equal((await log.read(0, 1_000, { tasks: ['t0'] })).events.length, 7);
});

t.test('what is too much is forgotten, then what is too old, but never the last', async (t) => {
  const { log, clock, open } = await journal(t, { mostEvents: 700, keptDays: 10 });
  for (let i = 0; i < 20; i++) await log.tell(...Array.from({ length: 100 }, () => down('x')));
  await log.forget();
  t.same([log.oldest, log.newest, (await numbers(log))[0]], [1_301, 2_000, 1_301]);
  clock.advance(9 * DAY_MS);
  await log.tell(down('later'));
  clock.advance(2 * DAY_MS);
  await log.forget();
  t.same(await numbers(log), [2_001]);
  clock.advance(100 * DAY_MS);
  await log.forget();
  t.same(await numbers(log), [2_001]);
  const again = await open();
  t.same([again.oldest, again.newest], [2_001, 2_001]);
});

t.test('a store that fails once does not stop the journal', async (t) => {
  const { store } = await journal(t);
  let fails = true;
  const failing: Store = {
    ...store,
    write: async (writes) => {
      if (fails) throw new Error('disk is full');
      return store.write(writes);
    },
  };
  const log = await EventJournal.open({ store: failing, clock: new VirtualClock() });
  await t.rejects(log.tell(down('lost')), /disk is full/);
  fails = false;
  await log.tell(down('kept'));
  t.same(await numbers(log), [1]);
});

t.test('what is read is the same whether it is remembered or only stored', async (t) => {
  const { log, store, open } = await journal(t);
  for (let i = 0; i < 130; i++) await log.tell(i % 3 === 0 ? created(`t${i}`) : down(String(i)));
  const again = await open();
  for (const after of [0, 28, 29, 30, 31, 129, 130])
    for (const limit of [1, 200])
      t.same(
        await log.read(after, limit, { types: ['task.created'] }),
        await again.read(after, limit, { types: ['task.created'] }),
        `${limit} after ${after}`,
      );
  await store.close();
  t.equal((await log.read(30, 200)).events.length, 100, 'the last ones are read without the store');
  await t.rejects(log.read(29, 200), 'those before are not');
});

t.test('what is forgotten is not remembered either', async (t) => {
  const { log } = await journal(t, { mostEvents: 2 });
  for (let i = 0; i < 5; i++) await log.tell(down(String(i)));
  await log.forget();
  t.same(await numbers(log, 0), [4, 5]);
  t.same(await numbers(log, 2), [4, 5]);
  t.equal(log.oldest, 4);
});
