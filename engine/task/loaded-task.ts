import { randomInt } from 'node:crypto';
import {
  applyEdits,
  AudioCloudError,
  type GraphEdit,
  hostParameter,
  type InstanceState,
  type Meters,
  type MidiMessage,
  type ParameterChange,
  type SinkGuardCounters,
  type Task,
  type TaskDiskCounters,
  type TaskState,
  type TransportChange,
  type TransportState,
} from '@audiocloud/api';
import type { DiskStreams } from '../disk/disk-streams.ts';
import type { TaskSounds } from '../media/disk-sound.ts';
import { NO_SOUND, type SoundLookup } from '../plan/fixed-sound.ts';
import { type RenderedTask, renderedTask, tapName } from '../plan/host-paths.ts';
import { compensate, graphOf, type Plan } from '../plan/plan.ts';
import { TAIL_ENDLESS } from '../plugin/layout.ts';
import { PluginMemory } from '../plugin/plugin-memory.ts';
import { guardMemory } from '../guard/guard-memory.ts';
import { sharedWrite } from '../plugin/shared-write.ts';
import type { Registry } from '../registry/registry.ts';
import { isThere } from '../render/gain-record.ts';
import { INSTANCE_RECORD } from '../render/program.ts';
import type { SinkImage, TaskImage } from '../render/task-image.ts';
import { COMMAND, TaskShared, WORD } from '../render/task-shared.ts';
import { branchImage } from './branch-image.ts';
import { clipImages } from './clip-images.ts';
import { type CompiledPlan, compilePlan } from './compile-plan.ts';
import { type DryPathGains, dryPathGains } from './dry-path-gains.ts';
import { FaultRecovery, type Recovered } from './fault-recovery.ts';
import { fadingFrom } from './fading.ts';
import type { GainPlace } from './gain-compiler.ts';
import { favouritePlugin } from './favourite-plugin.ts';
import { hostModule } from './host-module.ts';
import { LaneImages } from './lane-images.ts';
import { InstanceSet } from './instance-set.ts';
import { instanceState } from './instance-state.ts';
import { Ledger } from './ledger.ts';
import { forgetBefore, instancesGone, isOvergrown, type LiveGraph, mergeGraphs } from './live-graph.ts';
import { lightEdit, rewire } from './light-edit.ts';
import { liveNodes } from './live-node.ts';
import { makeImage } from './make-image.ts';
import { type TaskReports, taskReports } from './report-places.ts';
import { midiBytes, midiPort } from './midi-message.ts';
import { NotesImages } from './notes-images.ts';
import { SinkGuards } from './sink-guards.ts';
import { TaskCommands } from './task-commands.ts';
import { TaskDisk } from './task-disk.ts';
import type { TaskInstance } from './task-instance.ts';
import { TaskMemories } from './task-memories.ts';
import { TaskLevels } from './task-levels.ts';
import { conditionOf, type Faults, readFaults } from './task-readings.ts';
import { TaskTransport, TRANSPORT_COMMANDS } from './task-transport.ts';
import { resolveChange, type ValueChange, valueChanges, valueCommand, valuesOf, withValue } from './task-values.ts';
import { Waste } from './waste.ts';

export interface LoadOptions {
  id: string;
  revision?: number;
  graph: Task;
  /** At the sample rate of the render, by name. */
  media: TaskSounds;
  registry: Registry;
  /** Frames per second of the render; default: the task's own. */
  sampleRate?: number;
  /** Longest block. */
  maxFrames?: number;
  /** Fixed instances may be among the others: their values are checked and kept here, and sent to the hardware by whoever runs the task. */
  hasFixed?: boolean;
  /** Who reads media on the disk ahead of the playhead; default: nobody does, `readNow` is to be called. */
  disk?: DiskStreams;
  /** What leaves its sinks goes through a guard (docs/output-guard.md). outputCeilingsDb: see SinkGuards. */
  guard?: { outputCeilingsDb: readonly number[] };
  /** How the sound of fixed instances passes the device that renders; default: none does. */
  soundOf?: SoundLookup;
  /** Of the device that renders, for tracks that hear it; without it they are silent. */
  inputChannels?: number | undefined;
  /** See LoadedTask.listenTo. */
  listenedTo?: ReadonlySet<string>;
  /** What instances publish is noted after each block, for packets. */
  hasReports?: boolean;
  /** Who reads a sink says so (SinkRing.hear); until then its ring is small. */
  isHeardLater?: boolean;
  /** Hears of every fault of an instance: its name, its model, and what becomes of it. */
  onFault?: (instance: string, model: string, state: InstanceState) => void;
  /**
   * Asked before a plan is taken; what it throws refuses it, and nothing has changed. isAsked: a client wants it, at load or
   * by an edit; otherwise it is the graph that plays already, which must go on: with a listener more, without what faded
   * out, with fresh instances in the place of failed ones.
   */
  admit?: (plan: Plan, graph: Task, isAsked: boolean) => void;
}

