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
import { type Cause, causeBy } from '../events/cause.ts';
import { type Page, pageOf } from '../http/paging.ts';
import { ActiveTask } from './active-task.ts';
import { type AskedEdits, editsOf, valuesFrom } from './asked-edits.ts';
import { clientError, clientState } from './client-terms.ts';
import { type Asked, checked, dryRun } from './dry-run.ts';
import { type ExpectedRevision, requireRevision } from './expected-revision.ts';
import { storedTransport } from './stored-transport.ts';
import { addressOfEngineTask, engineTask, type TaskAddress, taskKey } from './task-address.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskEntry } from './task-index.ts';
import { isWanted, type TaskQuery } from './task-query.ts';
import { type TaskRecord, upgradedGraph } from './task-record.ts';

/** One timer for all tasks: keeps playheads, and lets go of tasks that nobody uses. */
const SWEEP_MS = 5_000;
const RELEASE_AFTER_MS = 60_000;

/** The tasks of one application: for whoever asks in its name there are no others. [control] */
export interface ApplicationTasks {
  /** In the order of ids. */
  list(query?: TaskQuery): Page<TaskSummary>;
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
  /** As the engine has it; of a task that it has not, where it would go on. */
  transportOf(id: string): Promise<TransportState>;
  /** Reads without making the task active, unless its values are of an older version of a model. Throws TASK_UNKNOWN. */
  get(id: string): Promise<TaskDocument>;
  /** The task, made active when it is not. Throws TASK_UNKNOWN. */
  active(id: string): Promise<ActiveTask>;
  /** expected: the revision that must be there. */
  remove(id: string, expected?: number, cause?: Cause): Promise<void>;
}

