import type { Connection, Instance, Task } from '@audiocloud/api';
import fc from 'fast-check';
import t from 'tap';
import { planTask } from './plan.ts';
import { modelOf } from './testing/models.ts';

const RUNS = { numRuns: 400, seed: 20 };

/** Instances of two models, of which one has widths to choose; the other nodes are buses and sinks. Every port takes its first channel. */
const INSTANCES: Instance[] = [
  { model: 'test:strip' },
  { model: 'test:strip', widths: { in: 2, key: 1 } }, // comes to the same as the one before
  { model: 'test:strip', widths: { in: 3 } },
  { model: 'test:strip', widths: { in: 3, out: 4 } },
  { model: 'test:source' },
];

interface Arc {
  from: number;
  to: number;
  feedback: boolean;
  offsetFrames: number;
}

interface Sample {
  kinds: number[];
  arcs: Arc[];
  latencies: number[];
}

const sample: fc.Arbitrary<Sample> = fc.integer({ min: 1, max: 9 }).chain((count) => {
  const node = fc.integer({ min: 0, max: count - 1 });
  const arc = fc.record({
    from: node,
    to: node,
    feedback: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
    offsetFrames: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 })),
  });
  return fc.record({
    kinds: fc.array(fc.integer({ min: 0, max: INSTANCES.length + 1 }), { minLength: count, maxLength: count }),
    arcs: fc.array(arc, { maxLength: 2 * count }),
    latencies: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 900 })), {
      minLength: count,
      maxLength: count,
    }),
  });
});

/**
 * The task of a sample. Ways forward go from a lower number to a higher one, so there is no cycle; names are handed out
 * against the numbers, so that the order written says nothing. What cannot be connected is left out.
 */
function taskOf({ kinds, arcs }: Sample): { task: Task; live: Arc[]; nameOf: (index: number) => string } {
  const nameOf = (index: number) => `n${kinds.length - index}`;
  const task: Task = { sampleRate: 48000 };
  const buses: NonNullable<Task['buses']> = {};
  const instances: NonNullable<Task['instances']> = {};
  const sinks: NonNullable<Task['sinks']> = {};
  for (let i = kinds.length - 1; i >= 0; i--) {
    const kind = kinds[i]!;
    if (kind < INSTANCES.length) instances[nameOf(i)] = INSTANCES[kind]!;
    else if (kind === INSTANCES.length) buses[nameOf(i)] = { inputChannels: 2 };
    else sinks[nameOf(i)] = { kind: 'stream', channels: 2 };
  }
  const live: Arc[] = [];
  const connections: Record<string, Connection> = {};
  for (const arc of arcs) {
    const [from, to] = arc.feedback || arc.from <= arc.to ? [arc.from, arc.to] : [arc.to, arc.from];
    const feedback = arc.feedback || from === to;
    const isSink = kinds[from] === INSTANCES.length + 1;
    const isSource = kinds[to] === 4;
    if (isSink || isSource) continue;
    connections[`c${live.length}`] = {
      from: { node: nameOf(from) },
      to: { node: nameOf(to) },
      channels: [[0, 0]],
      ...(arc.offsetFrames ? { offsetFrames: arc.offsetFrames } : {}),
      ...(feedback ? { feedback } : {}),
    };
    live.push({ from, to, feedback, offsetFrames: arc.offsetFrames });
  }
  return { task: { ...task, buses, instances, connections, sinks }, live, nameOf };
}

/** The greatest cost of all ways to a node, each way walked on its own; cost of the nodes on the way, without the last. */
function longestWay(to: number, live: readonly Arc[], cost: (node: number) => number): number {
  let longest = 0;
  for (const arc of live)
    if (arc.to === to && !arc.feedback) longest = Math.max(longest, longestWay(arc.from, live, cost) + cost(arc.from));
  return longest;
}

/** What makes two nodes alike: kind, model, and all widths. */
function likeness(task: Task, name: string): string {
  const instance = task.instances?.[name];
  if (!instance) return task.buses?.[name] ? 'bus' : 'sink';
  const { in: input = 2, key = 1, out = input, send = key } = instance.widths ?? {};
  return instance.model === 'test:source' ? 'source' : [input, key, out, send].join();
}

