import { AudioCloudError, type Connection, type Task } from '@audiocloud/api';
import t from 'tap';
import { seededRandom } from '../plugin/seeded-random.ts';
import { graphOf } from './plan.ts';
import { modelOf } from './testing/models.ts';

interface Arc {
  from: string;
  to: string;
  feedback: boolean;
}

/** A task of mono buses with these connections. */
function taskOf(names: string[], arcs: Arc[]): Task {
  const connections = arcs.map(({ from, to, feedback }, i): [string, Connection] => [
    `c${i}`,
    { from: { node: from }, to: { node: to }, ...(feedback ? { feedback } : {}) },
  ]);
  return {
    sampleRate: 48000,
    buses: Object.fromEntries(names.map((name) => [name, { inputChannels: 1 }])),
    connections: Object.fromEntries(connections),
  };
}

/** Whether the arcs hold a cycle, by taking away nodes that nothing leads to, again and again. */
function hasCycle(names: string[], arcs: Arc[]): boolean {
  const left = new Set(names);
  const live = arcs.filter(({ feedback }) => !feedback);
  for (;;) {
    const free = [...left].filter((name) => !live.some(({ from, to }) => to === name && left.has(from)));
    if (free.length === 0) return left.size > 0;
    for (const name of free) left.delete(name);
  }
}

function randomGraph(seed: number): { names: string[]; arcs: Arc[] } {
  const random = seededRandom(seed);
  const names = Array.from({ length: 2 + Math.floor(random() * 14) }, (_, i) => `n${i}`);
  const any = () => names[Math.floor(random() * names.length)]!;
  const arcs = Array.from({ length: Math.floor(random() * names.length * 2) }, () => ({
    from: any(),
    to: any(),
    feedback: random() < 0.1,
  }));
  return { names, arcs };
}

t.test('1,000 random graphs: every cycle is refused by a path of connections, nothing else is', async (t) => {
  let cyclic = 0;
  for (let seed = 1; seed <= 1000; seed++) {
    const { names, arcs } = randomGraph(seed);
    const wanted = hasCycle(names, arcs);
    let thrown: unknown;
    try {
      const { nodes, edges } = graphOf(taskOf(names, arcs), modelOf);
      if (nodes.length !== names.length || new Set(nodes.map(({ name }) => name)).size !== names.length)
        t.fail(`seed ${seed}: the nodes are not all there`);
      for (const { from, to, feedback } of edges)
        if (!feedback && !(from < to && nodes[from]!.depth < nodes[to]!.depth)) t.fail(`seed ${seed}: wrong order`);
      edges.forEach(({ from, to, connection }) => {
        const arc = arcs[Number(connection.slice(1))]!;
        if (nodes[from]!.name !== arc.from || nodes[to]!.name !== arc.to) t.fail(`seed ${seed}: edge of other nodes`);
      });
    } catch (error) {
      thrown = error;
    }
    if (!wanted) {
      if (thrown) t.fail(`seed ${seed}: ${thrown}`);
      continue;
    }
    cyclic++;
    if (!(thrown instanceof AudioCloudError) || thrown.code !== 'GRAPH_CYCLE') {
      t.fail(`seed ${seed}: a cycle gave ${thrown}`);
      continue;
    }
    const path = thrown.details!['path'] as string[];
    const isPath = path
      .slice(1)
      .every((to, i) => arcs.some((arc) => !arc.feedback && arc.from === path[i] && arc.to === to));
    const isRound = path.length > 1 && path[0] === path.at(-1) && new Set(path).size === path.length - 1;
    if (!isPath || !isRound) t.fail(`seed ${seed}: ${path.join(' -> ')} is no cycle of the graph`);
    if (!thrown.message.includes(path.join(' -> '))) t.fail(`seed ${seed}: the message does not say the path`);
  }
  t.ok(cyclic > 300 && cyclic < 700, `${cyclic} of 1,000 have a cycle`);
});

t.test('one feedback connection in a circle is enough, and says nothing about another circle', async (t) => {
  const names = ['a', 'b', 'c', 'd'];
  const arc = (from: string, to: string, feedback = false) => ({ from, to, feedback });
  const round = [arc('a', 'b'), arc('b', 'c'), arc('c', 'a', true)];
  const { nodes } = graphOf(taskOf(names, round), modelOf);
  t.same(
    nodes.map(({ name, depth }) => `${name}${depth}`),
    ['a0', 'd0', 'b1', 'c2'],
  );
  t.throws(() => graphOf(taskOf(names, [...round, arc('c', 'd'), arc('d', 'b')]), modelOf), {
    code: 'GRAPH_CYCLE',
    message: /(b -> c -> d -> b|c -> d -> b -> c|d -> b -> c -> d).*mark one as feedback/,
  });
  t.throws(() => graphOf(taskOf(names, [arc('a', 'a')]), modelOf), { code: 'GRAPH_CYCLE', message: /a -> a/ });
  t.doesNotThrow(() => graphOf(taskOf(names, [arc('a', 'a', true)]), modelOf));
});

t.test('by depth, then as written; depth is the longest way', async (t) => {
  const arcs = [
    { from: 'z', to: 'm', feedback: false },
    { from: 'm', to: 'b', feedback: false },
    { from: 'z', to: 'b', feedback: false },
  ];
  const { nodes } = graphOf(taskOf(['b', 'm', 'y', 'z', 'a'], arcs), modelOf);
  t.same(
    nodes.map(({ name, depth }) => `${name}${depth}`),
    ['y0', 'z0', 'a0', 'm1', 'b2'],
  );
});

t.test('a chain of 20,000 nodes does not exhaust the stack', async (t) => {
  const names = Array.from({ length: 20_000 }, (_, i) => `n${i}`);
  const arcs = names.slice(1).map((to, i) => ({ from: names[i]!, to, feedback: false }));
  t.equal(graphOf(taskOf(names, arcs), modelOf).nodes.at(-1)!.depth, 19_999);
  t.throws(() => graphOf(taskOf(names, [...arcs, { from: 'n19999', to: 'n0', feedback: false }]), modelOf), {
    code: 'GRAPH_CYCLE',
  });
});
