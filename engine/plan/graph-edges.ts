import { AudioCloudError, type Connection, type Endpoint, type Task } from '@audiocloud/api';
import type { GraphEdge, GraphNode, GraphPort, Wire } from './graph.ts';
import type { NodeTable } from './graph-nodes.ts';
import type { RenderedConnection } from './host-paths.ts';

/** Below this a connection carries nothing. */
const SILENCE_DB = -120;

export function dbToGain(db: number): number {
  return db <= SILENCE_DB ? 0 : 10 ** (db / 20);
}

/** Gains of the two sides: constant power from one channel (-3.01 dB in the middle), a balance from two. */
export function panGains(pan: number, sourceChannels: number): [number, number] {
  if (sourceChannels === 1) {
    const angle = ((pan + 1) * Math.PI) / 4;
    return [Math.cos(angle), Math.sin(angle)];
  }
  const fall = Math.cos((Math.abs(pan) * Math.PI) / 2);
  return pan > 0 ? [fall, 1] : [1, fall];
}

/** Whether it is hardware whose sound does not pass. */
const isMute = ({ fixed, sound }: GraphNode): boolean => fixed && !sound;

function refuseEnd(end: Endpoint, node: GraphNode | undefined, side: 'inputs' | 'outputs', connection: string): never {
  if (!node)
    throw new AudioCloudError(
      'NODE_UNKNOWN',
      `Cannot make connection '${connection}': the task has no track, bus, instance or sink named '${end.node}'`,
      { connection, node: end.node },
    );
  if (isMute(node) && portOf(node[side], end.port))
    throw new AudioCloudError(
      'GRAPH_INVALID',
      `Cannot make connection '${connection}': '${node.name}' is a fixed instance whose sound does not pass this engine's device; give it \`sound: { send, return }\` in the rack, or control it without a connection`,
      { connection, node: node.name },
    );
  const has = node[side].map(({ id }) => id).join(', ') || 'none';
  throw new AudioCloudError(
    'PORT_UNKNOWN',
    `Cannot make connection '${connection}': ${node.kind} '${node.name}' has no audio ${side.slice(0, -1)} '${end.port ?? '(first)'}'; it has ${has}`,
    { connection, node: node.name },
  );
}

function portOf(ports: readonly GraphPort[], id: string | undefined): GraphPort | undefined {
  return id === undefined ? ports[0] : ports.find((port) => port.id === id);
}

function refuseChannels(
  name: string,
  { from, to }: Connection,
  source: GraphPort,
  target: GraphPort,
  what: string,
): never {
  throw new AudioCloudError(
    'CHANNELS_MISMATCH',
    `Cannot connect ${from.node}.${source.id} to ${to.node}.${target.id} (connection '${name}'): ${what}`,
    { connection: name, from: source.channels, to: target.channels },
  );
}

function checkMap(name: string, connection: Connection, from: GraphPort, to: GraphPort): void {
  const seen = new Set<number>();
  for (const [source, target] of connection.channels!) {
    const pair = source * 64 + target; // channels are numbered below 64
    if (seen.has(pair))
      refuseChannels(
        name,
        connection,
        from,
        to,
        `the channel map names ${source} -> ${target} twice; use a gain instead`,
      );
    seen.add(pair);
    if (source >= from.channels || target >= to.channels)
      refuseChannels(
        name,
        connection,
        from,
        to,
        `the channel map names ${source} -> ${target}, the ports have ${from.channels} and ${to.channels} channels`,
      );
  }
}

