import { DELAY_RECORD, OP } from '../render/program.ts';
import type { Ledger } from './ledger.ts';
import type { LiveEdge } from './live-edge.ts';
import type { Channel, ProgramWriter } from './program-writer.ts';
import type { TaskMemories } from './task-memories.ts';
import { WordList } from './word-list.ts';

/** Addresses of the channels of a node and of their flags, in one memory. */
export interface ChannelPlace {
  memory: number;
  channels: number[];
  flags: number[];
}

export interface SoundPathsInput {
  memories: TaskMemories;
  ledger: Ledger;
  writer: ProgramWriter;
  maxFrames: number;
  /** Of every channel's buffer. */
  bufferBytes: number;
  /** Where the outputs of each node are. */
  placeOf: readonly ChannelPlace[];
  /** When each node is rendered. */
  placeInOrder: Int32Array;
}

/** Takes channels from where they are made to where they are heard: into another memory, a block later, delayed. One use. [control] */
export class SoundPaths {
  readonly #input: SoundPathsInput;
  readonly #landed = new Map<string, Channel>();
  /** Buffers that keep a block for the next one: by key. */
  readonly #held = new Map<string, { memory: number; from: Channel; to: Channel }>();
  /** Buffers that hold sound of the past: memory, address, bytes. */
  readonly histories = new WordList();
  /** Buffers to copy when the plan comes into use: memory, address, address of the copy, bytes. */
  readonly carries: number[] = [];

  constructor(input: SoundPathsInput) {
    this.#input = input;
  }

  /** What a wire of an edge brings into a memory. */
  heard(edge: LiveEdge, wire: number, memory: number): Channel {
    const { from } = edge.wires[wire]!;
    return this.#delayed(edge, from, memory, this.#land(edge, from, memory));
  }

  /** At the end of a block: keeps what is wanted in the next one. */
  hold(): void {
    for (const { memory, from, to } of this.#held.values()) this.#input.writer.sound(memory, OP.copy, to, from);
  }

  /** A buffer of one channel; `prepare` is called when it is new. */
  buffer(key: string, memory: number, prepare?: (address: number) => void): Channel {
    const { ledger, bufferBytes } = this.#input;
    return {
      address: ledger.use(key, memory, bufferBytes, prepare),
      flag: ledger.use(`flag:${key}`, memory, 4),
    };
  }

  /** A source channel inside `memory`, copied there when it lives elsewhere. */
  #land(edge: LiveEdge, channel: number, memory: number): Channel {
    const from = this.#input.placeOf[edge.from]!;
    const own = { address: from.channels[channel]!, flag: from.flags[channel]! };
    const sound = edge.feedback ? this.#before(edge, channel, from.memory, own) : own;
    if (from.memory === memory) return sound;
    const key = `land:${edge.source.serial}:${channel}:${memory}${edge.feedback ? ':before' : ''}`;
    let landing = this.#landed.get(key);
    if (landing === undefined) {
      landing = this.buffer(key, memory);
      this.#landed.set(key, landing);
      this.#input.writer.across(from.memory, sound, memory, landing);
    }
    return landing;
  }

  /** Where the block before of a source channel is: in its own place, unless that is written before its hearer reads it. */
  #before(edge: LiveEdge, channel: number, memory: number, from: Channel): Channel {
    const { placeInOrder, bufferBytes } = this.#input;
    let to = from;
    if (placeInOrder[edge.from]! <= placeInOrder[edge.to]!) {
      const key = `held:${edge.source.serial}:${channel}`;
      // When this plan comes into use, the block before is where the source left it.
      to = this.buffer(key, memory, (at) => this.carries.push(memory, from.address, at, bufferBytes));
      this.#held.set(key, { memory, from, to });
    }
    this.histories.push3(memory, to.address, bufferBytes);
    return to;
  }

  /** A source channel, delayed. Edges that ask for the same share one delay line. */
  #delayed(edge: LiveEdge, channel: number, memory: number, from: Channel): Channel {
    const { delayFrames, feedback, source } = edge;
    if (delayFrames === 0) return from;
    const { ledger, memories, maxFrames, writer } = this.#input;
    const key = `delay:${source.serial}:${channel}:${delayFrames}:${memory}${feedback ? ':before' : ''}`;
    const known = this.#landed.get(key);
    if (known !== undefined) return known;
    const capacity = 2 ** Math.ceil(Math.log2(delayFrames + maxFrames + 4));
    const ring = ledger.use(`${key}:ring`, memory, capacity * 4);
    const record = ledger.use(`${key}:record`, memory, DELAY_RECORD.bytes, (at) => {
      const { u32 } = memories.list[memory]!.views;
      u32[(at + DELAY_RECORD.ring) >>> 2] = ring;
      u32[(at + DELAY_RECORD.capacity) >>> 2] = capacity;
      u32[(at + DELAY_RECORD.delay) >>> 2] = delayFrames;
    });
    this.histories.push3(memory, ring, capacity * 4);
    const to = this.buffer(`${key}:out`, memory);
    writer.sound(memory, OP.delay, to, from, record);
    this.#landed.set(key, to);
    return to;
  }
}
