import t from 'tap';
import { LoadTurns } from './load-turns.ts';

const turns = () => new LoadTurns(new SharedArrayBuffer(LoadTurns.BYTES));

t.test('a turn is the mean and the largest of 32 blocks, and is taken once', async (t) => {
  const made = turns();
  for (let block = 0; block < 31; block++) made.add(block === 7 ? 9 : 1);
  t.same(made.take(), [], 'not before it is complete');
  made.add(1);
  made.add(100);
  t.same(made.take(), [{ mean: 40 / 32, largest: 9 }]);
  t.same(made.take(), []);
});

t.test('who comes late finds the last 16 turns', async (t) => {
  const made = turns();
  for (let block = 0; block < 32 * 20; block++) made.add(Math.floor(block / 32));
  t.same(
    made.take(),
    Array.from({ length: 16 }, (_, n) => ({ mean: n + 4, largest: n + 4 })),
  );
});
