import {
  applyEdits,
  asAudioCloudError,
  AudioCloudError,
  type EngineCounters,
  type EngineEvent,
  type GraphEdit,
  hostParameter,
  instanceValues,
  linkedChanges,
  type LiveCounters,
  type LiveEvent,
  liveCounters,
  type MidiMessage,
  Morph,
  modelOf,
  modelVersions,
  type ParameterChange,
  type Task,
  type TaskDocument,
  type TaskState,
  type TransportChange,
  type TransportState,
} from '@audiocloud/api';
import type { AnswerOf } from '../engine/engine-client.ts';
import { type Cause, causeBy } from '../events/cause.ts';
import type { WrittenWith } from '../events/event-journal.ts';
import { TaskRuntime } from './task-runtime.ts';
import { EventLog, type NewLiveEvent } from './event-log.ts';
import { LaneRecorder } from './lane-recorder.ts';
import { Morphing } from './morphing.ts';
import { RecordKeeper } from './record-keeper.ts';
import { storedValues } from './stored-values.ts';
import type { TaskContext } from './task-context.ts';
import { type TaskRecord, upgradedGraph, withValues } from './task-record.ts';
import { type Actual, newTaskActor } from './task-step.ts';
import { troubleOf } from './trouble.ts';

export type MetersEvent = Extract<EngineEvent, { type: 'meters' }>;

/** Somebody who follows a task. */
export interface TaskFollower {
  event(event: LiveEvent): void;
  meters(event: MetersEvent): void;
  /** Once a second. */
  counters(counters: LiveCounters): void;
  /** The graph is another one: events do not tell the way there. */
  replaced(): void;
  /** The engine has the task (again): streams of the engine before are gone. */
  loaded(): void;
}

const toActual = ({ revision, transport }: TaskState): Actual => ({ revision, isPlaying: transport?.playing ?? false });
/** That are sent to the engine at once. */
const MOST_CHANGES = 512;
const UNKNOWN: Actual = { revision: -1, isPlaying: false };
const NOBODY = causeBy();

/** A task that is played, followed or used: its record in memory, its actor, its events. [control] */
export class ActiveTask {
  readonly id: string;
  readonly log: EventLog;
  lastUsedMs: number;
  private readonly context: TaskContext;
  private readonly keeper: RecordKeeper;
  private lastSet: Promise<void> = Promise.resolve();
  private readonly runtime: TaskRuntime;
  private readonly followers = new Set<TaskFollower>();
  private recordNow: TaskRecord;
  private engineState: TaskState | undefined;
  private lastTold = '';
  private troubleTold: string | undefined;
  /** The engine has no other values than those that came from here. */
  private areValuesOurs: boolean;
  private isReplacing = false;
  private recorder: LaneRecorder | undefined;
  private readonly morphing: Morphing;
  private isGone = false;
  private upgrading: Promise<void> = Promise.resolve();

  constructor(context: TaskContext, id: string, record: TaskRecord, storeRevision: number, loaded?: TaskState) {
    this.context = context;
    this.id = id;
    this.recordNow = record;
    this.engineState = loaded;
    this.troubleTold = record.trouble;
    this.areValuesOurs = loaded !== undefined;
    this.lastUsedMs = context.clock.now();
    this.log = new EventLog(context.clock.now());
    this.keeper = new RecordKeeper(context.journal, context.clock, id, storeRevision, () => this.recordNow);
    const actor = newTaskActor(this.desired(), record.positionSeconds);
    this.runtime = new TaskRuntime(
      loaded ? { ...actor, actual: toActual(loaded) } : actor,
      {
        inspect: () => this.inspect(),
        load: () => this.load(),
        transport: async (change) => this.observeTransport(await this.command('transport', { change })),
        ended: () => this.ended(),
      },
      context.clock,
      () => this.tellState(),
    );
    this.morphing = new Morphing(
      (changes) => this.apply(changes),
      context.clock,
      (error) => context.logger.warn({ error: asAudioCloudError(error).toJSON(), task: id }, 'a morph ended early'),
    );
    this.lastTold = this.stateText();
    const { engine } = context;
    if (!loaded && engine.isUp) this.engineUp(engine.facts?.tasks.includes(id) ?? false);
  }

  get record(): Readonly<TaskRecord> {
    return this.recordNow;
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
    return { id: this.id, revision, task: graph, state: this.state };
  }

