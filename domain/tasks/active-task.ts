import {
  applyEdits,
  asAudioCloudError,
  AudioCloudError,
  type DomainEvent,
  type EngineCounters,
  type EngineEvent,
  type ErrorBody,
  type GraphEdit,
  hostParameter,
  instanceValues,
  linkedChanges,
  type LiveEvent,
  liveCounters,
  type LiveMessage,
  type MidiMessage,
  type Model,
  Morph,
  instanceOf,
  modelOf,
  modelVersions,
  type ParameterChange,
  type Task,
  type TaskDocument,
  type TaskState,
  type TransportChange,
  type TransportState,
} from '@audiocloud/api';
import { unitsOf } from '../booking/units-of.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { type Cause, causeBy } from '../events/cause.ts';
import type { WrittenWith } from '../events/event-journal.ts';
import type { Asked } from './dry-run.ts';
import { type AskedEdits, editsOf, valuesFrom } from './asked-edits.ts';
import { checkChange } from './check-change.ts';
import { TaskRuntime } from './task-runtime.ts';
import type { UnitUser } from '../instances/unit-rights.ts';
import { unitNeeds, unitValues } from '../instances/unit-values.ts';
import { unitKey, type UnitGrant } from '../instances/fixed-instances.ts';
import { EngineTask, MOST_CHANGES } from './engine-task.ts';
import { EventLog, type NewLiveEvent } from './event-log.ts';
import { type ExpectedRevision, requireRevision } from './expected-revision.ts';
import { LaneRecorder } from './lane-recorder.ts';
import { Morphing } from './morphing.ts';
import { handOver } from './hand-over.ts';
import { revisionsAfter } from './part-revisions.ts';
import { RecordKeeper } from './record-keeper.ts';
import { SetsUnderWay } from './sets-under-way.ts';
import { type TaskAddress, engineTask } from './task-address.ts';
import type { TaskContext } from './task-context.ts';
import { graphWithStates, type TaskRecord, upgradedGraph, withValues } from './task-record.ts';
import { type Actual, mayPlay, newTaskActor, NO_GRANT } from './task-step.ts';
import { TaskSite } from './task-site.ts';
import type { TaskStream } from './task-stream.ts';
import { taskWaiting } from './task-waiting.ts';
import { troubleOf } from './trouble.ts';

export type MoveReason = Extract<DomainEvent, { type: 'task.moved' }>['data']['why'];
type MetersMessage = Extract<LiveMessage, { type: 'meters' }>;
type CountersMessage = Extract<LiveMessage, { type: 'counters' }>;
type GuardMessage = Extract<LiveMessage, { type: 'guard' }>;

/** Somebody who follows a task. All of them are given the same objects, which never change. */
export interface TaskFollower {
  event(event: LiveEvent): void;
  meters(message: MetersMessage): void;
  /** Once a second. */
  counters(message: CountersMessage): void;
  guard(message: GuardMessage): void;
  /** The graph is another one: events do not tell the way there. */
  replaced(): void;
  /** The engine has the task (again): streams of the engine before are gone. */
  loaded(): void;
}

const toActual = ({ revision, transport }: TaskState): Actual => ({ revision, isPlaying: transport?.playing ?? false });
const UNKNOWN: Actual = { revision: -1, isPlaying: false };
const NOBODY = causeBy();

/** A task that is played, followed or used: its record in memory, its actor, its events. [control] */
export class ActiveTask {
  readonly id: string;
  readonly application: string;
  /** What its engine calls it. */
  readonly engineTask: string;
  readonly log: EventLog;
  lastUsedMs: number;
  private readonly context: TaskContext;
  private readonly keeper: RecordKeeper;
  private readonly sets = new SetsUnderWay();
  private readonly runtime: TaskRuntime;
  private readonly followers = new Set<TaskFollower>();
  private recordNow: TaskRecord;
  /** Where it is, and what it takes there. */
  readonly site: TaskSite;
  private lastTold = '';
  private troubleTold: string | undefined;
  private isReplacing = false;
  private recorder: LaneRecorder | undefined;
  private readonly morphing: Morphing;
  private isGone = false;
  /** The record without a change that is being stored, or that followers were not told of yet. */
  private untold: TaskRecord | undefined;
  /** Values that are set while a change of the record is being stored. */
  private setSince: ParameterChange[] | undefined;
  private upgrading: Promise<void> = Promise.resolve();

