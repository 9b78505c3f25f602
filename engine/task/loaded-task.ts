import {
  applyEdits,
  AudioCloudError,
  ERRORS,
  type GraphEdit,
  type Instance,
  type InstanceState,
  type Meters,
  type ParameterChange,
  parameterValues,
  setValue,
  type Task,
  type TaskState,
  type TransportChange,
  type TransportState,
  type Value,
  valueCount,
  valueToNumber,
} from '@audiocloud/api';
import type { AudioData } from '../media/audio-data.ts';
import { portWidths } from '../plan/graph-nodes.ts';
import { compensate, graphOf, type Plan } from '../plan/plan.ts';
import { TAIL_ENDLESS } from '../plugin/layout.ts';
import type { Plugin } from '../plugin/load-plugin.ts';
import type { Registry } from '../registry/registry.ts';
import { INSTANCE_RECORD, METER_RECORD, MUTED_BY } from '../render/program.ts';
import { SinkRing } from '../render/sink-ring.ts';
import type { SinkImage, TaskImage } from '../render/task-image.ts';
import { COMMAND, type Command, TaskShared, WORD } from '../render/task-shared.ts';
import { clipImages } from './clip-images.ts';
import { type CompiledPlan, compilePlan, GAIN_RAMP_FRAMES } from './compile-plan.ts';
import { hostModule } from './host-module.ts';
import { Ledger } from './ledger.ts';
import { instanceNumbers, TaskInstance } from './task-instance.ts';
import { TaskMemories } from './task-memories.ts';

export interface LoadOptions {
  id: string;
  revision?: number;
  graph: Task;
  /** Decoded, at the sample rate of the render, by name. */
  media: Record<string, AudioData>;
  registry: Registry;
  /** Frames per second of the render; default: the task's own. */
  sampleRate?: number;
  /** Longest block. */
  maxFrames?: number;
  /** Sends a value to a piece of hardware; without it fixed instances are refused. */
  setFixed?: (fixed: string, change: ParameterChange) => Promise<void>;
}

const ALL = 0xffffffff;

/** A value, as a number, for one index of a parameter of an instance, or for all. */
interface ValueChange {
  instance: TaskInstance;
  parameter: number;
  index: number | undefined;
  number: number;
}

/**
 * One task as the control side has it: planned, its instances alive, compiled into an image for a render thread. [control]
 *
 * After `edit` the new image must be sent to the renderer; what the old one used is kept until the renderer let go of it.
 */
export class LoadedTask {
  readonly id: string;
  readonly sampleRate: number;
  readonly maxFrames: number;
  image!: TaskImage;
  revision: number;
  graph: Task;
  readonly #registry: Registry;
  readonly #setFixed: LoadOptions['setFixed'];
  readonly #shared = new TaskShared();
  readonly #memories = new TaskMemories();
  readonly #ledger = new Ledger(this.#memories);
  readonly #rings = new Map<string, { channels: number; buffer: SharedArrayBuffer }>();
  #media: Record<string, AudioData>;
  #instances = new Map<string, TaskInstance>();
  #plan!: Plan;
  #compiled: CompiledPlan | undefined;
  #playId = 0;
  /** What transport() last asked for: the renderer may be a block behind. */
  #isAskedToPlay = false;
  /** What to free once the renderer is at a generation and has taken so many commands. */
  #waste: { generation: number; given: number; free: () => void }[] = [];

  private constructor(options: LoadOptions) {
    this.id = options.id;
    this.revision = options.revision ?? 1;
    this.sampleRate = options.sampleRate ?? options.graph.sampleRate;
    this.maxFrames = options.maxFrames ?? 1024;
    this.graph = options.graph;
    this.#media = options.media;
    this.#registry = options.registry;
    this.#setFixed = options.setFixed;
  }

  /** Plans and compiles a task, stopped. Throws, naming the thing, what the plan or an instance refuses. */
  static load(options: LoadOptions): LoadedTask {
    const task = new LoadedTask(options);
    try {
      task.#rebuild(options.graph, options.media);
    } catch (error) {
      task.dispose();
      throw error;
    }
    const { loop } = options.graph;
    if (loop) task.#giveLoop(loop);
    return task;
  }

