import {
  AudioCloudError,
  type DeliveredOfTask,
  type EngineCounters,
  type EngineEvent,
  type ErrorBody,
  type GraphEdit,
  liveCounters,
  type MidiMessage,
  type Model,
  type ParameterChange,
  type ParametersApplied,
  type Task,
  type TaskDocument,
  type TaskState,
  type TransportChange,
  type TransportState,
} from '@audiocloud/api';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { byOf, causeBy } from '../events/cause.ts';
import type { AskedEdits } from './asked-edits.ts';
import type { Asked } from './dry-run.ts';
import type { EventLog } from './event-log.ts';
import { EngineOrder } from './engine-order.ts';
import { type ExpectedRevision, requireRevision } from './expected-revision.ts';
import { KeptRecord } from './kept-record.ts';
import { isLatched } from './is-latched.ts';
import { type TaskAddress, engineTask } from './task-address.ts';
import type { TaskContext } from './task-context.ts';
import { type TaskFollower, TaskFollowers } from './task-followers.ts';
import { TaskGraph } from './task-graph.ts';
import { type MoveReason, TaskMoving } from './task-moving.ts';
import { TaskOnEngine } from './task-on-engine.ts';
import type { TaskParts } from './task-parts.ts';
import { TaskPlaying } from './task-playing.ts';
import { graphWithStates, type TaskRecord } from './task-record.ts';
import { TaskRequests } from './task-requests.ts';
import { TaskRuntime } from './task-runtime.ts';
import { TaskSite } from './task-site.ts';
import { taskDocument, taskState } from './task-state.ts';
import { newTaskActor, toActual } from './task-step.ts';
import type { TaskPush } from './task-push.ts';
import type { TaskStream } from './task-stream.ts';
import type { StreamEar } from '../engine/engine.ts';
import { TaskUnits } from './task-units.ts';
import { TaskValues } from './task-values.ts';
import { ToldState } from './told-state.ts';

const NOBODY = causeBy();

/** A task that is played, followed or used: its requests, its actor and what that has done, and the pieces that do it. [control] */
export class ActiveTask {
  readonly id: string;
  readonly application: string;
  /** What its engine calls it. */
  readonly engineTask: string;
  readonly log: EventLog;
  /** Where it is, and what it takes there. */
  readonly site: TaskSite;
  readonly #parts: TaskParts;
  readonly #requests: TaskRequests;
  readonly #units: TaskUnits;
  readonly #values: TaskValues;
  readonly #onEngine: TaskOnEngine;
  readonly #graph: TaskGraph;
  readonly #moving: TaskMoving;
  readonly #told: ToldState;
  readonly #playing: TaskPlaying;

