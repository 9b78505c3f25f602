import t from 'tap';
import { JobTurns } from './job-turns.ts';

function turnsOf(most: number) {
  const turns = new JobTurns(most);
  const begun: string[] = [];
  const ask = (application: string, ...ids: string[]) => {
    for (const id of ids) turns.ask({ id, application, begin: () => begun.push(id) });
  };
  return { turns, begun, ask };
}

t.test('at most so many work, in the order in which they asked', async (t) => {
  const { turns, begun, ask } = turnsOf(2);
  ask('a', 'a1', 'a2', 'a3', 'a4');
  t.same([begun, turns.working, turns.waiting], [['a1', 'a2'], 2, 2]);
  turns.leave('a2');
  t.same(begun, ['a1', 'a2', 'a3']);
  turns.leave('a4');
  turns.leave('a1');
  t.same([begun.length, turns.working, turns.waiting], [3, 1, 0], 'who left the queue has no turn');
});

t.test('an application with many jobs keeps none of another waiting behind all of them', async (t) => {
  const { turns, begun, ask } = turnsOf(2);
  ask('a', 'a1', 'a2', 'a3', 'a4');
  ask('b', 'b1', 'b2');
  ask('c', 'c1');
  for (const id of ['a1', 'a2', 'b1', 'c1', 'a3']) turns.leave(id);
  t.same(begun, ['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4']);
});

t.test('whoever asks while it works has no second turn', async (t) => {
  const { turns, begun, ask } = turnsOf(1);
  ask('a', 'a1', 'a1');
  turns.leave('a1');
  t.same([begun, turns.working], [['a1'], 0]);
});
