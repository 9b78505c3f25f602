/** An edge as far as it matters for the order of nodes. */
export interface Arrow {
  from: number;
  to: number;
  feedback: boolean;
}

/**
 * The nodes that are on a cycle, or on a way from one cycle to another: 1, all others 0. Pure, linear in nodes and edges.
 *
 * They are what is left when nodes that hear nothing, or that nothing hears, are taken away until there are none of them.
 * Feedback edges do not count.
 */
export function cycleCore(nodes: number, edges: readonly Arrow[]): Uint8Array {
  const isLeft = new Uint8Array(nodes).fill(1);
  for (const [near, far] of [
    ['from', 'to'],
    ['to', 'from'],
  ] as const) {
    const waiting = new Int32Array(nodes);
    const first = new Int32Array(nodes + 1);
    for (const edge of edges) {
      if (edge.feedback || !isLeft[edge.from] || !isLeft[edge.to]) continue;
      waiting[edge[far]]! += 1;
      first[edge[near] + 1]! += 1;
    }
    for (let n = 0; n < nodes; n++) first[n + 1]! += first[n]!;
    const ends = new Int32Array(first[nodes]!);
    const fill = first.slice();
    for (const edge of edges)
      if (!edge.feedback && isLeft[edge.from] && isLeft[edge.to]) ends[fill[edge[near]]!++] = edge[far];
    const ready: number[] = [];
    for (let n = 0; n < nodes; n++) if (isLeft[n] && waiting[n] === 0) ready.push(n);
    for (let n = ready.pop(); n !== undefined; n = ready.pop()) {
      isLeft[n] = 0;
      for (let e = first[n]!; e < first[n + 1]!; e++) {
        waiting[ends[e]!]! -= 1;
        if (waiting[ends[e]!] === 0) ready.push(ends[e]!);
      }
    }
  }
  return isLeft;
}
