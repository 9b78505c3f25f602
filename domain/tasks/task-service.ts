import {
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
} from '@audiocloud/api';
import type { Cancel } from '../clock/clock.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { causeBy } from '../events/cause.ts';
import { needsOf } from '../placement/task-needs.ts';
import { ActiveTask } from './active-task.ts';
import type { TaskContext } from './task-context.ts';
import { TaskMover } from './task-mover.ts';
import { TASK_PREFIX, taskKey, type TaskRecord, upgradedGraph } from './task-record.ts';

/** One timer for all tasks: keeps playheads, and lets go of tasks that nobody uses. */
const SWEEP_MS = 5_000;
const RELEASE_AFTER_MS = 60_000;

/** All tasks of the domain: those in the store, and among them the active ones. [control] */
export class TaskService {
  private readonly context: TaskContext;
  private readonly activeTasks = new Map<string, ActiveTask>();
  private readonly activating = new Map<string, Promise<ActiveTask>>();
  private readonly creating = new Set<string>();
  private readonly unlisten: () => void;
  private readonly mover: TaskMover;
  private readonly cancelSweeps: Cancel;

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
    this.mover = new TaskMover(context, () => this.activeTasks.values());
    this.cancelSweeps = context.clock.every(SWEEP_MS, () => this.sweep());
  }

  /** Takes up the tasks that were playing when the domain ended. */
  async resume(): Promise<void> {
    for (const { key, value } of await this.context.store.list<TaskRecord>(TASK_PREFIX))
      if (value.isPlaying) await this.active(key.slice(TASK_PREFIX.length));
  }

  async list(): Promise<TaskSummary[]> {
    return (await this.context.store.list<TaskRecord>(TASK_PREFIX)).map(({ key, value }) => {
      const id = key.slice(TASK_PREFIX.length);
      const active = this.activeTasks.get(id);
      const { revision, graph, isPlaying } = active?.record ?? value;
      return {
        id,
        revision,
        ...(graph.name === undefined ? {} : { name: graph.name }),
        playing: isPlaying,
        state: active?.state.state ?? 'stored',
        ...engineOf(active ? active.engineId : value.engine),
      };
    });
  }

  /** A task is only stored after the engine accepted it, so what is stored was playable once. */
  async create(task: unknown, id = this.newId(), cause = causeBy()): Promise<TaskDocument> {
    check(TaskId, id, 'the id of the task', 'ID_INVALID');
    const graph = check(Task, task, `task '${id}'`, 'TASK_INVALID');
    const { store, journal, engines, placement, mediaPaths } = this.context;
    if (this.creating.has(id) || (await store.get(taskKey(id))))
      throw new AudioCloudError('TASK_EXISTS', `Cannot create task ${id}: there is one; choose another id`, {
        task: id,
      });
    this.creating.add(id);
    let release = () => {};
    try {
      const media = await mediaPaths(graph);
      const placeable = { name: id, needs: needsOf(graph, engines.models), cpu: undefined, isToPlay: false };
      const at = placement.choose(placeable);
      release = placement.reserve(placeable, at.id);
      const { engine } = at;
      const state = await engine.command('load', { task: id, revision: 1, graph, media });
      const versions = modelVersions(at.models, graph);
      const record: TaskRecord = { revision: 1, graph, versions, isPlaying: false, positionSeconds: 0, engine: at.id };
      const document: TaskDocument = { id, revision: 1, task: graph, state, engine: at.id };
      const created = { type: 'task.created' as const, task: id, ...(cause.by ? { by: cause.by } : {}) };
      const [storeRevision] = await journal
        .write([{ key: taskKey(id), value: record, expected: 0 }], {
          events: [{ ...created, data: { revision: 1 } }],
          writes: cause.receipt(document),
        })
        .catch((error) => {
          void engine.command('unload', { task: id }).catch(() => undefined);
          throw error;
        });
      this.activeTasks.set(
        id,
        new ActiveTask(this.context, id, record, storeRevision!, at, engine.isUp ? state : undefined),
      );
      return document;
    } finally {
      release();
      this.creating.delete(id);
    }
  }

  /** Reads without making the task active, unless its values are of an older version of a model. */
  async get(id: string): Promise<TaskDocument> {
    const active = this.activeTasks.get(id);
    if (active) {
      const state = await active.freshState();
      return { ...active.document, state };
    }
    const { value } = await this.stored(id);
    if (upgradedGraph(value, this.modelsFor(value))) {
      const task = await this.active(id);
      await task.upgraded();
      return task.document;
    }
    return {
      id,
      revision: value.revision,
      task: value.graph,
      state: storedState(id, value),
      ...engineOf(value.engine),
    };
  }

  /** The task, made active when it is not. Throws TASK_UNKNOWN. */
  async active(id: string): Promise<ActiveTask> {
    const there = this.activeTasks.get(id);
    if (there) {
      there.lastUsedMs = this.context.clock.now();
      return there;
    }
    return this.activeOn(id);
  }

  /** Has a task moved to an engine, or to the best of the others. Throws what hinders that. */
  async move(id: string, to: string | undefined, cause = causeBy()): Promise<TaskDocument> {
    return this.mover.move(await this.active(id), to, cause);
  }

  private activeOn(id: string, has?: RegisteredEngine): Promise<ActiveTask> {
    let coming = this.activating.get(id);
    if (!coming) {
      coming = this.activate(id, has).finally(() => this.activating.delete(id));
      this.activating.set(id, coming);
    }
    return coming;
  }

  async remove(id: string, expected?: number, cause = causeBy()): Promise<void> {
    const task = await this.active(id);
    await task.remove(expected, cause);
    this.activeTasks.delete(id);
  }

  /** Stores what is not stored yet. Engines go on or end as their supervisor decides. */
  async close(): Promise<void> {
    this.cancelSweeps();
    this.unlisten();
    this.mover.close();
    for (const task of this.activeTasks.values()) {
      task.keepPlayhead();
      await task.flush().catch((error) => this.context.logger.error({ error, task: task.id }, 'task was not stored'));
      task.end();
    }
  }

  private newId(): string {
    return `task-${this.context.randomBytes(6).toString('hex')}`;
  }

  /** has: an engine that says that it has it. */
  private async activate(id: string, has?: RegisteredEngine): Promise<ActiveTask> {
    const { value, revision } = await this.stored(id);
    const there = this.activeTasks.get(id);
    if (there) return there;
    const at = has ?? this.placeOf(id, value);
    const record = at instanceof AudioCloudError ? value : { ...value, engine: at.id };
    const task = new ActiveTask(this.context, id, record, revision, at);
    this.activeTasks.set(id, task);
    return task;
  }

  /** Where a task goes that is not in use: one that plays stays where it is, if it has not been given up. */
  private placeOf(name: string, value: TaskRecord): RegisteredEngine | AudioCloudError {
    const { engines, placement } = this.context;
    // Before there were several engines, tasks named none.
    const before = engines.find(value.engine ?? engines.first.id);
    if (before && value.isPlaying) return before;
    const needs = needsOf(value.graph, this.modelsFor(value), value.versions);
    try {
      return placement.choose({ name, needs, cpu: undefined, isToPlay: value.isPlaying }, { before: before?.id });
    } catch (error) {
      return asAudioCloudError(error);
    }
  }

  private modelsFor({ engine }: TaskRecord): readonly Model[] {
    const { engines } = this.context;
    const own = engines.find(engine)?.models ?? [];
    return own.length > 0 ? own : engines.models;
  }

  private async stored(id: string) {
    const entry = await this.context.store.get<TaskRecord>(taskKey(id));
    if (!entry)
      throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task ${id}: there is none of that id`, { task: id });
    return entry;
  }

  private on(engine: RegisteredEngine): ActiveTask[] {
    return [...this.activeTasks.values()].filter((task) => task.engine === engine);
  }

  private engineUp(engine: RegisteredEngine, facts: EngineFacts): void {
    for (const task of this.on(engine)) task.engineUp(facts.tasks.includes(task.name));
    for (const id of facts.tasks) if (this.activeTasks.get(id)?.engine !== engine) void this.adoptOrUnload(engine, id);
  }

  /** An engine that outlived its domain, or came back late, may have tasks that should play there, and others. */
  private async adoptOrUnload(engine: RegisteredEngine, id: string): Promise<void> {
    try {
      const value = (await this.context.store.get<TaskRecord>(taskKey(id)))?.value;
      const isOthers = value?.engine !== undefined && value.engine !== engine.id && this.context.engines.find(value.engine);
      if (value?.isPlaying && !isOthers && !this.activeTasks.has(id)) await this.activeOn(id, engine);
      if (this.activeTasks.get(id)?.engine !== engine && !this.creating.has(id) && !this.activating.has(id))
        await engine.engine.command('unload', { task: id });
    } catch (error) {
      this.context.logger.warn({ error: asAudioCloudError(error).toJSON(), task: id }, 'task of the engine was left');
    }
  }

  private engineEvent(engine: RegisteredEngine, event: EngineEvent): void {
    const of = (id: string) => {
      const task = this.activeTasks.get(id);
      return task?.engine === engine ? task : undefined;
    };
    if (event.type === 'state') of(event.state.task)?.engineEvent(event);
    else if (event.type === 'meters') of(event.task)?.engineEvent(event);
    else if (event.type === 'counters') for (const task of this.on(engine)) task.engineCounters(event.counters);
  }

  private sweep(): void {
    const now = this.context.clock.now();
    for (const [id, task] of this.activeTasks) {
      task.keepPlayhead();
      if (!task.isReleasable || now - task.lastUsedMs < RELEASE_AFTER_MS) continue;
      this.activeTasks.delete(id);
      task.end();
      // Commands keep their order, so whoever makes the task active again loads it after this.
      task.forget();
    }
    this.mover.look();
  }
}

const engineOf = (engine: string | undefined) => (engine === undefined ? {} : { engine });

function storedState(task: string, { revision }: TaskRecord): TaskState {
  return {
    task,
    state: 'stored',
    revision,
    transport: null,
    latencyFrames: 0,
    blocks: 0,
    missedBlocks: 0,
    instances: {},
  };
}
