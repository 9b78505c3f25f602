import {
  applyEdits,
  asAudioCloudError,
  AudioCloudError,
  check,
  type EngineEvent,
  type EngineFacts,
  type Model,
  modelVersions,
  Task,
  type TaskDocument,
  TaskId,
  type TaskState,
  type TaskSummary,
  type TransportState,
} from '@audiocloud/api';
import type { Cancel } from '../clock/clock.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { byOf, type Cause, causeBy } from '../events/cause.ts';
import { type Page, pageOf } from '../http/paging.ts';
import { needsOf } from '../placement/task-needs.ts';
import { ActiveTask } from './active-task.ts';
import { type AskedEdits, editsOf, valuesFrom } from './asked-edits.ts';
import { clientError, clientState } from './client-terms.ts';
import { type Asked, checked, dryRun } from './dry-run.ts';
import { type ExpectedRevision, requireRevision } from './expected-revision.ts';
import { storedTransport } from './stored-transport.ts';
import { addressOfEngineTask, engineTask, type TaskAddress, taskKey } from './task-address.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskEntry } from './task-index.ts';
import { TaskMover } from './task-mover.ts';
import { isWanted, type TaskQuery } from './task-query.ts';
import { type TaskRecord, upgradedGraph } from './task-record.ts';

/** One timer for all tasks: keeps playheads, and lets go of tasks that nobody uses. */
const SWEEP_MS = 5_000;
const RELEASE_AFTER_MS = 60_000;

/** The tasks of one application: for whoever asks in its name there are no others. [control] */
export interface ApplicationTasks {
  /** In the order of ids. */
  /** seen: no others than these. */
  list(query?: TaskQuery, seen?: ReadonlySet<string>): Page<TaskSummary>;
  has(id: string): boolean;
  /** A task is only stored after the engine accepted it, so what is stored was playable once. Without an id it gets one. */
  create(task: unknown, id?: string, cause?: Cause): Promise<TaskDocument>;
  /** What `create` would answer or refuse; nothing changes. */
  tryCreate(task: unknown, id?: string): Promise<TaskDocument>;
  /** What an edit of the task would answer or refuse; nothing changes, and the task is not made active. */
  tryEdit(id: string, asked: AskedEdits, expected?: ExpectedRevision): Promise<TaskDocument>;
  /** As tryEdit, of a replacement. */
  tryReplace(id: string, graph: Task, expected?: number): Promise<TaskDocument>;
  /** What is recorded of it; it is not made active for that. Throws TASK_UNKNOWN. */
  asked(id: string): Promise<Asked>;
  /**
   * The graph as it is now; of a task that an engine has with what its plugins keep beside their parameters. It is not made active
   * for that. Throws TASK_UNKNOWN.
   */
  snapshot(id: string): Promise<{ graph: Task; revision: number }>;
  /** As its engine has it; of a task that none has, where it would go on. */
  transportOf(id: string): Promise<TransportState>;
  /** Reads without making the task active, unless its values are of an older version of a model. Throws TASK_UNKNOWN. */
  get(id: string): Promise<TaskDocument>;
  /** The task, made active when it is not. Throws TASK_UNKNOWN. */
  active(id: string): Promise<ActiveTask>;
  /** expected: the revision that must be there. */
  remove(id: string, expected?: number, cause?: Cause): Promise<void>;
  /** Has it moved to an engine, or to the best of the others. Throws what hinders that. */
  move(id: string, to: string | undefined, cause?: Cause): Promise<TaskDocument>;
}

/** All tasks of the domain: those in the store, and among them the active ones, by the names of their engine. [control] */
export class TaskService {
  private readonly context: TaskContext;
  private readonly activeTasks = new Map<string, ActiveTask>();
  private readonly activating = new Map<string, Promise<ActiveTask>>();
  /** On which engine, once that is chosen. */
  private readonly creating = new Map<string, RegisteredEngine | undefined>();
  /** Tasks that are nobody's there, of which an engine told between its facts and its being up. */
  private readonly early = new WeakMap<RegisteredEngine, Set<string>>();
  private readonly unlisten: () => void;
  private readonly unlistenBooking: () => void;
  private readonly mover: TaskMover;
  private readonly cancelSweeps: Cancel;
  /** Tasks that engines have and nobody knew of: whether they should is being found out. */
  private readonly looking = new Set<Promise<void>>();
  private isClosed = false;

