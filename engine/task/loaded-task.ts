import { randomInt } from 'node:crypto';
import {
  applyEdits,
  type GraphEdit,
  type Meters,
  type SinkGuardCounters,
  type Task,
  type TaskDiskCounters,
  type TaskState,
  type TransportChange,
  type TransportState,
} from '@audiocloud/api';
import type { TaskSounds } from '../media/disk-sound.ts';
import { NO_SOUND, type SoundLookup } from '../plan/fixed-sound.ts';
import { renderedTask } from '../plan/host-paths.ts';
import type { Registry } from '../registry/registry.ts';
import { isThere } from '../render/gain-record.ts';
import type { SinkImage, TaskImage } from '../render/task-image.ts';
import { TaskShared, WORD } from '../render/task-shared.ts';
import { FaultRecovery, type Recovered } from './fault-recovery.ts';
import { LaneImages } from './lane-images.ts';
import { InstanceRenewal } from './instance-renewal.ts';
import { InstanceReadings } from './instance-readings.ts';
import type { LoadOptions } from './load-options.ts';
import type { TaskReports } from './report-places.ts';
import { LiveChanges } from './live-changes.ts';
import { NearSound } from './near-sound.ts';
import { PlanInUse } from './plan-in-use.ts';
import { PlanMaker } from './plan-maker.ts';
import { SinkGuards } from './sink-guards.ts';
import { TaskBranches } from './task-branches.ts';
import { TaskCommands } from './task-commands.ts';
import { TaskDisk } from './task-disk.ts';
import { TaskMemories } from './task-memories.ts';
import { TaskLevels } from './task-levels.ts';
import type { Faults } from './task-readings.ts';
import { TaskTransport, TRANSPORT_COMMANDS } from './task-transport.ts';
import { valuesOf } from './task-values.ts';
import { Waste } from './waste.ts';

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
  /** Commands and state that this side shares with the renderer. */
  readonly shared = new TaskShared();
  readonly changes: LiveChanges;
  /** Waits for media on the disk. */
  readonly near: NearSound;
  revision: number;
  readonly #soundOf: SoundLookup;
  readonly #commands: TaskCommands;
  readonly #transport: TaskTransport;
  readonly #memories = new TaskMemories();
  readonly #branches = new TaskBranches(this.#memories);
  readonly #waste = new Waste(this.shared);
  readonly #recovery: FaultRecovery;
  readonly #disk: TaskDisk;
  readonly #guards: SinkGuards | undefined;
  readonly #inUse: PlanInUse;
  readonly #plans: PlanMaker;
  readonly #renewal: InstanceRenewal;
  readonly #readings: InstanceReadings;
  readonly #levels = new TaskLevels();

  private constructor(options: LoadOptions) {
    this.id = options.id;
    this.revision = options.revision ?? 1;
    this.sampleRate = options.sampleRate ?? options.graph.sampleRate;
    this.maxFrames = options.maxFrames ?? 1024;
    this.#inUse = new PlanInUse({ ...options, listenedTo: options.listenedTo ?? new Set() }, this.shared);
    this.#soundOf = options.soundOf ?? NO_SOUND;
    const { sampleRate, maxFrames } = this;
    this.#guards = options.guard && new SinkGuards({ sampleRate, maxFrames, ...options.guard });
    this.#disk = new TaskDisk({ sampleRate, shared: this.shared.buffer, streams: options.disk });
    this.#commands = new TaskCommands(this.id, this.shared);
    this.#recovery = new FaultRecovery({
      instances: () => this.#inUse.instances,
      memories: this.#memories,
      activity: () => this.shared.activity,
      canRestart: () => this.shared.room > TRANSPORT_COMMANDS && this.#inUse.isRendered,
      restart: (instance) => this.#renewal.restart(instance),
      renew: (isWanted, left) => this.#renewal.renew(isWanted, left),
      onFault: ({ name, model }) => options.onFault?.(name, model.id, this.#readings.state(name)),
    });
    this.#transport = new TaskTransport(this.#commands, this.sampleRate, () =>
      this.#recovery.beforePlay(performance.now() / 1000),
    );
    const parts = {
      inUse: this.#inUse,
      commands: this.#commands,
      transport: this.#transport,
      memories: this.#memories,
      lanes: new LaneImages(),
      admit: options.admit,
    };
    this.changes = new LiveChanges(parts);
    this.#plans = new PlanMaker({
      ...parts,
      id: this.id,
      sampleRate,
      maxFrames,
      hasFixed: options.hasFixed ?? false,
      hasReports: options.hasReports ?? false,
      isHeardLater: options.isHeardLater ?? false,
      soundOf: this.#soundOf,
      inputChannels: options.inputChannels,
      shared: this.shared,
      branches: this.#branches,
      guards: this.#guards,
      disk: this.#disk,
      waste: this.#waste,
    });
    this.#readings = new InstanceReadings({ ...parts, shared: this.shared, recovery: this.#recovery });
    this.#renewal = new InstanceRenewal({ ...parts, plans: this.#plans, waste: this.#waste });
    this.near = new NearSound({ disk: this.#disk, transport: this.#transport, shared: this.shared, sampleRate });
  }

  /** Plans and compiles a task, stopped. Throws, naming the thing, what the plan or an instance refuses. */
  static load(options: LoadOptions): LoadedTask {
    const task = new LoadedTask(options);
    try {
      task.#plans.make(options.graph, options.media);
    } catch (error) {
      task.dispose();
      throw error;
    }
    const { loop } = options.graph;
    if (loop) task.#transport.giveLoop(loop);
    return task;
  }

  get graph(): Task {
    return this.#inUse.graph;
  }

  /** To be sent to the renderer. */
  get image(): TaskImage {
    return this.#inUse.image;
  }

  /** The models that its instances are made of. */
  get registry(): Registry {
    return this.#inUse.registry;
  }

  get latencyFrames(): number {
    return this.#inUse.plan.latencyFrames;
  }

  /** Those of the graph, without such as fade out. */
  get sinks(): SinkImage[] {
    return this.#inUse.sinks;
  }

  /** See PlanInUse. */
  get tailFrames(): number {
    return this.#inUse.tailFrames;
  }

  /** Carries out what a client wants of the transport; resolves when the renderer took it. */
  async transport(change: TransportChange): Promise<TransportState> {
    const changed = this.#transport.change(change);
    if (change.loop !== undefined) {
      const { loop: _, ...rest } = this.#inUse.graph;
      this.#inUse.graph = change.loop ? { ...rest, loop: change.loop } : rest;
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
  edit(revision: number, edits: readonly GraphEdit[], media: TaskSounds = this.#inUse.media): TaskImage {
    const graph = this.afterEdits(edits);
    this.#waste.collect();
    if (!this.changes.edit(graph, edits)) this.#plans.make(graph, media);
    this.#inUse.media = media;
    this.revision = revision;
    if (edits.some(({ op }) => op === 'loop')) this.#transport.giveLoop(graph.loop);
    const put = edits.flatMap((edit) => (edit.op === 'put' && edit.part === 'instances' ? edit.name : []));
    this.#recovery.lift(put.flatMap((name) => this.#inUse.instances.get(name) ?? []));
    return this.#inUse.image;
  }

  /** The graph that edits would make. Throws what applyEdits throws. */
  afterEdits(edits: readonly GraphEdit[]): Task {
    return applyEdits(this.#inUse.graph, edits, (task, name, parameter) =>
      valuesOf(task, this.#inUse.registry, name, parameter),
    );
  }

  /** A registry, and what this task uses of the one it has. */
  completed(registry: Registry): Registry {
    return this.#inUse.completed(registry);
  }

  /** What the plugins of its instances keep beside their parameters, of models that say that there is such. */
  saveStates(): Map<string, Uint8Array> {
    const states = new Map<string, Uint8Array>();
    for (const instance of this.#inUse.instances.values()) {
      const state = instance.model.state ? instance.saveState() : undefined;
      if (state) states.set(instance.name, state);
    }
    return states;
  }

  /** See InstanceRenewal. */
  adopt(registry: Registry): TaskImage | undefined {
    return this.#renewal.adopt(registry);
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
    if (recovered.isChanged) this.#readings.forget(); // it mutes, and lets go
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
    const { moving } = this.#inUse.compiled!;
    const { isPlaying } = this.#transport;
    // where nothing plays no gain moves: it will be at its value when play begins
    if (this.#inUse.live!.isWhole && (moving.length === 0 || !isPlaying)) return undefined;
    if (isPlaying) {
      if (!this.#inUse.isRendered) return undefined;
      if (!moving.every(({ memory, address }) => isThere(this.#memories.list[memory]!.views, address)))
        return undefined;
    }
    this.#plans.remake();
    return this.#inUse.image;
  }

  /**
   * Says which nodes somebody listens to: each gets a sink of the host, which is not in the graph, and stays through edits
   * as long as its node is there. The image returned must be sent to the renderer; undefined when nothing changes.
   *
   * Throws, and changes nothing, when there is no room for them.
   */
  listenTo(nodes: ReadonlySet<string>): TaskImage | undefined {
    const before = this.#inUse.listenedTo;
    this.#inUse.listenedTo = nodes;
    const { taps } = renderedTask(this.#inUse.graph, (id) => this.#inUse.registry.find(id).model, nodes, this.#soundOf);
    if (taps.join() === this.#inUse.rendered.taps.join()) return undefined;
    this.#waste.collect();
    try {
      this.#plans.remake();
    } catch (error) {
      this.#inUse.listenedTo = before;
      throw error;
    }
    return this.#inUse.image;
  }

  /** Where a node is heard: a sink, or the sink of a node that is listened to; by default the first sink. */
  heard(node?: string): SinkImage | undefined {
    return this.#inUse.heard(node);
  }

  /** The ring that sound pushed into a track goes to; undefined where none is taken. */
  pushRing(track: string): SharedArrayBuffer | undefined {
    return this.#inUse.pushRing(track);
  }

  /** What instances publish, by block; undefined when that is not noted. */
  get reports(): TaskReports | undefined {
    return this.#inUse.reports;
  }

  /** Whether everything in it sleeps, and `meters` has told so. */
  get isSilent(): boolean {
    return this.#levels.isSilent(this.shared.activity);
  }

  /**
   * Levels and public reports since the last call. turn: counts the calls, about 30 a second; then instances that sleep are
   * left out most of the time. Without it all are there.
   */
  meters(turn?: number): Meters {
    this.#waste.collect();
    const { activity, streamFrame, positionFrame } = this.shared;
    const places = this.#inUse.compiled!.meters;
    const told = this.#levels.take(
      { memories: this.#memories, instances: this.#inUse.instances, places, activity },
      turn,
    );
    return { streamFrame, positionFrames: positionFrame, ...told };
  }

  /**
   * The image for so many threads at once (1: for one alone), from now on also after edits. It must be sent to the renderer
   * and to all who help it; what is heard is the same.
   */
  share(threads: number): TaskImage {
    this.#branches.seat(threads);
    this.#inUse.image = this.#branches.cut(this.#inUse.image);
    return this.#inUse.image;
  }

  /** Whether an instance is not called at present, because it is silent; false for one that is not there. */
  isAsleep(name: string): boolean {
    return this.#readings.isAsleep(name);
  }

  faults(): Faults {
    return this.#readings.faults();
  }

  /** What the guards of the sinks have done; those alone that have done anything. */
  guards(): SinkGuardCounters {
    return this.#guards?.acted(this.#inUse.live!.byName) ?? {};
  }

  /** Another text when the task or one of its instances is in another state; much cheaper than `state`. */
  condition(): string {
    const { playing } = this.shared;
    return `${playing} ${this.revision} ${this.latencyFrames} ${this.#readings.condition()}`;
  }

  state(): TaskState {
    const { words } = this.shared;
    return {
      task: this.id,
      state: this.shared.playing ? 'playing' : 'ready',
      revision: this.revision,
      transport: this.transportState(),
      latencyFrames: this.latencyFrames,
      blocks: words[WORD.blocks]!,
      missedBlocks: words[WORD.missedBlocks]!,
      instances: this.#readings.states(),
    };
  }

  /** Destroys all instances. Only when no renderer has the task any more. */
  dispose(): void {
    this.#inUse.dispose();
    this.#guards?.keep([])();
    this.#disk.dispose();
  }

  /** Blocks with gaps since it was loaded; undefined: nothing of it is on the disk. */
  get disk(): TaskDiskCounters | undefined {
    if (!this.#disk.isUsed) return undefined;
    const { words } = this.shared;
    return { underruns: words[WORD.diskUnderruns]!, seekWaits: words[WORD.seekWaits]! };
  }

  /** See DiskSpec. */
  get diskKey(): number {
    return this.#disk.key;
  }

  /** See TaskDisk.readNow. */
  readNow(positionFrame: number, frames: number): void {
    this.#disk.readNow(positionFrame, frames);
  }
}
