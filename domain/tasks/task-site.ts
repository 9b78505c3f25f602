import {
  AudioCloudError,
  type EngineCounters,
  type ErrorBody,
  type Model,
  type Task,
  type TaskState,
} from '@audiocloud/api';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import type { PlacedTask } from '../placement/placed-tasks.ts';
import { needsOf, type TaskNeeds } from '../placement/task-needs.ts';
import { EngineTask, type Loading } from './engine-task.ts';
import type { TaskAddress } from './task-address.ts';
import type { TaskContext } from './task-context.ts';
import type { TaskRecord } from './task-record.ts';
import { TaskPush } from './task-push.ts';
import { TaskStream } from './task-stream.ts';
import type { StreamEar } from '../engine/engine.ts';

/** Where a task is, and what it takes there. It counts for that engine until `leave`. [control] */
export class TaskSite implements PlacedTask {
  readonly address: TaskAddress;
  readonly #context: TaskContext;
  readonly #record: () => TaskRecord;
  readonly #lost: () => void;
  readonly #uncount: () => void;
  #place: EngineTask | undefined;
  #refusal: AudioCloudError | undefined;
  #expected: RegisteredEngine | undefined;
  #needs: { of: Task; needs: TaskNeeds } | undefined;
  #cpu: number | undefined;

  /** lost: its engine has the task no longer, though nobody took it away. */
  constructor(context: TaskContext, address: TaskAddress, record: () => TaskRecord, lost: () => void) {
    this.#context = context;
    this.address = address;
    this.#record = record;
    this.#lost = lost;
    this.#uncount = context.engines.placed.add(this);
  }

  /** It is there from now on. state: as the engine has it. */
  settle(engine: RegisteredEngine, state?: TaskState): void {
    // Of one that was left nothing is asked.
    const lost = () => this.#place === place && this.#lost();
    const place = new EngineTask(engine, this.address, lost, state);
    this.#place = place;
    this.#refusal = undefined;
    this.#needs = undefined;
  }

  /** It is being brought to this engine too; undefined: to none any more. */
  expect(engine: RegisteredEngine | undefined): void {
    this.#expected = engine;
  }

  /** What an engine says that it has of it is as it should be. */
  belongsTo(engine: RegisteredEngine): boolean {
    return this.engine === engine || this.#expected === engine;
  }

  /** No engine can take it. */
  refuse(why: AudioCloudError): void {
    this.#refusal = why;
  }

  /** Undefined while no engine could take it. */
  get place(): EngineTask | undefined {
    return this.#place;
  }

  get engine(): RegisteredEngine | undefined {
    return this.#place?.engine;
  }

  get engineId(): string | undefined {
    return this.#place?.engine.id;
  }

  /** Its engine answers. */
  get isUp(): boolean {
    return this.#place?.isUp ?? false;
  }

  /** Its engine says that it has it. */
  get isLoaded(): boolean {
    return this.#place?.engine.engine.facts?.tasks.includes(this.#place.name) ?? false;
  }

  /** Why no engine can take it. */
  get refusal(): AudioCloudError | undefined {
    return this.#refusal;
  }

  /** Why no engine has it; undefined while one may be coming. */
  get awayError(): ErrorBody | undefined {
    return (this.#refusal ?? this.#place?.engine.engine.error)?.toJSON();
  }

  /** The models as its engine has them. */
  get models(): readonly Model[] {
    const own = this.#place?.models ?? [];
    return own.length > 0 ? own : this.#context.engines.models;
  }

  get needs(): TaskNeeds {
    const { graph, versions } = this.#record();
    if (this.#needs?.of !== graph) this.#needs = { of: graph, needs: needsOf(graph, this.models, versions) };
    return this.#needs.needs;
  }

  get cpu(): number | undefined {
    return this.#cpu;
  }

  get isToPlay(): boolean {
    return this.#record().isPlaying;
  }

  /** As its engine last said it, for clients. */
  get state(): TaskState | undefined {
    return this.#place?.state;
  }

  observeCounters(counters: EngineCounters): void {
    this.#place?.observeCounters(counters);
    this.#cpu = this.#place?.cpu ?? this.#cpu;
  }

  /** Throws ENGINE_UNAVAILABLE, or why it is nowhere, and what the engine refuses with. */
  async command<T extends Parameters<EngineTask['command']>[0]>(type: T, body: object) {
    return this.#required(type).command(type, body);
  }

  /** As `command`. */
  async load(loading: Loading): Promise<TaskState> {
    return this.#required('load').load(loading);
  }

  /** What somebody hears of it, wherever it is. */
  stream(ear: StreamEar): TaskStream {
    return new TaskStream(() => this.#place, ear);
  }

  /** What somebody pushes into a track of it, wherever it is. */
  push(track: string): TaskPush {
    return new TaskPush(() => this.#place, track);
  }

  /** Another engine that answers and has room. */
  elsewhere(): RegisteredEngine | undefined {
    try {
      const other = this.#context.placement.choose(this, this.engineId === undefined ? {} : { except: this.engineId });
      return other.engine.isUp ? other : undefined;
    } catch {
      return undefined;
    }
  }

  /** Throws ENGINE_FULL or TASK_NOWHERE when its engine has not what the models of another graph would use up. */
  requireResources(graph: Task): void {
    if (this.engineId === undefined) return;
    const needs = needsOf(graph, this.models, this.#record().versions);
    this.#context.placement.requireResources(this.address, needs, this.engineId);
  }

  /** It counts for no engine any more. */
  leave(): void {
    this.#uncount();
  }

  #required(type: string): EngineTask {
    if (this.#place) return this.#place;
    throw this.#refusal ?? new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot ${type}: there is no engine`);
  }
}