  constructor(context: TaskContext) {
    this.context = context;
    this.unlisten = context.engines.listen({
      up: (engine, facts) => this.engineUp(engine, facts),
      down: (engine) => {
        for (const task of this.on(engine)) task.engineDown();
      },
      event: (engine, event) => this.engineEvent(engine, event),
      models: (engine) => {
        for (const task of this.on(engine)) task.modelsChanged();
      },
    });
    this.unlistenBooking = context.booking.listen(() => this.yieldUnits());
    this.mover = new TaskMover(context, () => this.activeTasks.values());
    this.cancelSweeps = context.clock.every(SWEEP_MS, () => this.sweep());
  }

  /** Takes up the tasks that were playing when the domain ended: first those that have hardware, which they keep. */
  async resume(): Promise<void> {
    const playing = this.context.index.all().filter(({ isPlaying }) => isPlaying);
    const [first, then] = [playing.filter(({ hasUnits }) => hasUnits), playing.filter(({ hasUnits }) => !hasUnits)];
    for (const { address } of [...first, ...then]) await this.active(address);
  }

  of(application: string): ApplicationTasks {
    return {
      list: (query = {}, seen) => this.list(application, query, seen),
      has: (id) => this.context.index.has(taskKey({ application, id })),
      tryCreate: (task, id = this.newId()) => this.tryCreate(task, { application, id }),
      tryEdit: (id, asked, expected) => this.tryEdit({ application, id }, asked, expected),
      tryReplace: (id, graph, expected) => this.tryReplace({ application, id }, graph, expected),
      asked: (id) => this.asked({ application, id }),
      snapshot: (id) => this.snapshot({ application, id }),
      transportOf: (id) => this.transportOf({ application, id }),
      create: (task, id = this.newId(), cause = causeBy()) => this.create(task, { application, id }, cause),
      get: (id) => this.get({ application, id }),
      active: (id) => this.active({ application, id }),
      remove: (id, expected, cause = causeBy()) => this.remove({ application, id }, expected, cause),
      move: async (id, to, cause = causeBy()) => this.mover.move(await this.active({ application, id }), to, cause),
    };
  }

  private newId(): string {
    return `task-${this.context.randomBytes(6).toString('hex')}`;
  }

  private list(application: string, query: TaskQuery, seen?: ReadonlySet<string>): Page<TaskSummary> {
    const { items, next } = pageOf(
      this.context.index.of(application, query.after),
      ({ address }) => address.id,
      query,
      (entry) => (seen?.has(entry.address.id) ?? true) && isWanted(this.summary(entry), entry, query),
    );
    return { items: items.map((entry) => this.summary(entry)), ...(next === undefined ? {} : { next }) };
  }

  private summary({ address, revision, name, isPlaying, engine }: TaskEntry): TaskSummary {
    const active = this.activeTasks.get(engineTask(address));
    return {
      id: address.id,
      revision: active?.record.revision ?? revision,
      ...(name === undefined ? {} : { name }),
      playing: active?.record.isPlaying ?? isPlaying,
      state: active?.state.state ?? 'stored',
      ...engineOf(active ? active.site.engineId : engine),
    };
  }

  /** Throws ID_INVALID, TASK_INVALID, TASK_EXISTS. */
  private creatable(task: unknown, address: TaskAddress): Task {
    const { id } = address;
    check(TaskId, id, 'the id of the task', 'ID_INVALID');
    const graph = check(Task, task, `task '${id}'`, 'TASK_INVALID');
    if (this.creating.has(engineTask(address)) || this.context.index.has(taskKey(address)))
      throw new AudioCloudError('TASK_EXISTS', `Cannot create task ${id}: there is one; choose another id`, {
        task: id,
      });
    return graph;
  }

  /** A task that is new, for its engine to be chosen. */
  private placeable(address: TaskAddress, graph: Task) {
    return { address, needs: needsOf(graph, this.context.engines.models), cpu: undefined, isToPlay: false };
  }

