import {
  asAudioCloudError,
  AudioCloudError,
  check,
  type EngineEvent,
  type EngineFacts,
  modelVersions,
  Task,
  type TaskDocument,
  TaskId,
  type TaskState,
  type TaskSummary,
} from '@audiocloud/api';
import type { Cancel } from '../clock/clock.ts';
import { causeBy } from '../events/cause.ts';
import { ActiveTask } from './active-task.ts';
import type { TaskContext } from './task-context.ts';
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
  private readonly unlistenBooking: () => void;
  private readonly cancelSweeps: Cancel;

  constructor(context: TaskContext) {
    this.context = context;
    this.unlisten = context.engine.listen({
      up: (facts) => this.engineUp(facts),
      down: () => {
        for (const task of this.activeTasks.values()) task.engineDown();
      },
      event: (event) => this.engineEvent(event),
      models: () => {
        for (const task of this.activeTasks.values()) task.modelsChanged();
      },
    });
    this.unlistenBooking = context.booking.listen(() => this.yieldUnits());
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
      };
    });
  }

  /** A task is only stored after the engine accepted it, so what is stored was playable once. */
  async create(task: unknown, id = this.newId(), cause = causeBy()): Promise<TaskDocument> {
    check(TaskId, id, 'the id of the task', 'ID_INVALID');
    const graph = check(Task, task, `task '${id}'`, 'TASK_INVALID');
    const { store, journal, engine, mediaPaths } = this.context;
    if (this.creating.has(id) || (await store.get(taskKey(id))))
      throw new AudioCloudError('TASK_EXISTS', `Cannot create task ${id}: there is one; choose another id`, {
        task: id,
      });
    this.creating.add(id);
    try {
      const media = await mediaPaths(graph);
      const state = await engine.command('load', { task: id, revision: 1, graph, media });
      const versions = modelVersions(engine.facts?.models ?? [], graph);
      const record: TaskRecord = { revision: 1, graph, versions, isPlaying: false, positionSeconds: 0 };
      const document: TaskDocument = { id, revision: 1, task: graph, state };
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
        new ActiveTask(this.context, id, record, storeRevision!, engine.isUp ? state : undefined),
      );
      return document;
    } finally {
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
    if (upgradedGraph(value, this.context.engine.facts?.models ?? [])) {
      const task = await this.active(id);
      await task.upgraded();
      return task.document;
    }
    return { id, revision: value.revision, task: value.graph, state: storedState(id, value) };
  }

  /** The task, made active when it is not. Throws TASK_UNKNOWN. */
  async active(id: string): Promise<ActiveTask> {
    const there = this.activeTasks.get(id);
    if (there) {
      there.lastUsedMs = this.context.clock.now();
      return there;
    }
    let coming = this.activating.get(id);
    if (!coming) {
      coming = this.activate(id).finally(() => this.activating.delete(id));
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
    this.unlistenBooking();
    for (const task of this.activeTasks.values()) {
      task.keepPlayhead();
      await task.flush().catch((error) => this.context.logger.error({ error, task: task.id }, 'task was not stored'));
      task.end();
    }
  }

  private newId(): string {
    return `task-${this.context.randomBytes(6).toString('hex')}`;
  }

  /** Has tasks stop that may no longer use their hardware. */
  private yieldUnits(): void {
    for (const task of this.activeTasks.values())
      task
        .yieldUnits()
        .catch((error) =>
          this.context.logger.error(
            { error: asAudioCloudError(error).toJSON(), task: task.id },
            'task was not stopped',
          ),
        );
  }

  private async activate(id: string): Promise<ActiveTask> {
    const { value, revision } = await this.stored(id);
    const task = this.activeTasks.get(id) ?? new ActiveTask(this.context, id, value, revision);
    this.activeTasks.set(id, task);
    return task;
  }

  private async stored(id: string) {
    const entry = await this.context.store.get<TaskRecord>(taskKey(id));
    if (!entry)
      throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task ${id}: there is none of that id`, { task: id });
    return entry;
  }

  private engineUp(facts: EngineFacts): void {
    for (const task of this.activeTasks.values()) task.engineUp(facts.tasks.includes(task.id));
    for (const id of facts.tasks) if (!this.activeTasks.has(id)) void this.adoptOrUnload(id);
  }

  /** An engine that outlived its domain may have tasks that should play, and others. */
  private async adoptOrUnload(id: string): Promise<void> {
    try {
      const entry = await this.context.store.get<TaskRecord>(taskKey(id));
      if (entry?.value.isPlaying) await this.active(id);
      else if (!this.activeTasks.has(id) && !this.creating.has(id) && !this.activating.has(id))
        await this.context.engine.command('unload', { task: id });
    } catch (error) {
      this.context.logger.warn({ error: asAudioCloudError(error).toJSON(), task: id }, 'task of the engine was left');
    }
  }

  private engineEvent(event: EngineEvent): void {
    if (event.type === 'state') this.activeTasks.get(event.state.task)?.engineEvent(event);
    else if (event.type === 'meters') this.activeTasks.get(event.task)?.engineEvent(event);
    else if (event.type === 'counters')
      for (const task of this.activeTasks.values()) task.engineCounters(event.counters);
  }

  private sweep(): void {
    const now = this.context.clock.now();
    for (const [id, task] of this.activeTasks) {
      task.keepPlayhead();
      if (!task.isReleasable || now - task.lastUsedMs < RELEASE_AFTER_MS) continue;
      this.activeTasks.delete(id);
      task.end();
      // Commands keep their order, so whoever makes the task active again loads it after this.
      void this.context.engine.command('unload', { task: id }).catch(() => undefined);
    }
  }
}

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
