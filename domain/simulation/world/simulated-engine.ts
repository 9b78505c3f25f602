import {
  applyEdits,
  AudioCloudError,
  type EngineCommand,
  type EngineEvent,
  type EngineFacts,
  ENGINE_PROTOCOL,
  type GraphEdit,
  HOST_PARAMETERS,
  hostParameter,
  instanceValues,
  type Loop,
  type MediaFacts,
  type Model,
  modelOf,
  type ParameterChange,
  parameterValues,
  type Task,
  type TaskState,
  type TransportChange,
  type TransportState,
  valueToNumber,
} from '@audiocloud/api';
import type { Hardware } from './hardware.ts';
import type { Life } from './life.ts';

/** How long things take, in ms. */
export interface EnginePace {
  load(): number;
  edit(): number;
  /** Until the next block. */
  block(): number;
}

export interface SimulatedEngineOptions {
  life: Life;
  pid: number;
  models: readonly Model[];
  hardware: Hardware;
  pace: EnginePace;
  /** Looks into a file of the machine, and writes its peaks; without it the engine has no such ability. */
  inspect?(path: string, peaksPath: string): MediaFacts;
  tell(event: EngineEvent): void;
}

interface Held {
  revision: number;
  graph: Task;
  isPlaying: boolean;
  /** Playhead when play began or moved last, or where it stands. */
  fromFrame: number;
  /** When that was. */
  sinceMs: number;
  /** Of the stream, at that time. */
  streamFrame: number;
  playId: number;
  loop: Loop | null;
}

export const ENGINE_SAMPLE_RATE = 48_000;
const METERS_MS = 500;
const HEARTBEAT_MS = 1_000;
type Bodies = { [T in EngineCommand['type']]: Omit<Extract<EngineCommand, { type: T }>, 'type' | 'id'> };

/**
 * An engine as the protocol shows it, without sound: what it has, what it refuses, where its playheads are. [control]
 *
 * test/simulated-engine.test.ts gives it and the real engine the same commands, and compares.
 */
export class SimulatedEngine {
  readonly #options: SimulatedEngineOptions;
  readonly #held = new Map<string, Held>();
  readonly #tails = new Map<string, Promise<unknown>>();
  /** Those under way, by their jobs. */
  readonly #inspections = new Map<string, object>();
  #leaseSeconds = 30;
  #endLease: () => void = () => undefined;
  /** Called when a task begins to play. */
  onPlay: (task: string) => void = () => undefined;
  /** Called when no command came for as long as the lease says. */
  onLeaseEnd: () => void = () => undefined;