t.test('random graphs: depth is the longest way, order is by depth and inside it by model and widths', async (t) => {
  fc.assert(
    fc.property(sample, (given) => {
      const { task, live, nameOf } = taskOf(given);
      const { nodes, firstNode } = planTask(task, modelOf);
      const written = [task.buses!, task.instances!, task.sinks!].flatMap((part) => Object.keys(part));
      const depthOf = new Map(given.kinds.map((_, i) => [nameOf(i), longestWay(i, live, () => 1)]));
      const leaderOf = (name: string) =>
        written.find(
          (other) => depthOf.get(other) === depthOf.get(name) && likeness(task, other) === likeness(task, name),
        )!;
      const place = (name: string) => [depthOf.get(name)!, written.indexOf(leaderOf(name)), written.indexOf(name)];
      const wanted = [...written].sort((a, b) => {
        const [x, y] = [place(a), place(b)];
        return x[0]! - y[0]! || x[1]! - y[1]! || x[2]! - y[2]!;
      });
      const names = nodes.map(({ name }) => name);
      if (names.join() !== wanted.join()) throw new Error(`order ${names}, wanted ${wanted}`);
      for (const { name, depth } of nodes)
        if (depth !== depthOf.get(name)) throw new Error(`depth of ${name} is ${depth}, wanted ${depthOf.get(name)}`);
      const starts = wanted.flatMap((name, i) => (leaderOf(name) === name ? [i] : []));
      if (firstNode.join() !== [...starts, wanted.length].join()) throw new Error(`batches at ${firstNode}`);
      for (let b = 0; b + 1 < firstNode.length; b++) {
        const batch = nodes.slice(firstNode[b]!, firstNode[b + 1]!);
        if (new Set(batch.map(({ group }) => group)).size !== 1) throw new Error(`batch ${b} has several groups`);
      }
      for (const a of nodes)
        for (const b of nodes)
          if ((a.group === b.group) !== (likeness(task, a.name) === likeness(task, b.name)))
            throw new Error(`groups of ${a.name} and ${b.name}`);
    }),
    RUNS,
  );
  t.pass();
});

t.test('random graphs: the delay of every edge is what the longest way asks for', async (t) => {
  fc.assert(
    fc.property(sample, (given) => {
      const { task, live, nameOf } = taskOf(given);
      const own = new Map(given.latencies.map((frames, i) => [nameOf(i), frames]));
      const isSink = (index: number) => given.kinds[index] === INSTANCES.length + 1;
      const latencyOf = (index: number) => (isSink(index) ? 0 : given.latencies[index]!);
      const plan = planTask(task, modelOf, ({ name, kind }) => (kind === 'sink' ? 0 : own.get(name)!));
      const arrival = (index: number) => longestWay(index, live, latencyOf);
      const whole = Math.max(0, ...given.kinds.map((_, i) => (isSink(i) ? arrival(i) : 0)));
      if (plan.latencyFrames !== whole) throw new Error(`latency ${plan.latencyFrames}, wanted ${whole}`);
      if (plan.edges.length !== live.length) throw new Error(`${plan.edges.length} edges, wanted ${live.length}`);
      for (const edge of plan.edges) {
        const { from, to, feedback, offsetFrames } = live[Number(edge.connection.slice(1))]!;
        if (plan.nodes[edge.from]!.name !== nameOf(from) || plan.nodes[edge.to]!.name !== nameOf(to))
          throw new Error(`${edge.connection} goes elsewhere`);
        const slack = feedback ? 0 : (isSink(to) ? whole : arrival(to)) - arrival(from) - latencyOf(from);
        if (edge.delayFrames !== slack + offsetFrames)
          throw new Error(`delay of ${edge.connection} is ${edge.delayFrames}, wanted ${slack + offsetFrames}`);
      }
      plan.nodes.forEach((_, n) => {
        for (let e = plan.firstEdge[n]!; e < plan.firstEdge[n + 1]!; e++)
          if (plan.edges[e]!.to !== n) throw new Error(`edge ${e} is not with its node`);
      });
    }),
    RUNS,
  );
  t.pass();
});
