import {
  AudioCloudError,
  type EngineCounters,
  type Loop,
  type Model,
  type Task,
  type TaskState,
  type TransportState,
} from '@audiocloud/api';
import type { EnginePush, StreamEar, StreamRequest } from '../engine/engine.ts';
import type { AnswerOf } from '../engine/engine-client.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { clientError, clientState } from './client-terms.ts';
import { storedValues } from './stored-values.ts';
import { engineTask, type TaskAddress } from './task-address.ts';

type TaskCommand = 'load' | 'edit' | 'transport' | 'set' | 'midi' | 'state' | 'save' | 'unload';

/** That are sent to the engine at once. */
export const MOST_CHANGES = 512;

/** What is loaded. */
export interface Loading {
  revision: number;
  graph: Task;
  /** Real paths by name. */
  media: Record<string, string>;
  /** Where it is to stand; not given for one that is sent there afterwards. */
  standing?: { positionSeconds: number; loop?: Loop | null | undefined };
}

/** One task on one engine: what it is asked for there, and what the engine last said of it. [control] */
export class EngineTask {
  readonly engine: RegisteredEngine;
  /** What the engine calls it. */
  readonly name: string;
  readonly #address: TaskAddress;
  #state: TaskState | undefined;
  /** What it told unasked since it was last sent what changes its state: an edit, a graph, or a change of its transport. */
  #told: TaskState | undefined;
  /** Share of a render thread, once the engine measured or predicted it. */
  cpu: number | undefined;
  /** The engine has no other values than those that came from here. */
  #areValuesOurs: boolean;
  /** How often it was doubted which values it has. */
  #doubts = 0;
  readonly #lost: () => void;

  /** lost: the engine has the task no longer, though nobody took it away. */
  constructor(engine: RegisteredEngine, address: TaskAddress, lost: () => void, state?: TaskState) {
    this.engine = engine;
    this.#address = address;
    this.name = engineTask(address);
    this.#state = state && clientState(state, address);
    this.#lost = lost;
    this.#areValuesOurs = state !== undefined;
  }

  /** As the engine last said it, for clients. */
  get state(): TaskState | undefined {
    return this.#state;
  }

  get isUp(): boolean {
    return this.engine.engine.isUp;
  }

  /** The models as this engine has them. */
  get models(): readonly Model[] {
    return this.engine.models;
  }

  get sampleRate(): number | undefined {
    return this.#state?.transport?.sampleRate;
  }

  async command<T extends TaskCommand>(type: T, body: object): Promise<AnswerOf<T>> {
    if (type === 'edit' || type === 'load' || type === 'transport') this.#told = undefined;
    try {
      return await this.engine.engine.command(type, { task: this.name, ...body } as never);
    } catch (error) {
      const isKnown = error instanceof AudioCloudError && error.status < 500;
      // It may have been carried out, or may be still, when the engine is slow to answer.
      if (!isKnown) this.doubt();
      if (!isKnown || error.code !== 'TASK_UNKNOWN') throw clientError(error, this.#address);
      // We know the task: the engine lost it. It gets it again.
      this.#state = undefined;
      this.#lost();
      throw new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot ${type}: the engine lost the task and loads it again`);
    }
  }

  /** The engine may have values, or a loop, that are not wanted: it gets all of them when it is next asked what it has. */
  doubt(): void {
    this.#areValuesOurs = false;
    this.#doubts++;
  }

  /** Loads it, stopped. */
  async load({ revision, graph, media, standing }: Loading): Promise<TaskState> {
    const doubts = this.#doubts;
    const state = await this.command('load', { revision, graph, media });
    this.#areValuesOurs = this.#doubts === doubts;
    if (!standing || (standing.positionSeconds === 0 && standing.loop === undefined)) return state;
    const { positionSeconds, loop } = standing;
    const change = { positionSeconds, ...(loop === undefined ? {} : { loop }) };
    return { ...state, transport: await this.command('transport', { change }) };
  }

  /**
   * Has the engine take the values and the loop that are wanted: it may have others when it outlived its domain, or when nobody
   * knows what became of a command. They are on their way when this returns: what is set later stays. Settles with the transport
   * as it is then.
   */
  async sendValues(graph: Task, loop: Loop | null, there: TransportState | null): Promise<TransportState | null> {
    if (this.#areValuesOurs) return there;
    const doubts = this.#doubts;
    const changes = storedValues(this.models, graph);
    const sent: Promise<unknown>[] = [];
    for (let at = 0; at < changes.length; at += MOST_CHANGES)
      sent.push(this.command('set', { changes: changes.slice(at, at + MOST_CHANGES) }));
    // Also when it says that it has this loop: a command that came too late may be on its way to change that.
    const looped = there ? this.command('transport', { change: { loop } }) : undefined;
    if (looped) sent.push(looped);
    const outcomes = await Promise.allSettled(sent);
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    this.#areValuesOurs = this.#doubts === doubts;
    return looped ?? there;
  }

  observe(state: TaskState): void {
    this.#state = clientState(state, this.#address);
  }

  /** As `observe`, of what it says unasked. */
  observeTold(state: TaskState): void {
    this.#told = state;
    this.observe(state);
  }

  /**
   * As `observe`, of the answer to an edit or a graph, which is looked at once it is stored. What the engine told of that revision
   * since is newer, and stays: the task may have stopped by itself.
   */
  observeAnswer(state: TaskState): void {
    if (this.#told?.revision !== state.revision) this.observe(state);
  }

  /**
   * As `observeTransport`, of the answer to a change, which is looked at once it is stored. An engine tells of a change before it
   * answers, so what it told is as new, or newer: the task may have stopped by itself.
   */
  observeTransportAnswer(transport: TransportState): void {
    if (!this.#told) this.observeTransport(transport);
  }

  /** The transport as the engine said it becomes part of the state. */
  observeTransport(transport: TransportState): void {
    if (!this.#state) return;
    const { state } = this.#state;
    const running = transport.playing ? 'playing' : 'ready';
    this.#state = { ...this.#state, transport, state: state === 'failed' ? state : running };
  }

  observeCounters({ tasks }: EngineCounters): void {
    const counted = Object.hasOwn(tasks, this.name) ? tasks[this.name] : undefined;
    const cpu = counted && Math.max(counted.predictedLoad, counted.claimedLoad);
    if (cpu !== undefined && cpu > 0) this.cpu = cpu;
  }

  stream(request: Omit<StreamRequest, 'task'>, ear: StreamEar) {
    const ofTask = (wanted: Omit<StreamRequest, 'task'>) => ({ ...wanted, task: this.name });
    const stream = this.engine.engine.stream(ofTask(request), ear);
    return { change: (wanted: Omit<StreamRequest, 'task'>) => stream.change(ofTask(wanted)), end: () => stream.end() };
  }

  /** What is pushed into a track of it here. Throws ENGINE_UNABLE for an engine that takes none. */
  push(track: string): EnginePush {
    const { engine } = this.engine;
    if (!engine.facts?.abilities?.includes('push'))
      throw new AudioCloudError(
        'ENGINE_UNABLE',
        `Cannot push into '${track}': the engine that has the task does not take sound; move the task to another`,
        { task: this.#address.id },
      );
    return engine.push(this.name, track);
  }

  /** Has the engine forget it. One that is away forgets it when it is asked again. */
  forget(): void {
    void this.engine.engine.command('unload', { task: this.name }).catch(() => undefined);
  }
}
