import { AudioCloudError, type Model } from '@audiocloud/api';
import type { AudioData } from '../media/audio-data.ts';
import { Guards } from './guards.ts';
import { LAYOUT } from './layout.ts';
import { LentMedia } from './lent-media.ts';
import { activeLayoutFault, layoutFault } from './layout-check.ts';
import type { Plugin } from './load-plugin.ts';
import { type MemoryViews, viewMemory } from './memory-views.ts';
import { type LogText, pluginImports } from './plugin-imports.ts';
import type { TwinStack } from './render-twin.ts';
import { type TrapCause, trapCause } from './trap.ts';

interface ControlExports {
  ac_create(model: number, seed: bigint): number;
  ac_parameter(layout: number, id: number, index: number, value: number): number;
  ac_media?(
    layout: number,
    slot: number,
    address: number,
    frames: number,
    channels: number,
    sampleRate: number,
  ): number;
  ac_activate(layout: number, sampleRate: number, maxFrames: number): number;
  ac_latency(layout: number): number;
  ac_tail(layout: number): number;
  ac_deactivate(layout: number): void;
  ac_destroy(layout: number): void;
  ac_state_save(layout: number): number;
  ac_state_load(layout: number, bytes: number): number;
  ac_alloc(bytes: number): number;
  ac_free(address: number): void;
  ac_refuel(units: number): void;
  ac_stack(top: number, limit: number): void;
  ac_fuel: WebAssembly.Global;
  __stack_pointer?: WebAssembly.Global;
}

/** Every call of the control thread: enough to compute tables, used up by an endless loop within about a second. */
export const CONTROL_FUEL = 500_000_000;
const RENDER_STACK_BYTES = 65536;

export interface PluginMemoryOptions {
  /** Gets what the plugin writes through `ac.log` on the control thread; dropped without it. */
  readonly log?: LogText;
  /** Units of fuel for each call. */
  readonly controlFuel?: number;
}

/**
 * The memory of one plugin for one task, shared between threads, with the control twin over it. [control]
 *
 * Every method throws INSTANCE_FAILED, naming plugin, model, entry and cause, when the plugin traps, refuses, or
 * leaves a layout that is not sound. Render threads make a RenderTwin each over `memory`.
 */
export class PluginMemory {
  readonly plugin: Plugin;
  readonly memory: WebAssembly.Memory;
  readonly #exports: ControlExports;
  readonly #stackTop: number;
  readonly #controlFuel: number;
  readonly #models = new Map<number, Model>();
  readonly lent = new LentMedia(this);
  readonly #guards = new Guards();
  #views: MemoryViews;
  /** How long the memory was after the last call of the control twin. */
  #bytes = 0;
  #isAbandoned = false;

  constructor(plugin: Plugin, { log, controlFuel = CONTROL_FUEL }: PluginMemoryOptions = {}) {
    const { control, memory } = plugin.module;
    this.plugin = plugin;
    this.#controlFuel = controlFuel;
    try {
      this.memory = new WebAssembly.Memory({
        initial: memory.initialPages,
        maximum: memory.maximumPages,
        shared: true,
      });
      this.#exports = new WebAssembly.Instance(control, pluginImports(this.memory, log))
        .exports as unknown as ControlExports;
    } catch (error) {
      throw this.#error('instantiate', undefined, (error as Error).message, error);
    }
    this.#stackTop = this.#exports.__stack_pointer?.value ?? 0;
    this.#views = viewMemory(this.memory);
    this.#bytes = this.memory.buffer.byteLength;
  }

