import t from 'tap';
import { seededRandom } from '../plugin/seeded-random.ts';
import { FULL_LOAD, nextMove, type PlacedTask, roomiest, toShare } from './balance.ts';

const tasks = (prefix: string, ...loads: number[]): PlacedTask[] =>
  loads.map((load, i) => ({ task: `${prefix}${i}`, load }));
const sum = (placed: readonly PlacedTask[]): number => placed.reduce((all, { load }) => all + load, 0);

t.test('a new task goes where most room is, and tasks not yet measured count', async (t) => {
  t.equal(roomiest([tasks('a', 0.4), tasks('b', 0.1, 0.1), tasks('c', 0.3)]), 1);
  t.equal(roomiest([tasks('a', 0, 0, 0), tasks('b', 0, 0)]), 1);
  t.equal(roomiest([[], []]), 0);
});

t.test('nothing moves while no thread is full, or when it would not help', async (t) => {
  t.equal(nextMove([tasks('a', 0.3, 0.3), []]), undefined, 'not full');
  t.equal(nextMove([tasks('a', 0.9), []]), undefined, 'one task alone is as heavy elsewhere');
  t.equal(nextMove([tasks('a', 0.9, 0.02), tasks('b', 0.4)]), undefined, 'too little gained');
  t.equal(nextMove([tasks('a', 0.5, 0.4)]), undefined, 'one thread');
});

t.test('from a full thread the task moves that evens it out best', async (t) => {
  t.same(nextMove([tasks('a', 0.2, 0.5, 0.3), tasks('b', 0.1)]), { task: 'a1', from: 0, to: 1 });
  t.same(nextMove([tasks('a', 0.1), tasks('b', 0.6, 0.25, 0.05), tasks('c', 0.2)]), { task: 'b1', from: 1, to: 0 });
});

t.test('moves come to an end, and every one lessens the load of the fullest of its two threads', async (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const random = seededRandom(seed);
    const threads = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, thread) =>
      tasks(`${thread}-`, ...Array.from({ length: Math.floor(random() * 8) }, () => random() * 0.4)),
    );
    let moves = 0;
    for (let move = nextMove(threads); move; move = nextMove(threads)) {
      const { task, from, to } = move;
      const before = Math.max(sum(threads[from]!), sum(threads[to]!));
      const one = threads[from]!.find((placed) => placed.task === task)!;
      threads[from] = threads[from]!.filter((placed) => placed !== one);
      threads[to] = [...threads[to]!, one];
      const after = Math.max(sum(threads[from]!), sum(threads[to]!));
      if (!(after < before)) t.fail(`seed ${seed}: from ${before} to ${after}`);
      if (++moves > 50) return t.fail(`seed ${seed}: it does not end`);
    }
    const loads = threads.map(sum);
    const [most, least] = [Math.max(...loads), Math.min(...loads)];
    const smallest = Math.min(...threads[loads.indexOf(most)]!.map(({ load }) => load));
    if (most > FULL_LOAD + 0.1 && most - least > 2 * smallest + 0.2)
      t.fail(`seed ${seed}: ends with ${most} and ${least}, though a task of ${smallest} could go`);
  }
  t.pass('300 seeds');
});

t.test('a heavy task on a full thread is to be shared, where another thread has room for half of it', async (t) => {
  t.equal(toShare([tasks('a', 0.1, 0.8), tasks('b', 0.2)]), 'a1');
  t.equal(toShare([tasks('a', 0.5), tasks('b')]), undefined, 'not full');
  t.equal(toShare([tasks('a', 0.9), tasks('b', 0.5)]), undefined, 'no room');
  t.equal(toShare([tasks('a', 0.25, 0.25, 0.25), tasks('b', 0.6)]), undefined, 'none is heavy');
  t.equal(toShare([tasks('a', 0.9)]), undefined, 'one thread');
  t.equal(toShare([[{ task: 'shared', load: 0.9, stays: true }], []]), undefined, 'it is shared already');
  t.equal(nextMove([[{ task: 'shared', load: 0.6, stays: true }, ...tasks('a', 0.3)], []])?.task, 'a0', 'and stays');
});