  constructor(options: SimulatedEngineOptions) {
    this.#options = options;
    options.hardware.tell = (state) => options.life.isOver || options.tell({ type: 'fixed', state });
    options.life.every(METERS_MS, () => this.#tellMeters());
    options.life.every(HEARTBEAT_MS, () => options.tell({ type: 'heartbeat', streamFrame: 0, load: 0 }));
    this.#renewLease();
  }

  get facts(): EngineFacts {
    const { models, pid } = this.#options;
    const device = { id: 'paced', kind: 'paced', sampleRate: ENGINE_SAMPLE_RATE, blockFrames: 128, outputChannels: 2 };
    return {
      engine: 'simulated',
      version: '1.0.0',
      protocol: ENGINE_PROTOCOL,
      abilities: this.#options.inspect ? ['live', 'media'] : ['live'],
      pid,
      node: 'none',
      scheduling: 'none',
      threads: [],
      device: { ...device, state: 'running' },
      models: [...models],
      fixed: this.#options.hardware.states,
      tasks: [...this.#held.keys()],
      refused: [],
    };
  }

  /** What it has of a task; undefined when it has none. */
  look(task: string): { revision: number; graph: Task; transport: TransportState } | undefined {
    const held = this.#held.get(task);
    return held && { revision: held.revision, graph: held.graph, transport: this.#transport(held) };
  }

  get tasks(): string[] {
    return [...this.#held.keys()];
  }

  /** It stops by itself, as an engine does that cannot go on with a task. */
  stopByItself(task: string): void {
    const held = this.#held.get(task);
    if (!held?.isPlaying) return;
    this.#move(held, { play: false });
    this.#tell(task, held);
  }

  /** Carries out a command. Throws as an engine refuses. */
  async command<T extends EngineCommand['type']>(type: T, body: Bodies[T]): Promise<unknown> {
    this.#renewLease();
    const handle = this.#handlers[type] as (body: Bodies[T]) => unknown;
    return (await handle(body)) ?? null;
  }

  readonly #handlers: { [T in EngineCommand['type']]: (body: Bodies[T]) => unknown } = {
    hello: () => this.facts,
    lease: ({ seconds }) => {
      this.#leaseSeconds = seconds;
      this.#renewLease();
    },
    load: ({ task, revision, graph }) => this.#inOrder(task, () => this.#load(task, revision, graph)),
    check: ({ graph }) => this.#refuseGraph(graph),
    edit: ({ task, revision, edits }) => this.#inOrder(task, () => this.#edit(task, revision, edits)),
    unload: ({ task }) =>
      this.#inOrder(task, async () => {
        this.#find(task);
        await this.#block();
        this.#held.delete(task);
      }),
    transport: ({ task, change }) =>
      this.#inOrder(task, async () => {
        const held = this.#find(task);
        if (change.loop && change.loop.endSeconds <= change.loop.startSeconds)
          throw new AudioCloudError('REQUEST_INVALID', 'Cannot loop: the end must be after the start');
        await this.#block();
        if (change.play && !held.isPlaying) this.onPlay(task);
        this.#move(held, change);
        const state = this.#transport(held);
        this.#tell(task, held);
        return state;
      }),
    set: async ({ task, changes }) => {
      await this.#tails.get(task)?.catch(() => undefined);
      return this.#set(this.#find(task), changes);
    },
    midi: async ({ task, messages }) => {
      await this.#tails.get(task)?.catch(() => undefined);
      const held = this.#find(task);
      for (const { instance } of messages) this.#instanceOf(held.graph, instance);
      await this.#block();
      return { frame: held.isPlaying ? this.#transport(held).streamFrame : null };
    },
    state: ({ task }) => this.#state(task, this.#find(task)),
    save: ({ task }) => {
      this.#find(task);
      return {};
    },
    'set-fixed': async ({ instance, parameter, index, value }) => {
      await this.#block();
      this.#options.hardware.set(instance, parameter, index, value);
      return { outcomes: ['sent'] };
    },
    'power-fixed': ({ instance, on }) => this.#options.hardware.power(instance, on),
    'lease-fixed': ({ seconds }) => this.#options.hardware.lease(seconds * 1000),
    'calibrate-fixed': () => {
      throw new AudioCloudError('CALIBRATION_FAILED', 'Cannot measure the round trip: nothing sounds in a simulation');
    },
    export: () => {
      throw new AudioCloudError('RENDER_FAILED', 'Cannot export: nothing sounds in a simulation');
    },
    record: () => {
      throw new AudioCloudError('RENDER_FAILED', 'Cannot record: nothing sounds in a simulation');
    },
    render: () => {
      throw new AudioCloudError('RENDER_FAILED', 'Cannot render: nothing sounds in a simulation');
    },
    inspect: ({ job, path, peaksPath = '' }) => this.#inspect(job, path, peaksPath),
    cancel: ({ job }) => {
      this.#inspections.delete(job);
    },
    rescan: () => this.facts,
    shutdown: () => undefined,
  };