  /** Views of the memory; taken anew after it has grown, so do not keep them over a call. */
  get views(): MemoryViews {
    if (this.#views.buffer.byteLength !== this.memory.buffer.byteLength) this.#views = viewMemory(this.memory);
    return this.#views;
  }

  /** The model of an instance. */
  modelOf(layout: number): Model | undefined {
    return this.#models.get(layout);
  }

  /** A word of a layout: `word(layout, LAYOUT.inputs)`. */
  word(layout: number, offset: number): number {
    return this.views.u32[(layout + offset) >>> 2]!;
  }

  setWord(layout: number, offset: number, value: number): void {
    this.views.u32[(layout + offset) >>> 2] = value;
  }

  /** A new instance of the model with this index; returns the address of its layout. */
  create(modelIndex: number, seed = 0n): number {
    const model = this.plugin.models[modelIndex];
    if (!model)
      throw this.#error('ac_create', undefined, `there is no model ${modelIndex}, of ${this.plugin.models.length}`);
    const layout = this.#call('ac_create', model, () => this.#exports.ac_create(modelIndex, BigInt.asIntN(64, seed)));
    if (layout <= 0 && layout > -65536) throw this.#error('ac_create', model, `it returned ${layout}`);
    const fault = layoutFault(this.views, layout >>> 0, model);
    if (fault) throw this.#error('ac_create', model, fault);
    this.#models.set(layout >>> 0, model);
    return layout >>> 0;
  }

  /** Sets the widths of all audio ports of one direction. [control & !active] */
  setWidths(layout: number, direction: 'inputs' | 'outputs', widths: readonly number[]): void {
    const [ports, address] =
      direction === 'inputs' ? [LAYOUT.inputPorts, LAYOUT.inputWidths] : [LAYOUT.outputPorts, LAYOUT.outputWidths];
    const count = this.word(layout, ports);
    if (widths.length !== count)
      throw this.#error(
        'widths',
        this.modelOf(layout),
        `${widths.length} widths of ${direction}, the model has ${count}`,
      );
    this.#writeWords(layout, address, widths, 'widths');
  }

  /** Lets the channels of one direction be at these addresses. [control & active] */
  pointChannels(layout: number, direction: 'inputs' | 'outputs', addresses: readonly number[]): void {
    this.#writeWords(layout, LAYOUT[direction], addresses, direction);
  }

  /** [control & !active] `value` as a number: the plain value, 0 or 1, or the index in the list. */
  parameter(layout: number, id: number, index: number, value: number): void {
    this.#accept('ac_parameter', layout, () => this.#exports.ac_parameter(layout, id, index, value));
  }

