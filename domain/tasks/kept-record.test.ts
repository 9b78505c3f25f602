import { pino } from 'pino';
import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { EventJournal } from '../events/event-journal.ts';
import { Life } from '../simulation/world/life.ts';
import { HEALTHY, SimulatedDisk } from '../simulation/world/simulated-disk.ts';
import { PREAMP_MODEL } from '../testing/simulated-rack.ts';
import { KeptRecord } from './kept-record.ts';
import { taskKey } from './task-address.ts';
import type { TaskRecord } from './task-record.ts';

const address = { application: 'main', id: 'a' };
const stored: TaskRecord = {
  revision: 1,
  graph: { sampleRate: 48_000, instances: { preamp: { model: PREAMP_MODEL.id, parameters: { gainDb: 1 } } } },
  isPlaying: true,
  positionSeconds: 0,
};
const gainDb = ({ graph }: Readonly<TaskRecord>) => graph.instances!['preamp']!.parameters!['gainDb'];
const set = (value: number) => [{ instance: 'preamp', parameter: 'gainDb', value }];
const edit = (record: TaskRecord): TaskRecord => ({ ...record, revision: 2 });

async function opened() {
  const clock = new VirtualClock();
  const disk = new SimulatedDisk();
  const store = disk.open(new Life(clock));
  const journal = await EventJournal.open({ store, clock });
  const logger = pino({ level: 'silent' }) as never;
  let doubts = 0;
  const engine = { models: () => [PREAMP_MODEL], doubt: () => void doubts++ };
  const revision = await store.put(taskKey(address), stored);
  const record = new KeptRecord({ journal, clock, logger }, address, stored, revision, engine);
  const onDisk = () => disk.read<TaskRecord>(taskKey(address));
  return { clock, disk, record, onDisk, doubts: () => doubts };
}

t.test('followers know the record without a change until they are told of it, and with every value', async (t) => {
  const { record, onDisk } = await opened();
  await record.commit(edit);
  t.equal(onDisk()?.revision, 2);
  t.equal(record.told.revision, 1);
  record.take(set(5));
  t.same([gainDb(record.told), gainDb(record.now)], [5, 5]);
  record.markTold();
  t.equal(record.told.revision, 2);
});

t.test('what is not stored is undone, but for values that were set meanwhile; the engine is doubted', async (t) => {
  const { disk, record, doubts } = await opened();
  disk.health = { ...HEALTHY, isFull: true };
  const refused = record.commit((before) => {
    // Its turn has come: what comes now comes while it is stored.
    queueMicrotask(() => record.take(set(7)));
    return edit(before);
  });
  await t.rejects(refused, /full/);
  t.same([record.now.revision, record.told.revision, gainDb(record.now), doubts()], [1, 1, 7, 1]);
});

t.test('the playhead is stored soon while it plays, and nothing once it is deleted', async (t) => {
  const { clock, record, onDisk } = await opened();
  record.keepPlayhead(2);
  clock.advance(1_000);
  await record.flush();
  t.equal(onDisk()?.positionSeconds, 2);
  record.stop();
  record.keepPlayhead(3);
  t.equal(record.now.positionSeconds, 2);
  await record.delete({});
  t.equal(onDisk(), undefined);
  t.throws(() => record.requireThere(), { code: 'TASK_UNKNOWN' });
});
