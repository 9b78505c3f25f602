import t, { type Test } from 'tap';
import { ThreadLoads } from './thread-loads.ts';

const steady = (load: number) => Array(10).fill({ mean: load, largest: load });
const near = (test: Test, found: number, wanted: number, what: string) =>
  test.ok(Math.abs(found - wanted) < 1e-9, `${what}: ${found}, wanted ${wanted}`);

/** One thread with tasks that claim 0.3 each. */
function thread(bufferBlocks = 0, names = ['a', 'b']) {
  const loads = new ThreadLoads(bufferBlocks);
  const observe = (turns: { mean: number; largest: number }[], seconds = 1, tasks = names) => {
    for (let second = 0; second < seconds; second++) loads.observe(0, new Set(tasks), turns);
  };
  const beyond = (claim = 0.3) => loads.beyond(0, () => claim);
  return { loads, observe, beyond };
}

t.test('a thread takes more than its tasks claim when two seconds of the last ones say so', async (t) => {
  const { observe, beyond } = thread();
  t.equal(beyond(), 0, 'nothing is known');
  observe(steady(0.7), 2);
  t.equal(beyond(), 0, 'the first second was not whole');
  observe(steady(0.7));
  near(t, beyond(), 0.1, 'two');
  near(t, beyond(0.4), 0, 'claims that are higher hold it');
  observe(steady(5));
  near(t, beyond(), 0.1, 'one bad second among three');
  observe(steady(0.9), 8);
  near(t, beyond(), 0.3, 'the last eight');
});

t.test('what was measured with a task that stopped or left says nothing of the others', async (t) => {
  const { loads, observe, beyond } = thread();
  observe(steady(0.9), 5);
  near(t, beyond(), 0.3, 'both play');
  t.equal(
    loads.beyond(0, (task) => (task === 'a' ? 0 : 0.3)),
    0,
    'one has just stopped',
  );
  observe(steady(0.9), 2, ['a']);
  t.equal(beyond(), 0, 'one left');
  observe(steady(0.4), 2, ['a']);
  near(t, beyond(), 0.1, 'the other alone');
  observe(steady(0.4), 1, ['a', 'c']);
  near(
    t,
    loads.beyond(0, () => 0.15),
    0.1,
    'one more takes nothing back',
  );
});

t.test('blocks in store make up for a long block, and in part for a bad turn, but not for a bad second', async (t) => {
  const bad = [...steady(0.5), { mean: 0.8, largest: 3 }];
  const need = (bufferBlocks: number, turns = bad) => {
    const { observe, beyond } = thread(bufferBlocks, ['a']);
    observe(turns, 4);
    return beyond(0.1) + 0.1;
  };
  near(t, need(0), 3, 'the long block');
  near(t, need(3), 0.75, 'the long block, four times as late');
  near(t, need(16), 0.8 / 1.5, 'the bad turn');
  near(t, need(16, steady(0.9)), 0.9, 'the mean');
  near(t, need(16, [...steady(0.3), { mean: 0.9, largest: 0.9 }]), 0.6, 'a turn of 32 blocks with 16 in store');
});

t.test('waking is what it usually takes; without store what it takes now and then; a quarter at most', async (t) => {
  const waking = (bufferBlocks: number, ...turns: { mean: number; largest: number }[]) => {
    const loads = new ThreadLoads(bufferBlocks);
    loads.observeWaking([]);
    for (let second = 0; second < 3; second++) loads.observeWaking(turns);
    return loads.waking;
  };
  t.equal(new ThreadLoads(0).waking, 0, 'nothing is known');
  const turns = [1, 2, 3].map((n) => ({ mean: n / 100, largest: n / 20 }));
  near(t, waking(18, ...turns), 0.02, 'with store');
  near(t, waking(0, ...turns), 0.1, 'without');
  near(t, waking(0, { mean: 0.6, largest: 4 }), 0.25, 'at most');
});
