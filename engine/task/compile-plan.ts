import type { Bus } from '@audiocloud/api';
import { chunksOf } from '../plan/chunks.ts';
import type { GraphNode, Wire } from '../plan/graph.ts';
import type { Plan, PlanEdge } from '../plan/plan.ts';
import {
  BATCH_MAXIMUM,
  BATCH_RECORD,
  DELAY_RECORD,
  FLAG,
  GAIN_RECORD,
  INSTANCE_RECORD,
  METER_RECORD,
  OP,
  PROGRAM_RECORD_BYTES,
} from '../render/program.ts';
import { STEP, STEP_NUMBERS } from '../render/task-image.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';
import { WordList } from './word-list.ts';

/** A changed gain, and a new connection, goes to its value in a straight line over so many frames. */
export const GAIN_RAMP_FRAMES = 256;

export interface CompileInput {
  plan: Plan;
  buses: Record<string, Bus>;
  instances: Map<string, TaskInstance>;
  memories: TaskMemories;
  ledger: Ledger;
  /** Memory of the host's own buffers. */
  home: number;
  maxFrames: number;
  /** Gains of the plan before; undefined for the first plan of a task. */
  gainsBefore: Gains | undefined;
}

/** The wires of a connection, and the gain records of those that need one, at the same index. */
interface WireGains {
  wires: readonly Wire[];
  records: (LedgerEntry | undefined)[] | undefined;
}

/** The gains of a plan: of connections by their name, and of the matrices of buses by bus, output and input. */
export interface Gains {
  connections: Map<string, WireGains>;
  matrices: Map<string, number>;
}

/** A channel's buffer, and the word that says whether it is silent. */
interface Channel {
  address: number;
  flag: number;
}

/** Addresses of one thing for each channel of a node, in one memory. */
export interface NodePlace {
  memory: number;
  channels: number[];
}

/** Addresses of the channels of a node and of their flags, in one memory. */
export interface ChannelPlace extends NodePlace {
  flags: number[];
}

export interface CompiledPlan {
  steps: Int32Array;
  pokes: Int32Array;
  clears: Int32Array;
  histories: Int32Array;
  gainRecords: Int32Array;
  /** Where the outputs of tracks and buses are, and the inputs of sinks. */
  places: Map<string, ChannelPlace>;
  /** Meter records by node, one for each channel, in the memory of the host's buffers or of the source. */
  meters: Map<string, NodePlace>;
  gains: Gains;
  /** Gain records in use whose target differs from before: memory, address, value. */
  gainChanges: { memory: number; address: number; value: number }[];
}

/** A wire that leads to a channel: an edge, and which of its wires. */
interface Contribution {
  edge: PlanEdge;
  index: number;
}

interface Program {
  memory: number;
  records: WordList;
}

/** Turns a plan into programs inside the memories and the steps between them. One use. [control] */
class Compiler {
  readonly #input: CompileInput;
  readonly #programs = new Map<number, Program>();
  #program: Program | undefined;
  readonly #steps: number[][] = [];
  readonly #pokes = new WordList();
  readonly #clears = new WordList();
  readonly #histories = new WordList();
  readonly #places = new Map<string, ChannelPlace>();
  readonly #meters = new Map<string, NodePlace>();
  readonly #gainRecords = new WordList();
  /** Buffers that keep a block for the next one: by key. */
  readonly #held = new Map<string, { memory: number; from: Channel; to: Channel }>();
  readonly #gains: Gains = { connections: new Map(), matrices: new Map() };
  /** Of each node; undefined for what is no instance. */
  readonly #instanceOf: (TaskInstance | undefined)[];
  readonly #placeOf: ChannelPlace[] = [];
  readonly #silences: number[] = [];
  readonly #gainChanges: CompiledPlan['gainChanges'] = [];
  readonly #landed = new Map<string, Channel>();
  readonly #bufferBytes: number;
  /** When each node is rendered: the index of its chunk. */
  readonly #placeInOrder: Int32Array;

