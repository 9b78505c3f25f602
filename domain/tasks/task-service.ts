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
import { type Cause, causeBy } from '../events/cause.ts';
import { ActiveTask } from './active-task.ts';
import { clientError, clientState } from './client-terms.ts';
import {
  addressOfEngineTask,
  addressOfKey,
  engineTask,
  TASK_PREFIX,
  type TaskAddress,
  taskKey,
  tasksPrefix,
} from './task-address.ts';
import { entriesOf } from '../store/entries-of.ts';
import type { TaskContext } from './task-context.ts';
import { type TaskRecord, upgradedGraph } from './task-record.ts';

/** One timer for all tasks: keeps playheads, and lets go of tasks that nobody uses. */
const SWEEP_MS = 5_000;
const RELEASE_AFTER_MS = 60_000;

/** The tasks of one application: for whoever asks in its name there are no others. [control] */
export interface ApplicationTasks {
  list(): Promise<TaskSummary[]>;
  /** A task is only stored after the engine accepted it, so what is stored was playable once. Without an id it gets one. */
  create(task: unknown, id?: string, cause?: Cause): Promise<TaskDocument>;
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

  /** Takes up the tasks that were playing when the domain ended: first those that have hardware, which they keep. */
  async resume(): Promise<void> {
    const waiting: string[] = [];
    for await (const { key, value } of entriesOf<TaskRecord>(this.context.store, TASK_PREFIX)) {
      if (!value.isPlaying) continue;
      if (Object.keys(value.units ?? {}).length > 0) await this.active(addressOfKey(key));
      else waiting.push(key);
    }
    for (const key of waiting) await this.active(addressOfKey(key));
  }

  of(application: string): ApplicationTasks {
    return {
      list: () => this.list(application),
      create: (task, id = this.newId(), cause = causeBy()) => this.create(task, { application, id }, cause),
      get: (id) => this.get({ application, id }),
      active: (id) => this.active({ application, id }),
      remove: (id, expected, cause = causeBy()) => this.remove({ application, id }, expected, cause),
    };
  }

  private async list(application: string): Promise<TaskSummary[]> {
    return (await this.context.store.list<TaskRecord>(tasksPrefix(application))).map(({ key, value }) => {
      const address = addressOfKey(key);
      const { id } = address;
      const active = this.activeTasks.get(engineTask(address));
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

  private async create(task: unknown, address: TaskAddress, cause: Cause): Promise<TaskDocument> {
    const { id } = address;
    const name = engineTask(address);
    const key = taskKey(address);
    check(TaskId, id, 'the id of the task', 'ID_INVALID');
    const graph = check(Task, task, `task '${id}'`, 'TASK_INVALID');
    const { store, journal, engine, mediaPaths } = this.context;
    if (this.creating.has(name) || (await store.get(key)))
      throw new AudioCloudError('TASK_EXISTS', `Cannot create task ${id}: there is one; choose another id`, {
        task: id,
      });
    this.creating.add(name);
    try {
      const media = await mediaPaths(graph);
      const state = await engine.command('load', { task: name, revision: 1, graph, media }).catch((error) => {
        throw clientError(error, address);
      });
      const versions = modelVersions(engine.facts?.models ?? [], graph);
      const record: TaskRecord = { revision: 1, graph, versions, isPlaying: false, positionSeconds: 0 };
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
    const active = this.activeTasks.get(engineTask(address));
    if (active) {
      const state = await active.freshState();
      return { ...active.document, state };
    }
    const { value } = await this.stored(address);
    if (upgradedGraph(value, this.context.engine.facts?.models ?? [])) {
      const task = await this.active(address);
      await task.upgraded();
      return task.document;
    }
    const { id } = address;
    return { id, revision: value.revision, task: value.graph, state: storedState(id, value) };
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
    this.unlistenBooking();
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