  /** Gives a sound that `LentMedia` put at `address` to a slot, all slots counted through. [control & !active] */
  media(layout: number, slot: number, address: number, { frames, channels, sampleRate }: AudioData): void {
    this.#accept('ac_media', layout, () =>
      this.#exports.ac_media!(layout, slot, address, frames, channels, sampleRate),
    );
  }

  /** [control & !active] */
  activate(layout: number, sampleRate: number, maxFrames: number): void {
    this.#accept('ac_activate', layout, () => this.#exports.ac_activate(layout, sampleRate, maxFrames));
    const fault = activeLayoutFault(this.views, layout, maxFrames);
    if (fault) throw this.#error('ac_activate', this.modelOf(layout), fault);
  }

  /** Frames of delay that the instance adds; fixed while active. [control & active] */
  latencyFrames(layout: number): number {
    return this.#accept('ac_latency', layout, () => this.#exports.ac_latency(layout));
  }

  /** Frames that still sound after the input ended; TAIL_ENDLESS for ever. [control & active] */
  tailFrames(layout: number): number {
    return this.#accept('ac_tail', layout, () => this.#exports.ac_tail(layout));
  }

  deactivate(layout: number): void {
    this.#call('ac_deactivate', this.modelOf(layout), () => this.#exports.ac_deactivate(layout));
  }

  /** [control & !active] */
  destroy(layout: number): void {
    this.#call('ac_destroy', this.modelOf(layout), () => this.#exports.ac_destroy(layout));
    this.#models.delete(layout);
  }

  /** What a user set, as the plugin writes it: a copy. */
  stateSave(layout: number): Uint8Array {
    const length = this.#accept('ac_state_save', layout, () => this.#exports.ac_state_save(layout));
    const capacity = this.word(layout, LAYOUT.stateCapacity);
    const address = this.word(layout, LAYOUT.state);
    if (length > capacity || address + length > this.views.u8.length)
      throw this.#error('ac_state_save', this.modelOf(layout), `${length} bytes, the state buffer has ${capacity}`);
    return this.views.u8.slice(address, address + length);
  }

  /** [control & !active] */
  stateLoad(layout: number, state: Uint8Array): void {
    const capacity = this.word(layout, LAYOUT.stateCapacity);
    if (state.length > capacity)
      throw this.#error(
        'ac_state_load',
        this.modelOf(layout),
        `${state.length} bytes given, the state buffer has ${capacity}`,
      );
    const address = this.word(layout, LAYOUT.state);
    if (address + state.length > this.views.u8.length)
      throw this.#error('ac_state_load', this.modelOf(layout), `the state buffer at ${address} is not in the memory`);
    this.views.u8.set(state, address);
    this.#accept('ac_state_load', layout, () => this.#exports.ac_state_load(layout, state.length));
  }

  /** Memory for the host: 16-byte aligned, not zeroed, with a guard on either side. */
  alloc(bytes: number): number {
    const wanted = Guards.around(bytes);
    const address = this.#call('ac_alloc', undefined, () => this.#exports.ac_alloc(wanted)) >>> 0;
    if (address === 0 || address % 16 !== 0 || address + wanted > this.memory.buffer.byteLength)
      throw this.#error('ac_alloc', undefined, `${wanted} bytes were asked for, the address is ${address}`);
    return this.#guards.set(this.views, address, bytes);
  }

  free(address: number): void {
    if (address === 0) return;
    const taken = this.#guards.clear(address);
    this.#call('ac_free', undefined, () => this.#exports.ac_free(taken));
  }

  /** Pieces of memory that the host has. */
  get pieces(): number {
    return this.#guards.pieces;
  }

  /** Of the next `count` pieces that the host took, in turn all of them: those beside which somebody wrote. */
  overwritten(count: number): number[] {
    return this.#guards.broken(this.views, count);
  }

  /** Whether the memory has grown by other hands than the control twin's: no render twin may. */
  get hasGrownAlone(): boolean {
    return this.memory.buffer.byteLength !== this.#bytes;
  }

  /** Nothing of the plugin is called here any more: its heap may be in any state. */
  abandon(): void {
    this.#isAbandoned = true;
  }

  /** A stack for one more render twin. */
  newStack(): TwinStack {
    if (!this.plugin.module.hasStackPointer) return { top: 0, limit: 0 };
    const limit = this.alloc(RENDER_STACK_BYTES);
    return { top: limit + RENDER_STACK_BYTES, limit };
  }

  /** Writes to where a word of the layout points: a plugin may have changed that since it was looked at. */
  #writeWords(layout: number, pointer: number, words: readonly number[], what: string): void {
    const address = this.word(layout, pointer);
    if (address + 4 * words.length > this.views.u8.length)
      throw this.#error('layout', this.modelOf(layout), `the ${what} at ${address} are not in the memory`);
    this.views.u32.set(words, address >>> 2);
  }

  /** A call whose result below 0 is a refusal. */
  #accept(entry: string, layout: number, call: () => number): number {
    const model = this.modelOf(layout);
    const result = this.#call(entry, model, call);
    if (result < 0) throw this.#error(entry, model, `it returned ${result}`);
    return result;
  }

  #call<T>(entry: string, model: Model | undefined, call: () => T): T {
    if (this.#isAbandoned) throw this.#error(entry, model, 'its memory was damaged and is given up');
    this.#exports.ac_refuel(this.#controlFuel);
    const isKnown = !this.hasGrownAlone;
    try {
      return call();
    } catch (thrown) {
      const { ac_fuel, ac_stack, __stack_pointer } = this.#exports;
      const cause = trapCause(thrown, { fuel: ac_fuel.value, stackPointer: __stack_pointer?.value, stackLimit: 0 });
      ac_stack(this.#stackTop, 0);
      throw this.#error(entry, model, `${cause}: ${(thrown as Error).message}`, thrown, cause);
    } finally {
      if (isKnown) this.#bytes = this.memory.buffer.byteLength;
    }
  }

  #error(entry: string, model: Model | undefined, what: string, cause?: unknown, trap?: TrapCause): AudioCloudError {
    const { name } = this.plugin;
    return new AudioCloudError(
      'INSTANCE_FAILED',
      `Call ${entry} of ${model ? `${model.id} in ` : ''}plugin ${name}: ${what}`,
      { plugin: name, model: model?.id, entry, ...(trap ? { trap } : {}) },
      cause === undefined ? undefined : { cause },
    );
  }
}
