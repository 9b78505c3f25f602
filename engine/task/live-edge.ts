import type { Wire } from '../plan/graph.ts';
import type { PlanEdge } from '../plan/plan.ts';
import type { LedgerEntry } from './ledger.ts';
import type { LiveNode } from './live-node.ts';

/**
 * An edge as it is rendered. When its compensation, or a node at one of its ends, is another, it is another edge: the old
 * one fades out while the new one fades in.
 */
export interface LiveEdge {
  readonly connection: string;
  readonly source: LiveNode;
  readonly target: LiveNode;
  /** Places of its nodes in the order of rendering. */
  from: number;
  to: number;
  /** Replaced, never changed in place: when bypass or mix is set. */
  wires: readonly Wire[];
  readonly delayFrames: number;
  readonly feedback: boolean;
  /** The edge that it goes on from; undefined for a new one. Forgotten once the graph is in use. */
  before: LiveEdge | undefined;
  /** The task has it no more: its gains go to 0. */
  readonly isLeaving: boolean;
  /** Wires that were not there before begin at 0; otherwise at their gain. */
  fadesIn: boolean;
  /** Frames until its gains begin to change. */
  waitFrames: number;
  /** Gain records of the wires that need one, at the same index. */
  records: (LedgerEntry | undefined)[] | undefined;
  /** The merge that last found out what becomes of it. */
  seenIn: number;
}

/** Whether an edge of a new graph, between these nodes, is one of the graph before. */
export function isSameEdge(old: LiveEdge, edge: PlanEdge, source: LiveNode, target: LiveNode): boolean {
  return (
    old.connection === edge.connection &&
    old.source.serial === source.serial &&
    old.target.serial === target.serial &&
    old.delayFrames === edge.delayFrames &&
    old.feedback === edge.feedback
  );
}

/** The gain that a wire of an edge has, or is on its way to. */
export function wantedGain(edge: LiveEdge, wire: number): number {
  return edge.isLeaving ? 0 : edge.wires[wire]!.gain;
}

/** Where a wire of an edge is among those of the edge that it goes on from; -1: it is new. */
export function wireBefore({ before, wires }: LiveEdge, wire: number): number {
  if (!before) return -1;
  if (before.wires === wires) return wire;
  const { from, to } = wires[wire]!;
  return before.wires.findIndex((other) => other.from === from && other.to === to);
}