  /** at: its engine, or why no engine can take it.   loaded: as that engine has it. */
  constructor(
    context: TaskContext,
    address: TaskAddress,
    record: TaskRecord,
    storeRevision: number,
    at: RegisteredEngine | AudioCloudError,
    loaded?: TaskState,
  ) {
    this.context = context;
    this.id = address.id;
    this.application = address.application;
    this.engineTask = engineTask(address);
    this.recordNow = record;
    this.troubleTold = record.trouble;
    const lost = () => this.engineUp(false);
    this.site = new TaskSite(context, address, () => this.recordNow, lost);
    if (at instanceof AudioCloudError) this.site.refuse(at);
    else this.site.settle(at, loaded);
    this.lastUsedMs = context.clock.now();
    this.log = new EventLog(context.clock.now());
    this.keeper = new RecordKeeper(context.journal, context.clock, address, storeRevision, () => this.recordNow);
    const actor = newTaskActor(this.desired(), record.positionSeconds, record.isPlaying ? record.units : {});
    this.runtime = new TaskRuntime(
      loaded ? { ...actor, actual: toActual(loaded) } : actor,
      {
        inspect: () => this.inspect(),
        load: () => this.load(),
        transport: (change) => this.followTransport(change),
        keep: (units) => this.keepUnits(units),
        release: () => context.instances.release(this.engineTask),
        ended: () => this.ended(),
      },
      context.clock,
      () => this.tellState(),
    );
    this.morphing = new Morphing(
      (changes) => this.apply(changes),
      context.clock,
      (error) =>
        context.logger.warn({ error: asAudioCloudError(error).toJSON(), task: this.engineTask }, 'a morph ended early'),
    );
    this.lastTold = this.stateText();
    if (!loaded) this.findOnEngine();
    this.claimUnits();
    // Before any engine tells of its units: what it plays with under a reservation ends with that.
    if (record.isPlaying) context.booking.hold(Object.values(record.units ?? {}), this.who);
  }

  /** Its engine; undefined while no engine could take it. */
  get engine(): RegisteredEngine | undefined {
    return this.site.engine;
  }

  /** What the engine refused. */
  get hindrance(): ErrorBody | undefined {
    return this.runtime.actor.error ?? undefined;
  }

  /** The models as its engine has them. */
  get models(): readonly Model[] {
    return this.site.models;
  }

  get record(): Readonly<TaskRecord> {
    return this.recordNow;
  }

  /** The graph as those know it who heard every event so far: what is being stored comes with the next one. */
  get toldRecord(): Readonly<TaskRecord> {
    return this.untold ?? this.recordNow;
  }

  /** In events: the task is known by both. */
  private get whose() {
    return { application: this.application, task: this.id };
  }

  /** Neither played nor followed, and nothing of it waits: it may be forgotten until somebody asks for it. */
  get isReleasable(): boolean {
    return (
      !this.recordNow.isPlaying &&
      this.followers.size === 0 &&
      this.runtime.isIdle &&
      !this.keeper.isDirty &&
      !this.morphing.isRunning &&
      !this.recorder
    );
  }

  get document(): TaskDocument {
    const { revision, graph } = this.recordNow;
    const engine = this.site.engineId;
    return { id: this.id, revision, task: graph, state: this.state, ...(engine === undefined ? {} : { engine }) };
  }

  /** What is, as the engine last said it; what is wanted, and what that waits for. */
  get state(): TaskState {
    const { grant } = this.runtime.actor;
    // Of the record: what a request that is under way wants is told with its answer.
    const { revision, isPlaying } = this.recordNow;
    return {
      ...this.actualState,
      desired: { revision, playing: isPlaying },
      waitingFor: taskWaiting(this.runtime.actor, this.id, this.site.engine, this.site.refusal),
      ...(Object.keys(grant.units).length > 0 ? { fixed: { ...grant.units } } : {}),
    };
  }

  private get actualState(): TaskState {
    const { actual, error } = this.runtime.actor;
    const { revision } = this.recordNow;
    const away = this.site.awayError;
    const there = this.site.state;
    if (!actual || actual.revision <= 0 || !there)
      return {
        task: this.id,
        state: error ? 'failed' : 'loading',
        revision,
        transport: null,
        latencyFrames: 0,
        blocks: 0,
        missedBlocks: 0,
        instances: {},
        ...(error ? { error } : !actual && away ? { error: away } : {}),
      };
    return error ? { ...there, error } : there;
  }

  /** As a dry run needs to know it. */
  get asked(): Asked {
    const { actual, playheadSeconds } = this.runtime.actor;
    const isLoaded = actual?.revision === this.recordNow.revision;
    const { fixed, waitingFor } = this.state;
    const hardware = { waitingFor, ...(fixed ? { fixed } : {}) };
    const at = this.site.engine ?? this.site.refusal;
    return {
      address: this.site.address,
      record: this.recordNow,
      at,
      models: this.models,
      isLoaded,
      playheadSeconds,
      hardware,
    };
  }

  follow(follower: TaskFollower): () => void {
    this.followers.add(follower);
    return () => {
      this.followers.delete(follower);
      this.lastUsedMs = this.context.clock.now();
    };
  }

