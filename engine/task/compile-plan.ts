import type { Bus } from '@audiocloud/api';
import type { GraphNode, Wire } from '../plan/graph.ts';
import type { Plan, PlanEdge } from '../plan/plan.ts';
import {
  BATCH_MAXIMUM,
  BATCH_RECORD,
  DELAY_RECORD,
  FLAG,
  GAIN_RECORD,
  METER_RECORD,
  OP,
  PROGRAM_RECORD_BYTES,
} from '../render/program.ts';
import { STEP, STEP_NUMBERS } from '../render/task-image.ts';
import type { Ledger } from './ledger.ts';
import type { TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';

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
  /** Gains of the plan before, by wire; undefined for the first plan of a task. */
  gainsBefore: Map<string, number> | undefined;
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
  /** Where each node's outputs are; of sinks, their inputs. */
  places: Map<string, ChannelPlace>;
  /** Meter records by node, one for each channel, in the memory of the host's buffers or of the source. */
  meters: Map<string, NodePlace>;
  gains: Map<string, number>;
  /** Gain records in use whose target differs from before: memory, address, value. */
  gainChanges: { memory: number; address: number; value: number }[];
}

interface Contribution {
  edge: PlanEdge;
  wire: Wire;
}

/** Turns a plan into programs inside the memories and the steps between them. One use. [control] */
class Compiler {
  readonly #input: CompileInput;
  readonly #programs = new Map<number, number[]>();
  readonly #steps: number[][] = [];
  readonly #pokes: number[] = [];
  readonly #clears: number[] = [];
  readonly #histories: number[] = [];
  readonly #places = new Map<string, ChannelPlace>();
  readonly #meters = new Map<string, NodePlace>();
  readonly #gainRecords: number[] = [];
  /** Buffers that keep a block for the next one: by key. */
  readonly #held = new Map<string, { memory: number; from: Channel; to: Channel }>();
  readonly #gains = new Map<string, number>();
  readonly #gainChanges: CompiledPlan['gainChanges'] = [];
  readonly #landed = new Map<string, Channel>();
  readonly #bufferBytes: number;

  constructor(input: CompileInput) {
    this.#input = input;
    this.#bufferBytes = ((input.maxFrames + 3) & ~3) * 4;
  }

  compile(): CompiledPlan {
    const { plan } = this.#input;
    for (const node of plan.nodes) this.#placeOutputs(node);
    // Depth by depth: first what everything of this depth hears, then everything, so that instances of one model can be
    // rendered together.
    for (let n = 0; n < plan.nodes.length; ) {
      const first = n;
      const { depth } = plan.nodes[n]!;
      const inputs: Channel[][] = [];
      for (; n < plan.nodes.length && plan.nodes[n]!.depth === depth; n++) {
        const node = plan.nodes[n]!;
        inputs.push(this.#inputs(node, n, this.#memoryOf(node)));
      }
      const nodes = plan.nodes.slice(first, n);
      this.#process(nodes);
      nodes.forEach((node, i) => {
        if (node.kind === 'instance') return;
        const memory = this.#memoryOf(node);
        if (node.kind === 'bus') this.#bus(node, memory, inputs[i]!);
        else if (node.kind === 'sink') this.#places.set(node.name, place(memory, inputs[i]!));
        this.#meter(node);
      });
    }
    for (const { memory, from, to } of this.#held.values()) this.#sound(memory, OP.copy, to, from);
    return {
      steps: this.#link(),
      pokes: Int32Array.from(this.#pokes),
      clears: Int32Array.from(this.#clears),
      histories: Int32Array.from(this.#histories),
      gainRecords: Int32Array.from(this.#gainRecords),
      places: this.#places,
      meters: this.#meters,
      gains: this.#gains,
      gainChanges: this.#gainChanges,
    };
  }

  #memoryOf(node: GraphNode): number {
    return this.#input.instances.get(node.name)?.memory ?? this.#input.home;
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
    return this.#input.ledger.use(`silence:${memory}`, memory, 4, (at) => {
      this.#input.memories.list[memory]!.views.u32[at >>> 2] = FLAG.empty;
    });
  }

  /** Every node's outputs have a place before anything is compiled, so that feedback can name a later node. */
  #placeOutputs(node: GraphNode): void {
    const memory = this.#memoryOf(node);
    const instance = this.#input.instances.get(node.name);
    this.#places.set(
      node.name,
      instance
        ? { memory, channels: instance.outputs, flags: instance.outputFlags }
        : place(
            memory,
            Array.from({ length: node.outputChannels }, (_, c) => this.#buffer(`out:${node.name}:${c}`, memory)),
          ),
    );
  }

  /** Appends a record to the program of a memory, in a new segment when another memory was at work before. */
  #emit(memory: number, op: number, a = 0, b = 0, c = 0, toFlag = 0, fromFlag = 0, bytes = 0): void {
    const program = this.#programs.get(memory) ?? [];
    this.#programs.set(memory, program);
    const index = program.length / (PROGRAM_RECORD_BYTES / 4);
    program.push(op, a, b, c, toFlag, fromFlag, bytes, 0);
    const last = this.#steps.at(-1);
    if (last && last[0] === STEP.run && last[1] === memory) last[4] = index + 1;
    else this.#steps.push([STEP.run, memory, 0, index, index + 1, 0, 0, 0]);
  }

  /** A record that takes sound from one buffer to another. */
  #sound(memory: number, op: number, to: Channel, from: Channel, record = 0): void {
    this.#emit(memory, op, to.address, from.address, record, to.flag, from.flag, this.#bufferBytes);
  }

