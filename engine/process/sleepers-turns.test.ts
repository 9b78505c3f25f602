import t from 'tap';
import { SleepersTurns } from './sleepers-turns.ts';

/** Who has a turn in the next round of so many. */
function round(turns: SleepersTurns, sleepers: number): number[] {
  turns.nextRound();
  return Array.from({ length: sleepers }, (_, n) => n).filter(() => turns.isDue());
}

t.test('few sleepers have their turn in every round', async (t) => {
  const turns = new SleepersTurns();
  for (let n = 0; n < 3; n++) t.equal(round(turns, 16).length, 16);
});

t.test('of many sleepers 16 at most have their turn in a round, and all of them one after the other', async (t) => {
  const turns = new SleepersTurns();
  round(turns, 40); // how many there are is known after the first
  const rounds = Array.from({ length: 3 }, () => round(turns, 40));
  for (const due of rounds) t.ok(due.length <= 16, `${due.length}`);
  t.same(
    rounds.flat().sort((a, b) => a - b),
    Array.from({ length: 40 }, (_, n) => n),
  );
});