  /** Changes the graph as one transaction. asked: edits, or those that it takes from the graph as it is then. */
  async edit(asked: AskedEdits, expected?: ExpectedRevision, cause = NOBODY): Promise<TaskDocument> {
    return this.request(async () => {
      requireRevision(this.id, this.recordNow, expected);
      const edits = editsOf(asked, this.recordNow.graph);
      const clearsLoop = edits.some(({ op }) => op === 'loop');
      const { graph: next } = this.afterEdits(this.recordNow, edits, clearsLoop);
      this.site.requireResources(next);
      const media = await this.context.mediaPaths(next);
      const revision = this.recordNow.revision + 1;
      const isThere = this.runtime.actor.actual?.revision === this.recordNow.revision;
      const state = isThere
        ? await this.site.command('edit', { revision, edits, media })
        : await this.loadGraph(revision, (record) => this.afterEdits(record, edits, clearsLoop), media);
      await this.commit(
        // Values may have been set meanwhile, and stay: so the edits are applied to what is here then.
        (record) => {
          const { graph, loop } = this.afterEdits(record, edits, clearsLoop);
          return { ...record, ...this.edited(revision, record, graph), loop };
        },
        () => {
          this.observe(state);
          return {
            events: [{ type: 'task.edited', ...this.whose, ...by(cause), data: { revision, edits: edits.length } }],
            writes: cause.receipt(this.document),
          };
        },
      );
      this.claimUnits();
      this.untold = undefined;
      this.tell({ type: 'edited', ...originOf(cause), revision, edits });
      if (!isThere) this.tellLoaded();
      return this.document;
    });
  }

  /** The graph with its edits, and the loop that is left over it. Throws what they are refused with. */
  private afterEdits({ graph, loop }: TaskRecord, edits: readonly GraphEdit[], clearsLoop: boolean) {
    return { graph: applyEdits(graph, edits, valuesFrom(this.models)), loop: clearsLoop ? undefined : loop };
  }

  /** Another graph under the same id; a task that plays goes on from its playhead. */
  async replace(graph: Task, expected?: number, cause = NOBODY): Promise<TaskDocument> {
    return this.request(async () => {
      requireRevision(this.id, this.recordNow, expected);
      return this.replaceNow(() => ({ graph, loop: undefined }), cause);
    });
  }

  /** of: what takes the place of a record that every value set before is in. */
  private async replaceNow(
    of: (record: TaskRecord) => Pick<TaskRecord, 'graph' | 'loop'>,
    cause: Cause,
    upgraded: { upgraded?: true } = {},
  ): Promise<TaskDocument> {
    const { graph } = of(this.recordNow);
    this.site.requireResources(graph);
    const media = await this.context.mediaPaths(graph);
    const revision = this.recordNow.revision + 1;
    // Values that come from here on are for the new one.
    this.isReplacing = true;
    try {
      const state = await this.loadGraph(revision, of, media);
      await this.commit(
        (record) => {
          const { graph, loop } = of(record);
          return { ...record, ...this.versioned(revision, graph), loop };
        },
        () => {
          this.observe(state);
          return {
            events: [{ type: 'task.replaced', ...this.whose, ...by(cause), data: { revision, ...upgraded } }],
            writes: cause.receipt(this.document),
          };
        },
      );
    } finally {
      this.isReplacing = false;
    }
    this.claimUnits();
    this.tellReplaced();
    this.tellLoaded();
    return this.document;
  }

  /** Settles when it is durable. Play that waits for hardware begins later: see `waitingFor` of the state. */
  async transport(change: TransportChange, cause = NOBODY): Promise<TransportState> {
    await this.use();
    return this.request(async () => {
      if (change.play) {
        this.context.booking.requireUse(unitsOf(this.recordNow.graph), this.who, this.context.clock.now());
        this.claimUnits(true);
      }
      const { play: _play, ...rest } = change;
      const isHeldBack = change.play === true && !mayPlay(this.runtime.actor);
      const state = await this.transportSomewhere(isHeldBack ? rest : change);
      const positionSeconds = state.positionFrames / state.sampleRate;
      await this.commit(
        (record) => ({
          ...record,
          isPlaying: change.play ?? record.isPlaying,
          positionSeconds,
          ...(change.loop === undefined ? {} : { loop: change.loop }),
        }),
        () => ({
          events: [{ type: 'task.transport', ...this.whose, ...by(cause), data: { change, positionSeconds } }],
          writes: cause.receipt(state),
        }),
      );
      this.observeTransport(state);
      this.runtime.send({ type: 'playhead', seconds: positionSeconds });
      this.tellState(change.positionSeconds !== undefined, cause);
      return state;
    });
  }

  /**
   * The path of a knob: straight to the engine, stored a little later; stored before it is answered when its cause is kept. [control]
   *
   * frame: where in the stream it applies, null when the task does not run.
   */
  async set(asked: ParameterChange[], cause = NOBODY): Promise<{ frame: number | null; sequence: number }> {
    await this.use();
    this.morphing.leave(asked);
    const applied = await this.apply(asked, cause);
    await this.keepValues(cause, applied);
    return applied;
  }

  /** Changes with those that follow from the links of the task. Throws what they would be refused with. */
  expanded(asked: readonly ParameterChange[]): ParameterChange[] {
    const { models } = this;
    for (const change of asked) checkChange(models, this.recordNow.graph, change);
    return linkedChanges(this.recordNow.graph, models, asked);
  }

