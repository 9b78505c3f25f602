/** What a graph of chunks is cut from: chunks in the order in which they are rendered. */
export interface ChunkGraph {
  /** By chunk: earlier chunks that must be done before it. */
  waitsFor: readonly ReadonlySet<number>[];
  /** By chunk: what it costs, in any unit. */
  cost: readonly number[];
}

/** Chunks that one thread does in a row: those from `first` to before the next branch's. */
export interface Branch {
  first: number;
  cost: number;
  /** Earlier branches. */
  waitsFor: Set<number>;
}

/** A branch of less than this part of the grain is done by whom it follows: it is not worth a way to another thread. */
const CRUMB = 1 / 8;

/**
 * Cuts chunks into branches that threads may share. Pure; linear in chunks and edges for each of a few passes.
 *
 * A chain stays whole. Chains that wait for the same are put together until they cost `grain`. More than `most` branches
 * are never made. Every branch waits for earlier ones alone, so there is always one that is ready.
 */
export function branchesOf(graph: ChunkGraph, grain: number, most: number): Branch[] {
  let branches: Branch[] = graph.cost.map((cost, first) => ({
    first,
    cost,
    waitsFor: new Set(graph.waitsFor[first]),
  }));
  for (let size = grain; ; size *= 2) {
    for (let before = Number.POSITIVE_INFINITY; branches.length < before; ) {
      before = branches.length;
      branches = merged(branches, isChain);
      branches = merged(
        branches,
        (last, next, has) => isSibling(last, next, size, has) || isCrumb(last, next, size, has),
      );
    }
    if (branches.length <= most) return branches;
    // where nothing is alike, neighbours share a branch whatever they wait for
    if (size > grain * 1024) branches = merged(branches, (last, next) => last.cost + next.cost <= size);
  }
}

/** All cost by that of the dearest way through the branches, 1 and above: how much faster any number of threads can be. */
export function widthOf(branches: readonly Branch[]): number {
  const ends: number[] = [];
  let total = 0;
  for (const { cost, waitsFor } of branches) {
    let begin = 0;
    for (const b of waitsFor) begin = Math.max(begin, ends[b]!);
    ends.push(begin + cost);
    total += cost;
  }
  return total > 0 ? total / Math.max(...ends) : 1;
}

/** A branch while neighbours are put together. */
interface Growing extends Branch {
  index: number;
  /** Arrows that leave it. */
  leaving: number;
}

/** How many arrows lead from `last` to `next`. */
type Arrows = number;
type MayJoin = (last: Growing, next: Branch, arrows: Arrows) => boolean;

/** One pass over all neighbours; indices in `waitsFor` are those of the result. */
function merged(branches: readonly Branch[], mayJoin: MayJoin): Branch[] {
  const followers = new Int32Array(branches.length);
  for (const { waitsFor } of branches) for (const b of waitsFor) followers[b]! += 1;
  const indexOf = new Int32Array(branches.length);
  const out: Growing[] = [];
  branches.forEach((branch, b) => {
    const waitsFor = new Set<number>();
    let arrows = 0;
    const last = out.at(-1);
    for (const before of branch.waitsFor) {
      const index = indexOf[before]!;
      waitsFor.add(index);
      if (index === last?.index) arrows++;
    }
    const next = { first: branch.first, cost: branch.cost, waitsFor };
    if (last && mayJoin(last, next, arrows)) {
      last.cost += next.cost;
      last.leaving += followers[b]! - arrows;
      for (const index of waitsFor) if (index !== last.index) last.waitsFor.add(index);
      indexOf[b] = last.index;
    } else {
      indexOf[b] = out.length;
      out.push({ ...next, index: out.length, leaving: followers[b]! });
    }
  });
  return out.map(({ first, cost, waitsFor }) => ({ first, cost, waitsFor }));
}

/** Whether it waits for nothing but the last one and what that waited for. */
function isHeir(last: Growing, { waitsFor }: Branch): boolean {
  for (const b of waitsFor) if (b !== last.index && !last.waitsFor.has(b)) return false;
  return true;
}

/** Only it follows the last one: nobody else waits longer if one thread does both. */
function isChain(last: Growing, next: Branch, arrows: Arrows): boolean {
  return arrows > 0 && last.leaving === arrows && isHeir(last, next);
}

/** Both wait for the same, and both are small. */
function isSibling(last: Growing, next: Branch, grain: number, arrows: Arrows): boolean {
  if (arrows > 0 || last.cost + next.cost > grain || last.waitsFor.size !== next.waitsFor.size) return false;
  return isHeir(last, next);
}

/** Hardly anything, and could begin at once when the last one is done. */
function isCrumb(last: Growing, next: Branch, grain: number, arrows: Arrows): boolean {
  return arrows > 0 && next.cost <= grain * CRUMB && last.cost <= grain && isHeir(last, next);
}