  /** at: its engine, or why no engine can take it.   loaded: as that engine has it. */
  constructor(
    context: TaskContext,
    address: TaskAddress,
    stored: TaskRecord,
    storeRevision: number,
    at: RegisteredEngine | AudioCloudError,
    loaded?: TaskState,
  ) {
    this.id = address.id;
    this.application = address.application;
    this.engineTask = engineTask(address);
    const record = new KeptRecord(context, address, stored, storeRevision, {
      models: () => this.site.models,
      doubt: () => this.site.place?.doubt(),
    });
    this.site = new TaskSite(
      context,
      address,
      () => record.now,
      () => this.engineUp(false),
    );
    if (at instanceof AudioCloudError) this.site.refuse(at);
    else this.site.settle(at, loaded);
    const followers = new TaskFollowers(context.clock.now());
    this.log = followers.log;
    this.#parts = {
      context,
      whose: { application: this.application, task: this.id },
      engineTask: this.engineTask,
      record,
      site: this.site,
      order: new EngineOrder(),
      runtime: this.#newRuntime(context, record, loaded),
      followers,
    };
    this.#requests = new TaskRequests(this.#parts);
    this.#units = new TaskUnits(this.#parts);
    this.#values = new TaskValues(this.#parts, this.#requests, this.#units);
    this.#onEngine = new TaskOnEngine(this.#parts);
    this.#graph = new TaskGraph(this.#parts, this.#requests, this.#units, this.#values, this.#onEngine);
    this.#moving = new TaskMoving(this.#parts, this.#requests, this.#values, () => this.#findOnEngine());
    this.#told = new ToldState(this.#parts);
    this.#playing = new TaskPlaying(this.#parts, this.#requests, this.#units, this.#onEngine, this.#moving, this.#told);
    if (!loaded) this.#findOnEngine();
    this.#units.claim();
    this.#units.hold();
  }

  /** Its engine; undefined while no engine could take it. */
  get engine(): RegisteredEngine | undefined {
    return this.site.engine;
  }

  /** What the engine refused. */
  get hindrance(): ErrorBody | undefined {
    return this.#parts.runtime.actor.error ?? undefined;
  }

  /** The models as its engine has them. */
  get models(): readonly Model[] {
    return this.site.models;
  }

  get record(): Readonly<TaskRecord> {
    return this.#parts.record.now;
  }

  /** The graph as those know it who heard every event so far: what is being stored comes with the next one. */
  get toldRecord(): Readonly<TaskRecord> {
    return this.#parts.record.told;
  }

  get lastUsedMs(): number {
    return this.#requests.lastUsedMs;
  }

  /** Somebody needs it now. */
  noteUse(): void {
    this.#requests.noteUse();
  }

  /** Neither played nor followed, and nothing of it waits: it may be forgotten until somebody asks for it. */
  get isReleasable(): boolean {
    const { record, runtime, followers, order } = this.#parts;
    if (record.now.isPlaying || !followers.isEmpty) return false;
    return runtime.isIdle && order.isEmpty && record.isStored && !this.#values.isBusy;
  }

  get document(): TaskDocument {
    return taskDocument(this.#parts);
  }

  get state(): TaskState {
    return taskState(this.#parts);
  }

  /** As a dry run needs to know it. */
  get asked(): Asked {
    const { record, runtime, site } = this.#parts;
    const { actual, playheadSeconds } = runtime.actor;
    const { fixed, waitingFor } = this.state;
    return {
      address: site.address,
      record: record.now,
      at: site.engine ?? site.refusal,
      models: site.models,
      isLoaded: actual?.revision === record.now.revision,
      playheadSeconds,
      hardware: { waitingFor, ...(fixed ? { fixed } : {}) },
    };
  }

  /** Returns how to leave. */
  follow(follower: TaskFollower): () => void {
    const leave = this.#parts.followers.add(follower);
    return () => {
      leave();
      this.noteUse();
    };
  }

  /** Changes the graph as one transaction. asked: edits, or those that it takes from the graph as it is then. */
  edit(asked: AskedEdits, expected?: ExpectedRevision, cause = NOBODY): Promise<TaskDocument> {
    return this.#graph.edit(asked, expected, cause);
  }

  /** Another graph under the same id; a task that plays goes on from its playhead. */
  replace(graph: Task, expected?: number, cause = NOBODY): Promise<TaskDocument> {
    return this.#graph.replace(graph, expected, cause);
  }

  /** Settles when it is durable. Play that waits for hardware begins later: see `waitingFor` of the state. */
  async transport(change: TransportChange, cause = NOBODY): Promise<TransportState> {
    await this.#requests.use();
    return this.#playing.transport(change, cause);
  }

  /**
   * The path of a knob: straight to the engine, stored a little later; stored before it is answered when its cause is kept. [control]
   *
   * frame: where in the stream it applies, null when the task does not run.
   */
  async set(asked: ParameterChange[], cause = NOBODY): Promise<{ frame: number | null; sequence: number }> {
    await this.#requests.use();
    return this.#values.set(asked, cause);
  }

  /** As `set`, with what became of values of hardware where some are. */
  async setAndTell(changes: ParameterChange[], cause = NOBODY): Promise<ParametersApplied> {
    const applied = await this.set(changes, cause);
    const delivered = await this.delivered(changes);
    return { ...applied, ...(delivered ? { delivered } : {}) };
  }

  /** What became of values of hardware that were set, a moment later at most; undefined when none is for hardware. */
  delivered(changes: readonly ParameterChange[]): Promise<DeliveredOfTask[]> | undefined {
    return this.#units.delivered(changes);
  }

  /** Changes with those that follow from the links of the task. Throws what they would be refused with. */
  expanded(asked: readonly ParameterChange[]): ParameterChange[] {
    return this.#values.expanded(asked);
  }

  /** Plays MIDI messages now; nothing of it is stored. [control] frame: where in the stream, null when the task does not run. */
  async midi(messages: MidiMessage[]): Promise<number | null> {
    await this.#requests.use();
    return (await this.site.command('midi', { messages })).frame;
  }

  /**
   * Brings the task to other values, which are on their way for so long. What somebody sets meanwhile is theirs. [control]
   *
   * targets: as recallChanges gives them.   puts: instances that are made anew for it.   Those values that are taken when an instance is activated are an edit, before all else.
   */
  async recall(
    targets: ParameterChange[],
    seconds: number,
    puts: GraphEdit[] = [],
    cause = NOBODY,
  ): Promise<{ frame: number | null }> {
    await this.#requests.use();
    const { models } = this;
    const { graph } = this.record;
    const latched = targets.filter((change) => isLatched(models, graph, change));
    const edits = [...puts, ...latched.map((change): GraphEdit => ({ op: 'set', ...change }))];
    const live = targets.filter((change) => !latched.includes(change));
    if (edits.length > 0 && !cause.isFirstPartDone)
      await this.edit(edits, undefined, { ...cause, receipt: () => cause.firstPart() });
    return this.#values.recall(live, seconds, cause);
  }

  /** Begins to write values set live into lanes; at the end the lanes become an edit of the task. */
  async recordLanes(isOn: boolean, cause = NOBODY): Promise<TaskDocument> {
    await this.#requests.use();
    if (isOn) this.#values.beginLanes();
    const edits = isOn ? [] : await this.#values.endLanes();
    return edits.length > 0 ? this.edit(edits, undefined, cause) : this.document;
  }

  /** The task as it is now, with what its plugins keep beside their parameters: created anew, it goes on from there. */
  async saved(): Promise<Task> {
    await this.#requests.use();
    return this.#requests.run(async () => graphWithStates(this.record.graph, await this.site.command('save', {})));
  }

  /** The state, asked of the engine where it has the task. */
  async freshState(): Promise<TaskState> {
    await this.#onEngine.look();
    return this.state;
  }

  /** gone: called once it is deleted. Its engine gives it up after that, which may take its time. */
  async remove(gone: () => void, expected?: number, cause = NOBODY): Promise<void> {
    return this.#requests.run(async () => {
      const { whose, record, followers } = this.#parts;
      requireRevision(this.id, record.now, expected);
      const { revision } = record.now;
      await record.delete({
        events: [{ type: 'task.deleted', ...whose, ...byOf(cause), data: { revision } }],
        writes: cause.receipt(null),
      });
      gone();
      followers.event({ type: 'deleted' });
      this.end();
      await this.site.place?.command('unload', {}).catch(() => undefined);
    });
  }

  /** See TaskPlaying. */
  letStand(): Promise<void> {
    return this.#playing.letStand();
  }

  /** Stops when the calendar no longer lets it use its hardware. */
  yieldUnits(): Promise<void> {
    return this.#playing.yieldUnits();
  }

  /**
   * Goes over to another engine, from its playhead on, with its values and what its plugins keep. It stays where it is when that
   * one refuses it. Throws what that one refuses with.
   */
  async move(to: RegisteredEngine, why: MoveReason, cause = NOBODY): Promise<TaskDocument> {
    return this.#requests.run(async () => {
      await this.#moving.move(to, why, cause);
      return this.document;
    });
  }

  /** Its engine is gone, or it has none: it goes on at another one, with what is stored. */
  async settle(to: RegisteredEngine, why: MoveReason, cause = NOBODY): Promise<TaskDocument> {
    await this.#moving.settle(to, why, cause);
    return this.document;
  }

  engineUp(isLoaded: boolean): void {
    // Values are known once the engine told its models; before the effect that has it loaded.
    this.#units.claim();
    if (!isLoaded) this.#graph.upgradeStored();
    this.#parts.runtime.send({ type: 'engine-up', isLoaded });
  }

  engineDown(): void {
    this.#parts.runtime.send({ type: 'engine-down' });
  }

  engineEvent(event: EngineEvent): void {
    if (event.type === 'state') {
      this.#onEngine.observeTold(event.state);
      this.#parts.runtime.send({ type: 'actual', actual: toActual(event.state) });
    } else if (event.type === 'meters') {
      this.#onEngine.observeTransport(event.transport);
      this.#parts.followers.meters({ type: 'meters', meters: event.meters, transport: event.transport });
    } else if (event.type === 'guard') {
      this.#parts.followers.guard({ type: 'guard', guards: event.guards });
    } else if (event.type === 'pushed') {
      this.#parts.followers.pushed({ type: 'pushed', track: event.track, pushed: event.pushed });
    }
  }

  engineCounters(counters: EngineCounters): void {
    this.site.observeCounters(counters);
    const { followers } = this.#parts;
    const ours = followers.isEmpty ? undefined : liveCounters(counters, this.engineTask);
    if (ours) followers.counters({ type: 'counters', counters: ours });
  }

  /**
   * Plugins have changed while the engine goes on. A task whose values are of an older version is brought to the new one; who
   * follows sees the task anew, with the models that there are now.
   */
  modelsChanged(): void {
    this.#graph.upgradePlayed();
    this.#parts.followers.modelsChanged();
  }

  /** Settles when what was to be upgraded is. */
  upgraded(): Promise<void> {
    return this.#graph.upgraded();
  }

  /** What somebody hears of it, wherever it is. */
  stream(ear: StreamEar): TaskStream {
    return this.site.stream(ear);
  }

  /** What somebody pushes into a track of it, wherever it is. */
  push(track: string): TaskPush {
    return this.site.push(track);
  }

  /** Stores the playhead of a task that plays. */
  keepPlayhead(): void {
    const { record, runtime } = this.#parts;
    record.keepPlayhead(runtime.actor.playheadSeconds);
  }

  /** It is on an engine that its record does not name: the record will. */
  keepPlace(): void {
    this.#parts.record.saveSoon();
  }

  /** Settles when what was to be stored soon is. */
  flush(): Promise<void> {
    return this.#parts.record.flush();
  }

  /** Its engine gives it up. Commands keep their order, so whoever makes the task active again loads it after this. */
  forget(): void {
    this.site.place?.forget();
  }

  /** No effect runs after this. keepsUnits: it plays on without a domain, and nobody else may have its hardware. */
  end(keepsUnits = false): void {
    const { record, runtime, followers } = this.#parts;
    if (!keepsUnits) this.#units.release();
    this.#values.end();
    runtime.end();
    record.end();
    this.site.leave();
    followers.clear();
  }

  #newRuntime(context: TaskContext, record: KeptRecord, loaded: TaskState | undefined): TaskRuntime {
    const { positionSeconds, isPlaying, units = {} } = record.now;
    const actor = newTaskActor(record.desired, positionSeconds, isPlaying ? units : {});
    return new TaskRuntime(
      loaded ? { ...actor, actual: toActual(loaded) } : actor,
      {
        inspect: () => this.#onEngine.inspect(),
        load: () => this.#onEngine.load(),
        transport: (change) => this.#playing.follow(change),
        keep: (units) => this.#units.keep(units),
        release: () => this.#units.release(),
        ended: () => this.#playing.ended(),
      },
      context.clock,
      () => this.#told.tell(NOBODY),
    );
  }

  #findOnEngine(): void {
    if (this.site.isUp) this.engineUp(this.site.isLoaded);
  }
}
