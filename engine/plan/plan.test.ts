import type { Connection, Task } from '@audiocloud/api';
import t from 'tap';
import { seededRandom } from '../plugin/seeded-random.ts';
import { planTask } from './plan.ts';
import { modelOf } from './testing/models.ts';

/** A random graph without cycles of instances, and a latency for each. */
function randomTask(seed: number): { task: Task; latencies: Map<string, number> } {
  const random = seededRandom(seed);
  const count = 2 + Math.floor(random() * 20);
  const names = Array.from({ length: count }, (_, i) => `i${i}`);
  const latencies = new Map(names.map((name) => [name, random() < 0.5 ? 0 : Math.floor(random() * 5000)]));
  const connections: [string, Connection][] = [];
  for (let to = 1; to < count; to++)
    for (let from = 0; from < to; from++)
      if (random() < 0.25)
        connections.push([
          `${from}-${to}`,
          {
            from: { node: names[from]! },
            to: { node: names[to]! },
            ...(random() < 0.2 ? { offsetFrames: Math.floor(random() * 100) } : {}),
          },
        ]);
  for (const sink of ['main', 'side'])
    names.forEach((node, i) => {
      if (random() < 0.3) connections.push([`${i}-${sink}`, { from: { node }, to: { node: sink } }]);
    });
  const feedback = { from: { node: names[count - 1]! }, to: { node: names[0]! }, feedback: true };
  return {
    task: {
      sampleRate: 48000,
      instances: Object.fromEntries(names.map((name) => [name, { model: 'test:strip' }])),
      connections: Object.fromEntries([...connections, ['back', feedback]]),
      sinks: { main: { kind: 'stream', channels: 2 }, side: { kind: 'stream', channels: 2 } },
    },
    latencies,
  };
}

t.test('300 random graphs: by every way, sound of one instant arrives at a node in one frame', async (t) => {
  for (let seed = 1; seed <= 300; seed++) {
    const { task, latencies } = randomTask(seed);
    const { nodes, edges, firstEdge, latencyFrames } = planTask(task, modelOf, ({ name }) => latencies.get(name) ?? 0);
    // frames that sound of a source is late when it leaves each node, once for each way there
    const late: Set<number>[] = nodes.map(() => new Set());
    nodes.forEach((node, n) => {
      const arrivals = new Set<number>();
      for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
        const { from, to, delayFrames, offsetFrames, feedback } = edges[e]!;
        if (to !== n) t.fail(`seed ${seed}: edge ${e} is not where it belongs`);
        if (delayFrames < offsetFrames) t.fail(`seed ${seed}: edge ${e} would have to hear the future`);
        if (feedback) {
          if (delayFrames !== offsetFrames) t.fail(`seed ${seed}: feedback is not compensated`);
        } else for (const frames of late[from]!) arrivals.add(frames + delayFrames - offsetFrames);
      }
      if (arrivals.size > 1)
        t.fail(`seed ${seed}: at ${node.name} sound arrives ${[...arrivals].join(', ')} frames late`);
      if (node.kind === 'sink' && arrivals.size && !arrivals.has(latencyFrames))
        t.fail(`seed ${seed}: sink ${node.name} is ${[...arrivals]} late, the task says ${latencyFrames}`);
      const own = latencies.get(node.name) ?? 0;
      late[n] = new Set([...(arrivals.size ? arrivals : [0])].map((frames) => frames + own));
    });
  }
  t.pass();
});

t.test('the latency of a task is that of its longest way to a sink', async (t) => {
  const strip = { model: 'test:strip' };
  const wire = (from: string, to: string) => ({ from: { node: from }, to: { node: to } });
  const task: Task = {
    sampleRate: 48000,
    instances: { a: strip, b: strip, c: strip, unheard: strip },
    connections: { ab: wire('a', 'b'), bm: wire('b', 'main'), cm: wire('c', 'main'), cu: wire('c', 'unheard') },
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
  const frames: Record<string, number> = { a: 10, b: 20, c: 5, unheard: 900 };
  const { latencyFrames, edges } = planTask(task, modelOf, ({ name }) => frames[name] ?? 0);
  t.equal(latencyFrames, 30);
  t.same(Object.fromEntries(edges.map((edge) => [edge.connection, edge.delayFrames])), { ab: 0, bm: 0, cm: 25, cu: 0 });
});

t.test('a plan is pure: the task is left as it is and gives the same again', async (t) => {
  const { task, latencies } = randomTask(7);
  const before = structuredClone(task);
  const latencyOf = ({ name }: { name: string }) => latencies.get(name) ?? 0;
  const first = planTask(task, modelOf, latencyOf);
  t.same(planTask(task, modelOf, latencyOf), first);
  t.same(task, before);
});
