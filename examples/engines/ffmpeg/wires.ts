import { AudioCloudError, type Connection, type Task } from '@audiocloud/api';
import { gainOf, MODELS } from './models.ts';
import { unable } from './unable.ts';

/** A node of a task, with its first input and output; 0 channels where it has none. */
export interface Node {
  kind: 'track' | 'bus' | 'instance' | 'sink';
  inputChannels: number;
  outputChannels: number;
  /** Names of its ports. */
  input: string | undefined;
  output: string | undefined;
}

/** A connection as gains. */
export interface Wire {
  name: string;
  from: string;
  to: string;
  /** gains[destination][source]. */
  gains: number[][];
  delayFrames: number;
}

/** Throws MODEL_UNKNOWN, ENGINE_UNABLE. */
export function nodesOf({ tracks = {}, buses = {}, instances = {}, sinks = {} }: Task): Map<string, Node> {
  const nodes = new Map<string, Node>();
  for (const [name, { channels }] of Object.entries(tracks))
    nodes.set(name, { kind: 'track', inputChannels: 0, outputChannels: channels, input: undefined, output: 'out' });
  for (const [name, { inputChannels, outputChannels = inputChannels }] of Object.entries(buses))
    nodes.set(name, { kind: 'bus', inputChannels, outputChannels, input: 'in', output: 'out' });
  for (const [name, { channels }] of Object.entries(sinks))
    nodes.set(name, { kind: 'sink', inputChannels: channels, outputChannels: 0, input: 'in', output: undefined });
  for (const [name, instance] of Object.entries(instances)) {
    const entry = MODELS.get(instance.model.split('@')[0]!);
    if (!entry)
      throw new AudioCloudError(
        'MODEL_UNKNOWN',
        `Cannot find the model '${instance.model}': there are ${[...MODELS.keys()].join(', ')}`,
      );
    for (const part of ['fixed', 'midSide', 'offsetFrames', 'media', 'state'] as const)
      if (instance[part]) throw unable(`do '${part}' of instance '${name}'`);
    if ((instance.mix ?? 100) !== 100) throw unable(`mix instance '${name}' with its input`);
    const { inputs, outputs } = entry.model;
    const { in: inputChannels = 2, out = inputChannels } = instance.widths ?? {};
    if (inputs[0] && out !== inputChannels) throw unable(`give instance '${name}' an output as wide as no input`);
    nodes.set(name, {
      kind: 'instance',
      inputChannels: inputs[0] ? inputChannels : 0,
      outputChannels: out,
      input: inputs[0]?.id,
      output: outputs[0]?.id,
    });
  }
  return nodes;
}

/** Throws NODE_UNKNOWN, PORT_UNKNOWN, CHANNELS_MISMATCH, GRAPH_CYCLE, ENGINE_UNABLE. */
export function wiresOf({ connections = {} }: Task, nodes: ReadonlyMap<string, Node>): Wire[] {
  const wires = Object.entries(connections).map(([name, connection]) => wireOf(name, connection, nodes));
  refuseCycle(wires);
  return wires;
}

function wireOf(name: string, connection: Connection, nodes: ReadonlyMap<string, Node>): Wire {
  const { from, to, offsetFrames = 0, feedback } = connection;
  const end = ({ node, port }: Connection['from'], side: 'input' | 'output'): Node => {
    const found = nodes.get(node);
    if (!found)
      throw new AudioCloudError('NODE_UNKNOWN', `Cannot make connection '${name}': there is no node '${node}'`);
    if (found[side] === undefined || (port !== undefined && port !== found[side]))
      throw new AudioCloudError(
        'PORT_UNKNOWN',
        `Cannot make connection '${name}': '${node}' has no ${side} '${port ?? 'at all'}'`,
      );
    return found;
  };
  const [source, destination] = [end(from, 'output').outputChannels, end(to, 'input').inputChannels];
  if (feedback) throw unable(`make connection '${name}', which is feedback`);
  if (offsetFrames < 0) throw unable(`have connection '${name}' come earlier`);
  const gains = Array.from({ length: destination }, () => new Array<number>(source).fill(0));
  const where = `${from.node} to ${to.node} (connection '${name}'): ${source} channels to ${destination}`;
  const refuse = (why: string): never => {
    throw new AudioCloudError('CHANNELS_MISMATCH', `Cannot connect ${where}${why}`);
  };
  const gain = gainOf(connection.gainDb ?? 0);
  const pairs = connection.channels ?? plainPairs(source, destination) ?? refuse('; use a channel map');
  for (const [a, b] of pairs) {
    if (a >= source || b >= destination) refuse(`, the channel map names ${a} to ${b}`);
    gains[b]![a] = gain;
  }
  if (connection.pan !== undefined) {
    if (destination !== 2 || source > 2 || connection.channels) refuse(', pan goes from one or two to two');
    const angle = ((connection.pan + 1) * Math.PI) / 4;
    const sides =
      source === 1
        ? [Math.cos(angle), Math.sin(angle)]
        : [Math.min(1, 1 - connection.pan), Math.min(1, 1 + connection.pan)];
    sides.forEach((side, c) => {
      gains[c] = gains[c]!.map((one) => one * side);
    });
  }
  return { name, from: from.node, to: to.node, gains, delayFrames: offsetFrames };
}

function plainPairs(source: number, destination: number): [number, number][] | undefined {
  if (source !== destination && source !== 1) return undefined;
  return Array.from({ length: destination }, (_, c) => [source === 1 ? 0 : c, c]);
}

function refuseCycle(wires: readonly Wire[]): void {
  const next = Map.groupBy(wires, ({ from }) => from);
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): void => {
    if (way.includes(node)) {
      const round = [...way.slice(way.indexOf(node)), node].join(' -> ');
      throw new AudioCloudError('GRAPH_CYCLE', `Cannot order the graph: ${round} goes round in a circle`);
    }
    if (done.has(node)) return;
    for (const { to } of next.get(node) ?? []) visit(to, [...way, node]);
    done.add(node);
  };
  for (const { from } of wires) visit(from, []);
}