  /** Plays MIDI messages now; nothing of it is stored. [control] frame: where in the stream, null when the task does not run. */
  async midi(messages: MidiMessage[]): Promise<number | null> {
    await this.use();
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
    await this.use();
    const models = this.models;
    const { graph } = this.recordNow;
    const isLatched = ({ instance, parameter }: ParameterChange): boolean =>
      modelOf(models, instanceOf(graph, instance))?.parameters.find(({ id }) => id === parameter)?.latched === true;
    const latched = targets.filter(isLatched).map((change): GraphEdit => ({ op: 'set', ...change }));
    const edits = [...puts, ...latched];
    if (edits.length > 0 && !cause.isFirstPartDone)
      await this.edit(edits, undefined, { ...cause, receipt: () => cause.firstPart() });
    const live = targets.filter((change) => !isLatched(change));
    this.morphing.leave(live);
    const { frame } = await this.recallLive(live, seconds, cause);
    await this.keepValues(cause, { frame });
    return { frame };
  }

  private async recallLive(live: ParameterChange[], seconds: number, cause: Cause): Promise<{ frame: number | null }> {
    if (live.length === 0) return { frame: null };
    if (seconds === 0) return this.apply(live, cause);
    const { models } = this;
    return this.morphing.begin(new Morph(models, this.recordNow.graph, live), seconds);
  }

  /** Values that were applied are durable with their receipt. */
  private async keepValues(cause: Cause, answer: unknown): Promise<void> {
    if (cause.isKept)
      await this.commit(
        (record) => record,
        () => ({ writes: cause.receipt(answer) }),
      );
  }

  private async apply(asked: ParameterChange[], cause = NOBODY): Promise<{ frame: number | null; sequence: number }> {
    if (asked.length > MOST_CHANGES) {
      const first = await this.apply(asked.slice(0, MOST_CHANGES), cause);
      return { ...(await this.apply(asked.slice(MOST_CHANGES), cause)), frame: first.frame };
    }
    // Values that come while the graph is replaced are for the new one.
    if (this.isReplacing)
      await this.runtime.request(
        async () => undefined,
        () => ({ desired: this.desired() }),
      );
    const changes = linkedChanges(this.recordNow.graph, this.models, asked);
    const { recorder } = this;
    const answer = this.site.command('set', { changes, ...(recorder ? { record: true } : {}) });
    answer.catch((error) => {
      if (asAudioCloudError(error).status >= 500) this.doubt();
    });
    return this.sets.add(answer, ({ frame, positionFrame }) => {
      this.refuseWhenGone();
      if (recorder && positionFrame !== null) this.recordTouches(recorder, changes, positionFrame);
      this.takeValues(changes);
      return { frame, sequence: this.tell({ type: 'changed', ...originOf(cause), frame, changes }) };
    });
  }

  /** The engine has them: so has the record, and the disk soon. */
  private takeValues(changes: ParameterChange[]): void {
    const graph = withValues(this.recordNow.graph, changes, this.models);
    this.recordNow = { ...this.recordNow, graph };
    this.setSince?.push(...changes);
    if (this.untold) this.untold = this.withValuesOf(this.untold, changes);
    if (changes.some(({ instance }) => graph.instances?.[instance]?.fixed !== undefined))
      this.context.instances.setOf(this.engineTask, this.unitValues());
    this.saveSoon();
  }

  /** Begins to write values set live into lanes; at the end the lanes become an edit of the task. */
  async recordLanes(isOn: boolean, cause = NOBODY): Promise<TaskDocument> {
    await this.use();
    if (isOn) this.recorder ??= new LaneRecorder();
    const { recorder } = this;
    if (isOn || !recorder) return this.document;
    this.recorder = undefined;
    // Those under way are part of it.
    const edits = await this.sets.whenNone(() => recorder.edits(this.recordNow.graph));
    return edits.length > 0 ? this.edit(edits, undefined, cause) : this.document;
  }

  /** The task as it is now, with what its plugins keep beside their parameters: created anew, it goes on from there. */
  async saved(): Promise<Task> {
    await this.use();
    return this.request(async () => {
      return graphWithStates(this.recordNow.graph, await this.site.command('save', {}));
    });
  }

  /** The state, asked of the engine where it has the task. */
  async freshState(): Promise<TaskState> {
    const { actual, isHeld } = this.runtime.actor;
    if (actual && actual.revision > 0 && !isHeld)
      await this.site.command('state', {}).then(
        (state) => {
          if (state.revision === this.recordNow.revision) this.site.place?.observe(state);
        },
        () => undefined,
      );
    return this.state;
  }

  async remove(expected?: number, cause = NOBODY): Promise<void> {
    return this.request(async () => {
      requireRevision(this.id, this.recordNow, expected);
      const { revision } = this.recordNow;
      await this.keeper.delete({
        events: [{ type: 'task.deleted', ...this.whose, ...by(cause), data: { revision } }],
        writes: cause.receipt(null),
      });
      this.isGone = true;
      this.tell({ type: 'deleted' });
      this.end();
      await this.site.place?.command('unload', {}).catch(() => undefined);
    });
  }

