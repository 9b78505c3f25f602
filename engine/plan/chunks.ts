import type { Plan } from './plan.ts';

/** Nodes that are rendered one after the other, without anything in between that one of them hears. */
export interface Chunk {
  /** Indices into the plan's nodes, all of one depth. */
  nodes: number[];
  /** Indices of the chunks that hear it. */
  next: number[];
}

/**
 * Cuts a plan into chunks, in the order in which they are rendered. Pure, linear in nodes and edges.
 *
 * Nodes of one depth with the same key are put together, at most `maximum` of them; a node without a key is alone. What
 * hears a chunk comes right behind it where nothing else is needed for that: its sound is still in the cache, and chains
 * that have nothing to do with each other stay apart.
 */
export function chunksOf(plan: Plan, keyOf: (node: number) => string | undefined, maximum: number): Chunk[] {
  const { nodes, edges } = plan;
  const chunks: Chunk[] = [];
  const chunkOf = new Int32Array(nodes.length);
  let open = new Map<string, number>();
  for (let n = 0; n < nodes.length; n++) {
    if (n > 0 && nodes[n]!.depth !== nodes[n - 1]!.depth) open = new Map();
    const key = keyOf(n);
    let chunk = key === undefined ? undefined : open.get(key);
    if (chunk === undefined || chunks[chunk]!.nodes.length === maximum) {
      chunk = chunks.push({ nodes: [], next: [] }) - 1;
      if (key !== undefined) open.set(key, chunk);
    }
    chunks[chunk]!.nodes.push(n);
    chunkOf[n] = chunk;
  }
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
