import type { Model, Task } from '@audiocloud/api';
import t from 'tap';
import { compensate, graphOf } from '../plan/plan.ts';
import { FADE_FRAMES } from '../render/gain-record.ts';
import { PATIENCE_FRAMES } from './fade-schedule.ts';
import type { LiveEdge } from './live-edge.ts';
import { type Fading, isOvergrown, type LiveGraph, mergeGraphs } from './live-graph.ts';
import { liveNodes } from './live-node.ts';
import type { TaskInstance } from './task-instance.ts';

const audio = (id: string) => ({ id, kind: 'audio', channels: { min: 1, max: 4, default: 1 } });
const strip = {
  id: 'test:strip',
  version: '1.0.0',
  parameters: [],
  reports: [],
  inputs: [audio('in')],
  outputs: [audio('out')],
};
const modelOf = () => strip as unknown as Model;
const wire = (from: string, to: string, more: object = {}) => ({ from: { node: from }, to: { node: to }, ...more });

/** The graph of a task, merged with one in use. Instances are told apart by name and latency, as real ones are. */
class EditedTask {
  readonly #instances = new Map<string, TaskInstance>();
  live: LiveGraph | undefined;
  over = new Set<string>();
  pendingFrames = 0;
  waits = new Map<string, number>();

  /** instances: name and latency. */
  go(instances: Record<string, number>, connections: Task['connections'], isPlaying = true): LiveGraph {
    const graph: Task = {
      sampleRate: 48000,
      instances: Object.fromEntries(Object.keys(instances).map((name) => [name, { model: strip.id }])),
      connections: connections!,
      sinks: { main: { kind: 'stream', channels: 1 } },
    };
    const byName = new Map(
      Object.entries(instances).map(([name, latencyFrames]) => {
        const key = `${name} ${latencyFrames}`;
        const instance = this.#instances.get(key) ?? ({ name, latencyFrames } as TaskInstance);
        this.#instances.set(key, instance);
        return [name, instance];
      }),
    );
    const checked = graphOf(graph, modelOf);
    const plan = compensate(
      checked,
      checked.nodes.map(({ name }) => instances[name] ?? 0),
    );
    const nodes = liveNodes(
      plan.nodes,
      { graph, instances: byName, clips: new Map(), sampleRate: 48000 },
      this.live?.byName,
    );
    const fading: Fading | undefined = this.live && {
      before: this.live,
      isOver: ({ connection }) => this.over.has(connection),
      pendingFrames: this.pendingFrames,
      waitLeft: ({ connection }) => this.waits.get(connection) ?? 0,
    };
    this.live = mergeGraphs(plan, nodes, this.live, isPlaying ? fading : undefined);
    check(this.live);
    return this.live;
  }
}

/** Every edge leads forward, or is feedback; edges stand with their destination; nodes are where they say. */
function check({ nodes, edges, firstEdge, firstNode }: LiveGraph): void {
  nodes.forEach((node, n) => {
    if (node.index !== n) throw new Error(`${node.node.name} is at ${n}, not ${node.index}`);
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++)
      if (edges[e]!.to !== n || edges[e]!.target !== node) throw new Error(`edge ${e} is not with its destination`);
  });
  for (const { from, to, source, feedback } of edges)
    if (nodes[from] !== source || (!feedback && from >= to)) throw new Error(`${from} -> ${to}`);
  if (firstNode.at(-1) !== nodes.length) throw new Error('the batches do not hold all nodes');
}

const show = ({ edges }: LiveGraph) =>
  edges
    .map(({ source, target, isLeaving }) => `${isLeaving ? '-' : '+'}${source.node.name}>${target.node.name}`)
    .sort()
    .join(' ');
const edgeOf = ({ edges }: LiveGraph, from: string, to: string, isLeaving = false): LiveEdge =>
  edges.find((edge) => edge.source.node.name === from && edge.target.node.name === to && edge.isLeaving === isLeaving)!;

const chain = { a: wire('s', 'x'), b: wire('x', 'main') };

t.test('a node that is removed goes on with what it hears until nothing of it is heard', async (t) => {
  const task = new EditedTask();
  t.ok(task.go({ s: 0, x: 0 }, chain).isWhole);
  const direct = { b: wire('s', 'main') };
  const merged = task.go({ s: 0 }, direct);
  t.equal(show(merged), '+s>main +s>x -x>main', 'what it hears does not fade, it does');
  t.notOk(merged.isWhole);
  t.equal(edgeOf(merged, 's', 'x').before?.connection, 'a');
  t.equal(show(task.go({ s: 0 }, direct)), '+s>main +s>x -x>main', 'an edit meanwhile');
  task.over.add('b');
  const last = task.go({ s: 0 }, direct);
  t.equal(show(last), '+s>main');
  t.ok(last.isWhole);
});

t.test('nothing fades while nothing plays', async (t) => {
  const task = new EditedTask();
  task.go({ s: 0, x: 0 }, chain);
  const live = task.go({ s: 0 }, { b: wire('s', 'main') }, false);
  t.equal(show(live), '+s>main');
  t.notOk(edgeOf(live, 's', 'main').fadesIn);
});

