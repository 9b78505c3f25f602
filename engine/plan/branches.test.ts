import fc from 'fast-check';
import t from 'tap';
import { type Branch, branchesOf, type ChunkGraph, widthOf } from './branches.ts';

const RUNS = { numRuns: 500, seed: 31 };

const graph = (cost: number[], arrows: [from: number, to: number][]): ChunkGraph => {
  const waitsFor = cost.map(() => new Set<number>());
  for (const [from, to] of arrows) waitsFor[to]!.add(from);
  return { cost, waitsFor };
};
const cuts = (branches: Branch[]) => branches.map(({ first }) => first);

t.test('a chain is one branch, however long', async (t) => {
  const cost = new Array<number>(50).fill(10);
  const branches = branchesOf(
    graph(
      cost,
      cost.slice(1).map((_, i) => [i, i + 1]),
    ),
    1,
    255,
  );
  t.same(cuts(branches), [0]);
  t.equal(widthOf(branches), 1);
});

t.test('chains between a source and a mix are branches of their own', async (t) => {
  // 0: source, 1-3 and 4-6: chains, 7: mix, 8: what hears it
  const branches = branchesOf(
    graph(
      [1, 5, 5, 5, 5, 5, 5, 1, 1],
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [0, 4],
        [4, 5],
        [5, 6],
        [3, 7],
        [6, 7],
        [7, 8],
      ],
    ),
    4,
    255,
  );
  t.same(cuts(branches), [0, 1, 4, 7]);
  t.same(
    branches.map(({ waitsFor }) => [...waitsFor]),
    [[], [0], [0], [1, 2]],
  );
  t.equal(widthOf(branches), 33 / (1 + 15 + 2));
});

t.test('small chains that wait for the same are put together until they cost the grain', async (t) => {
  const cost = new Array<number>(12).fill(1);
  t.same(cuts(branchesOf(graph(cost, []), 4, 255)), [0, 4, 8]);
  t.same(cuts(branchesOf(graph(cost, []), 0.5, 3)), [0, 4, 8], 'and until there are no more than wanted');
});

/** Arrows lead from a lower number to a higher one. */
const sample = fc.integer({ min: 1, max: 40 }).chain((count) =>
  fc.record({
    cost: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: count, maxLength: count }),
    arrows: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 3 * count }),
    grain: fc.integer({ min: 1, max: 60 }),
    most: fc.integer({ min: 1, max: 12 }),
  }),
);

t.test(
  'random graphs: all chunks once and in order, no arrow lost, every branch waits for earlier ones alone',
  async () => {
    fc.assert(
      fc.property(sample, ({ cost, arrows, grain, most }) => {
        const forward = arrows
          .filter(([a, b]) => a !== b)
          .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
        const given = graph(cost, forward);
        const branches = branchesOf(given, grain, most);
        if (branches.length > most) throw new Error(`${branches.length} branches, at most ${most}`);
        if (branches[0]!.first !== 0) throw new Error('the first chunk is missing');
        const branchOf = (chunk: number) => branches.findLastIndex(({ first }) => first <= chunk);
        for (const [from, to] of forward) {
          const [a, b] = [branchOf(from), branchOf(to)];
          if (a !== b && !branches[b]!.waitsFor.has(a)) throw new Error(`${to} does not wait for ${from}`);
        }
        branches.forEach(({ waitsFor, first }, b) => {
          if (b > 0 && first <= branches[b - 1]!.first) throw new Error('branches are not in order');
          for (const before of waitsFor) if (before >= b) throw new Error(`branch ${b} waits for ${before}`);
        });
        const sum = branches.reduce((all, one) => all + one.cost, 0);
        if (sum !== cost.reduce((all, one) => all + one, 0)) throw new Error(`the branches cost ${sum}`);
      }),
      RUNS,
    );
  },
);
