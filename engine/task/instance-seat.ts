import type { PluginMemory } from '../plugin/plugin-memory.ts';
import { GUARD, INSTANCE_RECORD } from '../render/program.ts';

/**
 * The place of an instance in a task: what the host keeps about it, and its buffers. It stays while instances are put
 * into it one after the other, so that a plan that was compiled goes on to hold. [control]
 *
 *   record (INSTANCE_RECORD) · flags of the outputs u32[] · addresses of the flags of the inputs u32[] · a word that stays 0
 *   inputs · guard · first output · guard · second output · guard ...; each begins at a multiple of 16
 */
export class InstanceSeat {
  readonly record: number;
  /** The buffers that the plan mixes into, by channel. */
  readonly inputs: number[];
  readonly outputs: number[];
  /** Addresses of the words that say whether an output is silent, by channel. */
  readonly outputFlags: number[];
  /** Address of the list of flags that belong to the inputs. */
  readonly inputFlags: number;
  readonly #owner: PluginMemory;

  /** Throws INSTANCE_FAILED when the memory is full. */
  constructor(owner: PluginMemory, inputs: number, outputs: number, maxFrames: number) {
    this.#owner = owner;
    const words = inputs + outputs + 1;
    const buffer = ((maxFrames + 3) & ~3) * 4;
    const stride = buffer + GUARD.bytes;
    const inputsAt = INSTANCE_RECORD.bytes + ((words * 4 + 15) & ~15);
    const outputsAt = inputsAt + inputs * buffer + GUARD.bytes;
    const bytes = outputsAt + outputs * stride;
    const record = owner.alloc(bytes);
    this.record = record;
    const flags = record + INSTANCE_RECORD.bytes;
    const each = (count: number, first: number, apart: number) =>
      Array.from({ length: count }, (_, c) => first + c * apart);
    this.outputFlags = each(outputs, flags, 4);
    this.inputFlags = flags + 4 * outputs;
    this.inputs = each(inputs, record + inputsAt, buffer);
    this.outputs = each(outputs, record + outputsAt, stride);

    const { u8, u32, buffer: memory } = owner.views;
    u8.fill(0, record, record + bytes);
    const guards = new BigUint64Array(memory);
    for (const guard of each(outputs + 1, record + outputsAt - GUARD.bytes, stride))
      guards.fill(GUARD.word, guard >>> 3, (guard + GUARD.bytes) >>> 3);
    // until a plan says otherwise, every input hears the last word, which stays 0: sound
    const sound = this.inputFlags + 4 * inputs;
    u32.fill(sound, this.inputFlags >>> 2, sound >>> 2);
    this.setWord(INSTANCE_RECORD.status, 1);
    this.setWord(INSTANCE_RECORD.inputs, inputs);
    this.setWord(INSTANCE_RECORD.outputs, outputs);
    this.setWord(INSTANCE_RECORD.inputFlags, this.inputFlags);
    this.setWord(INSTANCE_RECORD.outputFlags, flags);
    this.setWord(INSTANCE_RECORD.firstOutput, record + outputsAt);
    this.setWord(INSTANCE_RECORD.outputStride, stride);
  }

  /** A word of the record: INSTANCE_RECORD offsets. */
  word(offset: number): number {
    return this.#owner.views.u32[(this.record + offset) >>> 2]!;
  }

  setWord(offset: number, value: number): void {
    this.#owner.views.u32[(this.record + offset) >>> 2] = value;
  }

  /** Largest output since the last call; full scale is 1. */
  takePeak(): number {
    const { f32 } = this.#owner.views;
    const at = (this.record + INSTANCE_RECORD.peak) >>> 2;
    const peak = f32[at]!;
    f32[at] = 0;
    return peak;
  }

  free(): void {
    this.#owner.free(this.record);
  }
}