  /** Stops when the calendar no longer lets it use its hardware. */
  async yieldUnits(): Promise<void> {
    if (!this.lostUnit()) return;
    await this.request(async () => {
      const error = this.lostUnit();
      if (!error) return;
      const positionSeconds = this.runtime.actor.playheadSeconds;
      const data = { change: { play: false }, positionSeconds, error };
      await this.commit(
        (record) => ({ ...record, isPlaying: false, positionSeconds }),
        () => ({ events: [{ type: 'task.transport', ...this.whose, data }] }),
      );
    });
  }

  engineUp(isLoaded: boolean): void {
    // Values are known once the engine told its models; before the effect that has it loaded.
    this.claimUnits();
    if (!isLoaded) this.upgrade((graph) => this.commitUpgraded(graph));
    this.runtime.send({ type: 'engine-up', isLoaded });
  }

  engineDown(): void {
    this.runtime.send({ type: 'engine-down' });
  }

  /** What somebody hears of it, wherever it is. */
  stream(take: (packet: Uint8Array) => void): TaskStream {
    return this.site.stream(take);
  }

  /**
   * Goes over to another engine, from its playhead on, with its values and what its plugins keep. It stays where it is when that
   * one refuses it. Throws what that one refuses with.
   */
  async move(to: RegisteredEngine, why: MoveReason, cause = NOBODY): Promise<TaskDocument> {
    return this.request(async () => {
      await this.moveNow(to, why, cause);
      return this.document;
    });
  }

  /** Its engine is gone, or it has none: it goes on at another one, with what is stored. */
  async settle(to: RegisteredEngine, why: MoveReason, cause = NOBODY): Promise<TaskDocument> {
    await this.runtime.request(
      async () => {
        this.refuseWhenGone();
        const from = this.site.engineId ?? null;
        await this.commit(
          (record) => ({ ...record, engine: to.id }),
          () => ({
            events: [{ type: 'task.moved', ...this.whose, ...by(cause), data: { from, to: to.id, why } }],
            writes: cause.receipt(this.document),
          }),
        );
        this.site.place?.forget();
        this.site.settle(to);
        this.engineDown();
      },
      () => ({ desired: this.desired() }),
    );
    this.findOnEngine();
    return this.document;
  }

  private findOnEngine(): void {
    if (this.site.isUp) this.engineUp(this.site.isLoaded);
  }

  private async moveNow(to: RegisteredEngine, why: MoveReason, cause: Cause): Promise<void> {
    const from = this.site.place;
    const { actual } = this.runtime.actor;
    const release = this.context.placement.reserve(this.site, to.id);
    // Values that come meanwhile are for the new one.
    this.isReplacing = true;
    const { facts } = to.engine;
    this.site.expect(to);
    try {
      await this.sets.whenNone(() => undefined);
      const there = from && actual && actual.revision === this.recordNow.revision ? from : undefined;
      const moved = await handOver(this.recordNow, {
        from: there,
        to: new EngineTask(to, this.site.address, () => undefined),
        isPlaying: there !== undefined && actual?.isPlaying === true,
        playheadSeconds: this.runtime.actor.playheadSeconds,
        mediaPaths: this.context.mediaPaths,
        keep: (positionSeconds) =>
          this.commit(
            (record) => ({ ...record, engine: to.id, positionSeconds }),
            () => ({
              events: [
                {
                  type: 'task.moved',
                  ...this.whose,
                  ...by(cause),
                  data: { from: from?.engine.id ?? null, to: to.id, why },
                },
              ],
              writes: cause.receipt(this.document),
            }),
          ),
      }).catch((error) => {
        // It may stand still now: it is asked, and plays again.
        if (there?.isUp) this.runtime.send({ type: 'engine-up', isLoaded: true });
        throw error;
      });
      this.site.settle(to, moved);
      if (moved.transport) this.runtime.send({ type: 'playhead', seconds: positionOf(moved.transport) });
      // What the one before did meanwhile counts no more; of this one nobody told while the task was not there.
      if (to.engine.isUp && to.engine.facts === facts) this.runtime.send({ type: 'moved', actual: toActual(moved) });
      else {
        this.engineDown();
        this.findOnEngine();
      }
      from?.forget();
    } finally {
      this.isReplacing = false;
      this.site.expect(undefined);
      release();
    }
    this.tellLoaded();
  }

  /** Where its engine has no room to play it, another one may have. */
  private async transportSomewhere(change: TransportChange): Promise<TransportState> {
    try {
      return await this.site.command('transport', { change });
    } catch (error) {
      if (!(error instanceof AudioCloudError) || error.code !== 'ENGINE_FULL') throw error;
      const other = this.site.elsewhere();
      if (!other) throw error;
      await this.moveNow(other, 'full', NOBODY);
      return this.site.command('transport', { change });
    }
  }

