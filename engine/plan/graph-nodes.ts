import { AudioCloudError, type Bus, type Instance, type Model, type Port, type Task } from '@audiocloud/api';
import { type FixedSound, NO_SOUND, type SoundLookup } from './fixed-sound.ts';
import type { GraphNode, GraphPort, NodeKind, NodePorts } from './graph.ts';

/** Looks up a model by id. Throws MODEL_UNKNOWN. */
export type ModelLookup = (id: string) => Model;

/** The nodes of a task, and where each name is among them. */
export interface NodeTable {
  nodes: GraphNode[];
  indices: Map<string, number>;
}

type AudioPort = Port & { channels: NonNullable<Port['channels']> };

function audioPorts(model: Model): AudioPort[] {
  return [...model.inputs, ...model.outputs].filter((port): port is AudioPort => port.channels !== undefined);
}

/** Widths of the audio ports of an instance: given, or as wide as another port, or the model's default. */
export function portWidths(name: string, instance: Instance, model: Model): Record<string, number> {
  const ports = audioPorts(model);
  for (const id of Object.keys(instance.widths ?? {})) {
    if (!ports.some((port) => port.id === id))
      throw new AudioCloudError(
        'PORT_UNKNOWN',
        `Cannot set the width of ${name}.${id}: ${model.id} has the audio ports ${ports.map((port) => port.id).join(', ') || '(none)'}`,
        { node: name, port: id },
      );
  }
  const widthOf = (port: AudioPort, seen = 0): number => {
    const { widths } = instance;
    const given = widths && Object.hasOwn(widths, port.id) ? widths[port.id] : undefined; // not what every object has
    const like = port.channels.as && seen < ports.length ? ports.find(({ id }) => id === port.channels.as) : undefined;
    return given ?? (like ? widthOf(like, seen + 1) : port.channels.default);
  };
  return Object.fromEntries(
    ports.map((port) => {
      const width = widthOf(port);
      const { min, max } = port.channels;
      if (width < min || width > max)
        throw new AudioCloudError(
          'CHANNELS_MISMATCH',
          `Cannot make ${name}.${port.id} ${width} channels wide: ${model.id} takes ${min} to ${max}`,
          { node: name, port: port.id, width },
        );
      return [port.id, width];
    }),
  );
}

interface Width {
  id: string;
  channels: number;
}

function nodePorts(inputWidths: Width[], outputWidths: Width[]): NodePorts {
  const numbered = (widths: Width[]): [GraphPort[], number] => {
    let firstChannel = 0;
    const ports = widths.map(({ id, channels }) => {
      const port = { id, channels, firstChannel };
      firstChannel += channels;
      return port;
    });
    return [ports, firstChannel];
  };
  const [inputs, inputChannels] = numbered(inputWidths);
  const [outputs, outputChannels] = numbered(outputWidths);
  return { inputs, outputs, inputChannels, outputChannels };
}

/** Ports and group of the instances of one model that have the same widths. */
interface Shape {
  ports: NodePorts;
  group: number;
}

/** The shapes of a model, by the widths of its audio ports in their order. */
interface ModelShapes {
  ids: string[];
  byWidths: Map<string, Shape>;
}

/** Widths given to ports, in the order of the ports: a key. Undefined when one is given to no port of the model. */
function widthsKey(widths: Record<string, number> | undefined, ids: readonly string[]): string | undefined {
  if (!widths) return '';
  let missing = Object.keys(widths).length;
  if (missing === 0) return '';
  let key = '';
  for (const id of ids) {
    if (Object.hasOwn(widths, id)) {
      key += widths[id];
      missing -= 1;
    }
    key += ',';
  }
  return missing === 0 ? key : undefined;
}

const GROUP_OF_KIND = { track: 0, bus: 1, sink: 2 } as const;
const FIRST_GROUP_OF_A_MODEL = 3;

/** Works out the ports of a model once for each set of widths, not once for each instance. For one table of nodes. */
class Shapes {
  readonly #byModel = new Map<Model, ModelShapes>();
  #groups = FIRST_GROUP_OF_A_MODEL;