/** For so long play waits for a slow disk; then it begins in silence. */
const PLAY_MS = 2000;
/** A load takes as long as it takes; a disk that does not answer is told of by what is late. */
const LOAD_MS = 20_000;
/** The same of a seek, which plays on where it was meanwhile, and of an edit. */
const NEAR_MS = 200;

interface Known {
  activity: number;
  instances: ReadonlyMap<string, TaskInstance> | undefined;
  condition?: number;
  faults?: Faults;
}

/** Where changes apply. */
export interface AppliedAt {
  /** Of the stream. */
  frame: number;
  /** Of the timeline. */
  positionFrame: number;
}

/**
 * One task as the control side has it: planned, its instances alive, compiled into an image for a render thread. [control]
 *
 * After `edit` the new image must be sent to the renderer; what the old one used is kept until the renderer let go of it.
 */
export class LoadedTask {
  readonly id: string;
  readonly sampleRate: number;
  /** Drawn anew at each loading: play ids begin again then. */
  readonly run = randomInt(1, 2 ** 32);
  readonly maxFrames: number;
  image!: TaskImage;
  revision: number;
  graph: Task;
  #registry: Registry;
  readonly #hasFixed: boolean;
  readonly #soundOf: SoundLookup;
  readonly #inputChannels: number | undefined;
  readonly #admit: LoadOptions['admit'];
  readonly #shared = new TaskShared();
  readonly #commands: TaskCommands;
  readonly #transport: TaskTransport;
  readonly #memories = new TaskMemories();
  readonly #ledger = new Ledger(this.#memories);
  readonly #waste = new Waste(this.#shared);
  readonly #lanes = new LaneImages();
  readonly #notes = new NotesImages();
  readonly #recovery: FaultRecovery;
  readonly #disk: TaskDisk;
  readonly #guards: SinkGuards | undefined;
  #media: TaskSounds;
  #instances: ReadonlyMap<string, TaskInstance> = new Map();
  #plan!: Plan;
  #rendered!: RenderedTask;
  #listenedTo: ReadonlySet<string>;
  readonly #hasReports: boolean;
  readonly #isHeardLater: boolean;
  #reports: TaskReports | undefined;
  /** What is rendered: the graph, and what of those before it fades out. */
  #live: LiveGraph | undefined;
  #compiled: CompiledPlan | undefined;
  readonly #levels = new TaskLevels();
  /** What is known of all instances, as long as none has worked since. */
  #known: Known = { activity: -1, instances: undefined };
  /** That may render a block together. */
  #threads = 1;
  /** What is made anew by the next plan although the graph says the same of it; with a memory that is left, at once. */
  #renewing:
    | {
        isWanted: (instance: TaskInstance) => boolean;
        left: number | undefined;
        stateOf?: (name: string) => Uint8Array | undefined;
      }
    | undefined;