  get latencyFrames(): number {
    return this.#plan.latencyFrames;
  }

  /** Commands and state that this side shares with the renderer. */
  get shared(): TaskShared {
    return this.#shared;
  }

  get sinks(): SinkImage[] {
    return this.image.sinks;
  }

  /** Frames from the end of the last clip until the last tail is over; endless tails count as none. */
  get tailFrames(): number {
    const tails = new Float64Array(this.#plan.nodes.length);
    let longest = 0;
    this.#plan.nodes.forEach((node, n) => {
      for (let e = this.#plan.firstEdge[n]!; e < this.#plan.firstEdge[n + 1]!; e++) {
        const edge = this.#plan.edges[e]!;
        if (!edge.feedback) tails[n] = Math.max(tails[n]!, tails[edge.from]! + edge.offsetFrames);
      }
      const own = this.#instances.get(node.name)?.tailFrames ?? 0;
      if (own < TAIL_ENDLESS) tails[n]! += own;
      longest = Math.max(longest, tails[n]!);
    });
    return longest;
  }

  /**
   * Sends values to instances, sample-accurately smoothed by them. All are checked before any is sent.
   *
   * atFrame: stream frame at which they apply (offline); default: as soon as possible.
   * Returns the stream frame at which the last one applies, null when the task is stopped or only hardware was set.
   */
  async set(changes: readonly ParameterChange[], atFrame?: number): Promise<number | null> {
    const resolved = changes.map((change) => ({ change, ...this.#resolve(change) }));
    const wasPlaying = this.#shared.playing;
    this.#refuseWithoutRoom(changes.length);
    let last = -1;
    const hardware: Promise<void>[] = [];
    for (const { change, instance, fixed, parameter, number } of resolved) {
      this.#remember(change);
      if (fixed) hardware.push(this.#setFixed!(fixed, change));
      else if (instance) last = this.#send({ instance, parameter, index: change.index, number }, atFrame);
    }
    await Promise.all(hardware);
    if (last < 0 || atFrame !== undefined) return null;
    const frame = await this.#shared.taken(last);
    return wasPlaying ? frame : null;
  }

  /** Throws what `set` would throw for these changes: NODE_UNKNOWN, PARAMETER_UNKNOWN, PARAMETER_VALUE, PARAMETER_LATCHED. */
  check(changes: readonly ParameterChange[]): void {
    for (const change of changes) this.#resolve(change);
  }

  /** Carries out what a client wants of the transport; resolves when the renderer took it. */
  async transport(change: TransportChange): Promise<TransportState> {
    const { play, positionSeconds, loop } = change;
    this.#refuseWithoutRoom(3);
    let last = -1;
    if (loop !== undefined) {
      if (loop && loop.endSeconds <= loop.startSeconds)
        throw new AudioCloudError(
          'REQUEST_INVALID',
          `Cannot loop from ${loop.startSeconds} s to ${loop.endSeconds} s: the end must be after the start`,
        );
      last = this.#giveLoop(loop);
      const { loop: _, ...rest } = this.graph;
      this.graph = loop ? { ...rest, loop } : rest;
    }
    const isPlaying = this.#isAskedToPlay;
    const position =
      positionSeconds === undefined ? this.#shared.positionFrame : Math.round(positionSeconds * this.sampleRate);
    if (positionSeconds !== undefined) last = this.#give({ kind: COMMAND.seek, value: position });
    if (play === true && !isPlaying) last = this.#give({ kind: COMMAND.play, value: position, a: ++this.#playId });
    if (play === false && isPlaying) last = this.#give({ kind: COMMAND.stop });
    this.#isAskedToPlay = play ?? isPlaying;
    if (last >= 0) await this.#shared.taken(last);
    return { ...this.transportState(), playing: play ?? isPlaying };
  }

  transportState(): TransportState {
    const { playing, positionFrame, streamFrame } = this.#shared;
    return {
      playing,
      sampleRate: this.sampleRate,
      positionFrames: positionFrame,
      streamFrame,
      playId: this.#playId,
      loop: this.graph.loop ?? null,
    };
  }

  /**
   * Changes the graph as one transaction: all edits, or an error and nothing. Instances that stay keep their state.
   *
   * media: all decoded media of the task after the edits. The image returned must be sent to the renderer.
   */
  edit(revision: number, edits: readonly GraphEdit[], media: Record<string, AudioData> = this.#media): TaskImage {
    const graph = applyEdits(this.graph, edits, (task, name, parameter) => this.#valuesOf(task, name, parameter));
    this.#collect();
    this.#rebuild(graph, media);
    this.revision = revision;
    if (edits.some(({ op }) => op === 'loop')) this.#giveLoop(graph.loop ?? null);
    return this.image;
  }

  /** Levels and public reports since the last call. */
  meters(): Meters {
    this.#collect();
    const meters: Meters['meters'] = {};
    for (const [name, { memory, channels }] of this.#compiled!.meters) {
      const { f32, f64, u32 } = this.#memories.list[memory]!.views;
      const peak: number[] = [];
      const rms: number[] = [];
      for (const record of channels) {
        const frames = u32[(record + METER_RECORD.frames) >>> 2]!;
        peak.push(f32[(record + METER_RECORD.peak) >>> 2]!);
        rms.push(frames > 0 ? Math.sqrt(f64[(record + METER_RECORD.sumOfSquares) >>> 3]! / frames) : 0);
        f64[(record + METER_RECORD.sumOfSquares) >>> 3] = 0;
        f32[(record + METER_RECORD.peak) >>> 2] = 0;
        u32[(record + METER_RECORD.frames) >>> 2] = 0;
      }
      meters[name] = { peak, rms };
    }
    const reports: Meters['reports'] = {};
    for (const [name, instance] of this.#instances) {
      meters[name] = { peak: [instance.takePeak()] };
      if (instance.model.reports.length) reports[name] = instance.reports();
    }
    return { streamFrame: this.#shared.streamFrame, positionFrames: this.#shared.positionFrame, meters, reports };
  }

  state(): TaskState {
    const { words } = this.#shared;
    const instances: TaskState['instances'] = {};
    for (const [name, instance] of this.#instances) instances[name] = this.#instanceState(name, instance);
    return {
      task: this.id,
      state: this.#shared.playing ? 'playing' : 'ready',
      revision: this.revision,
      transport: this.transportState(),
      latencyFrames: this.latencyFrames,
      blocks: words[WORD.blocks]!,
      missedBlocks: words[WORD.missedBlocks]!,
      instances,
    };
  }

  /** Destroys all instances. Only when no renderer has the task any more. */
  dispose(): void {
    for (const instance of this.#instances.values()) instance.dispose();
    this.#instances.clear();
  }

  #instanceState(name: string, instance: TaskInstance): InstanceState {
    const isMuted = instance.recordWord(INSTANCE_RECORD.muted) !== 0;
    const mutedBy = instance.recordWord(INSTANCE_RECORD.mutedBy);
    const cause = MUTED_BY[mutedBy] ?? 'trap';
    const { advice, retry } = ERRORS.INSTANCE_FAILED;
    return {
      state: isMuted ? 'failed' : 'running',
      // an error status is counted when the instance is reset
      faults: instance.recordWord(INSTANCE_RECORD.faults) + (isMuted && mutedBy === 0 ? 1 : 0),
      nonFinite: instance.recordWord(INSTANCE_RECORD.nonFinite),
      latencyFrames: instance.latencyFrames,
      ...(isMuted
        ? {
            error: {
              code: 'INSTANCE_FAILED' as const,
              message: `Instance '${name}' (${instance.model.id}) is muted: ${cause}`,
              advice,
              retry,
              details: { instance: name, cause },
            },
          }
        : {}),
    };
  }

  /** Plans, creates what is new, compiles. On an error all that was made is undone. */
  #rebuild(graph: Task, media: Record<string, AudioData>): void {
    while (!this.#tryToBuild(graph, media));
  }

  /** False when instances left the host no room in their memory: next time fewer are put into one. */
  #tryToBuild(graph: Task, media: Record<string, AudioData>): boolean {
    const memories = this.#memories.list.length;
    this.#ledger.begin();
    const made: TaskInstance[] = [];
    try {
      const checked = graphOf(graph, (id) => this.#registry.find(id).model);
      const instances = new Map<string, TaskInstance>();
      const wanted = graph.instances ?? {};
      for (const name of Object.keys(wanted)) {
        const instance = wanted[name]!;
        const kept = this.#keep(name, instance);
        if (kept) instances.set(name, kept);
        else {
          const created = this.#create(name, instance);
          if (!created) continue;
          made.push(created);
          instances.set(name, created);
        }
      }
      const plan = compensate(
        checked,
        checked.nodes.map(({ kind, name }) => (kind === 'instance' ? (instances.get(name)?.latencyFrames ?? 0) : 0)),
      );
      this.#compile(graph, media, plan, instances);
      return true;
    } catch (error) {
      const { full } = this.#ledger;
      const isCrowded = full !== undefined && made.some(({ memory }) => memory === full);
      const isLighter = isCrowded && this.#memories.lighten(full);
      for (const instance of made) instance.dispose();
      this.#memories.giveUp(memories);
      if (isLighter) return false;
      throw error;
    }
  }

  /** Whether a graph says of an instance what the graph now in use says: it is the same object, which nobody changes in place. */
  #isUnchanged(name: string, instance: Instance): boolean {
    return this.image !== undefined && this.graph.instances?.[name] === instance;
  }

  #keep(name: string, instance: Instance): TaskInstance | undefined {
    const before = this.#instances.get(name);
    if (before && this.#isUnchanged(name, instance)) return before;
    return before?.fits(instance, this.#registry.find(instance.model).model) ? before : undefined;
  }

  /** Undefined for a fixed instance, which is not rendered here. */
  #create(name: string, instance: Instance): TaskInstance | undefined {
    const { model, plugin } = this.#registry.find(instance.model);
    if (instance.fixed !== undefined || !plugin) {
      instanceNumbers(name, instance, model, portWidths(name, instance, model));
      if (!this.#setFixed || instance.fixed === undefined || plugin)
        throw new AudioCloudError(
          'GRAPH_INVALID',
          `Cannot make instance '${name}': ${model.id} is ${plugin ? 'a plugin, so it cannot be fixed' : 'hardware: name the fixed instance, and play it on an engine that has it'}`,
          { instance: name },
        );
      return undefined;
    }
    try {
      return new TaskInstance(name, instance, model, plugin, this.#memories, this.sampleRate, this.maxFrames);
    } catch (error) {
      if (!(error instanceof AudioCloudError) || error.code !== 'INSTANCE_FAILED') throw error;
      const { code, message, details } = error;
      throw new AudioCloudError(
        code,
        `Cannot make instance '${name}': ${message}`,
        { ...details, instance: name },
        { cause: error },
      );
    }
  }

  #compile(graph: Task, media: Record<string, AudioData>, plan: Plan, instances: Map<string, TaskInstance>): void {
    const tracks = Object.keys(graph.tracks ?? {}).map((name) => ({
      name,
      clips: clipImages(graph, name, media, this.sampleRate),
    }));
    const home = this.#memories.home(() => favourite(graph, this.#registry));
    let compiled: CompiledPlan;
    try {
      compiled = compilePlan({
        plan,
        buses: graph.buses ?? {},
        instances,
        memories: this.#memories,
        ledger: this.#ledger,
        home,
        maxFrames: this.maxFrames,
        gainsBefore: this.#compiled?.gains,
      });
    } catch (error) {
      this.#ledger.abandon();
      throw error;
    }
    let changes: ValueChange[];
    try {
      changes = this.#valueChanges(graph, instances);
      this.#refuseWithoutRoom(compiled.gainChanges.length + changes.length + 1); // one for a loop
    } catch (error) {
      this.#ledger.abandon();
      throw error;
    }
    // From here on nothing is refused any more.
    const freeLedger = this.#ledger.finish();
    const gone: TaskInstance[] = [];
    for (const [name, instance] of this.#instances) if (instances.get(name) !== instance) gone.push(instance);
    const generation = (this.image?.generation ?? 0) + 1;
    for (const { memory, address, value } of compiled.gainChanges)
      this.#give({
        kind: COMMAND.gain,
        a: memory,
        b: address,
        c: GAIN_RAMP_FRAMES,
        value,
        value2: this.image.generation,
      });
    for (const change of changes) this.#send(change);
    const free = () => {
      freeLedger();
      for (const instance of gone) instance.dispose();
    };
    if (this.image) this.#waste.push({ generation, given: this.#shared.given, free });
    this.#renewRings(graph.sinks ?? {});
    this.graph = graph;
    this.#media = media;
    this.#instances = instances;
    this.#plan = plan;
    this.#compiled = compiled;
    this.image = {
      id: this.id,
      generation,
      sampleRate: this.sampleRate,
      maxFrames: this.maxFrames,
      shared: this.#shared.buffer,
      memories: this.#memories.images,
      host: hostModule(),
      tracks: tracks.map(({ name, clips }) => {
        const { memory, channels, flags } = compiled.places.get(name)!;
        return { memory, addresses: channels, flags, clips };
      }),
      steps: compiled.steps,
      sinks: Object.entries(graph.sinks ?? {}).map(([name, sink]) => {
        const { memory, channels } = compiled.places.get(name)!;
        return {
          name,
          kind: sink.kind,
          channels: sink.channels,
          firstChannel: sink.firstChannel ?? 0,
          ring: this.#rings.get(name)!.buffer,
          memory,
          addresses: channels,
        };
      }),
      instances: [...instances].map(([name, { memory, layout, record }]) => ({ name, memory, layout, record })),
      pokes: compiled.pokes,
      clears: compiled.clears,
      histories: compiled.histories,
      gains: compiled.gainRecords,
    };
  }

  /** The ring of a sink that stays as wide as it was, or a new one. Of sinks that are gone, whoever reads them has the last. */
  #renewRings(sinks: NonNullable<Task['sinks']>): void {
    const before = new Map(this.#rings);
    this.#rings.clear();
    for (const [name, { channels }] of Object.entries(sinks)) {
      const ring = before.get(name);
      this.#rings.set(name, ring?.channels === channels ? ring : { channels, buffer: SinkRing.create(channels) });
    }
  }

  /** Frees what renderers no longer use. */
  #collect(): void {
    const generation = Atomics.load(this.#shared.words, WORD.generation);
    const taken = Atomics.load(this.#shared.words, WORD.taken);
    this.#waste = this.#waste.filter((waste) => {
      if (generation < waste.generation || taken < waste.given) return true;
      waste.free();
      return false;
    });
  }

  /** Values that the new graph wants otherwise of instances that stay. Throws PARAMETER_UNKNOWN, PARAMETER_VALUE. */
  #valueChanges(graph: Task, instances: Map<string, TaskInstance>): ValueChange[] {
    const changes: ValueChange[] = [];
    for (const [name, instance] of instances) {
      const given = graph.instances![name]!;
      if (this.#instances.get(name) !== instance || this.#isUnchanged(name, given)) continue;
      instanceNumbers(name, given, instance.model, instance.widths).forEach((values, parameter) => {
        values.forEach((number, index) => {
          if (number !== instance.numbers[parameter]![index]) changes.push({ instance, parameter, index, number });
        });
      });
    }
    return changes;
  }

  /** Sends a value to an instance as an event. */
  #send({ instance, parameter, index, number }: ValueChange, frame?: number): number {
    const { memory, layout, record, numbers } = instance;
    if (index === undefined) numbers[parameter]!.fill(number);
    else numbers[parameter]![index] = number;
    return this.#give({
      kind: COMMAND.parameter,
      a: memory,
      b: layout,
      c: parameter,
      d: (index ?? ALL) | 0,
      e: record,
      value: number,
      value2: this.image.generation,
      ...(frame === undefined ? {} : { frame }),
    });
  }

  #resolve({ instance: name, parameter: id, index, value }: ParameterChange) {
    const { instances = {} } = this.graph;
    const instance = Object.hasOwn(instances, name) ? instances[name] : undefined;
    if (!instance)
      throw new AudioCloudError('NODE_UNKNOWN', `Cannot set ${name}.${id}: the task has no instance '${name}'`, {
        instance: name,
      });
    const { model } = this.#registry.find(instance.model);
    const number = model.parameters.findIndex((candidate) => candidate.id === id);
    const parameter = model.parameters[number];
    if (!parameter)
      throw new AudioCloudError(
        'PARAMETER_UNKNOWN',
        `Cannot set ${name}.${id}: ${model.id} has the parameters ${model.parameters.map((p) => p.id).join(', ') || '(none)'}`,
        { instance: name, parameter: id },
      );
    if (parameter.latched)
      throw new AudioCloudError(
        'PARAMETER_LATCHED',
        `Cannot set ${name}.${id} live: its value is taken when the instance is activated; send it as an edit`,
        { instance: name, parameter: id },
      );
    const count = valueCount(parameter.scope, model, portWidths(name, instance, model));
    if (index !== undefined && index >= count)
      throw new AudioCloudError(
        'PARAMETER_VALUE',
        `Cannot set ${name}.${id}[${index}]: the parameter has ${count} value${count === 1 ? '' : 's'}`,
        { instance: name, parameter: id, index },
      );
    const fixed = instance.fixed;
    return {
      instance: this.#instances.get(name),
      fixed,
      parameter: number,
      number: valueToNumber(parameter, value, `${name}.${id}`),
    };
  }

  #valuesOf(task: Task, name: string, id: string): Value[] {
    const instance = task.instances![name]!;
    const { model } = this.#registry.find(instance.model);
    const parameter = model.parameters.find((candidate) => candidate.id === id);
    if (!parameter) return [];
    return parameterValues(
      parameter,
      valueCount(parameter.scope, model, portWidths(name, instance, model)),
      instance.parameters?.[id],
    );
  }

  /** The graph says what is sounding. */
  #remember({ instance: name, parameter, index, value }: ParameterChange): void {
    const instance = this.graph.instances![name]!;
    const changed = setValue(instance, parameter, index, value, this.#valuesOf(this.graph, name, parameter));
    this.graph = { ...this.graph, instances: { ...this.graph.instances, [name]: changed } };
  }

  #giveLoop(loop: { startSeconds: number; endSeconds: number } | null): number {
    const toFrames = (seconds: number) => Math.round(seconds * this.sampleRate);
    return this.#give({
      kind: COMMAND.loop,
      value: loop ? toFrames(loop.startSeconds) : 0,
      value2: loop ? toFrames(loop.endSeconds) : 0,
    });
  }

  /** All of several commands find a place, or none is given. */
  #refuseWithoutRoom(commands: number): void {
    const { room } = this.#shared;
    if (commands > room)
      throw new AudioCloudError(
        'RATE_LIMITED',
        `Cannot queue ${commands} more changes for task '${this.id}': there is room for ${room} until its renderer takes some; send fewer at once`,
        { task: this.id, commands, room },
      );
  }

  #give(command: Command): number {
    this.#refuseWithoutRoom(1);
    return this.#shared.give(command);
  }
}

/** The plugin with the most instances: the host's buffers live in its memory, so that most edges are pointers. */
function favourite(graph: Task, registry: Registry): Plugin | undefined {
  const counts = new Map<Plugin, number>();
  for (const { model } of Object.values(graph.instances ?? {})) {
    const { plugin } = registry.find(model);
    if (plugin) counts.set(plugin, (counts.get(plugin) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
