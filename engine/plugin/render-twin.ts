import { STATUS } from './layout.ts';
import { pluginImports } from './plugin-imports.ts';
import { type TrapCause, trapCause } from './trap.ts';

/** Where a twin's stack lies in the plugin's memory; 0, 0 for a module without a stack pointer. */
export interface TwinStack {
  readonly top: number;
  readonly limit: number;
}

const FUEL_PER_CALL = 100_000;
const FUEL_PER_FRAME = 10_000;
/** For each further instance of one call: 500 turns of a loop a frame, ten times what the stock models need. */
export const MORE_FUEL_PER_FRAME = 500;
const FUEL_MAXIMUM = 0x40000000;
/** A reset may clear seconds of delay lines, one frame in a turn of a loop. */
export const RESET_FUEL = 50_000_000;

/**
 * Fuel for one call: generous for any kernel (10,000 turns of a loop a frame), and used up in about a
 * millisecond by an endless loop at 128 frames. The same for the same call on every machine. [any]
 */
export function processFuel(frames: number, instances = 1): number {
  return Math.min(FUEL_MAXIMUM, FUEL_PER_CALL + (FUEL_PER_FRAME + MORE_FUEL_PER_FRAME * (instances - 1)) * frames);
}

interface RenderExports {
  ac_process(layout: number, frames: number): number;
  ac_process_many?(list: number, count: number, frames: number): void;
  ac_reset(layout: number): void;
  ac_refuel(units: number): void;
  ac_stack(top: number, limit: number): void;
  ac_fuel: WebAssembly.Global;
  __stack_pointer?: WebAssembly.Global;
}

/**
 * A render twin of one plugin module over the memory of one task, on the thread that makes it.
 *
 * Its calls never throw: after a trap they return STATUS.error or false, `fault` names the cause until the next call
 * that goes well, and the twin is ready again (its stack is set back). The instance must be reset.
 */
export class RenderTwin {
  /** Why the last call ended early. */
  fault: TrapCause | undefined;
  /** What it threw. */
  thrown: unknown;
  readonly #exports: RenderExports;
  readonly #stack: TwinStack;

  /** [control] The stack is this twin's own: PluginMemory.newStack(). */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, stack: TwinStack) {
    this.#exports = new WebAssembly.Instance(module, pluginImports(memory)).exports as unknown as RenderExports;
    this.#stack = stack;
    this.#exports.ac_stack(stack.top, stack.limit);
  }

  /** Units of fuel that the last call left. */
  get fuelLeft(): number {
    return this.#exports.ac_fuel.value;
  }

  /** Renders a block of one instance. [render & active] */
  process(layout: number, frames: number, fuel = processFuel(frames)): number {
    const { ac_refuel, ac_process } = this.#exports;
    this.fault = undefined;
    ac_refuel(fuel);
    try {
      return ac_process(layout, frames);
    } catch (thrown) {
      this.#fail(thrown);
      return STATUS.error;
    }
  }

  /** Renders a block of `count` instances of one model; each status is in its layout. false after a trap. [render & active] */
  processMany(list: number, count: number, frames: number, fuel = processFuel(frames, count)): boolean {
    const { ac_refuel, ac_process_many } = this.#exports;
    this.fault = undefined;
    ac_refuel(fuel);
    try {
      ac_process_many!(list, count, frames);
      return true;
    } catch (thrown) {
      this.#fail(thrown);
      return false;
    }
  }

  /** false after a trap. [render & active] */
  reset(layout: number, fuel = RESET_FUEL): boolean {
    const { ac_refuel, ac_reset } = this.#exports;
    this.fault = undefined;
    ac_refuel(fuel);
    try {
      ac_reset(layout);
      return true;
    } catch (thrown) {
      this.#fail(thrown);
      return false;
    }
  }

  #fail(thrown: unknown): void {
    const { ac_fuel, ac_stack, __stack_pointer } = this.#exports;
    this.thrown = thrown;
    this.fault = trapCause(thrown, {
      fuel: ac_fuel.value,
      stackPointer: __stack_pointer?.value,
      stackLimit: this.#stack.limit,
    });
    ac_stack(this.#stack.top, this.#stack.limit);
  }
}