t.test('what is new is fed first, and heard when it is ready; what it replaces goes then', async (t) => {
  const task = new EditedTask();
  task.go({ s: 0 }, { b: wire('s', 'main') });
  const live = task.go({ s: 0, x: 300, y: 20 }, { a: wire('s', 'x'), c: wire('x', 'y'), b: wire('y', 'main') });
  const [fed, between, heard] = [edgeOf(live, 's', 'x'), edgeOf(live, 'x', 'y'), edgeOf(live, 'y', 'main')];
  t.same([fed.fadesIn, fed.waitFrames], [true, 0]);
  t.equal(between.fadesIn, false, 'between new nodes nothing has to fade');
  t.same([heard.fadesIn, heard.waitFrames], [true, FADE_FRAMES + 320]);
  t.equal(edgeOf(live, 's', 'main', true).waitFrames, FADE_FRAMES + 320);
});

t.test('another compensation is another edge, which waits until its delay line is full', async (t) => {
  const task = new EditedTask();
  const both = { a: wire('s', 'x'), b: wire('x', 'main'), c: wire('s', 'main') };
  task.go({ s: 0, x: 100 }, both);
  const live = task.go({ s: 0, x: 700 }, both);
  t.equal(show(live), '+s>main +s>x +s>x +x>main -s>main -x>main');
  t.equal(edgeOf(live, 's', 'main').delayFrames, 700);
  t.equal(edgeOf(live, 's', 'main', true).delayFrames, 100);
  t.same(
    ['s', 'x'].map((from) => edgeOf(live, from, 'main').waitFrames),
    [FADE_FRAMES + 700, FADE_FRAMES + 700],
    'all at one time',
  );
});

t.test('an edge that comes back before it has left is the same edge', async (t) => {
  const task = new EditedTask();
  task.go({ s: 0, x: 0 }, { b: wire('s', 'main') });
  const left = task.go({ s: 0, x: 0 }, {});
  const again = task.go({ s: 0, x: 0 }, { b: wire('s', 'main') });
  t.equal(show(again), '+s>main');
  t.equal(edgeOf(again, 's', 'main').before, edgeOf(left, 's', 'main', true));
});

t.test('an edge that would go round in a circle with one that leaves waits until that has left', async (t) => {
  const task = new EditedTask();
  task.go({ s: 0, x: 0 }, { a: wire('s', 'x'), b: wire('x', 'main') });
  const turned = { a: wire('x', 's'), b: wire('s', 'main') };
  const merged = task.go({ s: 0, x: 0 }, turned);
  t.equal(show(merged), '+s>main -s>x -x>main');
  t.notOk(merged.isWhole);
  t.notOk(merged.byConnection.has('a'));
  task.over.add('a').add('b');
  const after = task.go({ s: 0, x: 0 }, turned);
  t.equal(show(after), '+s>main +x>s');
  t.ok(edgeOf(after, 'x', 's').fadesIn);
});

t.test('an edit waits for the fades of those before it, but not longer than a second', async (t) => {
  const task = new EditedTask();
  task.go({ s: 0, x: 0 }, { b: wire('s', 'main') });
  task.pendingFrames = 400;
  const live = task.go({ s: 0, x: 0 }, { b: wire('s', 'main', { gainDb: -6 }) });
  t.equal(edgeOf(live, 's', 'main').waitFrames, 400);
  task.pendingFrames = 0;
  const late = PATIENCE_FRAMES + 1;
  const far = task.go({ s: 0, x: 0 }, { b: wire('s', 'main', { offsetFrames: late }), c: wire('x', 'main') });
  t.equal(edgeOf(far, 'x', 'main').waitFrames, 0, 'not for an offset of more');
  t.equal(edgeOf(far, 's', 'main').waitFrames, late);
  t.equal(edgeOf(far, 's', 'main', true).waitFrames, late, 'what that one replaces stays until it comes');
  task.waits.set('b', late - 5000);
  const later = task.go({ s: 0, x: 0 }, { b: wire('s', 'main', { offsetFrames: late }) });
  t.equal(edgeOf(later, 's', 'main', true).waitFrames, 0, 'by now it is nearer than a second');
  task.waits.set('b', late);
  const still = task.go({ s: 0, x: 0 }, { b: wire('s', 'main', { offsetFrames: late }) });
  t.equal(edgeOf(still, 's', 'main', true).waitFrames, late);
});

t.test('wires of a channel map that are gone leave as an edge of their own', async (t) => {
  const task = new EditedTask();
  task.go({ s: 0 }, { b: wire('s', 'main', { channels: [[0, 0]] }) });
  const live = task.go({ s: 0 }, { b: wire('s', 'main', { channels: [] }) });
  t.equal(show(live), '+s>main -s>main');
  t.same(edgeOf(live, 's', 'main', true).wires, [{ from: 0, to: 0, gain: 1 }]);
});

t.test('a graph in which too much leaves is overgrown', async (t) => {
  for (const [count, isTooMuch] of [
    [1000, false],
    [1100, true],
  ] as const) {
    const task = new EditedTask();
    task.go({ s: 0 }, Object.fromEntries(Array.from({ length: count }, (_, i) => [`c${i}`, wire('s', 'main')])));
    t.equal(isOvergrown(task.go({ s: 0 }, {})), isTooMuch, `${count} edges that leave`);
  }
});
