import t from 'tap';
import { VirtualClock } from '../../clock/virtual-clock.ts';
import { storeSuite } from '../../store/store-suite.ts';
import { Life } from './life.ts';
import { Random } from './random.ts';
import { HEALTHY, SimulatedDisk } from './simulated-disk.ts';

const disks = new Map<string, SimulatedDisk>();
const life = new Life(new VirtualClock());

storeSuite(t, (place) => {
  const disk = disks.get(place) ?? new SimulatedDisk();
  disks.set(place, disk);
  return disk.open(life);
});

t.test('a process that is killed leaves what was done, and nothing of what waited', async (t) => {
  const clock = new VirtualClock();
  const disk = new SimulatedDisk(new Random(1));
  disk.health = { ...HEALTHY, leastMs: 10, mostMs: 10 };
  const life = new Life(clock);
  const store = disk.open(life);
  let isAnswered = false;
  void store.put('a', 1).then(() => {
    isAnswered = true;
  });
  void store.put('b', 1);
  t.equal(disk.read('a'), undefined, 'not done before its time');
  clock.step();
  life.end();
  clock.advance(1_000);
  await new Promise(setImmediate);
  t.same([disk.read('a'), disk.read('b'), isAnswered], [1, undefined, false]);
});

t.test('a full disk refuses writes and changes nothing', async (t) => {
  const disk = new SimulatedDisk();
  const store = disk.open(life);
  await store.put('a', 1);
  disk.health = { ...HEALTHY, isFull: true };
  await t.rejects(store.write([{ key: 'a' }, { key: 'b', value: 1 }]), /full/);
  t.same([disk.read('a'), disk.read('b')], [1, undefined]);
  disk.health = HEALTHY;
  await store.put('a', 2);
  t.equal(disk.read('a'), 2);
});
