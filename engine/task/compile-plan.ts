import { chunksOf } from '../plan/chunks.ts';
import { BATCH_MAXIMUM, BATCH_RECORD, FLAG, INSTANCE_RECORD, METER_RECORD, OP } from '../render/program.ts';
import { GainCompiler, type GainPlace, type MatrixGains } from './gain-compiler.ts';
import type { Ledger } from './ledger.ts';
import type { LiveEdge } from './live-edge.ts';
import type { LiveGraph } from './live-graph.ts';
import type { LiveNode } from './live-node.ts';
import { type Channel, ProgramWriter } from './program-writer.ts';
import { type ChannelPlace, SoundPaths } from './sound-paths.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';
import { WordList } from './word-list.ts';

export interface CompileInput {
  /** Its edges get their gain records. */
  graph: LiveGraph;
  memories: TaskMemories;
  ledger: Ledger;
  /** Memory of the host's own buffers. */
  home: number;
  maxFrames: number;
  /** Of the plan in use. */
  matricesBefore: MatrixGains | undefined;
}

/** Addresses of one thing for each channel of a node, in one memory. */
export interface NodePlace {
  memory: number;
  channels: number[];
}

export interface CompiledPlan {
  steps: Int32Array;
  pokes: Int32Array;
  clears: Int32Array;
  carries: Int32Array;
  histories: Int32Array;
  gainRecords: Int32Array;
  fades: Float64Array;
  /** Where the outputs of each node are, in the order of the graph; of sinks, their inputs. */
  placeOf: readonly ChannelPlace[];
  /** Where the inputs of nodes that are hardware are, in the order of the graph. */
  sendOf: ReadonlyMap<number, ChannelPlace>;
  /** Meter records by node, one for each channel, in the memory of the host's buffers or of the source. */
  meters: Map<string, NodePlace>;
  matrices: MatrixGains;
  /** Records of gains that were not at their value, or have been sent to another since. Replaced, never changed in place. */
  moving: readonly GainPlace[];
}

/** A wire that leads to a channel: an edge, and which of its wires. */
interface Contribution {
  edge: LiveEdge;
  wire: number;
}

/** Turns a plan into programs inside the memories and the steps between them. One use. [control] */
class Compiler {
  readonly #input: CompileInput;
  readonly #writer: ProgramWriter;
  readonly #paths: SoundPaths;
  readonly #gains: GainCompiler;
  readonly #pokes = new WordList();
  readonly #clears = new WordList();
  readonly #meters = new Map<string, NodePlace>();
  readonly #placeOf: ChannelPlace[] = [];
  readonly #sendOf = new Map<number, ChannelPlace>();
  readonly #silences: number[] = [];
  readonly #bufferBytes: number;
  /** When each node is rendered: the index of its chunk. */
  readonly #placeInOrder: Int32Array;

