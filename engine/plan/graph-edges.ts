import { AudioCloudError, type Connection, type Endpoint, type Task } from '@audiocloud/api';
import type { GraphEdge, GraphNode, GraphPort, Wire } from './graph.ts';

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

function findPort(
  nodes: Map<string, number>,
  list: GraphNode[],
  end: Endpoint,
  side: 'inputs' | 'outputs',
  connection: string,
): { index: number; port: GraphPort } {
  const index = nodes.get(end.node);
  if (index === undefined)
    throw new AudioCloudError(
      'NODE_UNKNOWN',
      `Cannot make connection '${connection}': the task has no track, bus, instance or sink named '${end.node}'`,
      { connection, node: end.node },
    );
  const node = list[index]!;
  const port = end.port === undefined ? node[side][0] : node[side].find(({ id }) => id === end.port);
  if (!port) {
    const has = node[side].map(({ id }) => id).join(', ') || 'none';
    throw new AudioCloudError(
      'PORT_UNKNOWN',
      `Cannot make connection '${connection}': ${node.kind} '${node.name}' has no audio ${side.slice(0, -1)} '${end.port ?? '(first)'}'; it has ${has}`,
      { connection, node: node.name },
    );
  }
  if (node.fixed)
    throw new AudioCloudError(
      'GRAPH_INVALID',
      `Cannot make connection '${connection}': '${node.name}' is a fixed instance, whose sound does not pass this engine yet; control it without a connection`,
      { connection, node: node.name },
    );
  return { index, port };
}

function channelPairs(name: string, connection: Connection, from: GraphPort, to: GraphPort): [number, number][] {
  const refuse = (what: string): never => {
    const ends = `${connection.from.node}.${from.id} to ${connection.to.node}.${to.id}`;
    throw new AudioCloudError('CHANNELS_MISMATCH', `Cannot connect ${ends} (connection '${name}'): ${what}`, {
      connection: name,
      from: from.channels,
      to: to.channels,
    });
  };
  if (connection.channels) {
    const seen = new Set<number>();
    for (const [source, target] of connection.channels) {
      const pair = source * 64 + target; // channels are numbered below 64
      if (seen.has(pair)) refuse(`the channel map names ${source} -> ${target} twice; use a gain instead`);
      seen.add(pair);
      if (source >= from.channels || target >= to.channels)
        refuse(
          `the channel map names ${source} -> ${target}, the ports have ${from.channels} and ${to.channels} channels`,
        );
    }
    return connection.channels as [number, number][];
  }
  if (from.channels === to.channels) return Array.from({ length: from.channels }, (_, c) => [c, c]);
  if (from.channels === 1) return Array.from({ length: to.channels }, (_, c) => [0, c]);
  return refuse(`the source has ${from.channels} channels, the destination ${to.channels}; use a channel map`);
}

function wires(name: string, connection: Connection, from: GraphPort, to: GraphPort): Wire[] {
  const gain = dbToGain(connection.gainDb ?? 0);
  const { pan } = connection;
  if (pan !== undefined && (to.channels !== 2 || from.channels > 2))
    throw new AudioCloudError(
      'CHANNELS_MISMATCH',
      `Cannot pan connection '${name}': pan takes one or two channels to two, here ${from.channels} to ${to.channels}`,
      { connection: name },
    );
  const sides = pan === undefined ? [1, 1] : panGains(pan, from.channels);
  return channelPairs(name, connection, from, to).map(([source, target]) => ({
    from: from.firstChannel + source,
    to: to.firstChannel + target,
    gain: pan === undefined ? gain : gain * sides[target]!,
  }));
}

/** The connections of a task as edges between `nodes`. Throws NODE_UNKNOWN, PORT_UNKNOWN, CHANNELS_MISMATCH, GRAPH_INVALID. */
export function graphEdges(task: Task, nodes: GraphNode[]): GraphEdge[] {
  const indices = new Map(nodes.map(({ name }, index) => [name, index]));
  return Object.entries(task.connections ?? {}).map(([name, connection]) => {
    const source = findPort(indices, nodes, connection.from, 'outputs', name);
    const target = findPort(indices, nodes, connection.to, 'inputs', name);
    return {
      connection: name,
      from: source.index,
      to: target.index,
      wires: wires(name, connection, source.port, target.port),
      offsetFrames: connection.offsetFrames ?? 0,
      feedback: connection.feedback ?? false,
    };
  });
}
