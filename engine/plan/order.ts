import { AudioCloudError } from '@audiocloud/api';
import type { Arrow } from './cycle-core.ts';
import type { GraphNode } from './graph.ts';
import { isHidden, visibleName } from './hidden-names.ts';

/** Nodes in the order of rendering. */
export interface NodeOrder {
  /** Which node stands at each place. */
  nodeAt: Int32Array;
  /** At which place each node stands. */
  placeOf: Int32Array;
  /** Of each node: the longest way to it from a node without inputs, in edges; feedback edges do not count. */
  depthOf: Int32Array;
  /** The places of batch b, nodes of one depth and one group, are firstPlace[b] to firstPlace[b + 1] - 1. */
  firstPlace: Int32Array;
}

/** Refuses a cycle among the nodes that still wait for another. */
function refuseCycle(nodes: readonly GraphNode[], edges: readonly Arrow[], waiting: Int32Array): never {
  // Every node still waiting has a predecessor still waiting: walking backwards must come round.
  const predecessor = new Map<number, number>();
  for (const { from, to, feedback } of edges)
    if (!feedback && waiting[from]! > 0 && waiting[to]! > 0) predecessor.set(to, from);
  let at = waiting.findIndex((count) => count > 0);
  const seen = new Map<number, number>(); // node to its place in the walk, in the order of the walk
  while (!seen.has(at)) {
    seen.set(at, seen.size);
    at = predecessor.get(at)!;
  }
  const circle = [...[...seen.keys()].slice(seen.get(at)), at].reverse().map((index) => nodes[index]!.name);
  const path: string[] = [];
  for (const name of circle) if (!isHidden(name) || path.at(-1) !== visibleName(name)) path.push(visibleName(name));
  throw new AudioCloudError(
    'GRAPH_CYCLE',
    `Cannot order the graph: ${path.join(' -> ')} goes round in a circle; remove one of these connections or mark one as feedback`,
    { path },
  );
}

/** Running sums: turns counts, kept one place further on, into where each list begins. */
function accumulate(counts: Int32Array): void {
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
}

/** The depth of each node. Throws GRAPH_CYCLE. */
function nodeDepths(nodes: readonly GraphNode[], edges: readonly Arrow[]): Int32Array {
  const count = nodes.length;
  const waiting = new Int32Array(count); // edges that lead to a node from one without a depth yet
  const firstOut = new Int32Array(count + 1);
  for (const { from, to, feedback } of edges) {
    if (feedback) continue;
    waiting[to]! += 1;
    firstOut[from + 1]! += 1;
  }
  accumulate(firstOut);
  const heardBy = new Int32Array(edges.length);
  const fill = firstOut.slice();
  for (const { from, to, feedback } of edges) if (!feedback) heardBy[fill[from]!++] = to;

  const depthOf = new Int32Array(count);
  const ready = new Int32Array(count);
  let readyCount = 0;
  for (let n = 0; n < count; n++) if (waiting[n] === 0) ready[readyCount++] = n;
  for (let i = 0; i < readyCount; i++) {
    const from = ready[i]!;
    const next = depthOf[from]! + 1;
    for (let e = firstOut[from]!; e < firstOut[from + 1]!; e++) {
      const to = heardBy[e]!;
      if (depthOf[to]! < next) depthOf[to] = next;
      waiting[to]! -= 1;
      if (waiting[to] === 0) ready[readyCount++] = to;
    }
  }
  if (readyCount < count) refuseCycle(nodes, edges, waiting);
  return depthOf;
}

/**
 * Orders nodes so that each comes after what it hears: by depth, inside a depth by group, so that what can be rendered
 * together stands together; groups in the order of their first member, members as written.
 *
 * Throws GRAPH_CYCLE with the path. Linear in nodes and edges.
 */
export function orderNodes(nodes: readonly GraphNode[], edges: readonly Arrow[]): NodeOrder {
  const count = nodes.length;
  const depthOf = nodeDepths(nodes, edges);

  // Number the batches in the order of their places. First the nodes by depth, as written ...
  const firstOfDepth = new Int32Array(count + 1);
  for (let n = 0; n < count; n++) firstOfDepth[depthOf[n]! + 1]! += 1;
  accumulate(firstOfDepth);
  const byDepth = new Int32Array(count);
  for (let n = 0; n < count; n++) byDepth[firstOfDepth[depthOf[n]!]!++] = n;

  // ... then through them: a group not seen yet at this depth opens a batch ...
  let groups = 0;
  for (const { group } of nodes) groups = Math.max(groups, group + 1);
  const newestBatch = new Int32Array(groups).fill(-1); // of each group
  const depthOfBatch = new Int32Array(count);
  const batchOf = new Int32Array(count);
  const firstPlace = new Int32Array(count + 1);
  let batches = 0;
  for (let i = 0; i < count; i++) {
    const n = byDepth[i]!;
    const { group } = nodes[n]!;
    let batch = newestBatch[group]!;
    if (batch < 0 || depthOfBatch[batch] !== depthOf[n]) {
      batch = batches++;
      newestBatch[group] = batch;
      depthOfBatch[batch] = depthOf[n]!;
    }
    batchOf[n] = batch;
    firstPlace[batch + 1]! += 1;
  }

  // ... and last every node goes to the next free place of its batch.
  accumulate(firstPlace);
  const next = firstPlace.slice();
  const nodeAt = new Int32Array(count);
  const placeOf = new Int32Array(count);
  for (let n = 0; n < count; n++) {
    const place = next[batchOf[n]!]!++;
    nodeAt[place] = n;
    placeOf[n] = place;
  }
  return { nodeAt, placeOf, depthOf, firstPlace: firstPlace.slice(0, batches + 1) };
}