  engineEvent(event: EngineEvent): void {
    if (event.type === 'state') {
      this.observe(event.state);
      this.runtime.send({ type: 'actual', actual: toActual(event.state) });
    } else if (event.type === 'meters') {
      this.observeTransport(event.transport);
      const message: MetersMessage = { type: 'meters', meters: event.meters, transport: event.transport };
      for (const follower of [...this.followers]) follower.meters(message);
    } else if (event.type === 'guard') {
      const message: GuardMessage = { type: 'guard', guards: event.guards };
      for (const follower of [...this.followers]) follower.guard(message);
    }
  }

  /**
   * Plugins have changed while the engine goes on. A task whose values are of an older version is brought to the new one; who
   * follows sees the task anew, with the models that there are now.
   */
  modelsChanged(): void {
    this.upgrade(async () => {
      const upgraded = (record: TaskRecord) => ({
        graph: upgradedGraph(record, this.models) ?? record.graph,
        loop: record.loop,
      });
      await this.replaceNow(upgraded, NOBODY, { upgraded: true });
    });
    for (const follower of [...this.followers]) follower.replaced();
  }

  engineCounters(counters: EngineCounters): void {
    this.site.observeCounters(counters);
    if (this.followers.size === 0) return;
    const ours = liveCounters(counters, this.engineTask);
    if (!ours) return;
    const message: CountersMessage = { type: 'counters', counters: ours };
    for (const follower of [...this.followers]) follower.counters(message);
  }

  /** Stores the playhead of a task that plays, so that not even a crash of everything begins from the start. */
  keepPlayhead(): void {
    const { playheadSeconds } = this.runtime.actor;
    if (this.isGone || !this.recordNow.isPlaying || playheadSeconds === this.recordNow.positionSeconds) return;
    this.recordNow = { ...this.recordNow, positionSeconds: playheadSeconds };
    this.saveSoon();
  }

  flush(): Promise<void> {
    return this.keeper.flush();
  }

  /** It is on an engine that its record does not name: the record will. */
  keepPlace(): void {
    this.saveSoon();
  }

  private saveSoon(): void {
    this.keeper.saveSoon((error) =>
      this.context.logger.error({ error, task: this.engineTask }, 'the task was not stored, and is again soon'),
    );
  }

  /** Its engine gives it up. Commands keep their order, so whoever makes the task active again loads it after this. */
  forget(): void {
    this.site.place?.forget();
  }

  /** No effect runs after this. keepsUnits: it plays on without a domain, and nobody else may have its hardware. */
  end(keepsUnits = false): void {
    if (!keepsUnits) this.context.instances.release(this.engineTask);
    this.morphing.end();
    this.runtime.end();
    this.keeper.end();
    this.site.leave();
    this.followers.clear();
  }

  /** Notes what can stand in a lane: values of instances that the engine renders. */
  private recordTouches(recorder: LaneRecorder, changes: ParameterChange[], positionFrame: number): void {
    const { graph } = this.recordNow;
    const models = this.models;
    const sampleRate = this.site.place?.sampleRate ?? graph.sampleRate;
    for (const change of changes) {
      const { instance, parameter, index = 0 } = change;
      if (hostParameter(parameter) || instanceOf(graph, instance)?.fixed !== undefined) continue;
      const before = instanceValues(models, graph, instance, parameter)[index];
      if (before !== undefined) recorder.add(change, positionFrame / sampleRate, before);
    }
  }

  /** Settles when what was to be upgraded is. */
  async upgraded(): Promise<void> {
    await this.upgrading;
  }

  /** Has the values brought to the models of now, once; nothing is asked of the engine when there is nothing to bring. */
  private upgrade(bring: (graph: Task) => Promise<void>): void {
    const upgraded = () => upgradedGraph(this.recordNow, this.models);
    if (!upgraded()) return;
    this.upgrading = this.request(async () => {
      const graph = upgraded();
      if (graph) await bring(graph);
    }).catch((error) =>
      this.context.logger.error(
        { error: asAudioCloudError(error).toJSON(), task: this.engineTask },
        'task was not upgraded',
      ),
    );
  }

  private async commitUpgraded(graph: Task): Promise<void> {
    const revision = this.recordNow.revision + 1;
    await this.commit(
      (record) => ({ ...record, ...this.versioned(revision, graph) }),
      () => ({ events: [{ type: 'task.replaced', ...this.whose, data: { revision, upgraded: true } }] }),
    );
    this.tellReplaced();
  }

  /** Another graph. */
  private versioned(revision: number, graph: Task) {
    const versions = modelVersions(this.models, graph);
    return { revision, graph, versions, parts: { whole: revision } };
  }

  /** The graph after edits. */
  private edited(revision: number, before: TaskRecord, graph: Task) {
    return { ...this.versioned(revision, graph), parts: revisionsAfter(before.parts, before.graph, graph, revision) };
  }

  private tellReplaced(): void {
    this.untold = undefined;
    this.log.cut();
    for (const follower of [...this.followers]) follower.replaced();
  }

