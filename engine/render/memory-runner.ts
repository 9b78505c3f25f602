import { type MemoryViews, viewMemory } from '../plugin/memory-views.ts';
import { pluginImports } from '../plugin/plugin-imports.ts';
import { MORE_FUEL_PER_FRAME, processFuel, RESET_FUEL } from '../plugin/render-twin.ts';
import { type TrapCause, trapCause, WedgedThread } from '../plugin/trap.ts';
import { pendingInstance } from './batch-progress.ts';
import { gainTarget, startGain, waitLeft } from './gain-record.ts';
import {
  BATCH_MAXIMUM,
  BATCH_RECORD,
  GAIN_RECORD,
  INSTANCE_RECORD,
  MUTED_BY,
  OP,
  PROGRAM_RECORD_BYTES,
} from './program.ts';
import type { MemoryImage, SeatImage } from './task-image.ts';

interface TwinExports {
  ac_process(layout: number, frames: number): number;
  ac_process_many?(list: number, count: number, frames: number): void;
  ac_reset(layout: number): void;
  ac_refuel(units: number): void;
  ac_stack(top: number, limit: number): void;
  ac_fuel: WebAssembly.Global;
  __stack_pointer?: WebAssembly.Global;
}

interface HostExports {
  run(program: number, from: number, to: number, frames: number, fuel: number, more: number, progress: number): number;
  resume(program: number, record: number, frames: number, fuel: number, progress: number): void;
  clear(address: number, bytes: number): void;
  pushParameter(record: number, frame: number, id: number, index: number, value: number): number;
  pushMidi(record: number, frame: number, port: number, message: number): number;
  popEvent(record: number): void;
  hasEvents(record: number): number;
  replace(record: number, layout: number): void;
  active: WebAssembly.Global;
  failed: WebAssembly.Global;
}

const NO_TWIN = { process: () => 0, process_many: () => {}, refuel: () => {} };

/**
 * One memory of a task on its render thread: the render twin of the plugin, and the engine's block runner over it.
 *
 * A trap of a plugin is caught here: the instance in progress is muted, with the cause in its record, and the rest of
 * the block goes on. Whatever a plugin wrote into this memory, a run ends.
 */
export class MemoryRunner {
  /** Of the memory. */
  readonly id: number;
  private readonly image: MemoryImage;
  private readonly seat: SeatImage;
  private readonly twin: TwinExports | null;
  private readonly host: HostExports;
  views: MemoryViews;

  /** Instantiates both modules. seat: of the thread among those that work in this memory. [render, between blocks] */
  constructor(image: MemoryImage, host: WebAssembly.Module, seat = 0) {
    this.id = image.id;
    this.image = image;
    this.seat = image.seats[seat]!;
    const { memory, module } = image;
    this.twin = module
      ? (new WebAssembly.Instance(module, pluginImports(memory)).exports as unknown as TwinExports)
      : null;
    this.twin?.ac_stack(this.seat.stackTop, this.seat.stackLimit);
    const plugin = this.twin
      ? {
          process: this.twin.ac_process,
          process_many: this.twin.ac_process_many ?? NO_TWIN.process_many,
          refuel: this.twin.ac_refuel,
        }
      : NO_TWIN;
    this.host = new WebAssembly.Instance(host, { env: { memory }, plugin }).exports as unknown as HostExports;
    this.views = viewMemory(memory);
  }

  /** Takes views of what the memory has grown to. [render, between blocks, or after a trap] */
  renewViews(): void {
    if (this.views.buffer.byteLength !== this.image.memory.buffer.byteLength)
      this.views = viewMemory(this.image.memory);
  }

  /** Whether anything was done here by programs since the last call. While nothing is, they need not be run again. [render] */
  takeActivity(): boolean {
    const { active } = this.host;
    if (active.value === 0) return false;
    active.value = 0;
    return true;
  }

  /** Whether an instance was muted here since the last call. [render] */
  takeFailure(): boolean {
    const { failed } = this.host;
    if (failed.value === 0) return false;
    failed.value = 0;
    return true;
  }

  /** Works through records of a program. [render] */
  run(program: number, from: number, to: number, frames: number): void {
    const fuel = processFuel(frames);
    const { progress } = this.seat;
    let trapped = -1;
    for (let at = from; at < to; ) {
      try {
        at = this.host.run(program, at, to, frames, fuel, MORE_FUEL_PER_FRAME * frames, progress);
      } catch (thrown) {
        this.renewViews(); // an instance that was started again may lie behind what they reach
        const { u32 } = this.views;
        const stuck = u32[progress >>> 2]!;
        if (stuck < at || stuck >= to) return; // the plugin wrote over the host's words: no more of this memory in this block
        at = stuck;
        const record = (program + at * PROGRAM_RECORD_BYTES) >>> 2;
        if (u32[record] === OP.batch) {
          const batch = u32[record + 1]!;
          this.resume(program, at, batch, frames, pendingInstance(u32, batch), this.causeOf(thrown));
          at += 1;
        } else if (stuck === trapped) {
          at += 1; // muted, it is not called again: it broke its own layout, and cannot even be silenced
        } else {
          trapped = stuck;
          this.mute(u32[record + 2]!, this.causeOf(thrown));
        }
      }
    }
  }