  /** A source channel inside `memory`, copied there when it lives elsewhere. */
  #land(edge: PlanEdge, channel: number, memory: number): Channel {
    const source = this.#input.plan.nodes[edge.from]!;
    const from = this.#places.get(source.name)!;
    const own = { address: from.channels[channel]!, flag: from.flags[channel]! };
    const sound = edge.feedback ? this.#before(edge, channel, from.memory, own) : own;
    if (from.memory === memory) return sound;
    const key = `land:${source.name}:${channel}:${memory}${edge.feedback ? ':before' : ''}`;
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
    if (edge.from <= edge.to) {
      const key = `held:${this.#input.plan.nodes[edge.from]!.name}:${channel}`;
      to = this.#buffer(key, memory);
      this.#held.set(key, { memory, from, to });
    }
    this.#histories.push(memory, to.address, this.#bufferBytes);
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
    this.#histories.push(memory, ring, capacity * 4);
    const to = this.#buffer(`${key}:out`, memory);
    this.#sound(memory, OP.delay, to, from, record);
    this.#landed.set(key, to);
    return to;
  }

  /** The gain record of a wire. A gain that changed, and a wire new to a playing task, ramps. */
  #gainRecord(key: string, memory: number, gain: number): number {
    const { gainsBefore, ledger, memories } = this.#input;
    const before = gainsBefore ? (gainsBefore.get(key) ?? 0) : gain;
    let isNew = false;
    const address = ledger.use(`gain:${key}`, memory, GAIN_RECORD.bytes, (at) => {
      isNew = true;
      const { f32, u32 } = memories.list[memory]!.views;
      const word = at >>> 2;
      f32[word + (GAIN_RECORD.current >> 2)] = before;
      f32[word + (GAIN_RECORD.target >> 2)] = gain;
      f32[word + (GAIN_RECORD.step >> 2)] = (gain - before) / GAIN_RAMP_FRAMES;
      u32[word + (GAIN_RECORD.remaining >> 2)] = gain === before ? 0 : GAIN_RAMP_FRAMES;
    });
    if (!isNew && gain !== before) this.#gainChanges.push({ memory, address, value: gain });
    this.#gainRecords.push(memory, address);
    return address;
  }

  /** Whether a wire of the plan before carries its sound unchanged, and is on its way to no other gain. */
  #isSettled(key: string): boolean {
    const { gainsBefore, ledger, memories } = this.#input;
    const known = ledger.known(`gain:${key}`);
    if (!known || gainsBefore!.get(key) !== 1) return gainsBefore!.get(key) === 1;
    const { f32, u32 } = memories.list[known.memory]!.views;
    const word = known.address >>> 2;
    return f32[word + (GAIN_RECORD.target >> 2)] === 1 && u32[word + (GAIN_RECORD.remaining >> 2)] === 0;
  }

  #inputs(node: GraphNode, n: number, memory: number): Channel[] {
    const { plan, instances, gainsBefore } = this.#input;
    const contributions: Contribution[][] = Array.from({ length: node.inputChannels }, () => []);
    for (let e = plan.firstEdge[n]!; e < plan.firstEdge[n + 1]!; e++) {
      const edge = plan.edges[e]!;
      for (const wire of edge.wires) contributions[wire.to]!.push({ edge, wire });
    }
    const instance = instances.get(node.name);
    const channels = contributions.map((list, channel) => {
      const own = () => this.#mixBuffer(node, channel, memory);
      if (list.length === 0) {
        const address = instance?.ownInputs[channel] ?? own().address;
        this.#clears.push(memory, address, this.#bufferBytes);
        return { address, flag: this.#silence(memory) };
      }
      const keys = list.map(({ edge, wire }) => `${edge.connection}:${wire.from}:${wire.to}`);
      const only = list.length === 1 ? list[0]! : undefined;
      list.forEach(({ wire }, i) => {
        this.#gains.set(keys[i]!, wire.gain);
      });
      const settled = only && (gainsBefore === undefined || this.#isSettled(keys[0]!));
      const sources = list.map(({ edge, wire }) =>
        this.#delayed(edge, wire.from, memory, this.#land(edge, wire.from, memory)),
      );
      if (only && settled && only.wire.gain === 1 && !only.edge.feedback) return sources[0]!;
      const to = own();
      list.forEach(({ wire }, i) => {
        const gain = this.#gainRecord(keys[i]!, memory, wire.gain);
        this.#sound(memory, i === 0 ? OP.copyGain : OP.mix, to, sources[i]!, gain);
      });
      return to;
    });
    if (instance) {
      channels.forEach(({ address, flag }, channel) => {
        this.#pokes.push(memory, instance.inputPointer(channel), address);
        this.#pokes.push(memory, instance.inputFlagPointer(channel), flag);
      });
    }
    return channels;
  }

  /** Where sound for a node is mixed: an instance has buffers of its own, and a plain bus mixes right into its output. */
  #mixBuffer(node: GraphNode, channel: number, memory: number): Channel {
    const { ledger, instances } = this.#input;
    const instance = instances.get(node.name);
    const key = `in:${node.name}:${channel}`;
    if (instance) return { address: instance.ownInputs[channel]!, flag: ledger.use(`flag:${key}`, memory, 4) };
    if (node.kind !== 'bus' || !this.#isPlain(node)) return this.#buffer(key, memory);
    const { channels, flags } = this.#places.get(node.name)!;
    return { address: channels[channel]!, flag: flags[channel]! };
  }

  #isPlain(node: GraphNode): boolean {
    return this.#input.buses[node.name]!.matrix === undefined && node.inputChannels === node.outputChannels;
  }

  /** Renders the instances among nodes of one depth: those of one model by one call, where their plugin can. */
  #process(nodes: readonly GraphNode[]): void {
    const alike = new Map<string, TaskInstance[]>();
    for (const { name } of nodes) {
      const instance = this.#input.instances.get(name);
      if (!instance) continue;
      const key = instance.hasMany ? `${instance.memory}:${instance.model.id}` : name;
      const list = alike.get(key);
      if (list) list.push(instance);
      else alike.set(key, [instance]);
    }
    for (const list of alike.values()) {
      for (let first = 0; first < list.length; first += BATCH_MAXIMUM) {
        const part = list.slice(first, first + BATCH_MAXIMUM);
        const { memory, layout, record } = part[0]!;
        if (part.length === 1) this.#emit(memory, OP.process, layout, record);
        else this.#emit(memory, OP.batch, this.#batch(memory, part));
      }
    }
  }

  /** The record of a batch. Like a program, it never shares its place with those of the plan before. */
  #batch(memory: number, instances: readonly TaskInstance[]): number {
    const { ledger, memories } = this.#input;
    const count = instances.length;
    const entriesAt = BATCH_RECORD.layouts + 8 * count;
    return ledger.use(`batch:${nextUnique++}`, memory, entriesAt + 8 * count, (at) => {
      const { u32 } = memories.list[memory]!.views;
      u32[(at + BATCH_RECORD.entries) >>> 2] = at + entriesAt;
      u32[(at + BATCH_RECORD.count) >>> 2] = count;
      instances.forEach(({ layout, record }, i) => {
        u32[((at + entriesAt) >>> 2) + 2 * i] = layout;
        u32[((at + entriesAt) >>> 2) + 2 * i + 1] = record;
      });
    });
  }

  #bus(node: GraphNode, memory: number, inputs: Channel[]): void {
    const { matrix } = this.#input.buses[node.name]!;
    const { channels, flags } = this.#places.get(node.name)!;
    channels.forEach((address, o) => {
      const to = { address, flag: flags[o]! };
      const parts = inputs.flatMap((from, i) => {
        if (!matrix) return i % channels.length === o ? [{ from, record: this.#unity(memory) }] : [];
        const key = `${node.name}#${o}:${i}`;
        this.#gains.set(key, matrix[o]![i]!);
        return [{ from, record: this.#gainRecord(key, memory, matrix[o]![i]!) }];
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
    for (const [memory, program] of this.#programs) {
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