  /** What is, as the engine last said it. */
  get state(): TaskState {
    const { actual, error } = this.runtime.actor;
    const { revision } = this.recordNow;
    const away = this.context.engine.error?.toJSON();
    if (!actual || actual.revision <= 0 || !this.engineState)
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
    return error ? { ...this.engineState, error } : this.engineState;
  }

  follow(follower: TaskFollower): () => void {
    this.followers.add(follower);
    return () => {
      this.followers.delete(follower);
      this.lastUsedMs = this.context.clock.now();
    };
  }

  /** Changes the graph as one transaction. `expected`: the revision that must be there. */
  async edit(edits: GraphEdit[], expected?: number, cause = NOBODY): Promise<TaskDocument> {
    return this.request(async () => {
      this.expect(expected);
      const valuesOf = (task: Task, instance: string, parameter: string) =>
        instanceValues(this.context.engine.facts?.models ?? [], task, instance, parameter);
      const next = applyEdits(this.recordNow.graph, edits, valuesOf);
      const media = await this.context.mediaPaths(next);
      const revision = this.recordNow.revision + 1;
      const isThere = this.runtime.actor.actual?.revision === this.recordNow.revision;
      const state = isThere
        ? await this.command('edit', { revision, edits, media })
        : await this.loadGraph(revision, next, media);
      const clearsLoop = edits.some(({ op }) => op === 'loop');
      await this.commit(
        // Values may have been set meanwhile, and stay: so the edits are applied to what is here then.
        (record) => ({
          ...record,
          ...this.versioned(revision, applyEdits(record.graph, edits, valuesOf)),
          ...(clearsLoop ? { loop: undefined } : {}),
        }),
        () => {
          this.observe(state);
          return {
            events: [{ type: 'task.edited', task: this.id, ...by(cause), data: { revision, edits: edits.length } }],
            writes: cause.receipt(this.document),
          };
        },
      );
      this.tell({ type: 'edited', revision, edits });
      if (!isThere) this.tellLoaded();
      return this.document;
    });
  }

  /** Another graph under the same id; a task that plays goes on from its playhead. */
  async replace(graph: Task, expected?: number, cause = NOBODY): Promise<TaskDocument> {
    return this.request(async () => {
      this.expect(expected);
      return this.replaceNow(graph, undefined, cause);
    });
  }

  private async replaceNow(
    graph: Task,
    loop: TaskRecord['loop'],
    cause: Cause,
    upgraded: { upgraded?: true } = {},
  ): Promise<TaskDocument> {
    const media = await this.context.mediaPaths(graph);
    const revision = this.recordNow.revision + 1;
    this.isReplacing = true;
    try {
      const state = await this.loadGraph(revision, graph, media, loop);
      await this.commit(
        (record) => ({ ...record, ...this.versioned(revision, graph), loop }),
        () => {
          this.observe(state);
          return {
            events: [{ type: 'task.replaced', task: this.id, ...by(cause), data: { revision, ...upgraded } }],
            writes: cause.receipt(this.document),
          };
        },
      );
    } finally {
      this.isReplacing = false;
    }
    this.tellReplaced();
    this.tellLoaded();
    return this.document;
  }

