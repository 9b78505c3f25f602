import { gainTarget, isThere, startGain, waitLeft } from '../render/gain-record.ts';
import { GAIN_RECORD } from '../render/program.ts';
import type { Ledger } from './ledger.ts';
import { type LiveEdge, wantedGain, wireBefore } from './live-edge.ts';
import type { LiveNode } from './live-node.ts';
import type { TaskMemories } from './task-memories.ts';
import { WordList } from './word-list.ts';

/** A gain record. */
export interface GainPlace {
  memory: number;
  address: number;
}

/** Gains of the matrices of buses, by bus, output and input. */
export type MatrixGains = ReadonlyMap<string, number>;

/** Gives every gain of a plan its record, and finds out which of them have to change. One use. [control] */
export class GainCompiler {
  readonly #memories: TaskMemories;
  readonly #ledger: Ledger;
  readonly #before: MatrixGains | undefined;
  readonly #records = new WordList();
  readonly #fades: number[] = [];
  readonly matrices = new Map<string, number>();
  /** Records of gains that are not at their value, or will not be when the plan comes into use. */
  readonly moving: GainPlace[] = [];

  /** before: of the plan in use. */
  constructor(memories: TaskMemories, ledger: Ledger, before: MatrixGains | undefined) {
    this.#memories = memories;
    this.#ledger = ledger;
    this.#before = before;
  }

  /** All records: memory, address. */
  get records(): Int32Array {
    return this.#records.words();
  }

  /** Records in use that have to go to another value: memory, address, frames to wait, value. */
  get fades(): Float64Array {
    return Float64Array.from(this.#fades);
  }

  #new(memory: number, address: number, from: number, to: number, waitFrames: number): void {
    startGain(this.#memories.list[memory]!.views, address, from, to, waitFrames);
    if (from !== to) this.moving.push({ memory, address });
  }

  #kept(memory: number, address: number, before: number, gain: number, waitFrames: number): void {
    const { views } = this.#memories.list[memory]!;
    // what is on its way to silence need not wait for something that is to come later than what comes now
    if (gain !== before || (gain === 0 && waitLeft(views, address) > waitFrames))
      this.#fades.push(memory, address, waitFrames, gain);
    if (gain !== before || !isThere(views, address)) this.moving.push({ memory, address });
  }

  /** The record of a place in the matrix of a bus. */
  matrix(bus: LiveNode, place: string, memory: number, gain: number, waitFrames: number): number {
    const key = `${bus.serial}#${place}`;
    const before = this.#before?.get(key) ?? gain;
    this.matrices.set(key, gain);
    let isNew = false;
    const address = this.#ledger.use(`gain:${key}`, memory, GAIN_RECORD.bytes, (at) => {
      isNew = true;
      this.#new(memory, at, before, gain, waitFrames);
    });
    if (!isNew) this.#kept(memory, address, before, gain, waitFrames);
    this.#records.push2(memory, address);
    return address;
  }

  /** The record of a wire of an edge. */
  wire(edge: LiveEdge, wire: number, memory: number): number {
    const gain = wantedGain(edge, wire);
    const i = wireBefore(edge, wire);
    const before = i < 0 ? (edge.fadesIn ? 0 : gain) : wantedGain(edge.before!, i);
    let record = edge.before?.records?.[i];
    if (record?.memory === memory) {
      this.#ledger.keep(record);
      this.#kept(memory, record.address, before, gain, edge.waitFrames);
    } else {
      record = this.#ledger.take(memory, GAIN_RECORD.bytes);
      this.#new(memory, record.address, before, gain, edge.waitFrames);
    }
    edge.records ??= [];
    edge.records[wire] = record;
    this.#records.push2(memory, record.address);
    return record.address;
  }

  /** Whether a wire carries its sound unchanged, and is on its way to no other gain. */
  isPlain(edge: LiveEdge, wire: number): boolean {
    if (edge.isLeaving || edge.wires[wire]!.gain !== 1) return false;
    const i = wireBefore(edge, wire);
    if (i < 0) return !edge.fadesIn;
    if (wantedGain(edge.before!, i) !== 1) return false;
    const record = edge.before!.records?.[i];
    if (!record) return true;
    const { views } = this.#memories.list[record.memory]!;
    return gainTarget(views, record.address) === 1 && isThere(views, record.address);
  }

  /** A gain of 1 that never changes. */
  unity(memory: number): number {
    return this.#ledger.use(`unity:${memory}`, memory, GAIN_RECORD.bytes, (at) => {
      startGain(this.#memories.list[memory]!.views, at, 1, 1, 0);
    });
  }
}
