import fc from 'fast-check';
import t from 'tap';
import { layeredLayout } from './layered-layout.ts';

const edge = (text: string) => ({ from: text[0]!, to: text[1]! });

t.test('depth gives the column, neighbours the row', (t) => {
  const { places } = layeredLayout([...'abcxyzm'], ['az', 'by', 'cx', 'xm', 'ym', 'zm'].map(edge));
  t.same(
    [...'abcxyzm'].map((node) => places.get(node)!.column),
    [0, 0, 0, 1, 1, 1, 2],
  );
  t.ok(places.get('m')!.row === 1, 'a single node stands in the middle');
  for (const [from, to] of [...'azbycx']
    .join('')
    .match(/../g)!
    .map((pair) => [pair[0]!, pair[1]!] as const))
    t.equal(places.get(from)!.row, places.get(to)!.row, `${from} to ${to} does not cross`);
  t.end();
});

t.test('a line across several columns has a row of its own', (t) => {
  const { places, route } = layeredLayout([...'abxz'], ['ax', 'xz', 'az', 'bz'].map(edge));
  t.equal(places.get('x')!.column, 1);
  t.same(places.get('z')!.column, 2);
  const rows = [places.get('x')!, ...route('a', 'z'), ...route('b', 'z')].map(({ row }) => row);
  t.same(rows.toSorted(), [0, 1, 2]);
  t.same(route('a', 'x'), []);
  t.end();
});

t.test('a loop is drawn, and edges to nowhere are ignored', (t) => {
  const { places } = layeredLayout([...'abc'], ['ab', 'bc', 'cb', 'aq'].map(edge));
  t.same(
    [...'abc'].map((node) => places.get(node)!.column),
    [0, 1, 2],
  );
  t.end();
});

t.test('no two nodes share a place, and edges of a graph without loops go right', (t) => {
  const graph = fc.integer({ min: 1, max: 30 }).chain((count) =>
    fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 60 }).map((pairs) => ({
      nodes: Array.from({ length: count }, (_, i) => `n${i}`),
      edges: pairs.filter(([a, b]) => a < b).map(([a, b]) => ({ from: `n${a}`, to: `n${b}` })),
    })),
  );
  fc.assert(
    fc.property(graph, ({ nodes, edges }) => {
      const { places } = layeredLayout(nodes, edges);
      const used = new Set(nodes.map((node) => `${places.get(node)!.column} ${places.get(node)!.row}`));
      return (
        used.size === nodes.length && edges.every(({ from, to }) => places.get(from)!.column < places.get(to)!.column)
      );
    }),
    { seed: 20, numRuns: 200 },
  );
  t.end();
});