  async transport(change: TransportChange, cause = NOBODY): Promise<TransportState> {
    await this.use();
    return this.request(async () => {
      const state = await this.command('transport', { change });
      const positionSeconds = state.positionFrames / state.sampleRate;
      await this.commit(
        (record) => ({
          ...record,
          isPlaying: change.play ?? record.isPlaying,
          positionSeconds,
          ...(change.loop === undefined ? {} : { loop: change.loop }),
        }),
        () => ({
          events: [{ type: 'task.transport', task: this.id, ...by(cause), data: { change, positionSeconds } }],
          writes: cause.receipt(state),
        }),
      );
      this.observeTransport(state);
      this.runtime.send({ type: 'playhead', seconds: positionSeconds });
      this.tellState(change.positionSeconds !== undefined);
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
    const applied = await this.apply(asked);
    await this.keepValues(cause, applied);
    return applied;
  }

  /** Plays MIDI messages now; nothing of it is stored. [control] frame: where in the stream, null when the task does not run. */
  async midi(messages: MidiMessage[]): Promise<number | null> {
    await this.use();
    return (await this.command('midi', { messages })).frame;
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
    const models = this.context.engine.facts?.models ?? [];
    const { graph } = this.recordNow;
    const isLatched = ({ instance, parameter }: ParameterChange): boolean =>
      modelOf(models, graph.instances?.[instance])?.parameters.find(({ id }) => id === parameter)?.latched === true;
    const latched = targets.filter(isLatched).map((change): GraphEdit => ({ op: 'set', ...change }));
    const edits = [...puts, ...latched];
    if (edits.length > 0 && !cause.isFirstPartDone)
      await this.edit(edits, undefined, { ...cause, receipt: () => cause.firstPart() });
    const live = targets.filter((change) => !isLatched(change));
    this.morphing.leave(live);
    const { frame } = await this.recallLive(live, seconds);
    await this.keepValues(cause, { frame });
    return { frame };
  }

  private async recallLive(live: ParameterChange[], seconds: number): Promise<{ frame: number | null }> {
    if (live.length === 0) return { frame: null };
    if (seconds === 0) return this.apply(live);
    const models = this.context.engine.facts?.models ?? [];
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

  private async apply(asked: ParameterChange[]): Promise<{ frame: number | null; sequence: number }> {
    if (asked.length > MOST_CHANGES) {
      const first = await this.apply(asked.slice(0, MOST_CHANGES));
      return { ...(await this.apply(asked.slice(MOST_CHANGES))), frame: first.frame };
    }
    // Values that come while the graph is replaced are for the new one.
    if (this.isReplacing)
      await this.runtime.request(
        async () => undefined,
        () => ({ desired: this.desired() }),
      );
    const changes = linkedChanges(this.recordNow.graph, this.context.engine.facts?.models ?? [], asked);
    // The engine may answer sets out of order; the record and the events follow the order in which they were asked.
    const { recorder } = this;
    const answer = this.command('set', { changes, ...(recorder ? { record: true } : {}) });
    answer.catch(() => undefined);
    const turn = this.lastSet.then(() => answer);
    this.lastSet = turn.then(
      () => undefined,
      () => undefined,
    );
    const { frame, positionFrame } = await turn;
    if (recorder && positionFrame !== null) this.recordTouches(recorder, changes, positionFrame);
    const graph = withValues(this.recordNow.graph, changes, this.context.engine.facts?.models ?? []);
    this.recordNow = { ...this.recordNow, graph };
    this.keeper.saveSoon((error) => this.context.logger.error({ error, task: this.id }, 'values were not stored'));
    return { frame, sequence: this.tell({ type: 'changed', frame, changes }) };
  }

  /** Begins to write values set live into lanes; at the end the lanes become an edit of the task. */
  async recordLanes(isOn: boolean, cause = NOBODY): Promise<TaskDocument> {
    await this.use();
    if (isOn) this.recorder ??= new LaneRecorder();
    const { recorder } = this;
    if (isOn || !recorder) return this.document;
    this.recorder = undefined;
    await this.lastSet; // those under way are part of it
    const edits = recorder.edits(this.recordNow.graph);
    return edits.length > 0 ? this.edit(edits, undefined, cause) : this.document;
  }

  /** The task as it is now, with what its plugins keep beside their parameters: created anew, it goes on from there. */
  async saved(): Promise<Task> {
    await this.use();
    return this.request(async () => {
      const states = await this.command('save', {});
      const { graph } = this.recordNow;
      const instances = Object.entries(graph.instances ?? {}).map(([name, instance]) => {
        const state = Object.hasOwn(states, name) ? states[name] : undefined;
        return [name, state === undefined ? instance : { ...instance, state }];
      });
      return instances.length === 0 ? graph : { ...graph, instances: Object.fromEntries(instances) };
    });
  }

  /** The state, asked of the engine where it has the task. */
  async freshState(): Promise<TaskState> {
    const { actual, isHeld } = this.runtime.actor;
    if (actual && actual.revision > 0 && !isHeld)
      await this.command('state', {}).then(
        (state) => {
          if (state.revision === this.recordNow.revision) this.engineState = state;
        },
        () => undefined,
      );
    return this.state;
  }

  async remove(expected?: number, cause = NOBODY): Promise<void> {
    return this.request(async () => {
      this.expect(expected);
      const { revision } = this.recordNow;
      await this.keeper.delete({
        events: [{ type: 'task.deleted', task: this.id, ...by(cause), data: { revision } }],
        writes: cause.receipt(null),
      });
      this.isGone = true;
      this.tell({ type: 'deleted' });
      this.end();
      await this.context.engine.command('unload', { task: this.id }).catch(() => undefined);
    });
  }

  engineUp(isLoaded: boolean): void {
    // before the effect that has it loaded
    if (!isLoaded) this.upgrade((graph) => this.commitUpgraded(graph));
    this.runtime.send({ type: 'engine-up', isLoaded });
  }

  engineDown(): void {
    this.runtime.send({ type: 'engine-down' });
  }

  engineEvent(event: EngineEvent): void {
    if (event.type === 'state') {
      this.observe(event.state);
      this.runtime.send({ type: 'actual', actual: toActual(event.state) });
    } else if (event.type === 'meters') {
      this.observeTransport(event.transport);
      for (const follower of [...this.followers]) follower.meters(event);
    }
  }

  /**
   * Plugins have changed while the engine goes on. A task whose values are of an older version is brought to the new one; who
   * follows sees the task anew, with the models that there are now.
   */
  modelsChanged(): void {
    this.upgrade(async (graph) => void (await this.replaceNow(graph, this.recordNow.loop, NOBODY, { upgraded: true })));
    for (const follower of [...this.followers]) follower.replaced();
  }

  engineCounters(counters: EngineCounters): void {
    if (this.followers.size === 0) return;
    const ours = liveCounters(counters, this.id);
    if (ours) for (const follower of [...this.followers]) follower.counters(ours);
  }

  /** Stores the playhead of a task that plays, so that not even a crash of everything begins from the start. */
  keepPlayhead(): void {
    const { playheadSeconds } = this.runtime.actor;
    if (!this.recordNow.isPlaying || playheadSeconds === this.recordNow.positionSeconds) return;
    this.recordNow = { ...this.recordNow, positionSeconds: playheadSeconds };
    this.keeper.saveSoon((error) => this.context.logger.error({ error, task: this.id }, 'playhead was not stored'));
  }

  flush(): Promise<void> {
    return this.keeper.flush();
  }

  /** No effect runs after this. */
  end(): void {
    this.morphing.end();
    this.runtime.end();
    this.followers.clear();
  }

  /** Notes what can stand in a lane: values of instances that the engine renders. */
  private recordTouches(recorder: LaneRecorder, changes: ParameterChange[], positionFrame: number): void {
    const { graph } = this.recordNow;
    const models = this.context.engine.facts?.models ?? [];
    const sampleRate = this.engineState?.transport?.sampleRate ?? graph.sampleRate;
    for (const change of changes) {
      const { instance, parameter, index = 0 } = change;
      if (hostParameter(parameter) || graph.instances?.[instance]?.fixed !== undefined) continue;
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
    const upgraded = () => upgradedGraph(this.recordNow, this.context.engine.facts?.models ?? []);
    if (!upgraded()) return;
    this.upgrading = this.request(async () => {
      const graph = upgraded();
      if (graph) await bring(graph);
    }).catch((error) =>
      this.context.logger.error({ error: asAudioCloudError(error).toJSON(), task: this.id }, 'task was not upgraded'),
    );
  }

  private async commitUpgraded(graph: Task): Promise<void> {
    const revision = this.recordNow.revision + 1;
    await this.commit(
      (record) => ({ ...record, ...this.versioned(revision, graph) }),
      () => ({ events: [{ type: 'task.replaced', task: this.id, data: { revision, upgraded: true } }] }),
    );
    this.tellReplaced();
  }

  private versioned(revision: number, graph: Task) {
    return { revision, graph, versions: modelVersions(this.context.engine.facts?.models ?? [], graph) };
  }

  private tellReplaced(): void {
    this.log.cut();
    for (const follower of [...this.followers]) follower.replaced();
  }

  private async use(): Promise<void> {
    this.lastUsedMs = this.context.clock.now();
    this.refuseWhenGone();
    await this.runtime.settled();
  }

  private refuseWhenGone(): void {
    if (this.isGone) throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task ${this.id}: it was deleted`);
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
        return { desired, playheadSeconds, ...(this.engineState ? { actual: toActual(this.engineState) } : {}) };
      // The engine refused and nothing changed; or nobody knows what it did, and it is asked.
      const isKnown = failure.status < 500 && failure.code !== 'TASK_UNKNOWN';
      return { desired, ...(isKnown ? {} : { actual: UNKNOWN }) };
    });
  }

  private expect(revision: number | undefined): void {
    const there = this.recordNow.revision;
    if (revision !== undefined && revision !== there)
      throw new AudioCloudError(
        'REVISION_CONFLICT',
        `Cannot change task ${this.id}: it is at revision ${there}, wanted ${revision}; read it again`,
        { task: this.id, revision: there, expected: revision },
      );
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
    const change = () => {
      before = this.recordNow;
      this.recordNow = update(before);
      return more();
    };
    await this.keeper.save(change).catch((error) => {
      this.recordNow = before ?? this.recordNow;
      throw error;
    });
  }

  private async command<T extends 'load' | 'edit' | 'transport' | 'set' | 'midi' | 'state' | 'save'>(
    type: T,
    body: object,
  ): Promise<AnswerOf<T>> {
    try {
      return await this.context.engine.command(type, { task: this.id, ...body } as never);
    } catch (error) {
      if (!(error instanceof AudioCloudError) || error.code !== 'TASK_UNKNOWN') throw error;
      // We know the task: the engine lost it. It gets it again.
      this.engineState = undefined;
      this.engineUp(false);
      throw new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot ${type}: the engine lost the task and loads it again`);
    }
  }

  private async inspect(): Promise<Actual> {
    const state = await this.command('state', {});
    if (state.revision === this.recordNow.revision) await this.sendValues();
    this.tellLoaded();
    return this.observe(state);
  }

  /** An engine that outlived its domain may have values that were never stored. */
  private async sendValues(): Promise<void> {
    if (this.areValuesOurs) return;
    const changes = storedValues(this.context.engine.facts?.models ?? [], this.recordNow.graph);
    for (let at = 0; at < changes.length; at += MOST_CHANGES)
      await this.command('set', { changes: changes.slice(at, at + MOST_CHANGES) });
    this.areValuesOurs = true;
  }

  private async load(): Promise<Actual> {
    const { revision, graph } = this.recordNow;
    const media = await this.context.mediaPaths(graph);
    const state = await this.loadGraph(revision, graph, media, this.recordNow.loop);
    this.tellLoaded();
    return this.observe(state);
  }

  /** Loads, and puts the playhead of a stopped task where it was; one that plays is sent there by its actor. */
  private async loadGraph(revision: number, graph: Task, media: object, loop?: TaskRecord['loop']): Promise<TaskState> {
    const state = await this.command('load', { revision, graph, media });
    this.areValuesOurs = true;
    const positionSeconds = this.runtime.actor.playheadSeconds;
    if (this.recordNow.isPlaying || (positionSeconds === 0 && loop === undefined)) return state;
    const change = { positionSeconds, ...(loop === undefined ? {} : { loop }) };
    return { ...state, transport: await this.command('transport', { change }) };
  }

  private observe(state: TaskState): Actual {
    this.engineState = state;
    if (state.transport) this.observePlayhead(state.transport);
    return toActual(state);
  }

  private observeTransport(transport: TransportState): Actual {
    this.observePlayhead(transport);
    if (this.engineState) {
      const { state } = this.engineState;
      const running = transport.playing ? 'playing' : 'ready';
      this.engineState = { ...this.engineState, transport, state: state === 'failed' ? state : running };
    }
    return { revision: this.engineState?.revision ?? -1, isPlaying: transport.playing };
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
      () => ({ events: [{ type: 'task.transport', task: this.id, data }] }),
    ).catch((error) => this.context.logger.error({ error, task: this.id }, 'the end was not stored'));
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
            ? { type: 'task.recovered', task: this.id, data: {} }
            : { type: 'task.failed', task: this.id, data: found },
        ],
      }),
    ).catch((error) => this.context.logger.error({ error, task: this.id }, 'an event of the task was not stored'));
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

  private tellState(always = false): void {
    this.noteTrouble();
    const text = this.stateText();
    if (text === this.lastTold && !always) return;
    this.lastTold = text;
    this.tell({ type: 'state', state: this.state });
  }
}

const by = ({ by }: Cause) => (by ? { by } : {});