  private constructor(options: LoadOptions) {
    this.id = options.id;
    this.revision = options.revision ?? 1;
    this.sampleRate = options.sampleRate ?? options.graph.sampleRate;
    this.maxFrames = options.maxFrames ?? 1024;
    this.graph = options.graph;
    this.#media = options.media;
    this.#registry = options.registry;
    this.#hasFixed = options.hasFixed ?? false;
    this.#soundOf = options.soundOf ?? NO_SOUND;
    this.#inputChannels = options.inputChannels;
    this.#admit = options.admit;
    this.#listenedTo = options.listenedTo ?? new Set();
    this.#hasReports = options.hasReports ?? false;
    this.#isHeardLater = options.isHeardLater ?? false;
    const { sampleRate, maxFrames } = this;
    this.#guards = options.guard && new SinkGuards({ sampleRate, maxFrames, ...options.guard });
    this.#disk = new TaskDisk({ sampleRate, shared: this.#shared.buffer, streams: options.disk });
    this.#commands = new TaskCommands(this.id, this.#shared);
    this.#recovery = new FaultRecovery({
      instances: () => this.#instances,
      memories: this.#memories,
      activity: () => this.#shared.activity,
      canRestart: () => this.#shared.room > TRANSPORT_COMMANDS && this.#isInUse(),
      restart: (instance) => this.#restart(instance),
      renew: (isWanted, left) => this.#renew(isWanted, left),
      onFault: ({ name, model }) => options.onFault?.(name, model.id, this.#stateOf(name)),
    });
    this.#transport = new TaskTransport(this.#commands, this.sampleRate, () =>
      this.#recovery.beforePlay(performance.now() / 1000),
    );
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
    if (loop) task.#transport.giveLoop(loop);
    return task;
  }

  /** The models that its instances are made of. */
  get registry(): Registry {
    return this.#registry;
  }

  get latencyFrames(): number {
    return this.#plan.latencyFrames;
  }

  /** Commands and state that this side shares with the renderer. */
  get shared(): TaskShared {
    return this.#shared;
  }

  /** Those of the graph, without such as fade out. */
  get sinks(): SinkImage[] {
    return this.image.sinks.slice(0, Object.keys(this.graph.sinks ?? {}).length);
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
   * atFrame: stream frame at which they apply (offline); default: as soon as possible. Changes that `needsPlan` are refused:
   * they are an edit.
   * Returns the stream frame at which the last one applies, null when the task is stopped or only hardware was set.
   */
  async set(changes: readonly ParameterChange[], atFrame?: number): Promise<number | null> {
    return (await this.#apply(changes, atFrame))?.frame ?? null;
  }

  /** As `set`, as soon as possible. isByHand: lanes of these parameters are held back until they are replaced. */
  setLive(changes: readonly ParameterChange[], isByHand: boolean): Promise<AppliedAt | null> {
    this.check(changes);
    if (isByHand)
      for (const { instance, parameter, index } of changes) this.#lanes.hold(this.graph, instance, parameter, index);
    return this.#apply(changes);
  }

  async #apply(changes: readonly ParameterChange[], atFrame?: number): Promise<AppliedAt | null> {
    const resolved = changes.map((change) => resolveChange(this.graph, this.#registry, change));
    const wasPlaying = this.#shared.playing;
    const commands = resolved.map(({ change, parameter }) => {
      if (parameter >= 0) return 1;
      const gains = this.#dryPathGains(change.instance);
      if (gains) return gains.targets.length;
      throw new AudioCloudError('INTERNAL', `Cannot set ${change.instance}.${change.parameter}: it takes an edit`);
    });
    this.#commands.refuseWithoutRoom(commands.reduce((sum, count) => sum + count, 0));
    let last = -1;
    for (const { change, parameter, number } of resolved) {
      this.graph = withValue(this.graph, this.#registry, change);
      const instance = this.#instances.get(change.instance);
      if (parameter < 0) last = this.#sendGains(this.#dryPathGains(change.instance)!, atFrame);
      else if (instance) last = this.#send({ instance, parameter, index: change.index, number }, atFrame);
    }
    if (last < 0 || atFrame !== undefined) return null;
    const frame = await this.#shared.taken(last);
    return wasPlaying ? { frame, positionFrame: this.#shared.positionOf(last) } : null;
  }

  /**
   * Plays MIDI messages on instances, as soon as possible; all are checked before any is sent. Returns the stream frame at
   * which they apply, null when the task is stopped: then they are not played.
   *
   * Throws NODE_UNKNOWN, PORT_UNKNOWN, PARAMETER_VALUE, RATE_LIMITED.
   */
  async midi(messages: readonly MidiMessage[]): Promise<number | null> {
    const resolved = messages.map((message) => {
      const what = `play a message on '${message.instance}'`;
      return { ...midiPort(what, message, this.graph, this.#instances), bytes: midiBytes(what, message.bytes) };
    });
    this.#commands.refuseWithoutRoom(resolved.length);
    if (!this.#shared.playing) return null;
    let last = -1;
    for (const { instance, port, bytes } of resolved)
      last = this.#commands.give({
        kind: COMMAND.midi,
        a: instance.memory,
        b: instance.record,
        c: port,
        d: bytes,
        value2: this.image.generation,
      });
    return last < 0 ? null : this.#shared.taken(last);
  }

  /** Throws what `set` would throw for these changes: NODE_UNKNOWN, PARAMETER_UNKNOWN, PARAMETER_VALUE, PARAMETER_LATCHED. */
  check(changes: readonly ParameterChange[]): void {
    for (const change of changes) resolveChange(this.graph, this.#registry, change);
  }

  /** Whether changes of bypass or mix need a dry path that the plan in use does not have. */
  needsPlan(changes: readonly ParameterChange[]): boolean {
    return changes.some(
      ({ instance, parameter }) => hostParameter(parameter) !== undefined && !this.#dryPathGains(instance),
    );
  }

  /** Carries out what a client wants of the transport; resolves when the renderer took it. */
  async transport(change: TransportChange): Promise<TransportState> {
    const changed = this.#transport.change(change);
    if (change.loop !== undefined) {
      const { loop: _, ...rest } = this.graph;
      this.graph = change.loop ? { ...rest, loop: change.loop } : rest;
    }
    return changed;
  }

  transportState(): TransportState {
    return this.#transport.state();
  }

  /**
   * Changes the graph as one transaction: all edits, or an error and nothing. Instances that stay keep their state.
   *
   * media: all decoded media of the task after the edits. The image returned must be sent to the renderer.
   */
  edit(revision: number, edits: readonly GraphEdit[], media: TaskSounds = this.#media): TaskImage {
    const graph = this.afterEdits(edits);
    this.#waste.collect();
    if (!this.#editLightly(graph, edits)) this.#rebuild(graph, media);
    this.#media = media;
    this.revision = revision;
    if (edits.some(({ op }) => op === 'loop')) this.#transport.giveLoop(graph.loop);
    const put = edits.flatMap((edit) => (edit.op === 'put' && edit.part === 'instances' ? edit.name : []));
    this.#recovery.lift(put.flatMap((name) => this.#instances.get(name) ?? []));
    return this.image;
  }

  /** The graph that edits would make. Throws what applyEdits throws. */
  afterEdits(edits: readonly GraphEdit[]): Task {
    return applyEdits(this.graph, edits, (task, name, parameter) => valuesOf(task, this.#registry, name, parameter));
  }

  /** A registry, and what this task uses of the one it has. */
  completed(registry: Registry): Registry {
    return registry.completedBy(
      this.#registry,
      new Set(Object.values(this.graph.instances ?? {}).map(({ model }) => model)),
    );
  }

  /** What the plugins of its instances keep beside their parameters, of models that say that there is such. */
  saveStates(): Map<string, Uint8Array> {
    const states = new Map<string, Uint8Array>();
    for (const instance of this.#instances.values()) {
      const state = instance.model.state ? instance.saveState() : undefined;
      if (state) states.set(instance.name, state);
    }
    return states;
  }

  /**
   * Takes the models as they are known now. Instances whose plugin is another one than before are made anew, with what was
   * set in them, and are crossfaded with the old ones; what is not there any more stays as it is. The image returned must
   * be sent to the renderer; undefined when nothing changes.
   *
   * Throws what an edit throws, naming what the new version refuses; then all is as before.
   */
  adopt(registry: Registry): TaskImage | undefined {
    const before = this.#registry;
    const { instances = {} } = this.graph;
    const whole = this.completed(registry);
    const isOther = ({ name, plugin }: TaskInstance) => whole.find(instances[name]!.model).plugin !== plugin;
    const old = [...this.#instances.values()].filter(isOther);
    this.#registry = whole;
    if (old.length === 0) return undefined;
    this.#waste.collect();
    const states = new Map(old.map((instance) => [instance.name, instance.saveState()]));
    this.#renewing = { isWanted: isOther, left: undefined, stateOf: (name) => states.get(name) };
    try {
      this.#rebuild(this.graph, this.#media);
    } catch (error) {
      this.#registry = before;
      throw error;
    } finally {
      this.#renewing = undefined;
    }
    for (const { memory } of old) this.#memories.retire(memory);
    return this.image;
  }

  /** Whether `recover` would find nothing to do, and nothing to free. */
  get isAtRest(): boolean {
    return this.#waste.isEmpty && this.#recovery.isAtRest;
  }

  /**
   * Finds instances that failed, and starts again those whose time has come: to be called often, live and offline.
   *
   * nowSeconds: any clock that does not go back. The image, if there is one, must be sent to the renderer.
   */
  recover(nowSeconds: number): Recovered {
    this.#waste.collect();
    const recovered = this.#recovery.look(nowSeconds);
    if (recovered.isChanged) this.#known = { activity: -1, instances: undefined }; // it mutes, and lets go
    return recovered;
  }

  /**
   * The image without what edits left behind, once all their fades are over; it must be sent to the renderer. Undefined
   * when there is nothing to clear away, or not yet. Should be asked for now and then while a task plays, after edits.
   *
   * Throws, and changes nothing, when a memory has no room for the new plan.
   */
  settle(): TaskImage | undefined {
    this.#waste.collect();
    this.#memories.buryRetired();
    const { moving } = this.#compiled!;
    const { isPlaying } = this.#transport;
    // where nothing plays no gain moves: it will be at its value when play begins
    if (this.#live!.isWhole && (moving.length === 0 || !isPlaying)) return undefined;
    if (isPlaying) {
      if (!this.#isInUse()) return undefined;
      if (!moving.every(({ memory, address }) => isThere(this.#memories.list[memory]!.views, address)))
        return undefined;
    }
    this.#rebuild(this.graph, this.#media);
    return this.image;
  }

  /**
   * Says which nodes somebody listens to: each gets a sink of the host, which is not in the graph, and stays through edits
   * as long as its node is there. The image returned must be sent to the renderer; undefined when nothing changes.
   *
   * Throws, and changes nothing, when there is no room for them.
   */
  listenTo(nodes: ReadonlySet<string>): TaskImage | undefined {
    const before = this.#listenedTo;
    this.#listenedTo = nodes;
    const { taps } = renderedTask(this.graph, (id) => this.#registry.find(id).model, nodes, this.#soundOf);
    if (taps.join() === this.#rendered.taps.join()) return undefined;
    this.#waste.collect();
    try {
      this.#rebuild(this.graph, this.#media);
    } catch (error) {
      this.#listenedTo = before;
      throw error;
    }
    return this.image;
  }

  /** Where a node is heard: a sink, or the sink of a node that is listened to; by default the first sink. */
  heard(node?: string): SinkImage | undefined {
    if (node === undefined) return this.sinks[0];
    return (
      this.sinks.find(({ name }) => name === node) ??
      (this.#rendered.taps.includes(node) ? this.image.sinks.find(({ name }) => name === tapName(node)) : undefined)
    );
  }

  /** The ring that sound pushed into a track goes to; undefined where none is taken. */
  pushRing(track: string): SharedArrayBuffer | undefined {
    const source = this.#live?.byName.get(track)?.source;
    return source?.kind === 'push' ? source.ring : undefined;
  }

  /** What instances publish, by block; undefined when that is not noted. */
  get reports(): TaskReports | undefined {
    return this.#reports;
  }

  /** Whether everything in it sleeps, and `meters` has told so. */
  get isSilent(): boolean {
    return this.#levels.isSilent(this.#shared.activity);
  }

  /**
   * Levels and public reports since the last call. turn: counts the calls, about 30 a second; then instances that sleep are
   * left out most of the time. Without it all are there.
   */
  meters(turn?: number): Meters {
    this.#waste.collect();
    const { activity, streamFrame, positionFrame } = this.#shared;
    const places = this.#compiled!.meters;
    const told = this.#levels.take({ memories: this.#memories, instances: this.#instances, places, activity }, turn);
    return { streamFrame, positionFrames: positionFrame, ...told };
  }

  /**
   * The image for so many threads at once (1: for one alone), from now on also after edits. It must be sent to the renderer
   * and to all who help it; what is heard is the same.
   */
  share(threads: number): TaskImage {
    this.#memories.seat(threads);
    this.#threads = threads;
    this.image = this.#cut(this.image);
    return this.image;
  }

  /** Whether an instance is not called at present, because it is silent; false for one that is not there. */
  isAsleep(name: string): boolean {
    return this.#instances.get(name)?.recordWord(INSTANCE_RECORD.isEmpty) === 1;
  }

  faults(): Faults {
    const known = this.#lookAtInstances();
    known.faults ??= readFaults(this.#memories, this.#instances);
    return known.faults;
  }

  /** What the guards of the sinks have done; those alone that have done anything. */
  guards(): SinkGuardCounters {
    const acted: SinkGuardCounters = {};
    for (const [name, { sink }] of this.#live!.byName) {
      if (!sink || !this.#guards) continue;
      const counts = this.#guards.counts(sink);
      if (Object.values(counts).some((count) => count > 0)) acted[name] = counts;
    }
    return acted;
  }

  /** Another text when the task or one of its instances is in another state; much cheaper than `state`. */
  condition(): string {
    const { playing } = this.#shared;
    const known = this.#lookAtInstances();
    known.condition ??= conditionOf(this.#memories, this.#instances);
    return `${playing} ${this.revision} ${this.latencyFrames} ${known.condition}`;
  }

  state(): TaskState {
    const { words } = this.#shared;
    const instances: TaskState['instances'] = {};
    for (const name of this.#instances.keys()) instances[name] = this.#stateOf(name);
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
    for (const { instance } of this.#live?.nodes ?? []) instance?.dispose();
    this.#live = undefined;
    this.#instances = new Map();
    this.#guards?.keep([])();
    this.#disk.dispose();
  }

  /** Blocks with gaps since it was loaded; undefined: nothing of it is on the disk. */
  get disk(): TaskDiskCounters | undefined {
    if (!this.#disk.isUsed) return undefined;
    const { words } = this.#shared;
    return { underruns: words[WORD.diskUnderruns]!, seekWaits: words[WORD.seekWaits]! };
  }

  /** See DiskSpec. */
  get diskKey(): number {
    return this.#disk.key;
  }

  /**
   * Resolves when what a change of the transport is about to play is near enough to be heard at once, or after a while:
   * to be waited for before `transport`. At once where nothing is on the disk.
   */
  async near({ play, positionSeconds, loop }: TransportChange): Promise<void> {
    const toFrame = (seconds: number): number => Math.round(seconds * this.sampleRate);
    const begins = play === true && !this.#transport.isPlaying;
    const { positionFrame } = this.#shared;
    if (positionSeconds !== undefined) await this.#disk.near(toFrame(positionSeconds), begins ? PLAY_MS : NEAR_MS);
    else if (begins) await this.#disk.near(positionFrame, PLAY_MS);
    else if (loop) await this.#disk.near(toFrame(loop.startSeconds), NEAR_MS);
  }

  /** As `near`, of the beginning of the timeline, at a load: the disk thread may have to be started first. */
  async nearHead(): Promise<void> {
    await this.#disk.near(0, LOAD_MS);
  }

  /** As `near`, of what an edit brings into what plays: to be waited for before its image is sent. */
  async nearPlayhead(): Promise<void> {
    if (this.#transport.isPlaying) await this.#disk.near(this.#shared.positionFrame, NEAR_MS);
  }

  /** See TaskDisk.readNow. */
  readNow(positionFrame: number, frames: number): void {
    this.#disk.readNow(positionFrame, frames);
  }

  #stateOf(name: string): InstanceState {
    const instance = this.#instances.get(name)!;
    return instanceState(instance, this.#recovery.historyOf(instance));
  }

  /** Forgets what was known of the instances when one has worked since, or others are there. */
  #lookAtInstances(): Known {
    const { activity } = this.#shared;
    const { activity: before, instances } = this.#known;
    if (before !== activity || instances !== this.#instances) this.#known = { activity, instances: this.#instances };
    return this.#known;
  }

  /** Whether the renderer has the image now in use: no edit is on its way to it. */
  #isInUse(): boolean {
    return Atomics.load(this.#shared.words, WORD.generation) === this.image.generation;
  }

  #restart(instance: TaskInstance): boolean {
    const fresh = instance.renew(this.image.pokes);
    if (!fresh) return false;
    this.#commands.give({ kind: COMMAND.restart, a: instance.memory, b: instance.record, c: fresh.layout });
    this.#waste.add(this.image.generation, fresh.free);
    return true;
  }

  #renew(isWanted: (instance: TaskInstance) => boolean, left: number | undefined): TaskImage {
    const undo = left === undefined ? undefined : this.#memories.leave(left);
    this.#renewing = { isWanted, left };
    try {
      this.#rebuild(this.graph, this.#media);
    } catch (error) {
      undo?.();
      throw error;
    } finally {
      this.#renewing = undefined;
    }
    if (left !== undefined) {
      (this.#memories.list[left] as PluginMemory).abandon();
      this.#waste.add(this.image.generation, () => this.#memories.bury(left));
    }
    return this.image;
  }

  /** Those of the instances in use that may stay. */
  #keepable(): ReadonlyMap<string, TaskInstance> {
    const renewing = this.#renewing;
    if (!renewing) return this.#instances;
    return new Map([...this.#instances].filter(([, instance]) => !renewing.isWanted(instance)));
  }

  /** Carries out edits that the plan in use can stay for; false, and nothing has changed, when they take another one. */
  #editLightly(graph: Task, edits: readonly GraphEdit[]): boolean {
    const live = this.#live!;
    const { moving } = this.#compiled!;
    const light = lightEdit(edits, {
      before: this.graph,
      after: graph,
      rendered: this.#rendered.task,
      live,
      instances: this.#instances,
      registry: this.#registry,
    });
    if (!light) return false;
    const undo = rewire(this.#plan.edges, light);
    try {
      this.#admit?.(this.#plan, graph, true);
      this.#commands.refuseWithoutRoom(light.values.length);
    } catch (error) {
      undo();
      throw error;
    }
    const { pendingFrames } = fadingFrom(live, moving, this.#memories);
    const waitFrames = this.#transport.isPlaying && !isOvergrown(live) ? pendingFrames : 0;
    for (const change of light.values) this.#send(change);
    for (const [edge, wires] of light.wires) edge.wires = wires;
    const isElsewhere = (gain: GainPlace) =>
      !light.gains.some(({ memory, address }) => memory === gain.memory && address === gain.address);
    this.#compiled!.moving = [...moving.filter(isElsewhere), ...light.gains];
    this.graph = graph;
    const fades = light.gains.flatMap(({ memory, address, value }) => [memory, address, waitFrames, value]);
    const generation = this.image.generation + 1;
    this.image = { ...this.image, generation, carries: new Int32Array(0), fades: Float64Array.from(fades) };
    return true;
  }

  /** Plans, creates what is new, compiles. On an error all that was made is undone. */
  #rebuild(graph: Task, media: TaskSounds): void {
    while (!this.#tryToBuild(graph, media));
  }

  /** False when instances left the host no room in their memory: next time fewer are put into one. */
  #tryToBuild(graph: Task, media: TaskSounds): boolean {
    const memories = this.#memories.list.length;
    this.#ledger.begin();
    const instances = new InstanceSet(
      {
        registry: this.#registry,
        memories: this.#memories,
        sampleRate: this.sampleRate,
        maxFrames: this.maxFrames,
        media,
        hasFixed: this.#hasFixed,
        ...(this.#renewing?.stateOf ? { stateOf: this.#renewing.stateOf } : {}),
      },
      graph,
      this.image && { graph: this.graph, instances: this.#keepable() },
    );
    try {
      const modelOf = (id: string) => this.#registry.find(id).model;
      const rendered = renderedTask(graph, modelOf, this.#listenedTo, this.#soundOf);
      const checked = graphOf(rendered.task, modelOf, this.#soundOf);
      instances.make();
      const plan = compensate(
        checked,
        checked.nodes.map(({ kind, name, sound }) =>
          kind === 'instance'
            ? (instances.byName.get(name)?.latencyFrames ?? sound?.latencyFrames ?? 0) -
              (graph.instances![name]!.offsetFrames ?? 0)
            : 0,
        ),
      );
      this.#admit?.(plan, graph, graph !== this.graph || !this.#compiled);
      this.#compile(graph, rendered, media, plan, instances);
      return true;
    } catch (error) {
      this.#ledger.abandon();
      const { full } = this.#ledger;
      const isLighter = full !== undefined && instances.hasMadeIn(full) && this.#memories.lighten(full);
      instances.undo();
      this.#memories.giveUp(memories);
      if (isLighter) return false;
      throw error;
    }
  }

  #compile(graph: Task, rendered: RenderedTask, media: TaskSounds, plan: Plan, instances: InstanceSet): void {
    const host = hostModule();
    const clips = clipImages(graph, media, this.sampleRate, (placed) => this.#disk.pages(placed));
    const before = this.#live;
    const parts = {
      graph: rendered.task,
      instances: instances.byName,
      clips,
      sampleRate: this.sampleRate,
      inputChannels: this.#inputChannels,
      isHeardLater: this.#isHeardLater,
    };
    const nodes = liveNodes(plan.nodes, parts, before?.byName);
    const canFade = this.#transport.isPlaying && this.#renewing?.left === undefined; // a damaged memory sounds no longer
    const fading =
      before && canFade && !isOvergrown(before)
        ? fadingFrom(before, this.#compiled!.moving, this.#memories)
        : undefined;
    const live = mergeGraphs(plan, nodes, before, fading);
    const compiled = compilePlan({
      graph: live,
      memories: this.#memories,
      ledger: this.#ledger,
      home: this.#memories.home(() => favouritePlugin(graph, this.#registry)),
      maxFrames: this.maxFrames,
      matricesBefore: this.#compiled?.matrices,
    });
    const lanes = this.#lanes.make(graph, this.#registry, instances.byName, this.sampleRate);
    const notes = this.#notes.make(graph, instances.byName, this.sampleRate);
    const changes = valueChanges(graph, instances);
    const sinks = live.nodes.flatMap(({ sink }) => sink ?? []);
    this.#guards?.make(sinks);
    this.#commands.refuseWithoutRoom(changes.length + 1); // one for a loop
    // From here on nothing is refused any more.
    const freeLedger = this.#ledger.finish();
    const gone = before ? instancesGone(before, live) : [];
    const generation = (this.image?.generation ?? 0) + 1;
    for (const change of changes) this.#send(change);
    const freeGuards = this.#guards?.keep(sinks);
    if (this.image)
      this.#waste.add(generation, () => {
        freeLedger();
        freeGuards?.();
        for (const instance of gone) instance.dispose();
      });
    this.graph = graph;
    this.#media = media;
    this.#instances = instances.byName;
    this.#plan = plan;
    this.#rendered = rendered;
    if (this.#hasReports) this.#reports = taskReports(instances.byName.values(), this.#reports);
    forgetBefore(live);
    this.#live = live;
    this.#compiled = compiled;
    this.image = this.#cut(
      makeImage({
        id: this.id,
        generation,
        sampleRate: this.sampleRate,
        maxFrames: this.maxFrames,
        shared: this.#shared.buffer,
        memories: this.#memories.images,
        host,
        guard: this.#guards ? guardMemory().image : null,
        guardOf: (sink) => this.#guards?.at(sink) ?? null,
        lanes,
        notes,
        reports: this.#reports?.image ?? null,
        graph: live,
        sinkNames: Object.keys(rendered.task.sinks ?? {}),
        compiled,
      }),
    );
    this.#disk.take(this.image);
  }

  /** An image for as many threads as share the task. */
  #cut(image: TaskImage): TaskImage {
    if (this.#threads === 1) return { ...image, branches: null };
    const { list } = this.#memories;
    return branchImage(image, {
      memories: list.map(({ views }) => views.u32),
      isShareable: (memory) => {
        const owner = list[memory]!;
        return !(owner instanceof PluginMemory) || sharedWrite(owner.plugin) === undefined;
      },
      threads: this.#threads,
    });
  }

  #dryPathGains(name: string): DryPathGains | undefined {
    const { instances = {} } = this.graph;
    const instance = Object.hasOwn(instances, name) ? instances[name] : undefined;
    const { byConnection } = this.#live!;
    return instance && dryPathGains(instance, this.#rendered.dryPaths.get(name), (other) => byConnection.get(other));
  }

  /** Lets gains go to their new values; the next plan goes on from these. */
  #sendGains({ targets, wires }: DryPathGains, frame?: number): number {
    let last = -1;
    for (const { memory, address, value } of targets)
      last = this.#commands.give({
        kind: COMMAND.gain,
        a: memory,
        b: address,
        value,
        value2: this.image.generation,
        ...(frame === undefined ? {} : { frame }),
      });
    for (const [connection, now] of wires) connection.wires = now;
    return last;
  }

  /** Sends a value to an instance as an event. */
  #send(change: ValueChange, frame?: number): number {
    return this.#commands.give(valueCommand(change, this.image.generation, frame));
  }
}