  private async tryCreate(task: unknown, address: TaskAddress): Promise<TaskDocument> {
    const graph = this.creatable(task, address);
    const media = await this.context.mediaPaths(graph, address.application);
    const at = this.context.placement.choose(this.placeable(address, graph));
    const state = await checked(at, address, { revision: 1, graph, media });
    return { id: address.id, revision: 1, task: graph, state: asWanted(state), engine: at.id };
  }

  private async tryEdit(address: TaskAddress, asked: AskedEdits, expected: ExpectedRevision): Promise<TaskDocument> {
    const now = await this.asked(address);
    requireRevision(address.id, now.record, expected);
    const edits = editsOf(asked, now.record.graph);
    return dryRun(this.context, now, applyEdits(now.record.graph, edits, valuesFrom(now.models)), true);
  }

  private async tryReplace(address: TaskAddress, graph: Task, expected: number | undefined): Promise<TaskDocument> {
    const now = await this.asked(address);
    requireRevision(address.id, now.record, expected);
    return dryRun(this.context, now, graph, false);
  }

  private async asked(address: TaskAddress): Promise<Asked> {
    const found = await this.activeOrStored(address);
    if (found instanceof ActiveTask) return found.asked;
    const at = this.placeOf(address, found);
    const models = this.modelsFor(found);
    const { positionSeconds: playheadSeconds } = found;
    return { address, record: found, at, models, isLoaded: false, playheadSeconds, hardware: { waitingFor: [] } };
  }

  private async snapshot(address: TaskAddress): Promise<{ graph: Task; revision: number }> {
    const found = await this.activeOrStored(address);
    if (!(found instanceof ActiveTask)) return found;
    const isThere = found.asked.isLoaded && found.engine?.engine.isUp === true;
    const graph = isThere ? await found.saved() : found.record.graph;
    return { graph, revision: found.record.revision };
  }

  private async transportOf(address: TaskAddress): Promise<TransportState> {
    const found = await this.activeOrStored(address);
    const state = found instanceof ActiveTask ? await found.freshState() : undefined;
    const record = found instanceof ActiveTask ? found.record : found;
    const { engines } = this.context;
    const engine = engines.find(record.engine) ?? engines.first;
    return state?.transport ?? storedTransport(record, engine.engine.facts?.device.sampleRate);
  }

  private async create(task: unknown, address: TaskAddress, cause: Cause): Promise<TaskDocument> {
    const { application, id } = address;
    const name = engineTask(address);
    const key = taskKey(address);
    const graph = this.creatable(task, address);
    const { journal, placement, mediaPaths } = this.context;
    this.creating.set(name, undefined);
    let release = () => {};
    try {
      const media = await mediaPaths(graph, application);
      const placeable = this.placeable(address, graph);
      const at = placement.choose(placeable);
      release = placement.reserve(placeable, at.id);
      this.creating.set(name, at);
      const { engine } = at;
      const { facts } = engine;
      const state = await engine.command('load', { task: name, revision: 1, graph, media }).catch((error) => {
        throw clientError(error, address);
      });
      const versions = modelVersions(at.models, graph);
      const record: TaskRecord = {
        revision: 1,
        graph,
        parts: { whole: 1 },
        versions,
        isPlaying: false,
        positionSeconds: 0,
        engine: at.id,
      };
      const document: TaskDocument = {
        id,
        revision: 1,
        task: graph,
        state: asWanted(clientState(state, address)),
        engine: at.id,
      };
      const created = { type: 'task.created' as const, application, task: id, ...byOf(cause) };
      const [storeRevision] = await journal
        .write([{ key, value: record, expected: 0 }], {
          events: [{ ...created, data: { revision: 1 } }],
          writes: cause.receipt(document),
        })
        .catch((error) => {
          void engine.command('unload', { task: name }).catch(() => undefined);
          throw error;
        });
      if (this.isClosed) return document; // it is stored, and nobody follows it here any more
      // It may have gone meanwhile, and come back without the task.
      const isSame = engine.isUp && engine.facts === facts;
      this.activeTasks.set(
        name,
        new ActiveTask(this.context, address, record, storeRevision!, at, isSame ? state : undefined),
      );
      return document;
    } finally {
      release();
      this.creating.delete(name);
    }
  }

