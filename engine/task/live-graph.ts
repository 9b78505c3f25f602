import { cycleCore } from '../plan/cycle-core.ts';
import { orderNodes } from '../plan/order.ts';
import type { Plan } from '../plan/plan.ts';
import { scheduleFades, type WaitsInUse } from './fade-schedule.ts';
import { isSameEdge, type LiveEdge } from './live-edge.ts';
import type { LiveNode } from './live-node.ts';
import type { TaskInstance } from './task-instance.ts';

/**
 * What is rendered: the graph that the task has, and of the graphs before it what has not faded out.
 *
 * Edges that fade out lead to nodes that stay, or to sinks that leave. A node that leaves goes on, with all that it hears,
 * as long as one of them hears it.
 */
export interface LiveGraph {
  /** In the order of rendering. */
  nodes: LiveNode[];
  /** The nodes of batch b are nodes[firstNode[b]] to nodes[firstNode[b + 1] - 1]. */
  firstNode: Int32Array;
  /** Grouped by destination; what leaves comes last. */
  edges: LiveEdge[];
  firstEdge: Int32Array;
  /** Nodes that the task has. */
  byName: ReadonlyMap<string, LiveNode>;
  /** Edges that the task has, but for those that wait until something has left. */
  byConnection: ReadonlyMap<string, LiveEdge>;
  /** Edges that the task has no more. */
  leaving: readonly LiveEdge[];
  /** Frames until gains that belong to no edge begin to change. */
  waitFrames: number;
  /** It is the graph that the task has: nothing leaves, and nothing has to wait until something has left. */
  isWhole: boolean;
}

/**
 * Whether a graph has so much in it that leaves that nobody can be moving its gains on: of a task that plays on a device
 * that stands still, for instance. Then nothing fades, so that edits do not pile up.
 */
export function isOvergrown({ leaving, byConnection }: LiveGraph): boolean {
  return leaving.length > 4 * byConnection.size + 1024;
}

/** How a graph comes into use while another one sounds. */
export interface Fading extends WaitsInUse {
  before: LiveGraph;
  /** Whether an edge that leaves has faded out. */
  isOver: (edge: LiveEdge) => boolean;
}

let nextMerge = 1;

/**
 * Merges the graph that a task has now with what of the one before has to fade out. Pure but for `seenIn`. [control]
 *
 * plan, nodes: of the new graph, in one order.
 * before: what is in use; its edges that stay keep their gain records.
 * fading: undefined when nothing sounds: what is gone goes at once.
 *
 * An edge that would close a circle with those that fade out has to wait: it is not in the graph until they are over.
 */
export function mergeGraphs(
  plan: Plan,
  nodes: LiveNode[],
  before: LiveGraph | undefined,
  fading: Fading | undefined,
): LiveGraph {
  const merge = nextMerge++;
  const byName = new Map<string, LiveNode>();
  for (const node of nodes) byName.set(node.node.name, node);
  const { wanted, byConnection, vanished } = wantedEdges(plan, nodes, before, merge);
  const { firstNode, firstEdge } = plan;
  let merged: Merged = { nodes, firstNode, edges: wanted, firstEdge };
  const leaving = fading && new Leaving(byName, fading, merge);
  leaving?.collect(vanished);
  if (leaving && leaving.edges.length > 0) {
    merged = withLeaving(merged, leaving);
    if (merged.edges.length < wanted.length + leaving.edges.length) {
      const there = new Set(merged.edges);
      for (const edge of wanted) if (!there.has(edge)) byConnection.delete(edge.connection);
    }
  }
  const waitFrames = fading ? scheduleFades(merged.nodes, merged.edges, merged.firstEdge, byConnection, fading) : 0;
  const isWhole = !leaving || leaving.edges.length === 0;
  return { ...merged, byName, byConnection, leaving: leaving?.edges ?? [], waitFrames, isWhole };
}

/** The edges of the new graph, and as edges of their own the wires of kept connections that are gone. */
function wantedEdges(plan: Plan, nodes: readonly LiveNode[], before: LiveGraph | undefined, merge: number) {
  const wanted: LiveEdge[] = [];
  const byConnection = new Map<string, LiveEdge>();
  const vanished: LiveEdge[] = [];
  const left = before && before.leaving.length > 0 ? Map.groupBy(before.leaving, (edge) => edge.connection) : undefined;
  for (const planned of plan.edges) {
    const { connection, from, to, wires, delayFrames, feedback } = planned;
    const source = nodes[from]!;
    const target = nodes[to]!;
    let old = before?.byConnection.get(connection);
    if (old && !isSameEdge(old, planned, source, target)) old = undefined;
    // one that has not left yet comes back
    if (!old && left) old = left.get(connection)?.find((one) => isSameEdge(one, planned, source, target));
    if (old) old.seenIn = merge;
    const edge: LiveEdge = {
      connection,
      source,
      target,
      from,
      to,
      wires,
      delayFrames,
      feedback,
      before: old,
      isLeaving: false,
      fadesIn: false,
      waitFrames: 0,
      records: undefined,
      seenIn: 0,
    };
    wanted.push(edge);
    byConnection.set(connection, edge);
    if (!old || old.wires === wires) continue;
    const gone = old.wires.filter((one) => !wires.some((other) => other.from === one.from && other.to === one.to));
    if (gone.length > 0) vanished.push({ ...edge, wires: gone, isLeaving: true });
  }
  return { wanted, byConnection, vanished };
}

