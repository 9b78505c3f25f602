import {
  asAudioCloudError,
  AudioCloudError,
  type GraphEdit,
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
import type { Entry } from '../admission/admission.ts';
import { WORTH_SHARING } from '../render/branch-plan.ts';
import type { TaskImage } from '../render/task-image.ts';
import { SEATS_MAXIMUM } from '../render/task-shared.ts';
import type { PushTarget } from '../stream/push-feed.ts';
import type { SinkSource } from '../stream/stream-hub.ts';
import type { AppliedAt } from '../task/live-changes.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import type { Faults } from '../task/task-readings.ts';
import type { ThreadPool } from '../thread/thread-pool.ts';
import { InOrder } from './in-order.ts';
import { HeldTask } from './held-task.ts';
import { ListenedNodes } from './listened-nodes.ts';
import { logLine } from './log-line.ts';
import type { RecordedTask } from './record-jobs.ts';
import { SleepersTurns } from './sleepers-turns.ts';
import { TaskLoader, type TaskLoaderOptions } from './task-loader.ts';

export interface EngineTasksOptions extends TaskLoaderOptions {
  pool: ThreadPool;
  /** The unit that is being calibrated: nobody else may be heard in it meanwhile. */
  calibrating: () => string | undefined;
  onState: (state: TaskState) => void;
  /** Output guards of a task have acted; at most once a second. */
  onGuard: (task: string, guards: SinkGuardCounters) => void;
}

const NO_FAULTS: Faults = { faults: 0, instanceFaults: {}, nonFiniteBlocks: {} };

/** The tasks that an engine has loaded. What changes one task happens in the order in which it came. [control] */
export class EngineTasks {
  private readonly options: EngineTasksOptions;
  private readonly loader: TaskLoader;
  private readonly held = new Map<string, HeldTask>();
  private readonly order = new InOrder();
  private readonly listened = new ListenedNodes();
  private readonly sleepers = new SleepersTurns();
  private readonly lastTold = new Map<string, string>();
  private faultsBefore = 0;

  constructor(options: EngineTasksOptions) {
    this.options = options;
    this.loader = new TaskLoader(options);
    options.pool.on('failed', (task, error) => {
      const held = this.held.get(task);
      if (!held) return;
      held.fail(error);
      options.admission.leave(task);
      this.tell(task);
    });
    options.disk.on('trouble', (key, path, error) => {
      for (const [task, { loaded, media }] of this.held) {
        if (loaded.diskKey !== key) continue;
        media.note(path, error);
        this.tell(task);
      }
    });
  }

  get ids(): string[] {
    return [...this.held.keys()];
  }

  /** Loads a task, stopped. One of the same id goes on until the new one is ready, and for good when it is refused. */
  load(task: string, revision: number, graph: Task, paths: Record<string, string>): Promise<TaskState> {
    const { pool, admission } = this.options;
    return this.order.run(task, async () => {
      const made = await this.loader.load({ task, revision, graph, paths }, () => this.listened.of(task));
      const { loaded, entry } = made;
      const before = this.held.get(task);
      this.held.set(task, new HeldTask({ ...made, missedBlocks: () => this.missed(task) }));
      await admission.keep(task, entry);
      await loaded.near.head();
      await pool.add(task, loaded.image);
      if (before) this.letGo(before);
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
    return this.order.run(task, async () => {
      const held = isEdit ? this.running(task) : undefined;
      const made = await this.loader.probe({ task, revision, graph, paths }, held);
      try {
        return held ? afterEdit(held.state(), made.state()) : made.state();
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
      const media = await held.media.with(graph, paths);
      const image = held.loaded.edit(revision, edits, media.sounds);
      held.media.take(media, held.loaded.graph);
      await held.loaded.near.playhead();
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
      this.letGo(held);
    });
  }

  transport(task: string, change: TransportChange): Promise<TransportState> {
    return this.order.run(task, async () => {
      const held = this.running(task);
      const { admission } = this.options;
      if (change.play && !held.loaded.transportState().playing) {
        this.refuseCalibrated(task, held);
        await admission.start(task);
        held.countMissedAnew();
      }
      await held.loaded.near.before(change);
      const changed = held.whileRendered(held.loaded.transport(change));
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
    if (held.loaded.changes.needsPlan(changes)) return this.setByPlan(task, changes);
    const { changes: live } = held.loaded;
    return held.whileRendered(isByHand ? live.setByHand(changes) : live.set(changes));
  }

  /** As short a way as `set`. Returns the stream frame at which they apply, null when the task is stopped. */
  async midi(task: string, messages: MidiMessage[]): Promise<number | null> {
    const busy = this.order.idle(task);
    if (busy) await busy;
    const held = this.running(task);
    return held.whileRendered(held.loaded.changes.midi(messages));
  }

  state(task: string): TaskState {
    return this.find(task).state();
  }

  /** By instance, in base64: see LoadedTask.saveStates. Throws TASK_UNKNOWN. */
  save(task: string): Record<string, string> {
    const states = this.find(task).loaded.saveStates();
    return Object.fromEntries([...states].map(([name, state]) => [name, Buffer.from(state).toString('base64')]));
  }

  /** A task that plays and uses a fixed instance. */
  playingWith(unit: string): string | undefined {
    for (const [task, held] of this.held) if (held.loaded.shared.playing && held.uses(unit)) return task;
    return undefined;
  }

  private refuseCalibrated(task: string, held: HeldTask): void {
    const unit = this.options.calibrating();
    if (unit !== undefined && held.uses(unit))
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
   * Those in which everything sleeps are told of in turn.
   */
  *meters(): Generator<{ task: string; meters: Meters; transport: TransportState }> {
    this.sleepers.nextRound();
    for (const [task, held] of this.held) {
      const { loaded, error } = held;
      if (error || !loaded.shared.playing || (loaded.isSilent && !this.sleepers.isDue())) continue;
      yield { task, ...held.meters() };
    }
  }

  /**
   * Tells the states that changed by themselves (a stop, an instance that failed) and guards that acted, and clears away what
   * edits left behind.
   */
  watch(): void {
    for (const [task, held] of this.held) {
      if (this.lastTold.get(task) !== held.condition()) this.tell(task);
      const guards = held.guardNews();
      if (guards) this.options.onGuard(task, guards);
      this.settle(task, held);
    }
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
    this.countListener(task, node, 1);
    return () => this.countListener(task, node, -1);
  }

  /** After the render threads have ended. */
  dispose(): void {
    for (const held of this.held.values()) this.letGo(held);
    this.held.clear();
  }

  /** Sends the plan without what has faded out, when there is one and no other is on its way. */
  private settle(task: string, { loaded, entry, error }: HeldTask): void {
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

  private countListener(task: string, node: string, change: 1 | -1): void {
    if (!this.listened.count(task, node, change)) return;
    this.order
      .run(task, async () => {
        const held = this.held.get(task);
        const image = held && !held.error ? held.loaded.listenTo(this.listened.of(task)) : undefined;
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
      loaded.changes.check(changes);
      const image = loaded.edit(
        loaded.revision,
        changes.map((change) => ({ op: 'set', ...change })),
      );
      await this.take(task, entry, image);
      const { playing, streamFrame, positionFrame } = loaded.shared;
      return playing ? { frame: streamFrame, positionFrame } : null;
    });
  }

  private find(task: string): HeldTask {
    const held = this.held.get(task);
    if (held) return held;
    throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task '${task}': it is not loaded on this engine; load it`, {
      task,
    });
  }

  private running(task: string): HeldTask {
    const held = this.find(task);
    if (held.error) throw held.error;
    return held;
  }

  private letGo(held: HeldTask): void {
    this.faultsBefore += held.loaded.faults().faults;
    held.dispose();
  }

  private missed(task: string): number {
    return this.options.wake.leftOutBlocks() + this.options.pool.lateBlocks(task);
  }

  private tell(task: string): TaskState {
    // before the state is read: what the renderer changes between the two is told of once more by `watch`
    const held = this.find(task);
    this.lastTold.set(task, held.condition());
    const state = held.state();
    this.options.onState(state);
    return state;
  }
}

/** The state of a task as an edit would leave it: instances that stay are as they are. */
function afterEdit(before: TaskState, { revision, latencyFrames, instances }: TaskState): TaskState {
  const stay = Object.entries(instances).map(([name, made]): [string, InstanceState] => {
    const there = Object.hasOwn(before.instances, name) ? before.instances[name]! : made;
    return [name, { ...there, latencyFrames: made.latencyFrames }];
  });
  return { ...before, revision, latencyFrames, instances: Object.fromEntries(stay) };
}