  private async get(address: TaskAddress): Promise<TaskDocument> {
    const { id } = address;
    const found = await this.activeOrStored(address);
    if (!(found instanceof ActiveTask)) {
      const { revision, graph: task, engine } = found;
      return { id, revision, task, state: storedState(id, found), ...engineOf(engine) };
    }
    const state = await found.freshState();
    return { ...found.document, state };
  }

  private async activeOrStored(address: TaskAddress): Promise<ActiveTask | TaskRecord> {
    const active = this.activeTasks.get(engineTask(address));
    if (active) return active;
    const { value } = await this.stored(address);
    if (!upgradedGraph(value, this.modelsFor(value))) return value;
    const task = await this.active(address);
    await task.upgraded();
    return task;
  }

  private async active(address: TaskAddress): Promise<ActiveTask> {
    const name = engineTask(address);
    const there = this.activeTasks.get(name);
    if (there) {
      there.noteUse();
      return there;
    }
    return this.activeOn(address);
  }

  private activeOn(address: TaskAddress, has?: RegisteredEngine): Promise<ActiveTask> {
    const name = engineTask(address);
    let coming = this.activating.get(name);
    if (!coming) {
      coming = this.activate(address, has).finally(() => this.activating.delete(name));
      this.activating.set(name, coming);
    }
    return coming;
  }

  private async remove(address: TaskAddress, expected: number | undefined, cause: Cause): Promise<void> {
    const task = await this.active(address);
    // At once: who came while its engine gives it up would follow what is no more, and its id is free.
    await task.remove(() => this.activeTasks.delete(task.engineTask), expected, cause);
  }

  /** Stores what is not stored yet. Engines go on or end as their supervisor decides. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.cancelSweeps();
    this.unlisten();
    this.unlistenBooking();
    this.mover.close();
    await Promise.all(this.looking);
    for (const task of this.activeTasks.values()) {
      task.keepPlayhead();
      await task
        .flush()
        .catch((error) => this.context.logger.error({ error, task: task.engineTask }, 'task was not stored'));
      task.end(true);
    }
  }

  /** Has tasks stop that may no longer use their hardware. */
  private yieldUnits(): void {
    for (const task of this.activeTasks.values())
      task
        .yieldUnits()
        .catch((error) =>
          this.context.logger.error(
            { error: asAudioCloudError(error).toJSON(), task: task.engineTask },
            'task was not stopped',
          ),
        );
  }

  /** has: an engine that says that it has it. */
  private async activate(address: TaskAddress, has?: RegisteredEngine): Promise<ActiveTask> {
    const { value, revision } = await this.stored(address);
    const name = engineTask(address);
    const there = this.activeTasks.get(name);
    if (there) return there;
    if (this.isClosed)
      throw new AudioCloudError('DOMAIN_NOT_READY', `Cannot use task ${address.id}: the domain is ending`);
    const at = has ?? this.placeOf(address, value);
    const record = at instanceof AudioCloudError ? value : { ...value, engine: at.id };
    const task = new ActiveTask(this.context, address, record, revision, at);
    this.activeTasks.set(name, task);
    if (record.engine !== value.engine) task.keepPlace();
    return task;
  }

  /** Where a task goes that is not in use: one that plays stays where it is, if it has not been given up. */
  private placeOf(address: TaskAddress, value: TaskRecord): RegisteredEngine | AudioCloudError {
    const { engines, placement } = this.context;
    // Before there were several engines, tasks named none.
    const before = engines.find(value.engine ?? engines.first.id);
    if (before && value.isPlaying) return before;
    const needs = needsOf(value.graph, this.modelsFor(value), value.versions);
    try {
      return placement.choose({ address, needs, cpu: undefined, isToPlay: value.isPlaying }, { before: before?.id });
    } catch (error) {
      return asAudioCloudError(error);
    }
  }

