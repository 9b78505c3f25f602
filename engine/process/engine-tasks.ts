import {
  asAudioCloudError,
  AudioCloudError,
  type ErrorBody,
  type GraphEdit,
  type GuardCounters,
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
import type { Admission, Entry } from '../admission/admission.ts';
import type { DiskSettings } from '../disk/disk-settings.ts';
import type { DiskStreams } from '../disk/disk-streams.ts';
import { isOnDisk, type Sound } from '../media/disk-sound.ts';
import { openPlayable } from '../media/open-playable.ts';
import { mediaInSlots, openTaskSounds } from '../media/task-media.ts';
import type { SoundLookup } from '../plan/fixed-sound.ts';
import type { Registry } from '../registry/registry.ts';
import { WORTH_SHARING } from '../render/branch-plan.ts';
import type { TaskImage } from '../render/task-image.ts';
import { SEATS_MAXIMUM } from '../render/task-shared.ts';
import type { PushTarget } from '../stream/push-feed.ts';
import type { SinkSource } from '../stream/stream-hub.ts';
import { type AppliedAt, LoadedTask } from '../task/loaded-task.ts';
import type { Faults } from '../task/task-readings.ts';
import type { ThreadPool } from '../thread/thread-pool.ts';
import type { Wake } from '../thread/wake.ts';
import { InOrder } from './in-order.ts';
import { logLine } from './log-line.ts';
import type { RecordedTask } from './record-jobs.ts';

interface Held {
  loaded: LoadedTask;
  entry: Entry;
  media: Record<string, Sound>;
  /** Paths of the media. */
  paths: Record<string, string>;
  /** Files of it that cannot be read any more, by path. */
  unread: Map<string, ErrorBody>;
  error: AudioCloudError | undefined;
  /** Rejects when the task is rendered no more, so that nobody waits for its renderer for ever. */
  gone: PromiseWithResolvers<never>;
  /** Blocks missed before the present play. */
  missedBefore: number;
  /** The generation of its image that was looked at last for branches to share. */
  cutGeneration: number;
  /** How often its levels were told. */
  turn: number;
  /** What its guards had done when that was told last, and when that was. */
  guards: { acts: number; toldMs: number };
}

export interface EngineTasksOptions {
  pool: ThreadPool;
  wake: Wake;
  /** The models as they are known now. */
  registry: () => Registry;
  admission: Admission;
  disk: DiskStreams;
  diskSettings: DiskSettings;
  /** See EngineSettings. */
  outputCeilingsDb: readonly number[];
  soundOf: SoundLookup;
  /** Of the device, for tracks that hear it. */
  inputChannels: () => number;
  /** The unit that is being calibrated: nobody else may be heard in it meanwhile. */
  calibrating: () => string | undefined;
  onState: (state: TaskState) => void;
  /** Output guards of a task have acted; at most once in GUARD_MS. */
  onGuard: (task: string, guards: SinkGuardCounters) => void;
  /** An instance failed. */
  onFault: (task: string, instance: string, model: string, state: InstanceState) => void;
}

/** Tasks in which everything sleeps, of which is told at once. */
const SILENT_TASKS = 16;
/** How often it may be told that the guards of a task act. */
const GUARD_MS = 1000;
const NO_FAULTS: Faults = { faults: 0, instanceFaults: {}, nonFiniteBlocks: {} };

/** The tasks that an engine has loaded. What changes one task happens in the order in which it came. [control] */
export class EngineTasks {
  private readonly options: EngineTasksOptions;
  private readonly held = new Map<string, Held>();
  private readonly order = new InOrder();
  /** Listeners of each node of each task, also of tasks that are not loaded yet. */
  private readonly ears = new Map<string, Map<string, number>>();
  private readonly lastTold = new Map<string, string>();
  private faultsBefore = 0;
  private metersTurn = 0;
  /** That played when levels were told last. */
  private silentTasks = 0;

  constructor(options: EngineTasksOptions) {
    this.options = options;
    options.pool.on('failed', (task, error) => {
      const held = this.held.get(task);
      if (!held) return;
      held.error = error;
      held.gone.reject(error);
      options.admission.leave(task);
      this.tell(task);
    });
    options.disk.on('trouble', (key, path, error) => {
      for (const [task, { loaded, unread }] of this.held) {
        if (loaded.diskKey !== key) continue;
        if (error) unread.set(path, error);
        else unread.delete(path);
        this.tell(task);
      }
    });
  }

  get ids(): string[] {
    return [...this.held.keys()];
  }

  /** Loads a task, stopped. One of the same id goes on until the new one is ready, and for good when it is refused. */
  load(task: string, revision: number, graph: Task, paths: Record<string, string>): Promise<TaskState> {
    const { pool, wake, registry, admission, outputCeilingsDb, onFault, soundOf, inputChannels, disk } = this.options;
    return this.order.run(task, async () => {
      const models = registry();
      const [media] = await Promise.all([this.open(graph, paths), admission.learn(graph, models)]);
      let made: LoadedTask | undefined;
      const entry = admission.enter(
        task,
        () => made?.registry ?? models,
        () => made,
      );
      const loaded = LoadedTask.load({
        id: task,
        revision,
        graph,
        media,
        registry: models,
        sampleRate: wake.sampleRate,
        maxFrames: wake.blockFrames,
        hasFixed: true,
        disk,
        guard: { outputCeilingsDb },
        soundOf,
        inputChannels: inputChannels(),
        listenedTo: this.listenedTo(task),
        hasReports: true,
        isHeardLater: true,
        onFault: (instance, model, state) => onFault(task, instance, model, state),
        admit: entry.admit,
      });
      made = loaded;
      const before = this.held.get(task);
      const gone = Promise.withResolvers<never>();
      gone.promise.catch(() => {}); // nobody may be waiting
      this.held.set(task, {
        loaded,
        entry,
        media,
        paths,
        unread: new Map(),
        error: undefined,
        gone,
        missedBefore: this.missed(task),
        cutGeneration: 0,
        turn: 0,
        guards: { acts: 0, toldMs: Number.NEGATIVE_INFINITY },
      });
      await admission.keep(task, entry);
      await loaded.nearHead();
      await pool.add(task, loaded.image);
      if (before) this.letGo(task, before);
      return this.tell(task);
    });
  }

  /**
   * What `load` would answer or refuse, or, with isEdit, an `edit` that leads to this graph: the task is made, asked about and
   * let go, and no renderer hears of it.
   */
  check(
    task: string,
    revision: number,
    graph: Task,
    paths: Record<string, string>,
    isEdit = false,
  ): Promise<TaskState> {
    const { wake, registry, admission, soundOf, inputChannels } = this.options;
    return this.order.run(task, async () => {
      const held = isEdit ? this.running(task) : undefined;
      const models = held?.loaded.registry ?? registry();
      const [media] = await Promise.all([this.open(graph, paths), admission.learn(graph, models)]);
      const entry =
        held?.entry ??
        admission.enter(
          task,
          () => models,
          () => undefined,
        );
      const made = LoadedTask.load({
        id: task,
        revision,
        graph,
        media,
        registry: models,
        sampleRate: wake.sampleRate,
        maxFrames: wake.blockFrames,
        hasFixed: true,
        soundOf,
        inputChannels: inputChannels(),
        admit: (...asked) => admission.ask(entry, ...asked),
      });
      try {
        return held ? afterEdit(this.state(task), made.state()) : made.state();
      } finally {
        made.dispose();
      }
    });
  }

  /** Changes the graph, all or nothing; sound goes on. paths: media that the task may not have yet. */
  edit(task: string, revision: number, edits: GraphEdit[], paths: Record<string, string>): Promise<TaskState> {
    const { admission } = this.options;
    return this.order.run(task, async () => {
      const held = this.running(task);
      await admission.learnEdits(edits, held.loaded.graph, held.loaded.registry);
      const graph = held.loaded.afterEdits(edits);
      const media = { ...held.media, ...(await this.open(graph, paths)) };
      const allPaths = { ...held.paths, ...paths };
      await this.completeSlots(graph, media, allPaths);
      const image = held.loaded.edit(revision, edits, media);
      const names = Object.keys(held.loaded.graph.media ?? {});
      const ofNames = <T>(all: Record<string, T>) =>
        Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
      held.media = ofNames(media);
      held.paths = ofNames(allPaths);
      for (const path of held.unread.keys()) if (!Object.values(held.paths).includes(path)) held.unread.delete(path);
      await held.loaded.nearPlayhead();
      await this.take(task, held.entry, image);
      return this.tell(task);
    });
  }

  /**
   * Has every task take the models as they are known now: instances of plugins that changed are replaced, with their state
   * and crossfaded. Returns why tasks go on with what they have.
   */
  async adopt(): Promise<AudioCloudError[]> {
    const { registry, admission } = this.options;
    const refused: AudioCloudError[] = [];
    const takeOver = async (task: string): Promise<void> => {
      const held = this.held.get(task);
      if (!held || held.error) return;
      const models = registry();
      await admission.learn(held.loaded.graph, held.loaded.completed(models));
      const image = held.loaded.adopt(models);
      if (image) await this.take(task, held.entry, image);
      this.tell(task);
    };
    await Promise.all(
      this.ids.map((task) =>
        this.order
          .run(task, () => takeOver(task))
          .catch((thrown) => {
            const { code, message, details } = asAudioCloudError(thrown);
            const why = `Task ${task} goes on with the plugins it has: ${message}`;
            refused.push(new AudioCloudError(code, why, { ...details, task }, { cause: thrown }));
          }),
      ),
    );
    return refused;
  }

  /** Has all render threads work at a task, where its graph has branches for them. It stays so until it is unloaded. */
  share(task: string, threads: number): Promise<void> {
    return this.order.run(task, async () => {
      const held = this.held.get(task);
      if (!held || held.error || threads > SEATS_MAXIMUM) return;
      const { loaded } = held;
      if (held.cutGeneration === loaded.image.generation) return;
      held.cutGeneration = loaded.image.generation;
      const image = loaded.share(threads);
      if (image.branches && image.branches.widest >= WORTH_SHARING) await this.options.pool.share(task, image);
      else loaded.share(1);
    });
  }

  unload(task: string): Promise<void> {
    return this.order.run(task, async () => {
      const held = this.find(task);
      await this.options.pool.remove(task);
      this.held.delete(task);
      this.options.admission.leave(task);
      this.lastTold.delete(task);
      this.letGo(task, held);
    });
  }

  transport(task: string, change: TransportChange): Promise<TransportState> {
    return this.order.run(task, async () => {
      const held = this.running(task);
      const { admission } = this.options;
      if (change.play && !held.loaded.transportState().playing) {
        this.refuseCalibrated(task, held);
        await admission.start(task);
        held.missedBefore = this.missed(task);
      }
      await held.loaded.near(change);
      const changed = Promise.race([held.loaded.transport(change), held.gone.promise]);
      const state = await changed.finally(() => admission.started(task));
      this.tell(task);
      return state;
    });
  }

  /** The shortest way: no waiting but for edits under way and for the next block. */
  async set(task: string, changes: ParameterChange[], isByHand = false): Promise<AppliedAt | null> {
    const busy = this.order.idle(task);
    if (busy) await busy;
    const held = this.running(task);
    if (held.loaded.needsPlan(changes)) return this.setByPlan(task, changes);
    return Promise.race([held.loaded.setLive(changes, isByHand), held.gone.promise]);
  }

  /** As short a way as `set`. Returns the stream frame at which they apply, null when the task is stopped. */
  async midi(task: string, messages: MidiMessage[]): Promise<number | null> {
    const busy = this.order.idle(task);
    if (busy) await busy;
    const held = this.running(task);
    return Promise.race([held.loaded.midi(messages), held.gone.promise]);
  }

  state(task: string): TaskState {
    const { loaded, error, missedBefore } = this.find(task);
    const state = loaded.state();
    const [unread] = this.find(task).unread.values();
    if (error) return { ...state, state: 'failed', error: error.toJSON() };
    return { ...state, missedBlocks: this.missed(task) - missedBefore, ...(unread ? { error: unread } : {}) };
  }

  /** By instance, in base64: see LoadedTask.saveStates. Throws TASK_UNKNOWN. */
  save(task: string): Record<string, string> {
    const states = this.find(task).loaded.saveStates();
    return Object.fromEntries([...states].map(([name, state]) => [name, Buffer.from(state).toString('base64')]));
  }

  /** A task that plays and uses a fixed instance. */
  playingWith(unit: string): string | undefined {
    for (const [task, { loaded }] of this.held) if (loaded.shared.playing && uses(loaded.graph, unit)) return task;
    return undefined;
  }

  private refuseCalibrated(task: string, { loaded }: Held): void {
    const unit = this.options.calibrating();
    if (unit !== undefined && uses(loaded.graph, unit))
      throw new AudioCloudError(
        'FIXED_INSTANCE_UNAVAILABLE',
        `Cannot play ${task}: ${unit} is being calibrated; wait until that is done`,
        { task, instance: unit },
      );
  }

  /** Faults of tasks that are not loaded any more, since the engine started. */
  get pastFaults(): number {
    return this.faultsBefore;
  }

  /** Faults since the task was loaded, of all its instances and of those that had any; none for a task that is not there. */
  faultsOf(task: string): Faults {
    return this.held.get(task)?.loaded.faults() ?? NO_FAULTS;
  }

  /** See LoadedTask.guards. */
  guardsOf(task: string): SinkGuardCounters {
    return this.held.get(task)?.loaded.guards() ?? {};
  }

  /** See LoadedTask.disk. */
  diskOf(task: string): { disk?: TaskDiskCounters } {
    const disk = this.held.get(task)?.loaded.disk;
    return disk ? { disk } : {};
  }

  /**
   * Of the tasks that play; levels since the last call, which should be made 30 times a second.
   *
   * Of those in which everything sleeps SILENT_TASKS are told of, in turn, so that hundreds cost no more than a few.
   */
  *meters(): Generator<{ task: string; meters: Meters; transport: TransportState }> {
    const turns = Math.max(1, Math.ceil(this.silentTasks / SILENT_TASKS));
    this.metersTurn += 1;
    this.silentTasks = 0;
    for (const [task, held] of this.held) {
      const { loaded, error } = held;
      if (error || !loaded.shared.playing) continue;
      if (loaded.isSilent && this.silentTasks++ % turns !== this.metersTurn % turns) continue;
      yield { task, meters: loaded.meters(held.turn++), transport: loaded.transportState() };
    }
  }

  /**
   * Tells the states that changed by themselves (a stop, an instance that failed) and guards that acted, and clears away what
   * edits left behind.
   */
  watch(): void {
    for (const [task, held] of this.held) {
      if (this.lastTold.get(task) !== condition(held)) this.tell(task);
      this.tellGuards(task, held);
      this.settle(task, held);
    }
  }

  private tellGuards(task: string, { loaded, guards: told }: Held): void {
    const nowMs = performance.now();
    if (nowMs - told.toldMs < GUARD_MS) return;
    const guards = loaded.guards();
    const acts = Object.values(guards).reduce((sum, counts) => sum + actsOf(counts), 0);
    if (acts > told.acts) {
      this.options.onGuard(task, guards);
      told.toldMs = nowMs;
    }
    told.acts = acts; // fewer when a sink was replaced
  }

  /** Starts failed instances again when their time has come. To be called often: that is how late they may be. */
  recover(): void {
    const nowSeconds = performance.now() / 1000;
    for (const [task, { loaded, entry, error }] of this.held) {
      if (error || loaded.isAtRest || this.order.idle(task)) continue;
      const { isChanged, image } = loaded.recover(nowSeconds);
      if (image) this.send(task, entry, image);
      if (isChanged) this.tell(task);
    }
  }

  /** Where a node of a task is heard, by default the first sink; undefined when it is not there. */
  sink(task: string, node?: string): SinkSource | undefined {
    const loaded = this.held.get(task)?.loaded;
    const sink = loaded?.heard(node);
    return sink && { ring: sink.ring, sampleRate: loaded!.sampleRate, run: loaded!.run, reports: loaded!.reports };
  }

  /** Where sound pushed into a track of a task goes; undefined while the task is not there or takes none on it. */
  pushTarget(task: string, track: string): PushTarget | undefined {
    const loaded = this.held.get(task)?.loaded;
    const ring = loaded?.pushRing(track);
    return ring && { ring, sampleRate: loaded!.sampleRate };
  }

  /** A task as who records it needs to know it; undefined when it is not there. */
  recorded(task: string): RecordedTask | undefined {
    const held = this.held.get(task);
    if (!held || held.error) return undefined;
    return { loaded: held.loaded, missedBlocks: this.missed(task) };
  }

  /** Somebody listens to a node from now on, which may come later: it can be heard until the end returned is called. */
  listen(task: string, node: string): () => void {
    this.countEars(task, node, 1);
    return () => this.countEars(task, node, -1);
  }

  /** After the render threads have ended. */
  dispose(): void {
    for (const [task, held] of this.held) this.letGo(task, held);
    this.held.clear();
  }

  /** Sends the plan without what has faded out, when there is one and no other is on its way. */
  private settle(task: string, { loaded, entry, error }: Held): void {
    if (error || this.order.idle(task)) return;
    try {
      const image = loaded.settle();
      if (image) this.send(task, entry, image);
    } catch {
      // no memory for a second plan: what has faded out stays until the next edit
    }
  }

  /** Brings the image that an edit made to the thread which has room for it. */
  private async take(task: string, entry: Entry, image: TaskImage): Promise<void> {
    await this.options.admission.keep(task, entry);
    await this.options.pool.update(task, image);
  }

  /** Sends an image that nobody waits for. */
  private send(task: string, entry: Entry, image: TaskImage): void {
    this.order.run(task, () => this.take(task, entry, image)).catch(() => {}); // the pool's `failed` tells
  }

  private open(graph: Task, paths: Record<string, string>): Promise<Record<string, Sound>> {
    const { wake, diskSettings } = this.options;
    return openTaskSounds(graph, paths, { sampleRate: wake.sampleRate, disk: diskSettings });
  }

  /** Media that were clips alone until now, and that an instance has in a slot from now on, are read as a whole as well. */
  private async completeSlots(
    graph: Task,
    media: Record<string, Sound>,
    paths: Readonly<Record<string, string>>,
  ): Promise<void> {
    const { wake, diskSettings } = this.options;
    for (const name of mediaInSlots(graph)) {
      const sound = Object.hasOwn(media, name) ? media[name]! : undefined;
      if (!sound || !isOnDisk(sound) || sound.whole) continue;
      const whole = await openPlayable(paths[name]!, {
        sampleRate: wake.sampleRate,
        disk: diskSettings,
        isWhole: true,
      });
      if (!isOnDisk(whole)) media[name] = { ...sound, whole };
    }
  }

  private listenedTo(task: string): ReadonlySet<string> {
    return new Set(this.ears.get(task)?.keys());
  }

  private countEars(task: string, node: string, change: 1 | -1): void {
    const nodes = this.ears.get(task) ?? new Map<string, number>();
    const count = (nodes.get(node) ?? 0) + change;
    if (count > 0) nodes.set(node, count);
    else nodes.delete(node);
    if (nodes.size > 0) this.ears.set(task, nodes);
    else this.ears.delete(task);
    if (count + (change > 0 ? 0 : 1) !== 1) return; // neither the first that comes nor the last that goes
    this.order
      .run(task, async () => {
        const held = this.held.get(task);
        const image = held && !held.error ? held.loaded.listenTo(this.listenedTo(task)) : undefined;
        if (image) await this.take(task, held!.entry, image);
      })
      .catch((thrown) =>
        logLine('warn', 'a node cannot be listened to', { task, node, why: (thrown as Error).message }),
      );
  }

  /** Values that need a dry path which is not there yet: it is made, and fades in. */
  private setByPlan(task: string, changes: ParameterChange[]): Promise<AppliedAt | null> {
    return this.order.run(task, async () => {
      const { loaded, entry } = this.running(task);
      loaded.check(changes);
      const image = loaded.edit(
        loaded.revision,
        changes.map((change) => ({ op: 'set', ...change })),
      );
      await this.take(task, entry, image);
      const { playing, streamFrame, positionFrame } = loaded.shared;
      return playing ? { frame: streamFrame, positionFrame } : null;
    });
  }

  private find(task: string): Held {
    const held = this.held.get(task);
    if (held) return held;
    throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task '${task}': it is not loaded on this engine; load it`, {
      task,
    });
  }

  private running(task: string): Held {
    const held = this.find(task);
    if (held.error) throw held.error;
    return held;
  }

  private letGo(task: string, held: Held): void {
    held.gone.reject(
      new AudioCloudError('TASK_UNKNOWN', `Cannot go on with task '${task}': it was unloaded`, { task }),
    );
    this.faultsBefore += held.loaded.faults().faults;
    held.loaded.dispose();
  }

  private missed(task: string): number {
    return this.options.wake.leftOutBlocks() + this.options.pool.lateBlocks(task);
  }

  private tell(task: string): TaskState {
    // before the state is read: what the renderer changes between the two is told of once more by `watch`
    this.lastTold.set(task, condition(this.find(task)));
    const state = this.state(task);
    this.options.onState(state);
    return state;
  }
}

function actsOf({ limitedBlocks, nonFinite, jumps, offsets }: GuardCounters): number {
  return limitedBlocks + nonFinite + jumps + offsets;
}

/** The state of a task as an edit would leave it: instances that stay are as they are. */
function afterEdit(before: TaskState, { revision, latencyFrames, instances }: TaskState): TaskState {
  const stay = Object.entries(instances).map(([name, made]): [string, InstanceState] => {
    const there = Object.hasOwn(before.instances, name) ? before.instances[name]! : made;
    return [name, { ...there, latencyFrames: made.latencyFrames }];
  });
  return { ...before, revision, latencyFrames, instances: Object.fromEntries(stay) };
}

/** What of a task is worth telling: not the playhead, which the meters carry. */
function condition({ loaded, error }: Held): string {
  return `${loaded.condition()} ${error?.message ?? ''}`;
}

const uses = (graph: Task, unit: string) => Object.values(graph.instances ?? {}).some(({ fixed }) => fixed === unit);