  #renewLease(): void {
    this.#endLease();
    this.#endLease = this.#options.life.after(this.#leaseSeconds * 1000, () => this.onLeaseEnd());
  }

  #inOrder<R>(task: string, job: () => Promise<R>): Promise<R> {
    const before = this.#tails.get(task);
    const own = before ? before.then(job, job) : job();
    this.#tails.set(task, own);
    const clear = () => {
      if (this.#tails.get(task) === own) this.#tails.delete(task);
    };
    own.then(clear, clear);
    return own;
  }

  #block(): Promise<void> {
    return this.#options.life.sleep(this.#options.pace.block());
  }

  #find(task: string): Held {
    const held = this.#held.get(task);
    if (!held) throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task '${task}': it is not loaded`, { task });
    return held;
  }

  async #load(task: string, revision: number, graph: Task): Promise<TaskState> {
    await this.#options.life.sleep(this.#options.pace.load());
    this.#refuseGraph(graph);
    const held: Held = {
      revision,
      graph,
      isPlaying: false,
      fromFrame: 0,
      sinceMs: 0,
      streamFrame: 0,
      playId: 0,
      loop: graph.loop ?? null,
    };
    this.#held.set(task, held);
    return this.#tell(task, held);
  }

  async #inspect(job: string, path: string, peaksPath: string): Promise<MediaFacts> {
    const { inspect } = this.#options;
    if (!inspect) throw new AudioCloudError('ENGINE_UNABLE', 'Cannot inspect: this engine does not look into media');
    const own = {};
    this.#inspections.set(job, own);
    try {
      await this.#options.life.sleep(this.#options.pace.load());
      if (this.#inspections.get(job) !== own)
        throw new AudioCloudError('RENDER_CANCELLED', `Inspection ${job} was cancelled`);
      return inspect(path, peaksPath);
    } finally {
      if (this.#inspections.get(job) === own) this.#inspections.delete(job);
    }
  }

  async #edit(task: string, revision: number, edits: readonly GraphEdit[]): Promise<TaskState> {
    const held = this.#find(task);
    await this.#options.life.sleep(this.#options.pace.edit());
    const { models } = this.#options;
    const graph = applyEdits(held.graph, edits, (task, name, parameter) =>
      instanceValues(models, task, name, parameter),
    );
    this.#refuseGraph(graph);
    held.graph = graph;
    held.revision = revision;
    if (edits.some(({ op }) => op === 'loop')) held.loop = graph.loop ?? null;
    return this.#tell(task, held);
  }

  async #set(held: Held, changes: readonly ParameterChange[]) {
    for (const change of changes) this.#refuseChange(held.graph, change);
    const { models } = this.#options;
    const edits = changes.map((change) => ({ op: 'set' as const, ...change }));
    held.graph = applyEdits(held.graph, edits, (task, name, parameter) =>
      instanceValues(models, task, name, parameter),
    );
    await this.#block();
    const { playing, streamFrame, positionFrames } = this.#transport(held);
    return playing ? { frame: streamFrame, positionFrame: positionFrames } : { frame: null, positionFrame: null };
  }

  #instanceOf(graph: Task, name: string) {
    const { instances = {} } = graph;
    const instance = Object.hasOwn(instances, name) ? instances[name] : undefined;
    if (!instance) throw new AudioCloudError('NODE_UNKNOWN', `The task has no instance '${name}'`, { instance: name });
    return instance;
  }

  #refuseChange(graph: Task, { instance: name, parameter: id, index = 0, value }: ParameterChange): void {
    const instance = this.#instanceOf(graph, name);
    const { models } = this.#options;
    const parameter =
      hostParameter(id) ?? modelOf(models, instance)?.parameters.find((candidate) => candidate.id === id);
    if (!parameter)
      throw new AudioCloudError('PARAMETER_UNKNOWN', `Cannot set ${name}.${id}: there is none`, { instance: name });
    if (index >= instanceValues(models, graph, name, id).length)
      throw new AudioCloudError('PARAMETER_VALUE', `Cannot set ${name}.${id}[${index}]: it has fewer values`);
    valueToNumber(parameter, value, `${name}.${id}`);
  }

  /** Throws what a plan of the graph refuses: models, values, ends of connections. */
  #refuseGraph({ instances = {}, tracks = {}, buses = {}, sinks = {}, connections = {} }: Task): void {
    for (const [name, instance] of Object.entries(instances)) {
      const model = modelOf(this.#options.models, instance);
      if (!model) throw new AudioCloudError('MODEL_UNKNOWN', `Cannot find model ${instance.model}`, { instance: name });
      for (const [id, given] of Object.entries(instance.parameters ?? {})) {
        const parameter = model.parameters.find((candidate) => candidate.id === id);
        if (!parameter) throw new AudioCloudError('PARAMETER_UNKNOWN', `${name} has no ${id}`, { instance: name });
        for (const value of parameterValues(parameter, Array.isArray(given) ? given.length : 1, given))
          valueToNumber(parameter, value, `${name}.${id}`);
      }
    }
    const isThere = (node: string) => [instances, tracks, buses, sinks].some((part) => Object.hasOwn(part, node));
    for (const [name, { from, to }] of Object.entries(connections))
      for (const { node } of [from, to])
        if (!isThere(node))
          throw new AudioCloudError('NODE_UNKNOWN', `Cannot make connection '${name}': there is no node '${node}'`);
  }

  #move(held: Held, { play, positionSeconds, loop }: TransportChange): void {
    const now = this.#transport(held);
    held.fromFrame =
      positionSeconds === undefined ? now.positionFrames : Math.round(positionSeconds * ENGINE_SAMPLE_RATE);
    held.streamFrame = now.streamFrame;
    held.sinceMs = this.#options.life.elapsedMs;
    if (loop !== undefined) held.loop = loop;
    if (loop !== undefined) {
      const { loop: _, ...rest } = held.graph;
      held.graph = loop ? { ...rest, loop } : rest;
    }
    if (play === true && !held.isPlaying) {
      held.playId++;
      held.streamFrame = 0;
    }
    held.isPlaying = play ?? held.isPlaying;
  }

  #transport(held: Held): TransportState {
    const { isPlaying, fromFrame, sinceMs, streamFrame, playId, loop } = held;
    const frames = isPlaying ? Math.floor(((this.#options.life.elapsedMs - sinceMs) / 1000) * ENGINE_SAMPLE_RATE) : 0;
    return {
      playing: isPlaying,
      sampleRate: ENGINE_SAMPLE_RATE,
      positionFrames: inLoop(fromFrame, fromFrame + frames, loop),
      streamFrame: streamFrame + frames,
      playId,
      loop,
    };
  }

  #state(task: string, held: Held): TaskState {
    const names = Object.keys(held.graph.instances ?? {});
    const running = { state: 'running' as const, faults: 0, restarts: 0, nonFinite: 0, latencyFrames: 0 };
    return {
      task,
      state: held.isPlaying ? 'playing' : 'ready',
      revision: held.revision,
      transport: this.#transport(held),
      latencyFrames: 0,
      blocks: 0,
      missedBlocks: 0,
      instances: Object.fromEntries(names.map((name) => [name, running])),
    };
  }

  #tell(task: string, held: Held): TaskState {
    const state = this.#state(task, held);
    this.#options.tell({ type: 'state', state });
    return state;
  }

  #tellMeters(): void {
    for (const [task, held] of this.#held) {
      if (!held.isPlaying) continue;
      const transport = this.#transport(held);
      const { streamFrame, positionFrames } = transport;
      const meters = { streamFrame, positionFrames, meters: {}, reports: {} };
      this.#options.tell({ type: 'meters', task, meters, transport });
    }
  }
}

/** Every value that can be set live, by place: what two graphs must have in common to sound alike. [any] */
export function valuesOf(models: readonly Model[], graph: Task): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, instance] of Object.entries(graph.instances ?? {}))
    for (const { id } of [...(modelOf(models, instance)?.parameters ?? []), ...HOST_PARAMETERS])
      values[`${name}.${id}`] = instanceValues(models, graph, name, id);
  return values;
}

/** A playhead that began in front of the end of a loop goes round in it. */
function inLoop(from: number, frame: number, loop: Loop | null): number {
  if (!loop) return frame;
  const start = Math.round(loop.startSeconds * ENGINE_SAMPLE_RATE);
  const end = Math.round(loop.endSeconds * ENGINE_SAMPLE_RATE);
  if (end <= start || from >= end || frame < end) return frame;
  return start + ((frame - end) % (end - start));
}
