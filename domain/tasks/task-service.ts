import { randomBytes } from 'node:crypto';
import {
  applyEdits,
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
  type TransportState,
} from '@audiocloud/api';
import type { Cancel } from '../clock/clock.ts';
import { causeBy } from '../events/cause.ts';
import { type Page, pageOf } from '../http/paging.ts';
import { ActiveTask } from './active-task.ts';
import { type AskedEdits, editsOf, valuesFrom } from './asked-edits.ts';
import { type Asked, dryRun } from './dry-run.ts';
import { type ExpectedRevision, requireRevision } from './expected-revision.ts';
import { mediaPaths } from './media-paths.ts';
import { storedTransport } from './stored-transport.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskEntry } from './task-index.ts';
import { isWanted, type TaskQuery } from './task-query.ts';
import { taskKey, type TaskRecord, upgradedGraph } from './task-record.ts';

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
    this.cancelSweeps = context.clock.every(SWEEP_MS, () => this.sweep());
  }

  /** Takes up the tasks that were playing when the domain ended. */
  async resume(): Promise<void> {
    const playing = [...this.context.index.from()].filter(({ isPlaying }) => isPlaying);
    for (const { id } of playing) await this.active(id);
  }

  has(id: string): boolean {
    return this.context.index.has(id);
  }

  /** In the order of ids. */
  list(query: TaskQuery = {}): Page<TaskSummary> {
    const { items, next } = pageOf(
      this.context.index.from(query.after),
      ({ id }) => id,
      query,
      (entry) => isWanted(this.summary(entry), entry, query),
    );
    return { items: items.map((entry) => this.summary(entry)), ...(next === undefined ? {} : { next }) };
  }

  /** A task is only stored after the engine accepted it, so what is stored was playable once. */
  async create(task: unknown, id = newTaskId(), cause = causeBy()): Promise<TaskDocument> {
    const graph = this.creatable(task, id);
    const { journal, engine, mediaDirs } = this.context;
    this.creating.add(id);
    try {
      const media = await mediaPaths(graph, mediaDirs);
      const state = await engine.command('load', { task: id, revision: 1, graph, media });
      const versions = modelVersions(engine.facts?.models ?? [], graph);
      const record: TaskRecord = {
        revision: 1,
        graph,
        parts: { whole: 1 },
        versions,
        isPlaying: false,
        positionSeconds: 0,
      };
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

  /** What `create` would answer or refuse; nothing changes. */
  async tryCreate(task: unknown, id = newTaskId()): Promise<TaskDocument> {
    const graph = this.creatable(task, id);
    const media = await mediaPaths(graph, this.context.mediaDirs);
    const state = await this.context.engine.command('check', { task: id, revision: 1, graph, media });
    return { id, revision: 1, task: graph, state };
  }

  /** What `edit` of the task would answer or refuse; nothing changes, and the task is not made active. */
  async tryEdit(id: string, asked: AskedEdits, expected?: ExpectedRevision): Promise<TaskDocument> {
    const now = await this.asked(id);
    requireRevision(id, now.record, expected);
    const edits = editsOf(asked, now.record.graph);
    const next = applyEdits(now.record.graph, edits, valuesFrom(this.context.engine.facts?.models ?? []));
    return dryRun(this.context, now, next, true);
  }

  /** As tryEdit, of `replace`. */
  async tryReplace(id: string, graph: Task, expected?: number): Promise<TaskDocument> {
    const now = await this.asked(id);
    requireRevision(id, now.record, expected);
    return dryRun(this.context, now, graph, false);
  }

  /** What is recorded of a task, which is not made active for it unless its values are of an older version of a model. */
  async asked(id: string): Promise<Asked> {
    const found = await this.activeOrStored(id);
    if (found instanceof ActiveTask) return found.asked;
    return { id, record: found, isLoaded: false, playheadSeconds: found.positionSeconds };
  }

  /** As the engine has it; of a task that it has not, where it would go on. */
  async transportOf(id: string): Promise<TransportState> {
    const found = await this.activeOrStored(id);
    const state = found instanceof ActiveTask ? await found.freshState() : undefined;
    const record = found instanceof ActiveTask ? found.record : found;
    return state?.transport ?? storedTransport(record, this.context.engine.facts?.device.sampleRate);
  }

  /** Reads without making the task active, unless its values are of an older version of a model. */
  async get(id: string): Promise<TaskDocument> {
    const found = await this.activeOrStored(id);
    if (!(found instanceof ActiveTask))
      return { id, revision: found.revision, task: found.graph, state: storedState(id, found) };
    const state = await found.freshState();
    return { ...found.document, state };
  }

  private async activeOrStored(id: string): Promise<ActiveTask | TaskRecord> {
    const active = this.activeTasks.get(id);
    if (active) return active;
    const { value } = await this.stored(id);
    if (!upgradedGraph(value, this.context.engine.facts?.models ?? [])) return value;
    const task = await this.active(id);
    await task.upgraded();
    return task;
  }

  /** Throws ID_INVALID, TASK_INVALID, TASK_EXISTS. */
  private creatable(task: unknown, id: string): Task {
    check(TaskId, id, 'the id of the task', 'ID_INVALID');
    const graph = check(Task, task, `task '${id}'`, 'TASK_INVALID');
    if (this.creating.has(id) || this.has(id))
      throw new AudioCloudError('TASK_EXISTS', `Cannot create task ${id}: there is one; choose another id`, {
        task: id,
      });
    return graph;
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
    for (const task of this.activeTasks.values()) {
      task.keepPlayhead();
      await task.flush().catch((error) => this.context.logger.error({ error, task: task.id }, 'task was not stored'));
      task.end();
    }
  }

  private summary({ id, revision, name, isPlaying }: TaskEntry): TaskSummary {
    const active = this.activeTasks.get(id);
    return {
      id,
      revision: active?.record.revision ?? revision,
      ...(name === undefined ? {} : { name }),
      playing: active?.record.isPlaying ?? isPlaying,
      state: active?.state.state ?? 'stored',
    };
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

const newTaskId = () => `task-${randomBytes(6).toString('hex')}`;

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
