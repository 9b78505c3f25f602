import {
  AudioCloudError,
  type Bus,
  type Connection,
  type Endpoint,
  HOST_PARAMETERS,
  hostValue,
  type Instance,
  type Port,
  type Sink,
  type Task,
  valueToNumber,
} from '@audiocloud/api';
import { NO_SOUND, type SoundLookup } from './fixed-sound.ts';
import { type ModelLookup, portWidths } from './graph-nodes.ts';
import { hiddenName } from './hidden-names.ts';

/** A connection as it is rendered. */
export interface RenderedConnection extends Connection {
  /** Linear gain on top of its own: the share that mix and bypass give it. */
  share?: number;
  /** The instance that it leads around. */
  around?: string;
}

/** What a task becomes before it is planned, where instances have a dry path: more buses and connections. */
export interface RenderedTask {
  task: Task;
  /** Instances that have a dry path, by name. */
  dryPaths: ReadonlyMap<string, DryPath>;
  /** Nodes that have a sink of the host, whose name is tapName(node). */
  taps: readonly string[];
}

/** The sink of the host through which a node is listened to. */
export function tapName(node: string): string {
  return hiddenName(node, 'tap');
}

/** The connections of one instance that carry its own sound, and that which goes by it. */
export interface DryPath {
  wet: string;
  dry: string[];
}

/** Linear gains of an instance's sound and of what goes by it: they add up to 1. */
export function shares(instance: Instance): { wet: number; dry: number } {
  const [bypass, mix] = HOST_PARAMETERS.map((parameter) =>
    valueToNumber(parameter, hostValue(instance, parameter)),
  ) as [number, number];
  const wet = bypass === 1 ? 0 : mix / 100;
  return { wet, dry: 1 - wet };
}

const NONE: ReadonlyMap<string, DryPath> = new Map();
const NOBODY: ReadonlySet<string> = new Set();
const NO_TAPS: readonly string[] = [];

/** An instance with a dry path, or in mid and side. */
interface Host {
  name: string;
  instance: Instance;
  input: (Port & { width: number }) | undefined;
  output: Port & { width: number };
  /** Undefined: nothing goes by it. */
  path: DryPath | undefined;
  /** What stands in front of its input, and behind its output: buses that turn left and right into mid and side, and back. */
  encoder: string | undefined;
  decoder: string | undefined;
  /** The bus that stands for what leaves it. */
  bus: string;
}

const ENCODE = [
  [0.5, 0.5],
  [0.5, -0.5],
];
const DECODE = [
  [1, 1],
  [1, -1],
];

function mainPort(ports: readonly Port[], widths: Record<string, number>): (Port & { width: number }) | undefined {
  const port = ports.find(({ kind }) => kind === 'audio');
  return port && { ...port, width: widths[port.id]! };
}

function makeHost(name: string, instance: Instance, modelOf: ModelLookup, soundOf: SoundLookup): Host {
  const model = modelOf(instance.model);
  const refuse = (why: string): never => {
    throw new AudioCloudError('GRAPH_INVALID', `Cannot bypass, mix or turn '${name}' to mid and side: ${why}`, {
      node: name,
    });
  };
  if (instance.fixed !== undefined && !soundOf(instance.fixed))
    refuse("it is a fixed instance whose sound does not pass this engine's device");
  const widths = portWidths(name, instance, model);
  const input = mainPort(model.inputs, widths);
  const output = mainPort(model.outputs, widths) ?? refuse(`${model.id} has no audio output`);
  const { midSide = false, bypass, mix } = instance;
  if (midSide && (input?.width !== 2 || output.width !== 2))
    throw new AudioCloudError(
      'CHANNELS_MISMATCH',
      `Cannot turn '${name}' to mid and side: its input has ${input?.width ?? 0} channels, its output ${output.width}; both must have 2`,
      { node: name, from: input?.width ?? 0, to: output.width },
    );
  const hasDry = bypass !== undefined || mix !== undefined;
  if (hasDry && input && input.width !== output.width && input.width !== 1)
    throw new AudioCloudError(
      'CHANNELS_MISMATCH',
      `Cannot bypass or mix '${name}': its input has ${input.width} channels, its output ${output.width}; give both the same width`,
      { node: name, from: input.width, to: output.width },
    );
  return {
    name,
    instance,
    input,
    output,
    path: hasDry ? { wet: hiddenName(name, 'wet'), dry: [] } : undefined,
    encoder: midSide ? hiddenName(name, 'in') : undefined,
    decoder: midSide ? hiddenName(name, hasDry ? 'sides' : 'out') : undefined,
    bus: hiddenName(name, 'out'),
  };
}

const isPort = (end: Endpoint, port: Port | undefined) =>
  port !== undefined && (end.port === undefined || end.port === port.id);

/** The latest form of a connection for each purpose: as long as nothing of it changes, it is the same object. */
const formsBefore = new WeakMap<object, Map<string, { key: string; form: RenderedConnection }>>();

function formOf(owner: object, purpose: string, form: RenderedConnection): RenderedConnection {
  let forms = formsBefore.get(owner);
  if (!forms) {
    forms = new Map();
    formsBefore.set(owner, forms);
  }
  const key = JSON.stringify(form);
  const before = forms.get(purpose);
  if (before?.key === key) return before.form;
  forms.set(purpose, { key, form });
  return form;
}

/** A connection into the input of an instance, led around it instead: on all channels of a wider output. */
function around(connection: Connection, from: Endpoint, host: Host): RenderedConnection {
  const { input, output, instance, name, bus } = host;
  const { channels, ...rest } = connection;
  const isSpread = input!.width !== output.width;
  const sources = channels?.map(([source]) => source!) ?? [0];
  const spread = sources.flatMap((source) =>
    Array.from({ length: output.width }, (_, target): [number, number] => [source, target]),
  );
  const map = isSpread ? { channels: spread } : channels ? { channels } : {};
  return { ...rest, ...map, from, to: { node: bus }, share: shares(instance).dry, around: name };
}

