import {
  AudioCloudError,
  type Instance,
  type Model,
  parameterValues,
  type Value,
  valueCount,
  valueToNumber,
} from '@audiocloud/api';
import { LAYOUT } from '../plugin/layout.ts';
import type { Plugin } from '../plugin/load-plugin.ts';
import type { PluginMemory } from '../plugin/plugin-memory.ts';
import { INSTANCE_RECORD } from '../render/program.ts';
import { portWidths } from '../plan/graph-nodes.ts';
import type { TaskMemories } from './task-memories.ts';

/** What an instance was made from: when any of it changes, it is made anew. */
function identity(instance: Instance, model: Model, widths: Record<string, number>): string {
  const latched = model.parameters.filter(({ latched }) => latched).map(({ id }) => instance.parameters?.[id] ?? null);
  return JSON.stringify([instance.model, instance.fixed, model.version, widths, instance.seed ?? 0, latched]);
}

/** All values of all parameters as numbers, by parameter. Throws PARAMETER_UNKNOWN, PARAMETER_VALUE. */
export function instanceNumbers(
  name: string,
  instance: Instance,
  model: Model,
  widths: Record<string, number>,
): number[][] {
  for (const [id, given] of Object.entries(instance.parameters ?? {})) {
    const parameter = model.parameters.find((candidate) => candidate.id === id);
    if (!parameter)
      throw new AudioCloudError(
        'PARAMETER_UNKNOWN',
        `Cannot set ${name}.${id}: ${model.id} has the parameters ${model.parameters.map((p) => p.id).join(', ') || '(none)'}`,
        { instance: name, parameter: id },
      );
    const count = valueCount(parameter.scope, model, widths);
    if (Array.isArray(given) && given.length > count)
      throw new AudioCloudError(
        'PARAMETER_VALUE',
        `Cannot set ${name}.${id}: ${given.length} values given, the parameter has ${count}`,
        { instance: name, parameter: id },
      );
  }
  return model.parameters.map((parameter) =>
    parameterValues(parameter, valueCount(parameter.scope, model, widths), instance.parameters?.[parameter.id]).map(
      (value: Value) => valueToNumber(parameter, value, `${name}.${parameter.id}`),
    ),
  );
}

/** One dynamic instance of a task, created and active in a memory of its plugin. [control] */
export class TaskInstance {
  readonly name: string;
  readonly model: Model;
  readonly widths: Record<string, number>;
  readonly identity: string;
  readonly memory: number;
  readonly layout: number;
  /** Address of what the block runner knows of it. */
  readonly record: number;
  readonly latencyFrames: number;
  readonly tailFrames: number;
  /** The instance's own input buffers, by channel. */
  readonly ownInputs: number[];
  readonly outputs: number[];
  /** Addresses of the words that say whether an output is silent, by channel. */
  readonly outputFlags: number[];
  /** The two above, as the plan asks for them. */
  readonly place: { memory: number; channels: number[]; flags: number[] };
  /** It slept when its levels were last told. */
  isResting = false;
  /** Whether the plugin renders several instances by one call. */
  readonly hasMany: boolean;
  /** Address of the list of pointers to the input channels. */
  readonly #inputPointers: number;
  /** Address of the list of flags that belong to the inputs. */
  readonly #inputFlags: number;
  readonly #flags: number;
  /** Values as numbers, by parameter and index, as last sent. */
  readonly numbers: number[][];
  readonly #owner: PluginMemory;
  readonly #memories: TaskMemories;

