import fc from 'fast-check';
import t from 'tap';
import { cycleCore } from './cycle-core.ts';

const arrow = (from: number, to: number, feedback = false) => ({ from, to, feedback });

t.test('two cycles and the way between them, not what leads to them or away', async (t) => {
  // 0 -> (1 <-> 2) -> 3 -> (4 <-> 5) -> 6
  const edges = [
    [0, 1],
    [1, 2],
    [2, 1],
    [2, 3],
    [3, 4],
    [4, 5],
    [5, 4],
    [5, 6],
  ].map(([a, b]) => arrow(a!, b!));
  t.same([...cycleCore(7, edges)], [0, 1, 1, 1, 1, 1, 0]);
  t.same([...cycleCore(3, [arrow(0, 1), arrow(1, 2), arrow(2, 0, true)])], [0, 0, 0], 'feedback is no cycle');
  t.same([...cycleCore(2, [arrow(1, 1)])], [0, 1], 'a node that hears itself');
});

t.test('any graph: a node is in the core when a cycle can be reached from it, and it from a cycle', async (t) => {
  fc.assert(
    fc.property(
      fc
        .array(fc.tuple(fc.nat(7), fc.nat(7), fc.boolean()), { maxLength: 16 })
        .map((list) => list.map((e) => arrow(...e))),
      (edges) => {
        const reaches = Array.from({ length: 8 }, (_, a) =>
          Array.from({ length: 8 }, (_, b) =>
            edges.some(({ from, to, feedback }) => !feedback && from === a && to === b),
          ),
        );
        for (let k = 0; k < 8; k++)
          for (let a = 0; a < 8; a++)
            for (let b = 0; b < 8; b++) if (reaches[a]![k] && reaches[k]![b]) reaches[a]![b] = true;
        const isOnCycle = (n: number) => reaches[n]![n]!;
        const wanted = reaches.map(
          (row, n) =>
            isOnCycle(n) ||
            (row.some((is, k) => is && isOnCycle(k)) && reaches.some((other, k) => other[n] && isOnCycle(k))),
        );
        return cycleCore(8, edges).every((is, n) => (is === 1) === wanted[n]);
      },
    ),
    { seed: 5, numRuns: 500 },
  );
  t.pass();
});