  constructor(input: CompileInput) {
    this.#input = input;
    this.#placeInOrder = new Int32Array(input.plan.nodes.length);
    this.#bufferBytes = ((input.maxFrames + 3) & ~3) * 4;
    const { plan, instances } = input;
    this.#instanceOf = plan.nodes.map(({ kind, name }) => (kind === 'instance' ? instances.get(name) : undefined));
  }

  compile(): CompiledPlan {
    const { plan } = this.#input;
    for (let n = 0; n < plan.nodes.length; n++) this.#placeOutputs(plan.nodes[n]!, n);
    const chunks = chunksOf(plan, (n) => this.#batchMemory(n), BATCH_MAXIMUM);
    chunks.forEach(({ nodes }, c) => {
      for (const n of nodes) this.#placeInOrder[n] = c;
    });
    for (const { nodes } of chunks) {
      const inputs = nodes.map((n) => this.#inputs(plan.nodes[n]!, n, this.#memoryOf(n)));
      this.#process(nodes, inputs);
      nodes.forEach((n, i) => {
        const node = plan.nodes[n]!;
        if (node.kind === 'instance') return;
        const memory = this.#memoryOf(n);
        if (node.kind === 'bus') this.#bus(node, memory, inputs[i]!);
        else if (node.kind === 'sink') this.#setPlace(node.name, n, place(memory, inputs[i]!));
        this.#meter(node);
      });
    }
    for (const { memory, from, to } of this.#held.values()) this.#sound(memory, OP.copy, to, from);
    return {
      steps: this.#link(),
      pokes: this.#pokes.words(),
      clears: this.#clears.words(),
      histories: this.#histories.words(),
      gainRecords: this.#gainRecords.words(),
      places: this.#places,
      meters: this.#meters,
      gains: this.#gains,
      gainChanges: this.#gainChanges,
    };
  }

  #memoryOf(n: number): number {
    return this.#instanceOf[n]?.memory ?? this.#input.home;
  }

  /** The memory of an instance that its plugin can render together with others; -1 for all else. */
  #batchMemory(n: number): number {
    const instance = this.#instanceOf[n];
    return instance?.hasMany ? instance.memory : -1;
  }

  #setPlace(name: string, n: number, at: ChannelPlace): void {
    this.#places.set(name, at);
    this.#placeOf[n] = at;
  }

  #buffer(key: string, memory: number): Channel {
    const { ledger } = this.#input;
    return {
      address: ledger.use(key, memory, this.#bufferBytes),
      flag: ledger.use(`flag:${key}`, memory, 4),
    };
  }