/** All tasks of the domain: those in the store, and among them the active ones, by the names of their engine. [control] */
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

  /** Takes up the tasks that were playing when the domain ended: first those that have hardware, which they keep. */
  async resume(): Promise<void> {
    const playing = this.context.index.all().filter(({ isPlaying }) => isPlaying);
    const [first, then] = [playing.filter(({ hasUnits }) => hasUnits), playing.filter(({ hasUnits }) => !hasUnits)];
    for (const { address } of [...first, ...then]) await this.active(address);
  }

  of(application: string): ApplicationTasks {
    return {
      list: (query = {}) => this.list(application, query),
      has: (id) => this.context.index.has(taskKey({ application, id })),
      tryCreate: (task, id = this.newId()) => this.tryCreate(task, { application, id }),
      tryEdit: (id, asked, expected) => this.tryEdit({ application, id }, asked, expected),
      tryReplace: (id, graph, expected) => this.tryReplace({ application, id }, graph, expected),
      asked: (id) => this.asked({ application, id }),
      transportOf: (id) => this.transportOf({ application, id }),
      create: (task, id = this.newId(), cause = causeBy()) => this.create(task, { application, id }, cause),
      get: (id) => this.get({ application, id }),
      active: (id) => this.active({ application, id }),
      remove: (id, expected, cause = causeBy()) => this.remove({ application, id }, expected, cause),
    };
  }

  private list(application: string, query: TaskQuery): Page<TaskSummary> {
    const { items, next } = pageOf(
      this.context.index.of(application, query.after),
      ({ address }) => address.id,
      query,
      (entry) => isWanted(this.summary(entry), entry, query),
    );
    return { items: items.map((entry) => this.summary(entry)), ...(next === undefined ? {} : { next }) };
  }

  private summary({ address, revision, name, isPlaying }: TaskEntry): TaskSummary {
    const active = this.activeTasks.get(engineTask(address));
    return {
      id: address.id,
      revision: active?.record.revision ?? revision,
      ...(name === undefined ? {} : { name }),
      playing: active?.record.isPlaying ?? isPlaying,
      state: active?.state.state ?? 'stored',
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

  private async tryCreate(task: unknown, address: TaskAddress): Promise<TaskDocument> {
    const graph = this.creatable(task, address);
    const state = await checked(this.context, address, { revision: 1, graph });
    return { id: address.id, revision: 1, task: graph, state: asWanted(state) };
  }

  private async tryEdit(address: TaskAddress, asked: AskedEdits, expected: ExpectedRevision): Promise<TaskDocument> {
    const now = await this.asked(address);
    requireRevision(address.id, now.record, expected);
    const edits = editsOf(asked, now.record.graph);
    const next = applyEdits(now.record.graph, edits, valuesFrom(this.context.engine.facts?.models ?? []));
    return dryRun(this.context, now, next, true);
  }

  private async tryReplace(address: TaskAddress, graph: Task, expected: number | undefined): Promise<TaskDocument> {
    const now = await this.asked(address);
    requireRevision(address.id, now.record, expected);
    return dryRun(this.context, now, graph, false);
  }

  private async asked(address: TaskAddress): Promise<Asked> {
    const found = await this.activeOrStored(address);
    if (found instanceof ActiveTask) return found.asked;
    const hardware = { waitingFor: [] };
    return { address, record: found, isLoaded: false, playheadSeconds: found.positionSeconds, hardware };
  }

  private async transportOf(address: TaskAddress): Promise<TransportState> {
    const found = await this.activeOrStored(address);
    const state = found instanceof ActiveTask ? await found.freshState() : undefined;
    const record = found instanceof ActiveTask ? found.record : found;
    return state?.transport ?? storedTransport(record, this.context.engine.facts?.device.sampleRate);
  }

  private async create(task: unknown, address: TaskAddress, cause: Cause): Promise<TaskDocument> {
    const { id } = address;
    const name = engineTask(address);
    const key = taskKey(address);
    const graph = this.creatable(task, address);
    const { journal, engine, mediaPaths } = this.context;
    this.creating.add(name);
    try {
      const media = await mediaPaths(graph);
      const state = await engine.command('load', { task: name, revision: 1, graph, media }).catch((error) => {
        throw clientError(error, address);
      });
      const versions = modelVersions(engine.facts?.models ?? [], graph);
      const parts = { whole: 1 };
      const record: TaskRecord = { revision: 1, graph, parts, versions, isPlaying: false, positionSeconds: 0 };
      const document: TaskDocument = { id, revision: 1, task: graph, state: asWanted(clientState(state, address)) };
      const created = {
        type: 'task.created' as const,
        application: address.application,
        task: id,
        ...(cause.by ? { by: cause.by } : {}),
      };
      const [storeRevision] = await journal
        .write([{ key, value: record, expected: 0 }], {
          events: [{ ...created, data: { revision: 1 } }],
          writes: cause.receipt(document),
        })
        .catch((error) => {
          void engine.command('unload', { task: name }).catch(() => undefined);
          throw error;
        });
      this.activeTasks.set(
        name,
        new ActiveTask(this.context, address, record, storeRevision!, engine.isUp ? state : undefined),
      );
      return document;
    } finally {
      this.creating.delete(name);
    }
  }

  private async get(address: TaskAddress): Promise<TaskDocument> {
    const { id } = address;
    const found = await this.activeOrStored(address);
    if (!(found instanceof ActiveTask))
      return { id, revision: found.revision, task: found.graph, state: storedState(id, found) };
    const state = await found.freshState();
    return { ...found.document, state };
  }

  private async activeOrStored(address: TaskAddress): Promise<ActiveTask | TaskRecord> {
    const active = this.activeTasks.get(engineTask(address));
    if (active) return active;
    const { value } = await this.stored(address);
    if (!upgradedGraph(value, this.context.engine.facts?.models ?? [])) return value;
    const task = await this.active(address);
    await task.upgraded();
    return task;
  }

  private async active(address: TaskAddress): Promise<ActiveTask> {
    const name = engineTask(address);
    const there = this.activeTasks.get(name);
    if (there) {
      there.lastUsedMs = this.context.clock.now();
      return there;
    }
    let coming = this.activating.get(name);
    if (!coming) {
      coming = this.activate(address).finally(() => this.activating.delete(name));
      this.activating.set(name, coming);
    }
    return coming;
  }

  private async remove(address: TaskAddress, expected: number | undefined, cause: Cause): Promise<void> {
    const task = await this.active(address);
    await task.remove(expected, cause);
    this.activeTasks.delete(task.engineTask);
  }

  /** Stores what is not stored yet. Engines go on or end as their supervisor decides. */
  async close(): Promise<void> {
    this.cancelSweeps();
    this.unlisten();
    for (const task of this.activeTasks.values()) {
      task.keepPlayhead();
      await task
        .flush()
        .catch((error) => this.context.logger.error({ error, task: task.engineTask }, 'task was not stored'));
      task.end();
    }
  }

  private newId(): string {
    return `task-${this.context.randomBytes(6).toString('hex')}`;
  }

  private async activate(address: TaskAddress): Promise<ActiveTask> {
    const { value, revision } = await this.stored(address);
    const name = engineTask(address);
    const task = this.activeTasks.get(name) ?? new ActiveTask(this.context, address, value, revision);
    this.activeTasks.set(name, task);
    return task;
  }

  private async stored(address: TaskAddress) {
    const { id } = address;
    const entry = await this.context.store.get<TaskRecord>(taskKey(address));
    if (!entry)
      throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task ${id}: there is none of that id`, { task: id });
    return entry;
  }

  private engineUp(facts: EngineFacts): void {
    for (const task of this.activeTasks.values()) task.engineUp(facts.tasks.includes(task.engineTask));
    for (const name of facts.tasks) if (!this.activeTasks.has(name)) void this.adoptOrUnload(name);
  }

  /** An engine that outlived its domain may have tasks that should play, and others. */
  private async adoptOrUnload(name: string): Promise<void> {
    try {
      const address = addressOfEngineTask(name);
      const entry = address && (await this.context.store.get<TaskRecord>(taskKey(address)));
      if (address && entry?.value.isPlaying) await this.active(address);
      else if (!this.activeTasks.has(name) && !this.creating.has(name) && !this.activating.has(name))
        await this.context.engine.command('unload', { task: name });
    } catch (error) {
      this.context.logger.warn({ error: asAudioCloudError(error).toJSON(), task: name }, 'task of the engine was left');
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
    for (const [name, task] of this.activeTasks) {
      task.keepPlayhead();
      if (!task.isReleasable || now - task.lastUsedMs < RELEASE_AFTER_MS) continue;
      this.activeTasks.delete(name);
      task.end();
      // Commands keep their order, so whoever makes the task active again loads it after this.
      void this.context.engine.command('unload', { task: name }).catch(() => undefined);
    }
  }
}

const asWanted = (state: TaskState): TaskState => ({
  ...state,
  desired: { revision: state.revision, playing: false },
  waitingFor: [],
});

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
