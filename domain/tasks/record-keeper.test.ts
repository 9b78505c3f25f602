import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { EventJournal } from '../events/event-journal.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { RecordKeeper } from './record-keeper.ts';
import { taskKey } from './task-address.ts';
import type { TaskRecord } from './task-record.ts';

const address = { application: 'main', id: 'a' };

async function kept(positionSeconds: number) {
  const store = openSqliteStore(':memory:');
  const clock = new VirtualClock();
  const faults: Error[] = [];
  let record: TaskRecord = { revision: 1, graph: { sampleRate: 48000 }, isPlaying: false, positionSeconds };
  const journal = await EventJournal.open({
    store: {
      ...store,
      write: (writes) => (faults.length > 0 ? Promise.reject(faults.shift()) : store.write(writes)),
    },
    clock,
  });
  const keeper = new RecordKeeper(journal, clock, address, await store.put(taskKey(address), record), () => record);
  const writes: unknown[] = [];
  store.watch('task/', ({ value }) => writes.push((value as TaskRecord | undefined)?.positionSeconds));
  const move = (to: number) => {
    record = { ...record, positionSeconds: to };
  };
  /** Time goes by, and what was due is done. */
  const advance = async (ms: number) => {
    clock.advance(ms);
    await new Promise(setImmediate);
  };
  return { store, journal, keeper, writes, move, advance, clock, faults };
}
const fail = (error: unknown) => {
  throw error;
};

t.test('fast changes become few writes, and the last is stored', async (t) => {
  const { keeper, writes, move, advance } = await kept(0);
  for (let i = 1; i <= 100; i++) {
    move(i);
    keeper.saveSoon(fail);
  }
  t.same(writes, []);
  t.equal(keeper.isDirty, true);
  await advance(250);
  t.same(writes, [100]);
  t.equal(keeper.isDirty, false);
});

t.test('a save writes now, and takes what was to be saved soon with it', async (t) => {
  const { keeper, writes, move } = await kept(0);
  move(1);
  keeper.saveSoon(fail);
  move(2);
  await keeper.save();
  await keeper.flush();
  t.same(writes, [2]);
});

t.test('writes at the same time follow each other', async (t) => {
  const { keeper, writes, move } = await kept(0);
  const saves = [1, 2, 3].map((to) => {
    move(to);
    return keeper.save();
  });
  await Promise.all(saves);
  t.equal(writes.at(-1), 3);
  await keeper.delete();
  t.same(writes.at(-1), undefined);
});

t.test('a record that somebody else wrote is not overwritten', async (t) => {
  const { store, keeper, move } = await kept(0);
  await store.put(taskKey(address), { revision: 9 });
  move(1);
  await t.rejects(keeper.save(), { code: 'REVISION_CONFLICT' });
  await t.rejects(keeper.save(), { code: 'REVISION_CONFLICT' }, 'nor later');
  t.same((await store.get(taskKey(address)))?.value, { revision: 9 });
});

t.test('a change is stored in its own turn, with what belongs to it', async (t) => {
  const { store, journal, keeper, writes, move } = await kept(0);
  const earlier = keeper.save();
  const event = { type: 'task.edited' as const, application: 'main', task: 'a', data: { revision: 2, edits: 1 } };
  const change = keeper.save(() => {
    move(5);
    return { events: [event], writes: [{ key: 'receipt', value: 1 }] };
  });
  await Promise.all([earlier, change]);
  t.same(writes, [0, 5], 'a save that waited before it has nothing of it');
  t.match((await journal.read(0, 10)).events, [{ number: 1, ...event }]);
  t.equal((await store.get('receipt'))?.value, 1);
  await store.put(taskKey(address), { revision: 9 });
  await t.rejects(
    keeper.save(() => ({ events: [event], writes: [{ key: 'never', value: 1 }] })),
    { code: 'REVISION_CONFLICT' },
  );
  t.same([await store.get('never'), journal.newest], [undefined, 1]);
});

t.test('what could not be stored is stored again, with growing delays, until it is', async (t) => {
  const { keeper, writes, move, advance, clock, faults } = await kept(0);
  const failures: unknown[] = [];
  faults.push(new Error('disk full'), new Error('disk full'));
  move(1);
  keeper.saveSoon((error) => failures.push(error));
  await advance(250);
  t.same([failures.length, writes, keeper.isDirty], [1, [], true]);
  move(2);
  await advance(250);
  t.same([failures.length, writes], [2, []]);
  await advance(499);
  t.same(writes, []);
  await advance(1);
  t.same([writes, keeper.isDirty, clock.timers], [[2], false, 0]);
});

t.test('values on their way to the store outlive a request that could not be stored', async (t) => {
  const { keeper, writes, move, advance, faults } = await kept(0);
  move(1);
  keeper.saveSoon(fail);
  faults.push(new Error('disk full'));
  await t.rejects(keeper.save(), { message: 'disk full' });
  await advance(250);
  t.same(writes, [1]);
});