  constructor(
    name: string,
    instance: Instance,
    model: Model,
    plugin: Plugin,
    memories: TaskMemories,
    sampleRate: number,
    maxFrames: number,
  ) {
    this.name = name;
    this.model = model;
    this.widths = portWidths(name, instance, model);
    this.identity = identity(instance, model, this.widths);
    this.numbers = instanceNumbers(name, instance, model, this.widths);
    const index = plugin.models.indexOf(model);
    const seed = BigInt(instance.seed ?? 0);
    const make = (memory: number) => {
      const owner = memories.list[memory] as PluginMemory;
      const layout = owner.create(index, seed);
      try {
        const widthsOf = (ports: Model['inputs']) =>
          ports.filter(({ kind }) => kind === 'audio').map(({ id }) => this.widths[id]!);
        owner.setWidths(layout, 'inputs', widthsOf(model.inputs));
        owner.setWidths(layout, 'outputs', widthsOf(model.outputs));
        this.numbers.forEach((values, id) => {
          values.forEach((value, i) => {
            owner.parameter(layout, id, i, value);
          });
        });
        owner.activate(layout, sampleRate, maxFrames);
        const [latencyFrames, tailFrames] = [owner.latencyFrames(layout), owner.tailFrames(layout)];
        const record = owner.alloc(INSTANCE_RECORD.bytes);
        return { memory, owner, layout, latencyFrames, tailFrames, record };
      } catch (error) {
        attempt(() => owner.deactivate(layout));
        attempt(() => owner.destroy(layout));
        throw error;
      }
    };
    const first = memories.of(plugin);
    let made: ReturnType<typeof make>;
    try {
      made = make(first);
    } catch (error) {
      // Perhaps the memory is full of others: a fresh one tells.
      const isEndless = error instanceof AudioCloudError && error.details?.['trap'] === 'fuel exhausted';
      if (isEndless || memories.held(first) === 0) throw error;
      made = make(memories.another(plugin));
    }
    const { memory, owner, layout, latencyFrames, tailFrames, record } = made;
    memories.count(memory, 1);
    this.#memories = memories;
    this.#owner = owner;
    this.memory = memory;
    this.layout = layout;
    this.latencyFrames = latencyFrames;
    this.tailFrames = tailFrames;
    this.record = record;
    owner.views.u8.fill(0, this.record, this.record + INSTANCE_RECORD.bytes);
    owner.views.u32[(this.record + INSTANCE_RECORD.status) >>> 2] = 1;
    const pointers = (offset: number, channels: number) => {
      const first = owner.word(layout, offset) >>> 2;
      return [...owner.views.u32.subarray(first, first + channels)];
    };
    const channels = (ports: Model['inputs']) =>
      ports.reduce((sum, { id, kind }) => sum + (kind === 'audio' ? this.widths[id]! : 0), 0);
    this.#inputPointers = owner.word(layout, LAYOUT.inputs);
    this.ownInputs = pointers(LAYOUT.inputs, channels(model.inputs));
    this.outputs = pointers(LAYOUT.outputs, channels(model.outputs));
    this.hasMany = plugin.module.hasMany;
    const words = this.ownInputs.length + this.outputs.length + 1;
    const flags = owner.alloc(words * 4);
    this.#flags = flags;
    owner.views.u32.fill(0, flags >>> 2, (flags >>> 2) + words);
    this.outputFlags = this.outputs.map((_, c) => flags + 4 * c);
    this.place = { memory, channels: this.outputs, flags: this.outputFlags };
    this.#inputFlags = flags + 4 * this.outputs.length;
    // until a plan says otherwise, every input hears the last word, which stays 0: sound
    const sound = this.#inputFlags + 4 * this.ownInputs.length;
    const { u32 } = owner.views;
    u32.fill(sound, this.#inputFlags >>> 2, sound >>> 2);
    const word = this.record >>> 2;
    u32[word + (INSTANCE_RECORD.inputs >> 2)] = this.ownInputs.length;
    u32[word + (INSTANCE_RECORD.outputs >> 2)] = this.outputs.length;
    u32[word + (INSTANCE_RECORD.inputFlags >> 2)] = this.#inputFlags;
    u32[word + (INSTANCE_RECORD.outputFlags >> 2)] = flags;
  }

  /** Whether `instance` can be had by sending values alone. */
  fits(instance: Instance, model: Model): boolean {
    return identity(instance, model, portWidths(this.name, instance, model)) === this.identity;
  }

  /** Address of the pointer to an input channel. */
  inputPointer(channel: number): number {
    return this.#inputPointers + 4 * channel;
  }

  /** Address of the pointer to the flag of what an input channel hears. */
  inputFlagPointer(channel: number): number {
    return this.#inputFlags + 4 * channel;
  }

  /** A word of the runner's record: INSTANCE_RECORD offsets. */
  recordWord(offset: number): number {
    return this.#owner.views.u32[(this.record + offset) >>> 2]!;
  }

  /** Largest output since the last call; full scale is 1. */
  takePeak(): number {
    const { f32 } = this.#owner.views;
    const at = (this.record + INSTANCE_RECORD.peak) >>> 2;
    const peak = f32[at]!;
    f32[at] = 0;
    return peak;
  }

  /** Public reports as lists of values, by id. */
  reports(): Record<string, number[]> {
    const { f32 } = this.#owner.views;
    let at = this.#owner.word(this.layout, LAYOUT.reports) >>> 2;
    const out: Record<string, number[]> = {};
    for (const report of this.model.reports) {
      const count = valueCount(report.scope, this.model, this.widths);
      if (report.public !== false) out[report.id] = [...f32.subarray(at, at + count)];
      at += count;
    }
    return out;
  }

  /** Only when no render thread has it any more. Never throws: a plugin that fails here keeps its memory, that is all. */
  dispose(): void {
    attempt(() => this.#owner.deactivate(this.layout));
    attempt(() => this.#owner.destroy(this.layout));
    attempt(() => this.#owner.free(this.record));
    attempt(() => this.#owner.free(this.#flags));
    this.#memories.count(this.memory, -1);
  }
}

/** A farewell to a plugin: it is going in any case. */
function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // INSTANCE_FAILED: there is nothing left that could be muted
  }
}