  /**
   * Renders the rest of a batch one by one: who traps alone is at fault. When none does, it is `suspect` (a record, 0 when
   * it is known who it was), which the call was at by the order of the batch: it trapped for a reason that is over.
   */
  private resume(program: number, at: number, batch: number, frames: number, suspect: number, cause: TrapCause): void {
    const { progress } = this.seat;
    const { u32 } = this.views;
    const fuel = processFuel(frames);
    const count = Math.min(u32[(batch + BATCH_RECORD.count) >>> 2]!, BATCH_MAXIMUM);
    let isFound = suspect === 0;
    for (let tries = 0; tries <= count + 1; tries++) {
      try {
        this.host.resume(program, at, frames, fuel, progress);
        if (isFound) return;
        isFound = true;
        this.mute(suspect, cause); // once more, to silence it
      } catch (thrown) {
        const index = u32[(progress + 4) >>> 2]!;
        if (index >= count) return; // the plugin wrote over the host's words
        isFound = true;
        this.mute(u32[(batch + BATCH_RECORD.layouts + 4 * (count + index)) >>> 2]!, this.causeOf(thrown));
      }
    }
  }

  /** Puts a parameter event into the list of an instance; false when the list is full. [render] */
  pushParameter(record: number, frame: number, id: number, index: number, value: number): boolean {
    try {
      return this.host.pushParameter(record, frame, id, index, value) !== 0;
    } catch (thrown) {
      this.mute(record, this.causeOf(thrown)); // the plugin wrote over its layout
      return true;
    }
  }

  /** Puts a MIDI message into the list of an instance; false when the list is full. [render] */
  pushMidi(record: number, frame: number, port: number, message: number): boolean {
    try {
      return this.host.pushMidi(record, frame, port, message) !== 0;
    } catch (thrown) {
      this.mute(record, this.causeOf(thrown));
      return true;
    }
  }

  /** Takes the last event out of the list again. [render] */
  popEvent(record: number): void {
    try {
      this.host.popEvent(record);
    } catch (thrown) {
      this.mute(record, this.causeOf(thrown));
    }
  }

  /** Lets a stopped instance take its events: what it renders meanwhile is undone by the reset when play begins. [render] */
  takeEvents(record: number): void {
    if (!this.twin) return;
    try {
      if (this.host.hasEvents(record) === 0) return;
      this.twin.ac_refuel(processFuel(1));
      this.twin.ac_process(this.layoutOf(record), 1);
    } catch (thrown) {
      this.mute(record, this.causeOf(thrown));
    }
  }

  /** The instance as new, and no longer muted. [render] */
  reset(record: number): void {
    const layout = this.layoutOf(record);
    this.replace(record, layout);
    if (!this.twin) return;
    try {
      this.twin.ac_refuel(RESET_FUEL);
      this.twin.ac_reset(layout);
    } catch (thrown) {
      this.mute(record, this.causeOf(thrown));
    }
  }

  /** Puts a fresh instance, made by the control side, into the place of one that failed. [render] */
  replace(record: number, layout: number): void {
    try {
      this.host.replace(record, layout);
    } catch (thrown) {
      this.mute(record, this.causeOf(thrown));
    }
  }

  /** Lets a gain go to `value` after a wait; one that goes there already waits no longer than that. [render, between blocks] */
  fadeGain(record: number, value: number, waitFrames: number): void {
    const { views } = this;
    if (gainTarget(views, record) === value && waitLeft(views, record) <= waitFrames) return;
    startGain(views, record, views.f32[(record + GAIN_RECORD.current) >>> 2]!, value, waitFrames);
  }

  /** A gain at the end of its way. [render] */
  settleGain(record: number): void {
    const target = gainTarget(this.views, record);
    startGain(this.views, record, target, target, 0);
  }

  clear(address: number, bytes: number): void {
    this.host.clear(address, bytes);
  }

  /** Copies bytes. [render, between blocks] */
  carry(from: number, to: number, bytes: number): void {
    this.views.u8.copyWithin(to, from, from + bytes);
  }

  private layoutOf(record: number): number {
    return this.views.u32[(record + INSTANCE_RECORD.layout) >>> 2]!;
  }

  /**
   * Goes over a record at which the thread that ran it had to be ended: mutes what it was in, and renders what it had not
   * finished of a batch. Returns the record to go on from. [render, between blocks]
   */
  passWedged(program: number, at: number, frames: number): number {
    const { u32 } = this.views;
    const word = (program + at * PROGRAM_RECORD_BYTES) >>> 2;
    const batch = u32[word] === OP.batch ? u32[word + 1]! : 0;
    const record = batch === 0 ? u32[word + 2]! : pendingInstance(u32, batch);
    const cause = this.causeOf(new WedgedThread());
    if (record !== 0) this.mute(record, cause);
    if (batch === 0) return at; // muted, it is only silenced
    this.resume(program, at, batch, frames, 0, cause);
    return at + 1;
  }

  private mute(record: number, cause: TrapCause): void {
    this.host.failed.value = 1;
    const { u32 } = this.views;
    const word = record >>> 2;
    u32[word + (INSTANCE_RECORD.muted >> 2)] = 1;
    u32[word + (INSTANCE_RECORD.isEmpty >> 2)] = 0;
    u32[word + (INSTANCE_RECORD.faults >> 2)]! += 1;
    if (this.twin) u32[word + (INSTANCE_RECORD.mutedBy >> 2)] = Math.max(0, MUTED_BY.indexOf(cause));
  }

  /** Why a call ended early. The stack pointer is set back, for a trap leaves it where it was. */
  private causeOf(thrown: unknown): TrapCause {
    const { twin, seat } = this;
    if (!twin) return 'trap';
    const cause = trapCause(thrown, {
      fuel: twin.ac_fuel.value,
      stackPointer: twin.__stack_pointer?.value,
      stackLimit: seat.stackLimit,
    });
    twin.ac_stack(seat.stackTop, seat.stackLimit);
    return cause;
  }
}
