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
import { isSameSound } from './instance-media.ts';
import { attempt, type BodySpec, disposeBody, type InstanceBody, makeBody } from './instance-body.ts';
import { InstanceSeat } from './instance-seat.ts';
import type { TaskMemories } from './task-memories.ts';

/** What an instance was made from: when any of it changes, it is made anew. */
function identity(instance: Instance, model: Model, widths: Record<string, number>): string {
  const latched = model.parameters.filter(({ latched }) => latched).map(({ id }) => instance.parameters?.[id] ?? null);
  return JSON.stringify([
    instance.model,
    instance.fixed,
    model.version,
    widths,
    instance.seed ?? 0,
    latched,
    instance.state,
    instance.media,
  ]);
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

/** One dynamic instance of a task: its place there, and what sits in it, created and active in a memory of its plugin. [control] */
export class TaskInstance {
  readonly name: string;
  readonly model: Model;
  readonly widths: Record<string, number>;
  readonly identity: string;
  readonly memory: number;
  /** Address of what the block runner knows of it. */
  readonly record: number;
  /** Buffers in which its inputs are mixed, by channel. */
  readonly ownInputs: number[];
  /** Where its outputs are, and the words that say whether one is silent, by channel. */
  readonly place: { memory: number; channels: number[]; flags: number[] };
  /** It slept when its levels were last told. */
  isResting = false;
  /** Whether the plugin renders several instances by one call. */
  readonly hasMany: boolean;
  /** Values as numbers, by parameter and index, as last sent. */
  readonly numbers: number[][];
  /** Faults in its record that are dealt with. */
  knownFaults = 0;
  readonly #spec: Omit<BodySpec, 'numbers'>;
  /** Number of each midi input, by id. */
  readonly midiPorts: ReadonlyMap<string, number>;
  readonly #seat: InstanceSeat;
  readonly #owner: PluginMemory;
  readonly #memories: TaskMemories;
  #body: InstanceBody;
  /** Address of the list of pointers to the input channels. */
  #inputPointers: number;

  constructor(
    name: string,
    instance: Instance,
    model: Model,
    plugin: Plugin,
    memories: TaskMemories,
    sampleRate: number,
    maxFrames: number,
    media: BodySpec['media'],
    state?: Uint8Array,
  ) {
    this.name = name;
    this.model = model;
    this.widths = portWidths(name, instance, model);
    this.identity = identity(instance, model, this.widths);
    this.numbers = instanceNumbers(name, instance, model, this.widths);
    this.#spec = { model, seed: BigInt(instance.seed ?? 0), widths: this.widths, sampleRate, maxFrames, media, state };
    this.midiPorts = new Map(model.inputs.filter(({ kind }) => kind === 'midi').map(({ id }, number) => [id, number]));
    const make = (memory: number) => {
      const owner = memories.list[memory] as PluginMemory;
      const body = makeBody(owner, { ...this.#spec, numbers: this.numbers });
      try {
        return {
          memory,
          owner,
          body,
          seat: new InstanceSeat(owner, body.inputs.length, body.outputs.length, maxFrames),
        };
      } catch (error) {
        disposeBody(owner, body);
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
    const { memory, owner, body, seat } = made;
    memories.count(memory, 1);
    this.#memories = memories;
    this.#owner = owner;
    this.#seat = seat;
    this.memory = memory;
    this.record = seat.record;
    this.ownInputs = seat.inputs;
    this.place = { memory, channels: seat.outputs, flags: seat.outputFlags };
    this.hasMany = plugin.module.hasMany;
    this.#body = body;
    this.#inputPointers = owner.word(body.layout, LAYOUT.inputs);
    this.#connect(body, seat.inputs);
    seat.setWord(INSTANCE_RECORD.layout, body.layout);
  }

  get latencyFrames(): number {
    return this.#body.latencyFrames;
  }

  get tailFrames(): number {
    return this.#body.tailFrames;
  }

  /** The plugin that renders it. */
  get plugin(): Plugin {
    return this.#owner.plugin;
  }

  /** What a user set, as its plugin writes it; undefined when it refuses. It may be rendering meanwhile. */
  saveState(): Uint8Array | undefined {
    try {
      return this.#owner.stateSave(this.layout);
    } catch {
      return undefined; // the values that were sent are known in any case
    }
  }

  /** Whether `instance` can be had by sending values alone. */
  fits(instance: Instance, model: Model): boolean {
    return identity(instance, model, portWidths(this.name, instance, model)) === this.identity;
  }

  /** Whether it was made with these pieces of media. */
  hears(media: BodySpec['media']): boolean {
    return media.every((sound, slot) => isSameSound(this.#spec.media[slot], sound));
  }

  /** Address of the pointer to an input channel. */
  inputPointer(channel: number): number {
    return this.#inputPointers + 4 * channel;
  }

  /** Address of the pointer to the flag of what an input channel hears. */
  inputFlagPointer(channel: number): number {
    return this.#seat.inputFlags + 4 * channel;
  }

  /** A word of the runner's record: INSTANCE_RECORD offsets. */
  recordWord(offset: number): number {
    return this.#seat.word(offset);
  }

  /**
   * Makes a fresh instance for the same place, with the values last sent. `pokes` (TaskImage) of the plan in use say what
   * it hears, and then speak of the fresh one.
   *
   * layout: to be put into the record by the renderer. free: to be called when it did. Undefined when the fresh one has
   * another latency: then only a new plan can take it. Throws INSTANCE_FAILED; then all is as before.
   */
  renew(pokes: Int32Array): { layout: number; free: () => void } | undefined {
    const body = makeBody(this.#owner, { ...this.#spec, numbers: this.numbers });
    if (body.latencyFrames !== this.#body.latencyFrames) {
      disposeBody(this.#owner, body);
      return undefined;
    }
    const before = this.#body;
    const first = this.#inputPointers;
    const inputs = [...this.ownInputs];
    this.#body = body;
    this.#inputPointers = this.#owner.word(body.layout, LAYOUT.inputs);
    for (let p = 0; p < pokes.length; p += 3) {
      const offset = pokes[p + 1]! - first;
      if (pokes[p] !== this.memory || offset < 0 || offset >= 4 * inputs.length) continue;
      inputs[offset / 4] = pokes[p + 2]!;
      pokes[p + 1] = this.#inputPointers + offset;
    }
    this.#connect(body, inputs);
    return { layout: body.layout, free: () => disposeBody(this.#owner, before) };
  }

  /** The layout of what sits, or is about to sit, in its place. */
  get layout(): number {
    return this.#body.layout;
  }

  /** Whether a piece of memory is a guard of this instance. */
  isGuardedBy(address: number): boolean {
    return address === this.#body.front || address === this.#body.back;
  }

  /** Mutes it, until something is put into its place. mutedBy: index in MUTED_BY; isFault: it is counted as one. */
  mute(mutedBy: number, isFault: boolean): void {
    const seat = this.#seat;
    seat.setWord(INSTANCE_RECORD.mutedBy, mutedBy);
    if (isFault) seat.setWord(INSTANCE_RECORD.faults, seat.word(INSTANCE_RECORD.faults) + 1);
    seat.setWord(INSTANCE_RECORD.muted, 1);
  }

  /** Goes on with the counts of an instance whose place it takes, muted if that one is. Before a renderer has it. */
  inherit(before: TaskInstance): void {
    const { faults, nonFinite, muted, mutedBy } = INSTANCE_RECORD;
    for (const word of [faults, nonFinite, muted, mutedBy]) this.#seat.setWord(word, before.recordWord(word));
    this.knownFaults = before.knownFaults;
  }

  /** Lets it be heard. Before a renderer has it. */
  unmute(): void {
    this.#seat.setWord(INSTANCE_RECORD.mutedBy, 0);
    this.#seat.setWord(INSTANCE_RECORD.muted, 0);
  }

  /** Largest output since the last call; full scale is 1. */
  takePeak(): number {
    return this.#seat.takePeak();
  }

  /** Public reports as lists of values, by id. What is not finite is 0. */
  reports(): Record<string, number[]> {
    const { f32 } = this.#owner.views;
    let at = this.#owner.word(this.layout, LAYOUT.reports) >>> 2;
    const out: Record<string, number[]> = {};
    for (const report of this.model.reports) {
      const count = valueCount(report.scope, this.model, this.widths);
      if (report.public !== false)
        out[report.id] = Array.from(f32.subarray(at, at + count), (value) => (Number.isFinite(value) ? value : 0));
      at += count;
    }
    return out;
  }

  /** Where its public reports stand: memory, first f32 in it. */
  reportPlaces(): { report: string; memory: number; at: number; count: number }[] {
    let at = this.#owner.word(this.layout, LAYOUT.reports) >>> 2;
    return this.model.reports.flatMap((report) => {
      const count = valueCount(report.scope, this.model, this.widths);
      const place = { report: report.id, memory: this.memory, at, count };
      at += count;
      return report.public === false ? [] : [place];
    });
  }

  /** Only when no render thread has it any more. Never throws: a plugin that fails here keeps its memory, that is all. */
  dispose(): void {
    disposeBody(this.#owner, this.#body);
    attempt(() => this.#seat.free());
    this.#memories.count(this.memory, -1);
  }

  /** Has a body hear these buffers, and write into the outputs of this place. */
  #connect({ layout }: InstanceBody, inputs: readonly number[]): void {
    this.#owner.pointChannels(layout, 'inputs', inputs);
    this.#owner.pointChannels(layout, 'outputs', this.#seat.outputs);
  }
}