/** What of the graph in use the new one does not have, and has to go on until it has faded out. One use. */
class Leaving {
  readonly #byName: ReadonlyMap<string, LiveNode>;
  readonly #fading: Fading;
  readonly #merge: number;
  readonly nodes: LiveNode[] = [];
  readonly edges: LiveEdge[] = [];
  readonly #bySerial = new Map<number, LiveNode>();
  /** Nodes that leave, as they were, whose own inputs have to be looked at. */
  readonly #open: LiveNode[] = [];

  constructor(byName: ReadonlyMap<string, LiveNode>, fading: Fading, merge: number) {
    this.#byName = byName;
    this.#fading = fading;
    this.#merge = merge;
  }

  collect(vanished: readonly LiveEdge[]): void {
    const { before, isOver } = this.#fading;
    this.edges.push(...vanished);
    for (const edge of before.edges) {
      if (edge.seenIn === this.#merge || (edge.isLeaving && isOver(edge))) continue;
      if (this.#staying(edge.target) || edge.target.sink) this.#add(edge, true);
    }
    for (let node = this.#open.pop(); node; node = this.#open.pop()) {
      if (node.sink) continue; // its inputs fade out: they are there already
      for (let e = before.firstEdge[node.index]!; e < before.firstEdge[node.index + 1]!; e++) {
        const edge = before.edges[e]!;
        if (!edge.isLeaving || !isOver(edge)) this.#add(edge, edge.isLeaving);
      }
    }
  }

  #add(before: LiveEdge, isLeaving: boolean): void {
    const source = this.#node(before.source);
    const target = this.#node(before.target);
    this.edges.push({
      ...before,
      source,
      target,
      before,
      isLeaving,
      fadesIn: false,
      waitFrames: 0,
      records: undefined,
    });
  }

  /** The node of the new graph that a node of the old one goes on as. */
  #staying({ node, serial }: LiveNode): LiveNode | undefined {
    const same = this.#byName.get(node.name);
    return same?.serial === serial ? same : undefined;
  }

  #node(old: LiveNode): LiveNode {
    const known = this.#staying(old) ?? this.#bySerial.get(old.serial);
    if (known) return known;
    const node = { ...old, node: { ...old.node }, isNew: false, isLeaving: true };
    this.nodes.push(node);
    this.#bySerial.set(old.serial, node);
    this.#open.push(old);
    return node;
  }
}

type Merged = Pick<LiveGraph, 'nodes' | 'firstNode' | 'edges' | 'firstEdge'>;

/** Puts what leaves into the order of the new graph or, where that does not go, all into another order. */
function withLeaving({ nodes, firstNode, edges: wanted }: Merged, leaving: Leaving): Merged {
  const fits = ({ source, target, feedback }: LiveEdge) => feedback || source.node.depth < target.node.depth;
  if (leaving.nodes.length === 0 && leaving.edges.every(fits)) {
    for (const edge of leaving.edges) number(edge);
    return { nodes, firstNode, ...grouped(nodes.length, [...wanted, ...leaving.edges]) };
  }
  const all = [...nodes, ...leaving.nodes];
  let group = 0;
  for (const { node } of nodes) group = Math.max(group, node.group + 1);
  for (const { node } of leaving.nodes) node.group = group++; // the numbers that they had were those of another graph
  all.forEach((node, index) => {
    node.index = index;
  });
  let edges = [...wanted, ...leaving.edges];
  for (const edge of edges) number(edge);
  const core = cycleCore(all.length, edges);
  if (core.includes(1))
    edges = edges.filter(
      ({ from, to, before, isLeaving, feedback }) => feedback || before || isLeaving || !core[from] || !core[to],
    );
  const { nodeAt, placeOf, firstPlace } = orderNodes(
    all.map(({ node }) => node),
    edges,
  );
  for (const node of all) node.index = placeOf[node.index]!;
  for (const edge of edges) number(edge);
  return { nodes: Array.from(nodeAt, (n) => all[n]!), firstNode: firstPlace, ...grouped(all.length, edges) };
}

function number(edge: LiveEdge): void {
  edge.from = edge.source.index;
  edge.to = edge.target.index;
}

/** Puts edges together by their destination; those of one destination keep their order. */
function grouped(nodes: number, edges: LiveEdge[]): Pick<LiveGraph, 'edges' | 'firstEdge'> {
  const firstEdge = new Int32Array(nodes + 1);
  for (const { to } of edges) firstEdge[to + 1]! += 1;
  for (let n = 0; n < nodes; n++) firstEdge[n + 1]! += firstEdge[n]!;
  const fill = firstEdge.slice();
  const sorted = new Array<LiveEdge>(edges.length);
  for (const edge of edges) sorted[fill[edge.to]!++] = edge;
  return { edges: sorted, firstEdge };
}

/** A graph that is in use needs no edges of the one before: they would keep all that ever were. */
export function forgetBefore({ edges }: LiveGraph): void {
  for (const edge of edges) edge.before = undefined;
}

/** Instances of a graph that are not in the next one. */
export function instancesGone(before: LiveGraph, { nodes, byName }: LiveGraph): TaskInstance[] {
  const leaving = new Set<TaskInstance>();
  if (nodes.length > byName.size)
    for (const { instance, isLeaving } of nodes) if (isLeaving && instance) leaving.add(instance);
  const gone: TaskInstance[] = [];
  for (const { instance, node } of before.nodes)
    if (instance && byName.get(node.name)?.instance !== instance && !leaving.has(instance)) gone.push(instance);
  return gone;
}