  /** As whom it uses hardware. */
  private get who(): Required<UnitUser> {
    return { application: this.application, task: this.id };
  }

  /** Why it may not play on. */
  private lostUnit(): ErrorBody | undefined {
    const { booking, clock } = this.context;
    const { isPlaying, graph } = this.recordNow;
    if (!isPlaying || this.isGone) return undefined;
    try {
      booking.requireUse(unitsOf(graph), this.who, clock.now());
    } catch (error) {
      return asAudioCloudError(error).toJSON();
    }
    const unit = booking.overFor(this.who, clock.now());
    if (unit === undefined) return undefined;
    const message = `Cannot use ${unit}: its reservation is over`;
    return new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', message, { instance: unit }).toJSON();
  }

  private async use(): Promise<void> {
    this.lastUsedMs = this.context.clock.now();
    this.refuseWhenGone();
    await this.runtime.settled();
  }

  private refuseWhenGone(): void {
    if (this.isGone) throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task ${this.id}: it was deleted`);
  }

  /** Asks for the hardware that the task needs while it is to play; its actor gives it back. */
  private claimUnits(isToPlay = this.recordNow.isPlaying): void {
    const { engineTask } = this;
    const { graph, units = {} } = this.recordNow;
    const needs = unitNeeds(graph, units);
    if (!isToPlay || this.isGone || (needs.length === 0 && this.runtime.actor.grant === NO_GRANT)) return;
    const claim = {
      task: engineTask,
      who: this.who,
      needs,
      has: this.runtime.actor.kept,
      parameters: this.unitValues(),
    };
    this.context.instances.claim(claim, (grant) => this.runtime.send({ type: 'granted', grant }));
  }

  /** Values of the fixed instances, by instance. */
  private unitValues() {
    const { models } = this;
    const fixed = Object.entries(this.recordNow.graph.instances ?? {}).filter(([, { fixed }]) => fixed !== undefined);
    return Object.fromEntries(fixed.map(([name, instance]) => [name, unitValues(models, instance)]));
  }

  /** From now on its values count for these units, not what an administrator set of them. */
  private async keepUnits(units: UnitGrant['units']): Promise<void> {
    await this.commit(
      (record) => ({ ...record, units: { ...units } }),
      () => ({ writes: Object.values(units).map((unit) => ({ key: unitKey(unit) })) }),
    );
    this.context.instances.kept(this.engineTask, units);
  }

  private desired() {
    const { revision, isPlaying, loop } = this.recordNow;
    return { revision, isPlaying, ...(loop === undefined ? {} : { loop }) };
  }

  private request<R>(work: () => Promise<R>): Promise<R> {
    this.lastUsedMs = this.context.clock.now();
    const whileThere = () => {
      this.refuseWhenGone();
      return work();
    };
    return this.runtime.request(whileThere, (failure) => {
      const desired = this.desired();
      const playheadSeconds = this.runtime.actor.playheadSeconds;
      if (!failure)
        return { desired, playheadSeconds, ...(this.site.state ? { actual: toActual(this.site.state) } : {}) };
      // The engine refused and nothing changed; or nobody knows what it did, and it is asked.
      const isKnown = failure.status < 500 && failure.code !== 'TASK_UNKNOWN';
      return { desired, ...(isKnown ? {} : { actual: UNKNOWN }) };
    });
  }

  /**
   * Durable with what `more` gives, or not at all; when the store fails, the engine is brought back to what is stored.
   *
   * update: gives the record as it is to be, of the one that is there when its turn comes.
   */
  private async commit(
    update: (record: TaskRecord) => TaskRecord,
    more: () => WrittenWith = () => ({}),
  ): Promise<void> {
    let before: TaskRecord | undefined;
    const setSince: ParameterChange[] = [];
    const change = () => {
      before = this.recordNow;
      this.setSince = setSince;
      this.recordNow = update(before);
      if (this.recordNow.revision !== before.revision) this.untold = before;
      return more();
    };
    try {
      await this.keeper.save(change);
    } catch (error) {
      if (before) {
        this.recordNow = this.withValuesOf(before, setSince);
        this.untold = undefined;
        // What was not stored the engine may have already.
        this.site.place?.doubt();
      }
      throw error;
    } finally {
      if (this.setSince === setSince) this.setSince = undefined;
    }
  }

  /** The record of before, with the values that were set and acknowledged meanwhile. */
  private withValuesOf(before: TaskRecord, set: readonly ParameterChange[]): TaskRecord {
    const { instances = {} } = before.graph;
    const changes = set.filter(({ instance }) => Object.hasOwn(instances, instance));
    return { ...before, graph: withValues(before.graph, changes, this.models) };
  }

  /** Nobody knows what the engine did: it is asked, and brought to what is wanted. */
  private doubt(): void {
    void this.runtime.request(
      async () => undefined,
      () => ({ desired: this.desired(), actual: UNKNOWN }),
    );
  }

  private async inspect(): Promise<Actual> {
    const state = await this.site.command('state', {});
    const transport = await this.sets.whenNone(() => {
      const { place } = this.site;
      const { revision, graph, loop = graph.loop ?? null } = this.recordNow;
      return place && state.revision === revision ? place.sendValues(graph, loop, state.transport) : state.transport;
    });
    this.tellLoaded();
    return this.observe({ ...state, transport });
  }

  private async load(): Promise<Actual> {
    const { revision } = this.recordNow;
    const media = await this.context.mediaPaths(this.recordNow.graph);
    const state = await this.loadGraph(revision, ({ graph, loop }) => ({ graph, loop }), media);
    this.tellLoaded();
    return this.observe(state);
  }

  /**
   * Loads, with the playhead where it was and the loop: also one that is to play, which may have to wait for its hardware.
   *
   * of: what is loaded, of the record as it is when every value set before is in it.
   */
  private loadGraph(
    revision: number,
    of: (record: TaskRecord) => Pick<TaskRecord, 'graph' | 'loop'>,
    media: Record<string, string>,
  ): Promise<TaskState> {
    return this.sets.whenNone(() => {
      const { graph, loop } = of(this.recordNow);
      const standing = { positionSeconds: this.runtime.actor.playheadSeconds, loop };
      return this.site.load({ revision, graph, media, standing });
    });
  }

  private async followTransport(change: TransportChange): Promise<Actual> {
    const state = await this.transportSomewhere(change);
    // Where it stands when its hardware went: it goes on from there.
    if (!change.play) this.runtime.send({ type: 'playhead', seconds: state.positionFrames / state.sampleRate });
    return this.observeTransport(state);
  }

  private observe(state: TaskState): Actual {
    this.site.place?.observe(state);
    if (state.transport) this.observePlayhead(state.transport);
    return toActual(state);
  }

  private observeTransport(transport: TransportState): Actual {
    this.observePlayhead(transport);
    this.site.place?.observeTransport(transport);
    return { revision: this.site.state?.revision ?? -1, isPlaying: transport.playing };
  }

  /** A task that was just loaded stands at 0, which is not where it is to go on. */
  private observePlayhead({ playing, positionFrames, sampleRate, playId }: TransportState): void {
    if (playing || (playId > 0 && !this.recordNow.isPlaying))
      this.runtime.send({ type: 'playhead', seconds: positionFrames / sampleRate });
  }

  private ended(): void {
    // At once: a request that is settled meanwhile must not have it play again.
    this.recordNow = { ...this.recordNow, isPlaying: false };
    const positionSeconds = this.runtime.actor.playheadSeconds;
    const data = { change: { play: false }, positionSeconds, ended: true as const };
    this.commit(
      (record) => record,
      () => ({ events: [{ type: 'task.transport', ...this.whose, data }] }),
    ).catch((error) => {
      this.context.logger.error({ error, task: this.engineTask }, 'the end was not stored');
      this.saveSoon();
    });
  }

  /** Writes into the log that the task is hindered, or no longer. */
  private noteTrouble(): void {
    const isEngineThere = this.runtime.actor.actual !== null;
    const found = troubleOf(this.state, { wantsToPlay: this.recordNow.isPlaying, isEngineThere });
    if (found === undefined || this.isGone) return;
    const text = found === null ? undefined : JSON.stringify([found.error.code, found.instances]);
    if (text === this.troubleTold) return;
    this.troubleTold = text;
    this.commit(
      (record) => ({ ...record, trouble: text }),
      () => ({
        events: [
          found === null
            ? { type: 'task.recovered', ...this.whose, data: {} }
            : { type: 'task.failed', ...this.whose, data: found },
        ],
      }),
    ).catch((error) =>
      this.context.logger.error({ error, task: this.engineTask }, 'an event of the task was not stored'),
    );
  }

  private tell(event: NewLiveEvent): number {
    const numbered = this.log.add(event);
    for (const follower of [...this.followers]) follower.event(numbered);
    return numbered.sequence;
  }

  private tellLoaded(): void {
    for (const follower of [...this.followers]) follower.loaded();
  }

  /** What makes a state another one: without what counts on all the time, which the meters tell. */
  private stateText(): string {
    const { blocks: _blocks, missedBlocks: _missed, transport, ...rest } = this.state;
    const { positionFrames: _position, streamFrame: _stream, ...still } = transport ?? {};
    return JSON.stringify({ ...rest, transport: transport && still });
  }

  private tellState(always = false, cause = NOBODY): void {
    this.noteTrouble();
    const text = this.stateText();
    if (text === this.lastTold && !always) return;
    this.lastTold = text;
    this.tell({ type: 'state', ...originOf(cause), state: this.state });
  }
}

const positionOf = ({ positionFrames, sampleRate }: TransportState): number => positionFrames / sampleRate;
const by = ({ by }: Cause) => (by ? { by } : {});

/** Who asked, as clients of the task know it. */
const originOf = ({ by }: Cause) => (by ? { origin: by.request } : {});