  constructor(input: CompileInput) {
    const { graph, memories, ledger, maxFrames, matricesBefore } = input;
    this.#input = input;
    this.#placeInOrder = new Int32Array(graph.nodes.length);
    this.#bufferBytes = ((maxFrames + 3) & ~3) * 4;
    this.#writer = new ProgramWriter(this.#bufferBytes);
    this.#gains = new GainCompiler(memories, ledger, matricesBefore);
    this.#paths = new SoundPaths({
      memories,
      ledger,
      writer: this.#writer,
      maxFrames,
      bufferBytes: this.#bufferBytes,
      placeOf: this.#placeOf,
      placeInOrder: this.#placeInOrder,
    });
  }

  compile(): CompiledPlan {
    const { graph, memories, ledger } = this.#input;
    const { nodes } = graph;
    // Every node's outputs have a place before anything is compiled, so that feedback can name a later node.
    for (let n = 0; n < nodes.length; n++) this.#placeOf.push(this.#outputs(nodes[n]!));
    const chunks = chunksOf(graph, (n) => batchMemory(nodes[n]!), BATCH_MAXIMUM);
    chunks.forEach((chunk, c) => {
      for (const n of chunk.nodes) this.#placeInOrder[n] = c;
    });
    for (let c = 0; c < chunks.length; c++) {
      const members = chunks[c]!.nodes;
      this.#writer.chunk = c;
      const inputs: Channel[][] = [];
      for (const n of members) inputs.push(this.#inputs(nodes[n]!, n));
      if (nodes[members[0]!]!.instance) this.#process(members, inputs);
      for (let i = 0; i < members.length; i++) {
        const n = members[i]!;
        const node = nodes[n]!;
        if (node.instance) continue;
        if (node.bus) this.#bus(node, n, inputs[i]!);
        else if (node.sink) this.#placeOf[n] = place(this.#memoryOf(node), inputs[i]!);
        else if (node.node.sound) this.#sendOf.set(n, place(this.#memoryOf(node), inputs[i]!));
        if (!node.isLeaving) this.#meter(node, n);
      }
    }
    this.#writer.chunk = chunks.length;
    this.#paths.hold();
    return {
      steps: this.#writer.link(memories, ledger),
      pokes: this.#pokes.words(),
      clears: this.#clears.words(),
      carries: Int32Array.from(this.#paths.carries),
      histories: this.#paths.histories.words(),
      gainRecords: this.#gains.records,
      fades: this.#gains.fades,
      placeOf: this.#placeOf,
      sendOf: this.#sendOf,
      meters: this.#meters,
      matrices: this.#gains.matrices,
      moving: this.#gains.moving,
    };
  }

  #memoryOf({ instance }: LiveNode): number {
    return instance?.memory ?? this.#input.home;
  }

  #outputs({ instance, node, serial }: LiveNode): ChannelPlace {
    if (instance) return instance.place;
    const { home } = this.#input;
    return place(
      home,
      Array.from({ length: node.outputChannels }, (_, c) => this.#paths.buffer(`out:${serial}:${c}`, home)),
    );
  }

  /** The flag of inputs that nothing is connected to. */
  #silence(memory: number): number {
    this.#silences[memory] ??= this.#input.ledger.use(`silence:${memory}`, memory, 4, (at) => {
      this.#input.memories.list[memory]!.views.u32[at >>> 2] = FLAG.empty;
    });
    return this.#silences[memory];
  }

  /** The wires that lead to each channel of a node. */
  #contributions(n: number, channels: number): (Contribution[] | undefined)[] {
    const { firstEdge, edges } = this.#input.graph;
    const lists: (Contribution[] | undefined)[] = [];
    for (let channel = 0; channel < channels; channel++) lists.push(undefined);
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      const edge = edges[e]!;
      const { wires } = edge;
      for (let wire = 0; wire < wires.length; wire++) {
        const { to } = wires[wire]!;
        const list = lists[to];
        if (list) list.push({ edge, wire });
        else lists[to] = [{ edge, wire }];
      }
    }
    return lists;
  }

  /** The edge that all channels of a node hear, each its own wire of it, as in most connections; undefined when it is otherwise. */
  #onlyEdge(n: number, channels: number): LiveEdge | undefined {
    const { firstEdge, edges } = this.#input.graph;
    if (firstEdge[n + 1]! - firstEdge[n]! !== 1) return undefined;
    const edge = edges[firstEdge[n]!]!;
    const { wires } = edge;
    if (edge.feedback || wires.length !== channels) return undefined;
    for (let wire = 0; wire < channels; wire++) if (wires[wire]!.to !== wire) return undefined;
    return edge;
  }

  /** Where each input channel of a node is heard. */
  #inputs(node: LiveNode, n: number): Channel[] {
    const memory = this.#memoryOf(node);
    const { instance } = node;
    const { inputChannels } = node.node;
    const only = this.#onlyEdge(n, inputChannels);
    const contributions = only ? undefined : this.#contributions(n, inputChannels);
    const channels: Channel[] = [];
    for (let channel = 0; channel < inputChannels; channel++) {
      const heard =
        only && this.#gains.isPlain(only, channel)
          ? this.#paths.heard(only, channel, memory)
          : this.#inputChannel(
              node,
              n,
              channel,
              only ? [{ edge: only, wire: channel }] : contributions![channel],
              memory,
            );
      channels.push(heard);
      if (instance) {
        this.#pokes.push3(memory, instance.inputPointer(channel), heard.address);
        this.#pokes.push3(memory, instance.inputFlagPointer(channel), heard.flag);
      }
    }
    return channels;
  }

  /** What one input channel of a node hears. */
  #inputChannel(node: LiveNode, n: number, channel: number, list: Contribution[] | undefined, memory: number): Channel {
    if (!list) {
      const address = node.instance?.ownInputs[channel] ?? this.#mixBuffer(node, n, channel, memory).address;
      this.#clears.push3(memory, address, this.#bufferBytes);
      return { address, flag: this.#silence(memory) };
    }
    const { edge, wire } = list[0]!;
    if (list.length === 1 && !edge.feedback && this.#gains.isPlain(edge, wire))
      return this.#paths.heard(edge, wire, memory);
    const sources = list.map((one) => this.#paths.heard(one.edge, one.wire, memory));
    const to = this.#mixBuffer(node, n, channel, memory);
    for (let i = 0; i < list.length; i++) {
      const record = this.#gains.wire(list[i]!.edge, list[i]!.wire, memory);
      this.#writer.sound(memory, i === 0 ? OP.copyGain : OP.mix, to, sources[i]!, record);
    }
    return to;
  }

  /** Where sound for a node is mixed: an instance has buffers of its own, and a plain bus mixes right into its output. */
  #mixBuffer(node: LiveNode, n: number, channel: number, memory: number): Channel {
    const key = `in:${node.serial}:${channel}`;
    if (node.instance)
      return { address: node.instance.ownInputs[channel]!, flag: this.#input.ledger.use(`flag:${key}`, memory, 4) };
    if (!isPlain(node)) return this.#paths.buffer(key, memory);
    const { channels, flags } = this.#placeOf[n]!;
    return { address: channels[channel]!, flag: flags[channel]! };
  }

  /** Renders the instances of a chunk. */
  #process(nodes: readonly number[], inputs: readonly Channel[][]): void {
    const instances = nodes.map((n) => this.#input.graph.nodes[n]!.instance!);
    const { memory, record } = instances[0]!;
    let batch = 0;
    if (instances.length > 1) {
      const flags = new Set<number>();
      for (const channels of inputs) for (const { flag } of channels) flags.add(flag);
      batch = this.#batch(memory, instances, [...flags]);
    }
    if (batch === 0) this.#writer.emit(memory, OP.process, 0, record);
    else this.#writer.emit(memory, OP.batch, batch);
    for (const instance of instances) this.#pokes.push3(memory, instance.record + INSTANCE_RECORD.batch, batch);
  }

  /** The record of a batch. Like a program, it never shares its place with those of the plan before. */
  #batch(memory: number, instances: readonly TaskInstance[], inputFlags: readonly number[]): number {
    const { ledger, memories } = this.#input;
    const count = instances.length;
    const recordsAt = BATCH_RECORD.layouts + 8 * count;
    const inputsAt = recordsAt + 4 * count;
    return ledger.use(`batch:${nextBatch++}`, memory, inputsAt + 4 * inputFlags.length, (at) => {
      const { u32 } = memories.list[memory]!.views;
      u32[(at + BATCH_RECORD.records) >>> 2] = at + recordsAt;
      u32[(at + BATCH_RECORD.count) >>> 2] = count;
      u32[(at + BATCH_RECORD.inputs) >>> 2] = at + inputsAt;
      u32[(at + BATCH_RECORD.inputCount) >>> 2] = inputFlags.length;
      instances.forEach(({ record }, i) => {
        u32[((at + recordsAt) >>> 2) + i] = record;
      });
      u32.set(inputFlags, (at + inputsAt) >>> 2);
    });
  }

  #bus(node: LiveNode, n: number, inputs: Channel[]): void {
    const { waitFrames } = this.#input.graph;
    const { matrix } = node.bus!;
    const { memory, channels, flags } = this.#placeOf[n]!;
    channels.forEach((address, o) => {
      const to = { address, flag: flags[o]! };
      const parts = inputs.flatMap((from, i) => {
        if (matrix)
          return [{ from, record: this.#gains.matrix(node, `${o}:${i}`, memory, matrix[o]![i]!, waitFrames) }];
        return i % channels.length === o ? [{ from, record: this.#gains.unity(memory) }] : [];
      });
      parts.forEach(({ from, record }, i) => {
        if (i > 0) this.#writer.sound(memory, OP.mix, to, from, record);
        else if (from.address !== to.address) this.#writer.sound(memory, OP.copyGain, to, from, record);
        else if (from.flag !== to.flag) this.#writer.sound(memory, OP.zero, to, to);
      });
      if (parts.length === 0) this.#writer.sound(memory, OP.zero, to, to);
    });
  }

  #meter({ node, serial }: LiveNode, n: number): void {
    const { memory, channels, flags } = this.#placeOf[n]!;
    const records = channels.map((address, c) => {
      const record = this.#input.ledger.use(`meter:${serial}:${c}`, memory, METER_RECORD.bytes);
      this.#writer.emit(memory, OP.meter, 0, address, record, 0, flags[c]!);
      return record;
    });
    this.#meters.set(node.name, { memory, channels: records });
  }
}

let nextBatch = 1;

/** The memory of an instance that its plugin can render together with others; -1 for all else. */
function batchMemory({ instance }: LiveNode): number {
  return instance?.hasMany ? instance.memory : -1;
}

/** A bus that only adds up. */
function isPlain({ bus, node }: LiveNode): boolean {
  return bus !== undefined && bus.matrix === undefined && node.inputChannels === node.outputChannels;
}

function place(memory: number, channels: readonly Channel[]): ChannelPlace {
  return { memory, channels: channels.map(({ address }) => address), flags: channels.map(({ flag }) => flag) };
}

/**
 * Compiles a plan. Nothing that a render thread is using is touched: what must change with the swap is in the result. [control]
 *
 * Throws TOO_LARGE or INSTANCE_FAILED when a memory has no room for the host's buffers.
 */
export function compilePlan(input: CompileInput): CompiledPlan {
  return new Compiler(input).compile();
}
