import {
  AudioCloudError,
  type Model,
  type Parameter,
  type Port,
  parameterValues,
  type Value,
  valueCount,
  valueToNumber,
} from '@audiocloud/api';
import type { AudioData } from '../media/audio-data.ts';
import { EVENT, EVENT_ALL, EVENT_SIZE, EVENT_TYPE, LAYOUT, RAMP_EVENT_SIZE, STATUS } from './layout.ts';
import { portWidths } from './layout-check.ts';
import type { Plugin } from './load-plugin.ts';
import { PluginMemory } from './plugin-memory.ts';
import { RenderTwin, type TwinStack } from './render-twin.ts';

export interface ProbeOptions {
  readonly sampleRate: number;
  readonly maxFrames: number;
  /** Channels by port id; the model's default where a port is not named. */
  readonly widths?: Readonly<Record<string, number>>;
  /** Values by parameter id, one for all or one for each; the model's default where a parameter is not named. */
  readonly parameters?: Readonly<Record<string, Value | Value[]>>;
  readonly seed?: bigint;
  /** By place in the slots of the model, all counted through. */
  readonly media?: readonly (AudioData | undefined)[];
  /** Played with the first block after each activation and reset, at frame 0. */
  readonly opening?: readonly ProbeMidi[];
  /** A memory that several probes share; a new one without it. */
  readonly memory?: PluginMemory;
}

/** A MIDI message for a midi input (its number among those of the model) at a frame of the block (of the whole sound in `render`). */
export interface ProbeMidi {
  readonly frame: number;
  readonly midi: readonly number[];
  readonly port?: number;
}

/** A change of a parameter at a frame of the block (of the whole sound in `render`). */
export interface ProbeChange {
  readonly frame: number;
  readonly parameter: string;
  /** Which of several values; all without it. */
  readonly index?: number;
  /** As in the model; a number for a continuous or stepped parameter is passed as it is, also out of range. */
  readonly value: Value;
  /** A ramp that reaches the value this many frames later. */
  readonly rampFrames?: number;
}

export type ProbeEvent = ProbeChange | ProbeMidi;

export interface ProbeBlock {
  readonly status: number;
  /** Copies, all channels in the order of the model; zeros when the status is sleep or error. */
  readonly outputs: Float32Array[];
  /** Values by report id. */
  readonly reports: Record<string, number[]>;
}

/**
 * Renders one instance of a plugin on the calling thread, by the same twins, checks and fuel as the engine. [control]
 *
 * For plugin tests, `plugin check` and benches. Throws INSTANCE_FAILED when the plugin traps.
 */
export class Probe {
  readonly model: Model;
  readonly memory: PluginMemory;
  readonly twin: RenderTwin;
  readonly layout: number;
  readonly #options: ProbeOptions;
  readonly #stack: TwinStack;
  readonly #media: (AudioData | undefined)[] = [];
  /** Nothing was rendered since the last activation or reset. */
  #isNew = true;
  readonly #inputChannels: number;
  readonly #outputChannels: number;
  readonly #widths: Record<string, number>;

