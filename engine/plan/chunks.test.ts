import fc from 'fast-check';
import t from 'tap';
import { chunksOf } from './chunks.ts';
import type { GraphNode } from './graph.ts';
import type { Plan } from './plan.ts';

/** A plan of nodes of these depths, and inside a depth groups, and of edges. */
function planOf(depths: number[], groups: number[], edges: { from: number; to: number; feedback?: boolean }[]): Plan {
  const nodes = depths.map((depth, n) => ({ name: `n${n}`, kind: 'instance', depth }) as GraphNode);
  const sorted = edges.toSorted((a, b) => a.to - b.to);
  const firstEdge = Int32Array.from({ length: nodes.length + 1 }, (_, n) => sorted.filter(({ to }) => to < n).length);
  return {
    nodes,
    edges: sorted.map((edge) => ({
      feedback: false,
      connection: '',
      wires: [],
      offsetFrames: 0,
      around: -1,
      delayFrames: 0,
      ...edge,
    })),
    firstEdge,
    firstNode: Int32Array.from([
      ...depths.flatMap((depth, n) => (depth === depths[n - 1] && groups[n] === groups[n - 1] ? [] : [n])),
      depths.length,
    ]),
    latencyFrames: 0,
  };
}

t.test('chains of equal instances: a chunk of each depth after the other, then the next chain', async (t) => {
  // 6 sources, 6 filters, 1 bus
  const depths = [...Array(6).fill(0), ...Array(6).fill(1), 2];
  const edges = Array.from({ length: 6 }, (_, v) => [
    { from: v, to: 6 + v },
    { from: 6 + v, to: 12 },
  ]).flat();
  const chunks = chunksOf(planOf(depths, depths, edges), (n) => (n === 12 ? -1 : 0), 4);
  t.same(
    chunks.map(({ nodes }) => nodes),
    [[0, 1, 2, 3], [6, 7, 8, 9], [4, 5], [10, 11], [12]],
  );
  t.same(
    chunks.map(({ next }) => next),
    [[1], [4], [3], [4], []],
  );
});

t.test('any graph: every node once, after all that it hears, never with one that it hears', async (t) => {
  fc.assert(
    fc.property(
      fc
        .array(fc.tuple(fc.nat(4), fc.nat(2)), { minLength: 1, maxLength: 40 })
        .map((places) => places.sort(([a, g], [b, h]) => a - b || g - h)),
      fc.array(fc.tuple(fc.nat(39), fc.nat(39), fc.boolean()), { maxLength: 80 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.constantFrom(0, 2, -1), { minLength: 40, maxLength: 40 }),
      (places, pairs, maximum, memories) => {
        const [depths, groups] = [places.map(([depth]) => depth), places.map(([, group]) => group)];
        const edges = pairs
          .map(([a, b, feedback]) => ({ from: a % depths.length, to: b % depths.length, feedback }))
          .filter(({ from, to, feedback }) => feedback || depths[from]! < depths[to]!);
        const chunks = chunksOf(planOf(depths, groups, edges), (n) => memories[n]!, maximum);
        const place = new Map(chunks.flatMap(({ nodes }, c) => nodes.map((n) => [n, c] as const)));
        if (place.size !== depths.length || chunks.some(({ nodes }) => nodes.length > maximum)) return false;
        for (const { nodes } of chunks)
          for (const n of nodes) {
            const first = nodes[0]!;
            if (memories[n] !== memories[first] || groups[n] !== groups[first] || depths[n] !== depths[first])
              return false;
            if (memories[n] === -1 && nodes.length > 1) return false;
          }
        return edges.every(
          ({ from, to, feedback }) =>
            feedback || (place.get(from)! < place.get(to)! && chunks[place.get(from)!]!.next.includes(place.get(to)!)),
        );
      },
    ),
    { seed: 11, numRuns: 500 },
  );
});
