import { AudioCloudError, type Bus, type Instance, type Model, type Port, type Task } from '@audiocloud/api';
import type { GraphNode, GraphPort, NodeKind } from './graph.ts';

/** Looks up a model by id. Throws MODEL_UNKNOWN. */
export type ModelLookup = (id: string) => Model;

function numbered(ports: { id: string; channels: number }[]): GraphPort[] {
  let firstChannel = 0;
  return ports.map((port) => {
    const numberedPort = { ...port, firstChannel };
    firstChannel += port.channels;
    return numberedPort;
  });
}

function node(
  name: string,
  kind: NodeKind,
  inputs: { id: string; channels: number }[],
  outputs: { id: string; channels: number }[],
): GraphNode {
  const sum = (ports: { channels: number }[]) => ports.reduce((total, { channels }) => total + channels, 0);
  return {
    name,
    kind,
    inputs: numbered(inputs),
    outputs: numbered(outputs),
    inputChannels: sum(inputs),
    outputChannels: sum(outputs),
    depth: 0,
  };
}

function busNode(name: string, bus: Bus): GraphNode {
  const outputChannels = bus.outputChannels ?? bus.inputChannels;
  if (
    bus.matrix &&
    (bus.matrix.length !== outputChannels || bus.matrix.some((row) => row.length !== bus.inputChannels))
  )
    throw new AudioCloudError(
      'GRAPH_INVALID',
      `Cannot make bus '${name}': its matrix must have ${outputChannels} rows of ${bus.inputChannels} gains`,
      { node: name },
    );
  return node(name, 'bus', [{ id: 'in', channels: bus.inputChannels }], [{ id: 'out', channels: outputChannels }]);
}

/** Widths of the audio ports of an instance: given, or as wide as another port, or the model's default. */
export function portWidths(name: string, instance: Instance, model: Model): Record<string, number> {
  const ports = [...model.inputs, ...model.outputs].filter(
    (port): port is Port & { channels: NonNullable<Port['channels']> } => port.channels !== undefined,
  );
  for (const id of Object.keys(instance.widths ?? {})) {
    if (!ports.some((port) => port.id === id))
      throw new AudioCloudError(
        'PORT_UNKNOWN',
        `Cannot set the width of ${name}.${id}: ${model.id} has the audio ports ${ports.map((port) => port.id).join(', ') || '(none)'}`,
        { node: name, port: id },
      );
  }
  const widthOf = (port: (typeof ports)[number], seen = 0): number => {
    const given = instance.widths?.[port.id];
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

function instanceNode(name: string, instance: Instance, model: Model): GraphNode {
  const widths = portWidths(name, instance, model);
  const audio = (ports: Port[]) =>
    ports.filter(({ kind }) => kind === 'audio').map(({ id }) => ({ id, channels: widths[id]! }));
  return {
    ...node(name, 'instance', audio(model.inputs), audio(model.outputs)),
    model,
    fixed: instance.fixed !== undefined,
  };
}

/** The nodes of a task, in the order they are written. Throws MODEL_UNKNOWN, PORT_UNKNOWN, CHANNELS_MISMATCH, GRAPH_INVALID. */
export function graphNodes(task: Task, modelOf: ModelLookup): GraphNode[] {
  const nodes = [
    ...Object.entries(task.tracks ?? {}).map(([name, track]) =>
      node(name, 'track', [], [{ id: 'out', channels: track.channels }]),
    ),
    ...Object.entries(task.buses ?? {}).map(([name, bus]) => busNode(name, bus)),
    ...Object.entries(task.instances ?? {}).map(([name, instance]) =>
      instanceNode(name, instance, modelOf(instance.model)),
    ),
    ...Object.entries(task.sinks ?? {}).map(([name, sink]) =>
      node(name, 'sink', [{ id: 'in', channels: sink.channels }], []),
    ),
  ];
  const seen = new Map<string, NodeKind>();
  for (const { name, kind } of nodes) {
    const other = seen.get(name);
    if (other)
      throw new AudioCloudError(
        'GRAPH_INVALID',
        `Cannot name a ${kind} '${name}': a ${other} has that name; names of nodes are unique in a task`,
        { node: name },
      );
    seen.set(name, kind);
  }
  return nodes;
}