  constructor(plugin: Plugin, modelId: string, options: ProbeOptions) {
    const index = plugin.models.findIndex(({ id }) => id === modelId);
    if (index < 0)
      throw new AudioCloudError(
        'MODEL_UNKNOWN',
        `Probe ${modelId}: plugin ${plugin.name} offers ${plugin.models.map(({ id }) => id).join(', ')}`,
      );
    this.model = plugin.models[index]!;
    this.#options = options;
    this.memory = options.memory ?? new PluginMemory(plugin);
    this.#stack = this.memory.newStack();
    this.twin = new RenderTwin(plugin.module.render, this.memory.memory, this.#stack);
    this.layout = this.memory.create(index, options.seed ?? 1n);
    this.#widths = chosenWidths(this.model, options.widths ?? {});
    const widthsOf = (ports: Port[]) => ports.filter(({ kind }) => kind === 'audio').map(({ id }) => this.#widths[id]!);
    this.memory.setWidths(this.layout, 'inputs', widthsOf(this.model.inputs));
    this.memory.setWidths(this.layout, 'outputs', widthsOf(this.model.outputs));
    this.model.parameters.forEach((parameter, id) => {
      const values = parameterValues(parameter, this.valueCount(parameter), options.parameters?.[parameter.id]);
      values.forEach((value, i) => {
        this.memory.parameter(this.layout, id, i, toNumber(parameter, value));
      });
    });
    this.giveMedia(options.media ?? []);
    this.activate(options.sampleRate, options.maxFrames);
    const { views } = this.memory;
    const channels = (direction: 'inputs' | 'outputs') =>
      portWidths(views, this.layout, direction).reduce((sum, width) => sum + width, 0);
    this.#inputChannels = channels('inputs');
    this.#outputChannels = channels('outputs');
  }

  /** Gives media to slots in place of what they had, counted through; what is undefined stays. Only while it is not active. */
  giveMedia(media: readonly (AudioData | undefined)[]): void {
    media.forEach((sound, slot) => {
      if (!sound) return;
      const before = this.#media[slot];
      this.memory.media(this.layout, slot, this.memory.lent.take(sound), sound);
      if (before) this.memory.lent.giveBack(before);
      this.#media[slot] = sound;
    });
  }

  activate(sampleRate: number, maxFrames: number): void {
    this.memory.activate(this.layout, sampleRate, maxFrames);
    this.#isNew = true;
  }

  deactivate(): void {
    this.memory.deactivate(this.layout);
  }

  get latencyFrames(): number {
    return this.memory.latencyFrames(this.layout);
  }

  get tailFrames(): number {
    return this.memory.tailFrames(this.layout);
  }

  get inputChannels(): number {
    return this.#inputChannels;
  }

  get outputChannels(): number {
    return this.#outputChannels;
  }

  /** As ac_process_many left it. */
  get status(): number {
    return this.memory.word(this.layout, LAYOUT.status);
  }

  /** Set before ac_process_many, to see that it is written. */
  set status(status: number) {
    this.memory.setWord(this.layout, LAYOUT.status, status);
  }

  /** How many values a parameter has on this instance. */
  valueCount(parameter: Parameter): number {
    return valueCount(parameter.scope, this.model, this.#widths);
  }

  /**
   * Renders one block of `frames`, at most maxFrames. Inputs are all channels in the order of the model; one that is
   * missing is not connected (zero). A channel of zeros is flagged silent. Events must be sorted by frame.
   */
  process(inputs: readonly Float32Array[], frames: number, events: readonly ProbeEvent[] = []): ProbeBlock {
    this.writeInputs(inputs, frames);
    this.writeEvents(events);
    const status = this.twin.process(this.layout, frames);
    if (this.twin.fault)
      throw new AudioCloudError(
        'INSTANCE_FAILED',
        `Call ac_process of ${this.model.id} in plugin ${this.memory.plugin.name}: ${this.twin.fault}`,
        { plugin: this.memory.plugin.name, model: this.model.id, entry: 'ac_process', trap: this.twin.fault },
        { cause: this.twin.thrown },
      );
    return { status, outputs: this.readOutputs(status, frames), reports: this.readReports() };
  }

  /** The first part of `process`: for benches and for rendering several probes by one call. */
  writeInputs(inputs: readonly Float32Array[], frames: number): void {
    const { f32, u32 } = this.memory.views;
    const pointers = this.memory.word(this.layout, LAYOUT.inputs) >> 2;
    let silent = 0;
    for (let channel = 0; channel < this.#inputChannels; channel++) {
      const start = u32[pointers + channel]! >> 2;
      const target = f32.subarray(start, start + frames).fill(0);
      const input = inputs[channel];
      if (input) target.set(input.subarray(0, frames));
      if (channel < 32 && target.every((sample) => sample === 0)) silent |= 1 << channel;
    }
    this.memory.setWord(this.layout, LAYOUT.silentIn, silent);
  }

  writeEvents(more: readonly ProbeEvent[]): void {
    const { opening = [] } = this.#options;
    const events = this.#isNew ? [...opening, ...more] : more;
    this.#isNew = false;
    const capacityBytes = this.memory.word(this.layout, LAYOUT.eventCapacity) * EVENT_SIZE;
    const bytes = new DataView(this.memory.memory.buffer, this.memory.word(this.layout, LAYOUT.events), capacityBytes);
    let at = 0;
    for (const event of events) {
      const { frame } = event;
      if ('midi' in event) {
        this.#refuseBeyond(at + EVENT_SIZE, capacityBytes);
        bytes.setUint32(at + EVENT.frame, frame, true);
        bytes.setUint16(at + EVENT.type, EVENT_TYPE.midi1, true);
        bytes.setUint16(at + EVENT.size, EVENT_SIZE, true);
        bytes.setUint32(at + EVENT.id, event.port ?? 0, true);
        bytes.setUint32(at + EVENT.aux, 0, true);
        for (let b = 0; b < 8; b++) bytes.setUint8(at + EVENT.value + b, event.midi[b] ?? 0);
        at += EVENT_SIZE;
        continue;
      }
      const { parameter: id, index, value, rampFrames } = event;
      const number = this.model.parameters.findIndex((parameter) => parameter.id === id);
      const size = rampFrames === undefined ? EVENT_SIZE : RAMP_EVENT_SIZE;
      if (number < 0)
        throw new AudioCloudError('PARAMETER_UNKNOWN', `Probe ${this.model.id}: there is no parameter ${id}`);
      this.#refuseBeyond(at + size, capacityBytes);
      bytes.setUint32(at + EVENT.frame, frame, true);
      bytes.setUint16(at + EVENT.type, rampFrames === undefined ? EVENT_TYPE.parameter : EVENT_TYPE.ramp, true);
      bytes.setUint16(at + EVENT.size, size, true);
      bytes.setUint32(at + EVENT.id, number, true);
      bytes.setUint32(at + EVENT.aux, index ?? EVENT_ALL, true);
      bytes.setFloat64(at + EVENT.value, toNumber(this.model.parameters[number]!, value), true);
      if (rampFrames !== undefined) bytes.setUint32(at + EVENT.rampFrames, rampFrames, true);
      at += size;
    }
    this.memory.setWord(this.layout, LAYOUT.eventCount, events.length);
  }

  #refuseBeyond(bytes: number, capacityBytes: number): void {
    if (bytes <= capacityBytes) return;
    throw new AudioCloudError(
      'PARAMETER_VALUE',
      `Probe ${this.model.id}: more events than the ${capacityBytes} bytes hold`,
    );
  }

  readOutputs(status: number, frames: number): Float32Array[] {
    const { f32, u32 } = this.memory.views;
    const pointers = this.memory.word(this.layout, LAYOUT.outputs) >> 2;
    const silent = status === STATUS.sleep || status === STATUS.error;
    return Array.from({ length: this.#outputChannels }, (_, channel) => {
      const start = u32[pointers + channel]! >> 2;
      return silent ? new Float32Array(frames) : f32.slice(start, start + frames);
    });
  }

  readReports(): Record<string, number[]> {
    const { f32 } = this.memory.views;
    let at = this.memory.word(this.layout, LAYOUT.reports) >> 2;
    return Object.fromEntries(
      this.model.reports.map(({ id, scope }) => {
        const count = valueCount(scope, this.model, this.#widths);
        at += count;
        return [id, Array.from(f32.subarray(at - count, at))];
      }),
    );
  }

  /**
   * Renders a sound of any length: as long as the longest input, or `frames`. `block` is the size of the blocks, or a
   * list of sizes used in turn (default maxFrames); events have their frame in the whole sound.
   */
  render(
    inputs: readonly Float32Array[],
    options: { block?: number | readonly number[]; events?: readonly ProbeEvent[]; frames?: number } = {},
  ): { outputs: Float32Array[]; reports: Record<string, number[]>; statuses: number[] } {
    const frames = options.frames ?? Math.max(0, ...inputs.map(({ length }) => length));
    const sizes = ([] as number[]).concat(options.block ?? this.#options.maxFrames);
    const events = options.events ?? [];
    const outputs = Array.from({ length: this.#outputChannels }, () => new Float32Array(frames));
    const statuses: number[] = [];
    let reports: Record<string, number[]> = {};
    for (let start = 0, turn = 0; start < frames; turn++) {
      const end = Math.min(frames, start + sizes[turn % sizes.length]!);
      const block = this.process(
        inputs.map((input) => input.subarray(start, end)),
        end - start,
        events
          .filter(({ frame }) => frame >= start && frame < end)
          .map((event) => ({ ...event, frame: event.frame - start })),
      );
      block.outputs.forEach((output, channel) => {
        outputs[channel]!.set(output, start);
      });
      statuses.push(block.status);
      reports = block.reports;
      start = end;
    }
    return { outputs, reports, statuses };
  }

  /** As new; parameters stay. */
  reset(): void {
    if (!this.twin.reset(this.layout))
      throw new AudioCloudError(
        'INSTANCE_FAILED',
        `Call ac_reset of ${this.model.id} in plugin ${this.memory.plugin.name}: ${this.twin.fault}`,
        { plugin: this.memory.plugin.name, model: this.model.id, entry: 'ac_reset', trap: this.twin.fault },
      );
    this.#isNew = true;
  }

  saveState(): Uint8Array {
    return this.memory.stateSave(this.layout);
  }

  /** Loads a state: the instance is deactivated and activated again, as a host does. */
  loadState(state: Uint8Array): void {
    this.deactivate();
    this.memory.stateLoad(this.layout, state);
    this.activate(this.#options.sampleRate, this.#options.maxFrames);
  }

  dispose(): void {
    this.deactivate();
    this.memory.destroy(this.layout);
    for (const sound of this.#media) if (sound) this.memory.lent.giveBack(sound);
    this.memory.free(this.#stack.limit);
  }
}

function toNumber(parameter: Parameter, value: Value): number {
  const { kind } = parameter.range;
  const plain = typeof value === 'number' && (kind === 'continuous' || kind === 'stepped');
  return plain ? value : valueToNumber(parameter, value);
}

/** The width of every audio port: what is asked for, else that of the port it follows, else its default. */
function chosenWidths(model: Model, asked: Readonly<Record<string, number>>): Record<string, number> {
  const ports = [...model.inputs, ...model.outputs].filter(({ kind }) => kind === 'audio');
  const widthOf = ({ id, channels }: Port): number => {
    const followed = ports.find((port) => port.id === channels?.as);
    return asked[id] ?? (followed && (asked[followed.id] ?? followed.channels?.default)) ?? channels?.default ?? 1;
  };
  return Object.fromEntries(ports.map((port) => [port.id, widthOf(port)]));
}
