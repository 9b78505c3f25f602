import type { Connection, GraphEdit, Task } from '@audiocloud/api';
import type { GraphEdge, Wire } from '../plan/graph.ts';
import { connectionWires } from '../plan/graph-edges.ts';
import { hiddenName } from '../plan/hidden-names.ts';
import type { Registry } from '../registry/registry.ts';
import type { GainPlace } from './gain-compiler.ts';
import type { LiveEdge } from './live-edge.ts';
import type { LiveGraph } from './live-graph.ts';
import type { TaskInstance } from './task-instance.ts';
import { numbersChanged, type ValueChange } from './task-values.ts';

/** What an edit changes that needs no other plan: values of instances, and gains of connections that have records. */
export interface LightEdit {
  values: ValueChange[];
  /** Edges and their new wires. */
  wires: [LiveEdge, readonly Wire[]][];
  /** Records that have to go to another gain. */
  gains: (GainPlace & { value: number })[];
}

export interface LightInput {
  before: Task;
  after: Task;
  /** The task before as it was rendered. */
  rendered: Task;
  live: LiveGraph;
  instances: ReadonlyMap<string, TaskInstance>;
  registry: Registry;
}

/**
 * What edits change of a plan that stays as it is; undefined when they need another plan. Nothing is changed yet. [control]
 *
 * That is most of what a hand does at a console while a task plays: it then costs no more in a large task than in a small
 * one. Throws what the plan would: PARAMETER_UNKNOWN, PARAMETER_VALUE, CHANNELS_MISMATCH.
 */
export function lightEdit(edits: readonly GraphEdit[], input: LightInput): LightEdit | undefined {
  const instances = new Set<string>();
  const connections = new Set<string>();
  for (const edit of edits) {
    if (edit.op === 'set') instances.add(edit.instance);
    else if (edit.op !== 'put') return undefined;
    else if (edit.part === 'instances') instances.add(edit.name);
    else if (edit.part === 'connections') connections.add(edit.name);
    else return undefined;
  }
  const found: LightEdit = { values: [], wires: [], gains: [] };
  for (const name of instances) if (!addValues(name, input, found)) return undefined;
  for (const name of connections) if (!addGains(name, input, found)) return undefined;
  return found;
}

/** False when the instance cannot be had by sending values alone. */
function addValues(name: string, { before, after, instances, registry }: LightInput, found: LightEdit): boolean {
  const old = ownOf(before.instances, name);
  const wanted = ownOf(after.instances, name)!;
  const instance = instances.get(name);
  const isLight =
    old !== undefined &&
    instance !== undefined &&
    old.bypass === wanted.bypass &&
    old.mix === wanted.mix &&
    old.midSide === wanted.midSide &&
    old.offsetFrames === wanted.offsetFrames &&
    instance.fits(wanted, registry.find(wanted.model).model);
  if (isLight) found.values.push(...numbersChanged(name, wanted, instance));
  return isLight;
}

/** False when more than its gains changes, or a gain has no record yet. */
function addGains(name: string, { after, rendered, live }: LightInput, found: LightEdit): boolean {
  const wanted = ownOf(after.connections, name)!;
  // where an instance at one of its ends has a dry path it is rendered in another form, or twice
  const form = ownOf(rendered.connections, name);
  const isTwice = ownOf(rendered.connections, hiddenName(name, 'dry')) !== undefined;
  const edge = live.byConnection.get(name);
  if (!form || isTwice || !edge?.records || !isSameWay(form, wanted)) return false;
  const wires = connectionWires(name, wanted, edge.source.node, edge.target.node);
  for (let w = 0; w < wires.length; w++) {
    const { gain } = wires[w]!;
    const record = edge.records[w];
    if (!record) return false;
    const { memory, address } = record;
    if (edge.wires[w]!.gain !== gain) found.gains.push({ memory, address, value: gain });
  }
  found.wires.push([edge, wires]);
  return true;
}

/** Whether two connections differ in their gain and pan alone. */
function isSameWay(a: Connection, b: Connection): boolean {
  return (
    a.from.node === b.from.node &&
    a.from.port === b.from.port &&
    a.to.node === b.to.node &&
    a.to.port === b.to.port &&
    a.feedback === b.feedback &&
    a.offsetFrames === b.offsetFrames &&
    (a.channels === b.channels || JSON.stringify(a.channels) === JSON.stringify(b.channels))
  );
}

function ownOf<T>(part: Record<string, T> | undefined, name: string): T | undefined {
  return part && Object.hasOwn(part, name) ? part[name] : undefined;
}

/** Gives edges of a plan the wires that an edit gives them. Returns what takes that back. */
export function rewire(edges: readonly GraphEdge[], { wires }: LightEdit): () => void {
  const wanted = new Map(wires.map(([{ connection }, now]) => [connection, now]));
  const before: [GraphEdge, readonly Wire[]][] = [];
  if (wanted.size > 0)
    for (const edge of edges) {
      const now = wanted.get(edge.connection);
      if (!now) continue;
      before.push([edge, edge.wires]);
      edge.wires = now;
    }
  return () => {
    for (const [edge, old] of before) edge.wires = old;
  };
}
