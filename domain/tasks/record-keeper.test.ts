import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { systemClock } from '../clock/clock.ts';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { EventJournal } from '../events/event-journal.ts';
import { Life } from '../simulation/world/life.ts';
import { HEALTHY, SimulatedDisk } from '../simulation/world/simulated-disk.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { RecordKeeper } from './record-keeper.ts';
import { taskKey } from './task-address.ts';
import type { TaskRecord } from './task-record.ts';

const address = { application: 'main', id: 'a' };

async function kept(positionSeconds: number) {
  const store = openSqliteStore(':memory:');
  let record: TaskRecord = { revision: 1, graph: { sampleRate: 48000 }, isPlaying: false, positionSeconds };
  const journal = await EventJournal.open({ store, clock: systemClock });
  const keeper = new RecordKeeper(
    journal,
    systemClock,
    address,
    await store.put(taskKey(address), record),
    () => record,
  );
  const writes: unknown[] = [];
  store.watch('task/', ({ value }) => writes.push((value as TaskRecord | undefined)?.positionSeconds));
  const move = (to: number) => {
    record = { ...record, positionSeconds: to };
  };
  return { store, journal, keeper, writes, move };
}
const fail = (error: unknown) => {
  throw error;
};

t.test('fast changes become few writes, and the last is stored', async (t) => {
  const { keeper, writes, move } = await kept(0);
  for (let i = 1; i <= 100; i++) {
    move(i);
    keeper.saveSoon(fail);
  }
  t.same(writes, []);
  t.equal(keeper.isDirty, true);
  while (writes.length === 0) await sleep(10);
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

t.test('what a full disk refuses is saved as soon as there is room', async (t) => {
  const clock = new VirtualClock();
  const disk = new SimulatedDisk();
  const store = disk.open(new Life(clock));
  const journal = await EventJournal.open({ store, clock });
  let record: TaskRecord = { revision: 1, graph: { sampleRate: 48000 }, isPlaying: false, positionSeconds: 0 };
  const revision = await store.put(taskKey(address), record);
  const keeper = new RecordKeeper(journal, clock, address, revision, () => record);
  const failures: unknown[] = [];
  disk.health = { ...HEALTHY, isFull: true };
  record = { ...record, positionSeconds: 1 };
  keeper.saveSoon((error) => failures.push(error));
  await t.rejects(keeper.save(), /full/, 'whoever waits is told');
  t.equal(keeper.isDirty, true, 'and what was to be saved soon still is');
  await t.rejects(keeper.delete(), /full/);
  t.equal(keeper.isDirty, true, 'also of a record that could not be deleted');
  for (let i = 0; i < 40; i++) {
    clock.advance(500);
    await new Promise(setImmediate);
  }
  t.ok(failures.length > 10 && failures.length < 30, `${failures.length} tries in 20 s`);
  disk.health = HEALTHY;
  clock.advance(1_000);
  await new Promise(setImmediate);
  t.equal(disk.read<TaskRecord>(taskKey(address))?.positionSeconds, 1);
  t.equal(clock.timers, 0);
});

t.test('after its end nothing is saved by itself', async (t) => {
  const { keeper, writes, move } = await kept(0);
  move(1);
  keeper.saveSoon(fail);
  keeper.end();
  keeper.saveSoon(fail);
  t.equal(keeper.isDirty, false);
  await sleep(300);
  t.same(writes, []);
});