function makeWires(name: string, connection: RenderedConnection, from: GraphPort, to: GraphPort): Wire[] {
  const { gainDb = 0, pan, channels, share } = connection;
  const gain = gainDb === 0 ? 1 : dbToGain(gainDb);
  if (pan !== undefined && (to.channels !== 2 || from.channels > 2))
    throw new AudioCloudError(
      'CHANNELS_MISMATCH',
      `Cannot pan connection '${name}': pan takes one or two channels to two, here ${from.channels} to ${to.channels}`,
      { connection: name },
    );
  const sides = pan === undefined ? undefined : panGains(pan, from.channels);
  const wire = (source: number, target: number): Wire => {
    const own = sides ? gain * sides[target]! : gain;
    const ends = { from: from.firstChannel + source, to: to.firstChannel + target };
    return share === undefined ? { ...ends, gain: own } : { ...ends, gain: own * share, own };
  };
  if (channels) {
    checkMap(name, connection, from, to);
    return channels.map(([source, target]) => wire(source!, target!));
  }
  const isWide = from.channels === to.channels;
  if (!isWide && from.channels !== 1)
    refuseChannels(
      name,
      connection,
      from,
      to,
      `the source has ${from.channels} channels, the destination ${to.channels}; use a channel map`,
    );
  const list: Wire[] = [];
  for (let c = 0; c < to.channels; c++) list.push(wire(isWide ? c : 0, c));
  return list;
}

/** Wires of a connection, and the ports for which they were made. */
interface Made {
  wires: readonly Wire[];
  from: GraphPort;
  to: GraphPort;
}

const isAlike = (a: GraphPort, b: GraphPort) =>
  a === b || (a.channels === b.channels && a.firstChannel === b.firstChannel);

/** A graph is never changed in place, so wires that were made for a connection are good for it as long as it lives. */
const madeBefore = new WeakMap<Connection, Made>();

/**
 * The wires of a connection between two nodes; the same object as in a graph that has it.
 *
 * Throws NODE_UNKNOWN for a node that is undefined, PORT_UNKNOWN, CHANNELS_MISMATCH, GRAPH_INVALID.
 */
export function connectionWires(
  name: string,
  connection: RenderedConnection,
  source: GraphNode | undefined,
  target: GraphNode | undefined,
): readonly Wire[] {
  const output = source && !isMute(source) ? portOf(source.outputs, connection.from.port) : undefined;
  if (!output) refuseEnd(connection.from, source, 'outputs', name);
  const input = target && !isMute(target) ? portOf(target.inputs, connection.to.port) : undefined;
  if (!input) refuseEnd(connection.to, target, 'inputs', name);
  return wiresOf(name, connection, output, input);
}

/** The wires of a connection. As long as it and the widths of its ports stay the same, they are the same object. */
function wiresOf(name: string, connection: Connection, from: GraphPort, to: GraphPort): readonly Wire[] {
  const made = madeBefore.get(connection);
  if (made && isAlike(made.from, from) && isAlike(made.to, to)) return made.wires;
  const wires = makeWires(name, connection, from, to);
  madeBefore.set(connection, { wires, from, to });
  return wires;
}

/**
 * The connections of a task as edges between its nodes, as written. The edges are the caller's own.
 *
 * Throws NODE_UNKNOWN, PORT_UNKNOWN, CHANNELS_MISMATCH, GRAPH_INVALID.
 */
export function graphEdges(task: Task, { nodes, indices }: NodeTable): GraphEdge[] {
  const { connections = {} } = task;
  const edges: GraphEdge[] = [];
  for (const name of Object.keys(connections)) {
    const connection: RenderedConnection = connections[name]!;
    const from = indices.get(connection.from.node) ?? -1;
    const to = indices.get(connection.to.node) ?? -1;
    const wires = connectionWires(name, connection, nodes[from], nodes[to]);
    if (connection.feedback && (connection.offsetFrames ?? 0) < 0)
      throw new AudioCloudError(
        'GRAPH_INVALID',
        `Cannot make connection '${name}': feedback cannot come ${-connection.offsetFrames!} frames earlier than it is`,
        { connection: name },
      );
    edges.push({
      connection: name,
      from,
      to,
      wires,
      offsetFrames: connection.offsetFrames ?? 0,
      feedback: connection.feedback ?? false,
      around: connection.around === undefined ? -1 : (indices.get(connection.around) ?? -1),
    });
  }
  return edges;
}