  private modelsFor({ engine }: TaskRecord): readonly Model[] {
    const { engines } = this.context;
    const own = engines.find(engine)?.models ?? [];
    return own.length > 0 ? own : engines.models;
  }

  private async stored(address: TaskAddress) {
    const { id } = address;
    const entry = await this.context.store.get<TaskRecord>(taskKey(address));
    if (!entry)
      throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task ${id}: there is none of that id`, { task: id });
    return entry;
  }

  private on(engine: RegisteredEngine): ActiveTask[] {
    return [...this.activeTasks.values()].filter((task) => task.engine === engine);
  }

  private engineUp(engine: RegisteredEngine, facts: EngineFacts): void {
    for (const task of this.on(engine)) task.engineUp(facts.tasks.includes(task.engineTask));
    const names = new Set([...facts.tasks, ...(this.early.get(engine) ?? [])]);
    this.early.delete(engine);
    for (const name of names) if (this.activeTasks.get(name)?.engine !== engine) this.lookUp(engine, name);
  }

  private lookUp(engine: RegisteredEngine, name: string): void {
    if (this.isClosed) return;
    const looking = this.adoptOrUnload(engine, name).finally(() => this.looking.delete(looking));
    this.looking.add(looking);
  }

  /** An engine that outlived its domain, or came back late, may have tasks that should play there, and others. */
  private async adoptOrUnload(engine: RegisteredEngine, name: string): Promise<void> {
    try {
      const address = addressOfEngineTask(name);
      const value = address && (await this.context.store.get<TaskRecord>(taskKey(address)))?.value;
      const { engines } = this.context;
      const isOthers = value?.engine !== engine.id && engines.find(value?.engine) !== undefined;
      if (address && value?.isPlaying && !isOthers && !this.activeTasks.has(name)) await this.activeOn(address, engine);
      await this.activating.get(name)?.catch(() => undefined);
      const isWanted = this.activeTasks.get(name)?.site.belongsTo(engine) ?? this.creating.get(name) === engine;
      if (!isWanted) await engine.engine.command('unload', { task: name });
    } catch (error) {
      this.context.logger.warn({ error: asAudioCloudError(error).toJSON(), task: name }, 'task of the engine was left');
    }
  }

  private engineEvent(engine: RegisteredEngine, event: EngineEvent): void {
    const of = (id: string) => {
      const task = this.activeTasks.get(id);
      return task?.engine === engine ? task : undefined;
    };
    if (event.type === 'state') {
      of(event.state.task)?.engineEvent(event);
      // Loaded too late for a domain that is gone, or that gave it up.
      const isWanted = this.activeTasks.get(event.state.task)?.site.belongsTo(engine) ?? false;
      if (!isWanted && engine.engine.isUp) this.lookUp(engine, event.state.task);
      else if (!isWanted) this.toldEarly(engine, event.state.task);
    } else if (event.type === 'meters' || event.type === 'guard' || event.type === 'pushed')
      of(event.task)?.engineEvent(event);
    else if (event.type === 'counters') for (const task of this.on(engine)) task.engineCounters(event.counters);
  }

  private toldEarly(engine: RegisteredEngine, name: string): void {
    const names = this.early.get(engine) ?? new Set<string>();
    this.early.set(engine, names.add(name));
  }

  private sweep(): void {
    const now = this.context.clock.now();
    for (const [name, task] of this.activeTasks) {
      task.keepPlayhead();
      if (!task.isReleasable || now - task.lastUsedMs < RELEASE_AFTER_MS) continue;
      this.activeTasks.delete(name);
      task.end();
      // Commands keep their order, so whoever makes the task active again loads it after this.
      task.forget();
    }
    this.mover.look();
  }
}

const asWanted = (state: TaskState): TaskState => ({
  ...state,
  desired: { revision: state.revision, playing: false },
  waitingFor: [],
});
const engineOf = (engine: string | undefined) => (engine === undefined ? {} : { engine });

function storedState(task: string, { revision }: TaskRecord): TaskState {
  return asWanted({
    task,
    state: 'stored',
    revision,
    transport: null,
    latencyFrames: 0,
    blocks: 0,
    missedBlocks: 0,
    instances: {},
  });
}
