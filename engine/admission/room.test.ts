import t from 'tap';
import type { PlacedTask } from '../thread/balance.ts';
import { findPlace, type TakenThread } from './room.ts';

const LIMIT = 0.95;
const task = (name: string, load: number) => ({ task: name, load });
/** Threads by their tasks; beyond: what the first takes more than they claim. */
const taken = (threads: PlacedTask[][], beyond = 0): TakenThread[] =>
  threads.map((tasks, thread) => ({ tasks, beyond: thread === 0 ? beyond : 0 }));
const wanted = (load: number, thread = 0) => ({ load, least: load / 2, thread });

t.test('a task stays where it fits, else it goes where most room is', async (t) => {
  const threads = taken([[task('a', 0.5)], [task('b', 0.2)], [task('c', 0.1)]]);
  t.same(findPlace(threads, wanted(0.4), LIMIT), { thread: 0, moves: [] });
  t.same(findPlace(threads, wanted(0.5), LIMIT), { thread: 2, moves: [] });
  t.same(findPlace(threads, wanted(0.85, 1), LIMIT), { thread: 2, moves: [] }, 'to the last hundredth');
  t.equal(findPlace(threads, wanted(0.96), LIMIT), undefined);
});

t.test('one other task makes room where that is enough', async (t) => {
  const threads = taken([[task('a', 0.3), task('b', 0.3)], [task('c', 0.6)]]);
  t.same(findPlace(threads, wanted(0.5), LIMIT), { thread: 0, moves: [{ task: 'a', to: 1 }] });
  t.equal(findPlace(threads, wanted(0.7), LIMIT), undefined, 'two moves would be needed');
});

t.test('an empty thread is given to a task that may fit', async (t) => {
  t.same(findPlace(taken([[task('a', 0.5)], []]), wanted(1.8), LIMIT), { thread: 1, moves: [] });
  t.equal(findPlace(taken([[task('a', 0.5)], []]), wanted(2), LIMIT), undefined);
  t.equal(findPlace(taken([[task('a', 0.5)]]), wanted(1.8), LIMIT), undefined, 'never beside another');
});

t.test('what fits still fits when another task claims less, or wants less', async (t) => {
  for (let load = 1; load > 0; load -= 0.05)
    for (let other = 0.9; other > 0; other -= 0.1) {
      const beside = (other: number) => taken([[task('a', other)], [task('b', 0.6)]]);
      if (!findPlace(beside(other), wanted(load), LIMIT)) continue;
      t.ok(findPlace(beside(other - 0.1), wanted(load), LIMIT), `${load} beside ${other}`);
      t.ok(findPlace(beside(other), wanted(load - 0.05), LIMIT), `${load} beside ${other}`);
    }
});

t.test('what a thread takes beyond the claims of its tasks is not there for others', async (t) => {
  const threads = taken([[task('a', 0.5)], [task('b', 0.6)]], 0.2);
  t.same(findPlace(threads, wanted(0.25), LIMIT), { thread: 0, moves: [] });
  t.same(findPlace(threads, wanted(0.3), LIMIT), { thread: 1, moves: [] });
  t.equal(findPlace(threads, wanted(0.4), LIMIT), undefined);
});