  /** Throws PORT_UNKNOWN, CHANNELS_MISMATCH. */
  of(name: string, instance: Instance, model: Model): Shape {
    let shapes = this.#byModel.get(model);
    if (!shapes) {
      shapes = { ids: audioPorts(model).map(({ id }) => id), byWidths: new Map() };
      this.#byModel.set(model, shapes);
    }
    const { ids, byWidths } = shapes;
    const given = widthsKey(instance.widths, ids);
    const known = given === undefined ? undefined : byWidths.get(given);
    if (known) return known;
    const widths = portWidths(name, instance, model); // refuses, among others, what has no key
    const all = widthsKey(widths, ids)!;
    let shape = byWidths.get(all); // other widths given may come to the same
    if (!shape) {
      const ports = (list: Port[]) =>
        list.filter(({ kind }) => kind === 'audio').map(({ id }) => ({ id, channels: widths[id]! }));
      shape = { ports: nodePorts(ports(model.inputs), ports(model.outputs)), group: this.#groups++ };
      byWidths.set(all, shape);
    }
    byWidths.set(given!, shape);
    return shape;
  }
}

function busPorts(name: string, { inputChannels, outputChannels = inputChannels, matrix }: Bus): NodePorts {
  if (matrix && (matrix.length !== outputChannels || matrix.some((row) => row.length !== inputChannels)))
    throw new AudioCloudError(
      'GRAPH_INVALID',
      `Cannot make bus '${name}': its matrix must have ${outputChannels} rows of ${inputChannels} gains`,
      { node: name },
    );
  return nodePorts([{ id: 'in', channels: inputChannels }], [{ id: 'out', channels: outputChannels }]);
}

/** Throws CHANNELS_MISMATCH when the ports of an instance are not as wide as what its hardware is connected to. */
function hardwareSound(
  name: string,
  fixed: string,
  { inputChannels, outputChannels }: NodePorts,
  soundOf: SoundLookup,
): FixedSound | undefined {
  const sound = soundOf(fixed);
  if (!sound || (sound.send.length === inputChannels && sound.return.length === outputChannels)) return sound;
  throw new AudioCloudError(
    'CHANNELS_MISMATCH',
    `Cannot use ${fixed} as '${name}': in the rack it has ${sound.send.length} send and ${sound.return.length} return channels, as an instance of this task ${inputChannels} in and ${outputChannels} out; correct its widths or the rack`,
    { node: name, fixed },
  );
}

/**
 * The nodes of a task, in the order they are written: tracks, buses, instances, sinks. Their depth is not known yet, so 0.
 *
 * Throws MODEL_UNKNOWN, PORT_UNKNOWN, CHANNELS_MISMATCH, GRAPH_INVALID.
 */
export function graphNodes(task: Task, modelOf: ModelLookup, soundOf: SoundLookup = NO_SOUND): NodeTable {
  const nodes: GraphNode[] = [];
  const indices = new Map<string, number>();
  const add = (
    name: string,
    kind: NodeKind,
    { inputs, outputs, inputChannels, outputChannels }: NodePorts,
    group: number,
    model: Model | undefined,
    fixed: boolean,
    sound?: FixedSound,
  ) => {
    const other = indices.get(name);
    if (other !== undefined)
      throw new AudioCloudError(
        'GRAPH_INVALID',
        `Cannot name a ${kind} '${name}': a ${nodes[other]!.kind} has that name; names of nodes are unique in a task`,
        { node: name },
      );
    indices.set(name, nodes.length);
    nodes.push({ name, kind, inputs, outputs, inputChannels, outputChannels, model, fixed, sound, depth: 0, group });
  };
  const { tracks = {}, buses = {}, instances = {}, sinks = {} } = task;
  // Keys and look-ups, not entries: of a record of a thousand names those take a third of the time.
  for (const name of Object.keys(tracks))
    add(
      name,
      'track',
      nodePorts([], [{ id: 'out', channels: tracks[name]!.channels }]),
      GROUP_OF_KIND.track,
      undefined,
      false,
    );
  for (const name of Object.keys(buses))
    add(name, 'bus', busPorts(name, buses[name]!), GROUP_OF_KIND.bus, undefined, false);
  const shapes = new Shapes();
  for (const name of Object.keys(instances)) {
    const instance = instances[name]!;
    const model = modelOf(instance.model);
    const { ports, group } = shapes.of(name, instance, model);
    const { fixed } = instance;
    const sound = fixed === undefined ? undefined : hardwareSound(name, fixed, ports, soundOf);
    add(name, 'instance', ports, group, model, fixed !== undefined, sound);
  }
  for (const name of Object.keys(sinks))
    add(
      name,
      'sink',
      nodePorts([{ id: 'in', channels: sinks[name]!.channels }], []),
      GROUP_OF_KIND.sink,
      undefined,
      false,
    );
  return { nodes, indices };
}