/**
 * The task as it is rendered: instances with `bypass` or `mix` get a bus that their sound and their input are mixed on,
 * those with `midSide` a bus before them and one behind.
 * Pure; what needs nothing stays the same object. The latency compensation makes the dry way as late as the instance.
 * Nodes that are `listenedTo` get a sink, which never changes the latency of the others.
 *
 * Throws MODEL_UNKNOWN, GRAPH_INVALID, CHANNELS_MISMATCH, PARAMETER_VALUE, PORT_UNKNOWN.
 */
export function renderedTask(
  task: Task,
  modelOf: ModelLookup,
  listenedTo: ReadonlySet<string> = NOBODY,
  soundOf: SoundLookup = NO_SOUND,
): RenderedTask {
  return withTaps(withDryPaths(task, modelOf, soundOf), task, modelOf, listenedTo, soundOf);
}

/** Adds a sink for each node that somebody listens to; nothing for one that is a sink, has no sound, or is not there. */
function withTaps(
  rendered: Omit<RenderedTask, 'taps'>,
  written: Task,
  modelOf: ModelLookup,
  listenedTo: ReadonlySet<string>,
  soundOf: SoundLookup,
): RenderedTask {
  if (listenedTo.size === 0) return { ...rendered, taps: NO_TAPS };
  const { tracks = {}, buses = {}, instances = {} } = written;
  const taps: string[] = [];
  const sinks: Record<string, Sink> = { ...rendered.task.sinks };
  const connections: Record<string, Connection> = { ...rendered.task.connections };
  const find = <T>(part: Record<string, T>, name: string) => (Object.hasOwn(part, name) ? part[name] : undefined);
  for (const name of listenedTo) {
    const track = find(tracks, name);
    const bus = find(buses, name);
    const instance = find(instances, name);
    const isHeard = instance && (instance.fixed === undefined || soundOf(instance.fixed));
    const output = isHeard ? outputOf(name, instance, modelOf) : undefined;
    const channels = track?.channels ?? bus?.outputChannels ?? bus?.inputChannels ?? output?.width;
    if (channels === undefined) continue;
    const out = hiddenName(name, 'out');
    const from = { node: Object.hasOwn(rendered.task.buses ?? {}, out) ? out : name };
    taps.push(name);
    sinks[tapName(name)] = { kind: 'stream', channels };
    connections[tapName(name)] = formOf((track ?? bus ?? instance)!, 'tap', { from, to: { node: tapName(name) } });
  }
  if (taps.length === 0) return { ...rendered, taps };
  return { ...rendered, task: { ...rendered.task, sinks, connections }, taps };
}

function outputOf(name: string, instance: Instance, modelOf: ModelLookup) {
  const model = modelOf(instance.model);
  return mainPort(model.outputs, portWidths(name, instance, model));
}

function withDryPaths(task: Task, modelOf: ModelLookup, soundOf: SoundLookup): Omit<RenderedTask, 'taps'> {
  const { instances = {}, connections = {} } = task;
  const hosts = new Map<string, Host>();
  for (const name of Object.keys(instances)) {
    const instance = instances[name]!;
    if (instance.bypass === undefined && instance.mix === undefined && !instance.midSide) continue;
    hosts.set(name, makeHost(name, instance, modelOf, soundOf));
  }
  if (hosts.size === 0) return { task, dryPaths: NONE };
  const rendered: Record<string, Connection> = {};
  for (const name of Object.keys(connections)) {
    const connection = connections[name]!;
    const { from, to } = connection;
    const isLoop = from.node === to.node; // part of the instance's own sound
    const source = isLoop ? undefined : hosts.get(from.node);
    const target = isLoop ? undefined : hosts.get(to.node);
    const start = source && isPort(from, source.output) ? { node: source.bus } : from;
    const isMain = target !== undefined && isPort(to, target.input);
    const end = isMain && target.encoder ? { node: target.encoder } : to;
    rendered[name] =
      start === from && end === to ? connection : formOf(connection, 'ends', { ...connection, from: start, to: end });
    if (!isMain || !target.path) continue;
    const dry = hiddenName(name, 'dry');
    target.path.dry.push(dry);
    rendered[dry] = formOf(connection, 'dry', around(connection, start, target));
  }
  const buses: Record<string, Bus> = { ...task.buses };
  // The dry ways come first on every bus: a bypassed instance is then left out of the sum without a bit being changed.
  for (const { name, instance, input, output, path, encoder, decoder, bus } of hosts.values()) {
    let end: Endpoint = { node: name, port: output.id };
    if (encoder && decoder) {
      buses[encoder] = { inputChannels: 2, matrix: ENCODE };
      buses[decoder] = { inputChannels: 2, matrix: DECODE };
      rendered[encoder] = formOf(instance, 'in', { from: { node: encoder }, to: { node: name, port: input!.id } });
      rendered[decoder] = formOf(instance, 'sides', { from: end, to: { node: decoder } });
      end = { node: decoder };
    }
    if (!path) continue;
    buses[bus] = { inputChannels: output.width };
    rendered[path.wet] = formOf(instance, 'wet', { from: end, to: { node: bus }, share: shares(instance).wet });
  }
  const dryPaths = new Map([...hosts].flatMap(([name, { path }]) => (path ? [[name, path]] : [])));
  return { task: { ...task, buses, connections: rendered }, dryPaths };
}
