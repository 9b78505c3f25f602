import { FADE_FRAMES } from '../render/gain-record.ts';
import { type LiveEdge, wireBefore } from './live-edge.ts';
import type { LiveNode } from './live-node.ts';

/** An edit as a whole waits no longer than this for what is new: one second at 48 kHz. */
export const PATIENCE_FRAMES = 48_000;

/** What still waits of the edits before. */
export interface WaitsInUse {
  /** Frames until the last fade of the edits before begins, but for those that come later than an edit as a whole waits. */
  pendingFrames: number;
  /** Frames until the gains of an edge in use begin to change; 0 when they do not wait. */
  waitLeft: (edge: LiveEdge) => number;
}

/**
 * Says of every edge when its gains change, and whether it fades in. Returns when gains that belong to no edge do. [control]
 *
 * All that an edit changes is heard to change at one time, so that what comes replaces what goes: as soon as the new is
 * ready, its delay lines full and the latencies of its instances over, and not before the fades of edits before this one
 * have begun. What takes longer than PATIENCE_FRAMES comes when it is ready, and what it replaces goes then.
 *
 * A new node is fed as soon as there is something to feed it, so that it is ready when it is to be heard.
 */
export function scheduleFades(
  nodes: readonly LiveNode[],
  edges: readonly LiveEdge[],
  firstEdge: Int32Array,
  byConnection: ReadonlyMap<string, LiveEdge>,
  { pendingFrames, waitLeft }: WaitsInUse,
): number {
  const ready = new Float64Array(nodes.length); // frames until a new node has its sound at its outputs, 0 for all others
  let whole = pendingFrames;
  for (let n = 0; n < nodes.length; n++) {
    const node = nodes[n]!;
    const isFed = node.isNew && !node.sink;
    let latest = 0;
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      const edge = edges[e]!;
      const { source, feedback, delayFrames } = edge;
      if (edge.before && (edge.isLeaving || edge.before.wires === edge.wires)) continue;
      const full = (feedback ? 0 : ready[edge.from]!) + delayFrames;
      // what a new node makes of its inputs fades in already
      edge.fadesIn = !isFed || feedback || !source.isNew || source.node.inputChannels === 0;
      if (edge.before && !hasNewWire(edge)) continue;
      edge.waitFrames = full;
      if (isFed) {
        if (!feedback) latest = Math.max(latest, full + (edge.fadesIn ? FADE_FRAMES : 0));
      } else if (full <= PATIENCE_FRAMES) {
        whole = Math.max(whole, full);
      }
    }
    if (isFed) ready[n] = latest + (node.instance?.latencyFrames ?? 0);
  }
  for (const edge of edges) {
    if (edge.target.isNew && !edge.target.sink) continue;
    const successor = edge.isLeaving ? byConnection.get(edge.connection) : undefined;
    const later = successor?.before ? waitLeft(successor.before) : (successor?.waitFrames ?? 0);
    edge.waitFrames = Math.max(edge.waitFrames, whole, later > PATIENCE_FRAMES ? later : 0);
  }
  return whole;
}

function hasNewWire(edge: LiveEdge): boolean {
  return edge.wires.some((_, wire) => wireBefore(edge, wire) < 0);
}
