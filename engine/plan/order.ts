import { AudioCloudError } from '@audiocloud/api';
import type { Graph, GraphEdge, GraphNode } from './graph.ts';

/** A cycle among the nodes that never became ready, as names, first again at the end. */
function cyclePath(nodes: GraphNode[], edges: GraphEdge[], waiting: Int32Array): string[] {
  // Every node still waiting has a predecessor still waiting: walking backwards must come round.
  const predecessor = new Map<number, number>();
  for (const { from, to, feedback } of edges)
    if (!feedback && waiting[from]! > 0 && waiting[to]! > 0) predecessor.set(to, from);
  let at = waiting.findIndex((count) => count > 0);
  const seen: number[] = [];
  while (!seen.includes(at)) {
    seen.push(at);
    at = predecessor.get(at)!;
  }
  const cycle = [...seen.slice(seen.indexOf(at)), at].reverse();
  return cycle.map((index) => nodes[index]!.name);
}

/**
 * Orders the nodes so that each comes after what it hears, by depth, and in the order written within a depth.
 *
 * Throws GRAPH_CYCLE with the path. Feedback edges do not count. Linear in nodes and edges.
 */
export function orderGraph(nodes: GraphNode[], edges: GraphEdge[]): Graph {
  const waiting = new Int32Array(nodes.length);
  const next: number[][] = nodes.map(() => []);
  for (const { from, to, feedback } of edges) {
    if (feedback) continue;
    waiting[to]! += 1;
    next[from]!.push(to);
  }
  const ready = nodes.flatMap((_, index) => (waiting[index] === 0 ? [index] : []));
  const depth = new Int32Array(nodes.length);
  for (let i = 0; i < ready.length; i++) {
    const from = ready[i]!;
    for (const to of next[from]!) {
      depth[to] = Math.max(depth[to]!, depth[from]! + 1);
      waiting[to]! -= 1;
      if (waiting[to] === 0) ready.push(to);
    }
  }
  if (ready.length < nodes.length) {
    const path = cyclePath(nodes, edges, waiting);
    throw new AudioCloudError(
      'GRAPH_CYCLE',
      `Cannot order the graph: ${path.join(' -> ')} goes round in a circle; remove one of these connections or mark one as feedback`,
      { path },
    );
  }
  const order = nodes.map((_, index) => index).sort((a, b) => depth[a]! - depth[b]! || a - b);
  const place = new Int32Array(nodes.length);
  order.forEach((index, position) => {
    place[index] = position;
  });
  return {
    nodes: order.map((index) => ({ ...nodes[index]!, depth: depth[index]! })),
    edges: edges.map((edge) => ({ ...edge, from: place[edge.from]!, to: place[edge.to]! })),
  };
}
