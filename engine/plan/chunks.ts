import type { Arrow } from './cycle-core.ts';

/** A plan as far as it matters here: nodes in order, their batches, and edges grouped by destination (see Plan). */
interface Ordered {
  nodes: { readonly length: number };
  firstNode: Int32Array;
  edges: readonly Arrow[];
  firstEdge: Int32Array;
}

/** Nodes that are rendered one after the other, without anything in between that one of them hears. */
export interface Chunk {
  /** Indices into the plan's nodes, all of one depth. */
  nodes: number[];
  /** Indices of the chunks that hear it. */
  next: number[];
}

/** Cuts the batches of a plan (nodes of one depth and group): those of one memory that are rendered together. */
function cut(plan: Ordered, memoryOf: (node: number) => number, maximum: number, chunkOf: Int32Array): Chunk[] {
  const { firstNode } = plan;
  const chunks: Chunk[] = [];
  const open: number[] = []; // by memory: the chunk that has room
  for (let batch = 0; batch + 1 < firstNode.length; batch++) {
    open.length = 0;
    for (let n = firstNode[batch]!; n < firstNode[batch + 1]!; n++) {
      const memory = memoryOf(n);
      let chunk = memory < 0 ? undefined : open[memory];
      if (chunk === undefined || chunks[chunk]!.nodes.length === maximum) {
        chunk = chunks.push({ nodes: [], next: [] }) - 1;
        if (memory >= 0) open[memory] = chunk;
      }
      chunks[chunk]!.nodes.push(n);
      chunkOf[n] = chunk;
    }
  }
  return chunks;
}

/**
 * Cuts a plan into chunks, in the order in which they are rendered. Pure, linear in nodes and edges.
 *
 * Nodes of one depth, group and memory are put together, at most `maximum` of them. What hears a chunk comes right behind
 * it where nothing else is needed for that: its sound is still in the cache, and chains that have nothing to do with each
 * other stay apart.
 *
 * memoryOf: of a node that can be rendered together with its like; -1 for one that is alone.
 */
export function chunksOf(plan: Ordered, memoryOf: (node: number) => number, maximum: number): Chunk[] {
  const { nodes, edges } = plan;
  const chunkOf = new Int32Array(nodes.length);
  const chunks = cut(plan, memoryOf, maximum, chunkOf);
  const waiting = new Int32Array(chunks.length);
  const linked = new Int32Array(chunks.length).fill(-1); // the chunk that last heard of this one: no arrow is drawn twice
  for (let to = 0; to < chunks.length; to++) {
    for (const n of chunks[to]!.nodes) {
      for (let e = plan.firstEdge[n]!; e < plan.firstEdge[n + 1]!; e++) {
        const from = chunkOf[edges[e]!.from]!;
        if (edges[e]!.feedback || linked[from] === to) continue;
        linked[from] = to;
        chunks[from]!.next.push(to);
        waiting[to]! += 1;
      }
    }
  }
  const ready: number[] = [];
  for (let c = chunks.length - 1; c >= 0; c--) if (waiting[c] === 0) ready.push(c);
  const place = new Int32Array(chunks.length);
  const order: number[] = [];
  for (let c = ready.pop(); c !== undefined; c = ready.pop()) {
    place[c] = order.push(c) - 1;
    const { next } = chunks[c]!;
    for (let i = next.length - 1; i >= 0; i--) {
      waiting[next[i]!]! -= 1;
      if (waiting[next[i]!] === 0) ready.push(next[i]!);
    }
  }
  return order.map((c) => ({ nodes: chunks[c]!.nodes, next: chunks[c]!.next.map((to) => place[to]!) }));
}