  /** The flag of inputs that nothing is connected to. */
  #silence(memory: number): number {
    this.#silences[memory] ??= this.#input.ledger.use(`silence:${memory}`, memory, 4, (at) => {
      this.#input.memories.list[memory]!.views.u32[at >>> 2] = FLAG.empty;
    });
    return this.#silences[memory];
  }

  /** Every node's outputs have a place before anything is compiled, so that feedback can name a later node. */
  #placeOutputs(node: GraphNode, n: number): void {
    const instance = this.#instanceOf[n];
    if (instance) {
      this.#placeOf[n] = instance.place;
      return;
    }
    const memory = this.#memoryOf(n);
    const buffers = Array.from({ length: node.outputChannels }, (_, c) =>
      this.#buffer(`out:${node.name}:${c}`, memory),
    );
    this.#setPlace(node.name, n, place(memory, buffers));
  }

  /** Appends a record to the program of a memory, in a new segment when another memory was at work before. */
  #emit(memory: number, op: number, a = 0, b = 0, c = 0, toFlag = 0, fromFlag = 0, bytes = 0): void {
    let program = this.#program;
    if (program?.memory !== memory) {
      program = this.#programs.get(memory) ?? { memory, records: new WordList() };
      this.#programs.set(memory, program);
      this.#program = program;
    }
    const { records } = program;
    const index = records.length / (PROGRAM_RECORD_BYTES / 4);
    records.pushRecord(op, a, b, c, toFlag, fromFlag, bytes);
    const last = this.#steps[this.#steps.length - 1];
    if (last && last[0] === STEP.run && last[1] === memory) last[4] = index + 1;
    else this.#steps.push([STEP.run, memory, 0, index, index + 1, 0, 0, 0]);
  }

  /** A record that takes sound from one buffer to another. */
  #sound(memory: number, op: number, to: Channel, from: Channel, record = 0): void {
    this.#emit(memory, op, to.address, from.address, record, to.flag, from.flag, this.#bufferBytes);
  }

  /** A source channel inside `memory`, copied there when it lives elsewhere. */
  #land(edge: PlanEdge, channel: number, memory: number): Channel {
    const from = this.#placeOf[edge.from]!;
    const own = { address: from.channels[channel]!, flag: from.flags[channel]! };
    const sound = edge.feedback ? this.#before(edge, channel, from.memory, own) : own;
    if (from.memory === memory) return sound;
    const key = `land:${this.#input.plan.nodes[edge.from]!.name}:${channel}:${memory}${edge.feedback ? ':before' : ''}`;
    let landing = this.#landed.get(key);
    if (landing === undefined) {
      landing = this.#buffer(key, memory);
      this.#landed.set(key, landing);
      this.#steps.push([STEP.copy, from.memory, sound.address, memory, landing.address, sound.flag, landing.flag, 0]);
    }
    return landing;
  }

  /** Where the block before of a source channel is: in its own place, unless that is written before its hearer reads it. */
  #before(edge: PlanEdge, channel: number, memory: number, from: Channel): Channel {
    let to = from;
    if (this.#placeInOrder[edge.from]! <= this.#placeInOrder[edge.to]!) {
      const key = `held:${this.#input.plan.nodes[edge.from]!.name}:${channel}`;
      to = this.#buffer(key, memory);
      this.#held.set(key, { memory, from, to });
    }
    this.#histories.push3(memory, to.address, this.#bufferBytes);
    return to;
  }

  /** A source channel, delayed. Edges that ask for the same share one delay line. */
  #delayed(edge: PlanEdge, channel: number, memory: number, from: Channel): Channel {
    if (edge.delayFrames === 0) return from;
    const { ledger, plan, maxFrames } = this.#input;
    const key = `delay:${plan.nodes[edge.from]!.name}:${channel}:${edge.delayFrames}:${memory}${edge.feedback ? ':before' : ''}`;
    const known = this.#landed.get(key);
    if (known !== undefined) return known;
    const capacity = 2 ** Math.ceil(Math.log2(edge.delayFrames + maxFrames + 4));
    const ring = ledger.use(`${key}:ring`, memory, capacity * 4);
    const record = ledger.use(`${key}:record`, memory, DELAY_RECORD.bytes, (at) => {
      const { u32 } = this.#input.memories.list[memory]!.views;
      u32[(at + DELAY_RECORD.ring) >>> 2] = ring;
      u32[(at + DELAY_RECORD.capacity) >>> 2] = capacity;
      u32[(at + DELAY_RECORD.delay) >>> 2] = edge.delayFrames;
    });
    this.#histories.push3(memory, ring, capacity * 4);
    const to = this.#buffer(`${key}:out`, memory);
    this.#sound(memory, OP.delay, to, from, record);
    this.#landed.set(key, to);
    return to;
  }

  /** Prepares a new gain record: from the gain before, on its way to the one wanted. */
  #prepareGain(memory: number, at: number, before: number, gain: number): void {
    const { f32, u32 } = this.#input.memories.list[memory]!.views;
    const word = at >>> 2;
    f32[word + (GAIN_RECORD.current >> 2)] = before;
    f32[word + (GAIN_RECORD.target >> 2)] = gain;
    f32[word + (GAIN_RECORD.step >> 2)] = (gain - before) / GAIN_RAMP_FRAMES;
    u32[word + (GAIN_RECORD.remaining >> 2)] = gain === before ? 0 : GAIN_RAMP_FRAMES;
  }

  /** The gain record of a place in the matrix of a bus. A gain that changed, and a bus new to a playing task, ramps. */
  #matrixRecord(key: string, memory: number, gain: number): number {
    const { gainsBefore, ledger } = this.#input;
    const before = gainsBefore ? (gainsBefore.matrices.get(key) ?? 0) : gain;
    this.#gains.matrices.set(key, gain);
    let isNew = false;
    const address = ledger.use(`gain:${key}`, memory, GAIN_RECORD.bytes, (at) => {
      isNew = true;
      this.#prepareGain(memory, at, before, gain);
    });
    if (!isNew && gain !== before) this.#gainChanges.push({ memory, address, value: gain });
    this.#gainRecords.push2(memory, address);
    return address;
  }

  /** Where a wire is among those that the connection had in the plan before; -1: it is new. */
  #indexBefore(before: WireGains | undefined, edge: PlanEdge, index: number): number {
    if (!before) return -1;
    if (before.wires === edge.wires) return index;
    const { from, to } = edge.wires[index]!;
    return before.wires.findIndex((wire) => wire.from === from && wire.to === to);
  }

  /** The gain record of a wire. A gain that changed, and a wire new to a playing task, ramps. */
  #gainRecord({ edge, index }: Contribution, memory: number): number {
    const { gainsBefore, ledger } = this.#input;
    const { gain } = edge.wires[index]!;
    const connection = gainsBefore?.connections.get(edge.connection);
    const i = this.#indexBefore(connection, edge, index);
    const before = gainsBefore ? (connection?.wires[i]?.gain ?? 0) : gain;
    let record = connection?.records?.[i];
    if (record?.memory === memory) {
      ledger.keep(record);
      if (gain !== before) this.#gainChanges.push({ memory, address: record.address, value: gain });
    } else {
      record = ledger.take(memory, GAIN_RECORD.bytes);
      this.#prepareGain(memory, record.address, before, gain);
    }
    const now = this.#gains.connections.get(edge.connection)!;
    now.records ??= [];
    now.records[index] = record;
    this.#gainRecords.push2(memory, record.address);
    return record.address;
  }

  /** Whether a wire of the plan before carried its sound unchanged, and is on its way to no other gain. */
  #isSettled({ edge, index }: Contribution): boolean {
    const { gainsBefore, memories } = this.#input;
    if (!gainsBefore) return true;
    const before = gainsBefore.connections.get(edge.connection);
    const i = this.#indexBefore(before, edge, index);
    if (before?.wires[i]?.gain !== 1) return false;
    const record = before.records?.[i];
    if (!record) return true;
    const { f32, u32 } = memories.list[record.memory]!.views;
    const word = record.address >>> 2;
    return f32[word + (GAIN_RECORD.target >> 2)] === 1 && u32[word + (GAIN_RECORD.remaining >> 2)] === 0;
  }

  /** The wires that lead to each channel of a node. */
  #contributions(n: number, channels: number): (Contribution[] | undefined)[] {
    const { firstEdge, edges } = this.#input.plan;
    const lists: (Contribution[] | undefined)[] = [];
    for (let channel = 0; channel < channels; channel++) lists.push(undefined);
    for (let e = firstEdge[n]!; e < firstEdge[n + 1]!; e++) {
      const edge = edges[e]!;
      const { wires, connection } = edge;
      this.#gains.connections.set(connection, { wires, records: undefined });
      for (let index = 0; index < wires.length; index++) {
        const { to } = wires[index]!;
        const list = lists[to];
        if (list) list.push({ edge, index });
        else lists[to] = [{ edge, index }];
      }
    }
    return lists;
  }

  #inputs(node: GraphNode, n: number, memory: number): Channel[] {
    const contributions = this.#contributions(n, node.inputChannels);
    const instance = this.#instanceOf[n];
    const channels: Channel[] = [];
    for (let channel = 0; channel < node.inputChannels; channel++) {
      const heard = this.#inputChannel(node, n, channel, contributions[channel], memory);
      channels.push(heard);
      if (instance) {
        this.#pokes.push3(memory, instance.inputPointer(channel), heard.address);
        this.#pokes.push3(memory, instance.inputFlagPointer(channel), heard.flag);
      }
    }
    return channels;
  }

  /** What one input channel of a node hears. */
  #inputChannel(
    node: GraphNode,
    n: number,
    channel: number,
    list: Contribution[] | undefined,
    memory: number,
  ): Channel {
    if (!list) {
      const address = this.#instanceOf[n]?.ownInputs[channel] ?? this.#mixBuffer(node, n, channel, memory).address;
      this.#clears.push3(memory, address, this.#bufferBytes);
      return { address, flag: this.#silence(memory) };
    }
    const first = list[0]!;
    if (
      list.length === 1 &&
      first.edge.wires[first.index]!.gain === 1 &&
      !first.edge.feedback &&
      this.#isSettled(first)
    )
      return this.#heard(first, memory);
    const sources = list.map((one) => this.#heard(one, memory));
    const to = this.#mixBuffer(node, n, channel, memory);
    for (let i = 0; i < list.length; i++)
      this.#sound(memory, i === 0 ? OP.copyGain : OP.mix, to, sources[i]!, this.#gainRecord(list[i]!, memory));
    return to;
  }

  #heard({ edge, index }: Contribution, memory: number): Channel {
    const { from } = edge.wires[index]!;
    return this.#delayed(edge, from, memory, this.#land(edge, from, memory));
  }

  /** Where sound for a node is mixed: an instance has buffers of its own, and a plain bus mixes right into its output. */
  #mixBuffer(node: GraphNode, n: number, channel: number, memory: number): Channel {
    const instance = this.#instanceOf[n];
    const key = `in:${node.name}:${channel}`;
    if (instance)
      return { address: instance.ownInputs[channel]!, flag: this.#input.ledger.use(`flag:${key}`, memory, 4) };
    if (node.kind !== 'bus' || !this.#isPlain(node)) return this.#buffer(key, memory);
    const { channels, flags } = this.#placeOf[n]!;
    return { address: channels[channel]!, flag: flags[channel]! };
  }

  #isPlain(node: GraphNode): boolean {
    return this.#input.buses[node.name]!.matrix === undefined && node.inputChannels === node.outputChannels;
  }

  /** Renders the instances of a chunk. */
  #process(nodes: readonly number[], inputs: readonly Channel[][]): void {
    const instances = nodes.flatMap((n) => this.#instanceOf[n] ?? []);
    if (instances.length === 0) return;
    const { memory, layout, record } = instances[0]!;
    const flags = new Set<number>();
    for (const channels of inputs) for (const { flag } of channels) flags.add(flag);
    const batch = instances.length === 1 ? 0 : this.#batch(memory, instances, [...flags]);
    if (batch === 0) this.#emit(memory, OP.process, layout, record);
    else this.#emit(memory, OP.batch, batch);
    for (const instance of instances) this.#pokes.push3(memory, instance.record + INSTANCE_RECORD.batch, batch);
  }

  /** The record of a batch. Like a program, it never shares its place with those of the plan before. */
  #batch(memory: number, instances: readonly TaskInstance[], inputFlags: readonly number[]): number {
    const { ledger, memories } = this.#input;
    const count = instances.length;
    const entriesAt = BATCH_RECORD.layouts + 8 * count;
    const inputsAt = entriesAt + 8 * count;
    return ledger.use(`batch:${nextUnique++}`, memory, inputsAt + 4 * inputFlags.length, (at) => {
      const { u32 } = memories.list[memory]!.views;
      u32[(at + BATCH_RECORD.entries) >>> 2] = at + entriesAt;
      u32[(at + BATCH_RECORD.count) >>> 2] = count;
      u32[(at + BATCH_RECORD.inputs) >>> 2] = at + inputsAt;
      u32[(at + BATCH_RECORD.inputCount) >>> 2] = inputFlags.length;
      instances.forEach(({ layout, record }, i) => {
        u32[((at + entriesAt) >>> 2) + 2 * i] = layout;
        u32[((at + entriesAt) >>> 2) + 2 * i + 1] = record;
      });
      u32.set(inputFlags, (at + inputsAt) >>> 2);
    });
  }

  #bus(node: GraphNode, memory: number, inputs: Channel[]): void {
    const { matrix } = this.#input.buses[node.name]!;
    const { channels, flags } = this.#places.get(node.name)!;
    channels.forEach((address, o) => {
      const to = { address, flag: flags[o]! };
      const parts = inputs.flatMap((from, i) => {
        if (!matrix) return i % channels.length === o ? [{ from, record: this.#unity(memory) }] : [];
        return [{ from, record: this.#matrixRecord(`${node.name}#${o}:${i}`, memory, matrix[o]![i]!) }];
      });
      parts.forEach(({ from, record }, i) => {
        if (i > 0) this.#sound(memory, OP.mix, to, from, record);
        else if (from.address !== to.address) this.#sound(memory, OP.copyGain, to, from, record);
        else if (from.flag !== to.flag) this.#sound(memory, OP.zero, to, to);
      });
      if (parts.length === 0) this.#sound(memory, OP.zero, to, to);
    });
  }

  /** A gain of 1 that never changes. */
  #unity(memory: number): number {
    return this.#input.ledger.use(`unity:${memory}`, memory, GAIN_RECORD.bytes, (at) => {
      const { f32 } = this.#input.memories.list[memory]!.views;
      f32[(at + GAIN_RECORD.current) >>> 2] = 1;
      f32[(at + GAIN_RECORD.target) >>> 2] = 1;
    });
  }

  #meter(node: GraphNode): void {
    const { memory, channels, flags } = this.#places.get(node.name)!;
    const records = channels.map((address, c) => {
      const record = this.#input.ledger.use(`meter:${node.name}:${c}`, memory, METER_RECORD.bytes);
      this.#emit(memory, OP.meter, 0, address, record, 0, flags[c]!);
      return record;
    });
    this.#meters.set(node.name, { memory, channels: records });
  }

  /** Writes the programs into their memories and their addresses into the steps. */
  #link(): Int32Array {
    const { ledger, memories } = this.#input;
    for (const { memory, records } of this.#programs.values()) {
      const program = records.words();
      // A program never shares its place with the one before: that is still being run.
      const address = ledger.use(`program:${nextUnique++}`, memory, program.length * 4, (at) => {
        memories.list[memory]!.views.i32.set(program, at >>> 2);
      });
      for (const step of this.#steps) if (step[0] === STEP.run && step[1] === memory) step[2] = address;
    }
    const steps = new Int32Array(new SharedArrayBuffer(this.#steps.length * STEP_NUMBERS * 4));
    this.#steps.forEach((step, s) => {
      steps.set(step, s * STEP_NUMBERS);
    });
    return steps;
  }
}

let nextUnique = 1;

function place(memory: number, channels: readonly Channel[]): ChannelPlace {
  return { memory, channels: channels.map(({ address }) => address), flags: channels.map(({ flag }) => flag) };
}

/** Compiles a plan. Nothing that a render thread is using is touched: what must change with the swap is in the result. [control] */
export function compilePlan(input: CompileInput): CompiledPlan {
  return new Compiler(input).compile();
}
