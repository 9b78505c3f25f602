import {
  applyEdits,
  AudioCloudError,
  type EngineCommand,
  type EngineEvent,
  type EngineFacts,
  type FixedInstanceState,
  type FixedOutcomes,
  type GraphEdit,
  instanceValues,
  type Model,
  type ParameterChange,
  type PowerPhase,
  type Task,
  type TaskState,
  type Value,
} from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import type { Engine, EngineListener } from '../engine/engine.ts';
import { OUTLETS } from '../simulation/world/hardware.ts';

/** A preamp with one knob and two trims. */
export const PREAMP_MODEL: Model = {
  id: 'test:preamp',
  version: '1.0.0',
  name: 'Preamp',
  category: 'amplifier',
  inputs: [],
  outputs: [],
  parameters: [
    { id: 'gainDb', name: 'Gain', unit: 'dB', range: { kind: 'continuous', min: -20, max: 60 }, default: 0 },
    { id: 'trimDb', name: 'Trim', unit: 'dB', range: { kind: 'continuous', min: -6, max: 6 }, default: 0 },
  ],
  reports: [],
};

/** How long its units warm up and cool down. */
export interface RackTimes {
  warmUpMs?: number;
  coolDownMs?: number;
}

const CONFIRM_MS = 100;
const CONNECT_MS = 300;
const SAMPLE_RATE = 48_000;

interface Unit {
  state: FixedInstanceState;
  isPlugged: boolean;
  /** Every power command and value that reached it, in order. */
  log: string[];
}
interface Loaded {
  graph: Task;
  revision: number;
  isPlaying: boolean;
  startedMs: number;
  positionSeconds: number;
}

/**
 * An engine without sound, on any clock: it has units of hardware whose power is switched, and plays tasks as far as a transport
 * tells. [control]
 */
export class SimulatedRack implements Engine {
  readonly units = new Map<string, Unit>();
  readonly tasks = new Map<string, Loaded>();
  /** Tasks that began to play, or ended, in order. */
  readonly plays: string[] = [];
  /** Commands that fail, once each. */
  readonly refusals: { type: EngineCommand['type']; error: AudioCloudError }[] = [];
  /** It takes no command before this. */
  until: Promise<void> | undefined;
  readonly heartbeat = undefined;
  readonly counters = undefined;
  error: AudioCloudError | undefined;
  isUp = false;
  /** How long a unit takes for a value. */
  writeMs = 5;
  readonly #clock: Clock;
  readonly #times: Required<RackTimes>;
  readonly #listeners = new Set<EngineListener>();
  #epoch = 0;

  /** units: ids. isSwitched: they have power when that is asked for only. */
  constructor(
    clock: Clock,
    units: readonly string[],
    isSwitched = true,
    { warmUpMs = 0, coolDownMs = 0 }: RackTimes = {},
  ) {
    this.#clock = clock;
    this.#times = { warmUpMs, coolDownMs };
    for (const id of units)
      this.units.set(id, {
        state: {
          id,
          model: PREAMP_MODEL.id,
          adapter: 'simulated',
          state: 'disconnected',
          ...(isSwitched ? { power: false, phase: 'off' } : {}),
          parameters: { gainDb: [0], trimDb: [0] },
          reports: {},
        },
        isPlugged: true,
        log: [],
      });
  }

  get facts(): EngineFacts {
    return {
      engine: 'simulated',
      version: '1.0.0',
      protocol: 1,
      pid: 1,
      node: 'v24',
      scheduling: 'none',
      threads: [],
      device: { id: 'none', kind: 'none', sampleRate: SAMPLE_RATE, blockFrames: 128, outputChannels: 0, state: 'up' },
      models: [PREAMP_MODEL, OUTLETS],
      fixed: this.fixed,
      tasks: [...this.tasks.keys()],
      refused: [],
    } as EngineFacts;
  }

  get fixed(): FixedInstanceState[] {
    return [...this.units.values()].map(({ state }) => structuredClone(state));
  }

  listen(listener: EngineListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(): void {
    this.isUp = true;
    this.error = undefined;
    this.#tell((listener) => listener.up?.(this.facts));
    for (const unit of this.units.values()) this.#connect(unit);
  }

  /** Whoever listened is gone. */
  forgetListeners(): void {
    this.#listeners.clear();
    this.isUp = false;
  }

  /** It ends, and what it had loaded is gone. Units keep their power and forget nothing. */
  kill(): void {
    this.isUp = false;
    this.#epoch += 1;
    this.tasks.clear();
    this.error = new AudioCloudError('ENGINE_UNAVAILABLE', 'The engine was killed');
    for (const { state } of this.units.values()) {
      state.state = 'disconnected';
      state.parameters = { gainDb: [0], trimDb: [0] };
    }
    this.#tell((listener) => listener.down?.('killed'));
  }

  unplug(id: string): void {
    const unit = this.#unit(id);
    unit.isPlugged = false;
    this.#set(unit, { state: 'disconnected' });
  }

  /** A distributor, whose outlets are the power of all others. */
  addDistributor(id: string): void {
    const powers = Object.fromEntries(
      [...this.units.keys()].map((unit, index) => [unit, { parameter: 'power', index }]),
    );
    const state: FixedInstanceState = {
      ...{ id, model: OUTLETS.id, adapter: 'simulated', state: 'ready', powers, parameters: {}, reports: {} },
    };
    this.units.set(id, { state, isPlugged: true, log: [] });
  }

  plug(id: string): void {
    const unit = this.#unit(id);
    unit.isPlugged = true;
    this.#connect(unit);
  }

  readonly command: Engine['command'] = async (type, body) => {
    await this.until;
    if (!this.isUp) throw this.error ?? new AudioCloudError('ENGINE_UNAVAILABLE', 'The engine is away');
    const refusal = this.refusals.findIndex((one) => one.type === type);
    if (refusal >= 0) throw this.refusals.splice(refusal, 1)[0]!.error;
    // biome-ignore lint/suspicious/noExplicitAny: the caller's types hold; here each command takes what it knows
    return (await this.#carryOut(type, body as any)) as never;
  };

  async rescan(): Promise<EngineFacts> {
    return this.facts;
  }

  push() {
    return { send: () => false, end: () => undefined };
  }

  stream() {
    return { change: () => undefined, end: () => undefined };
  }

  // biome-ignore lint/suspicious/noExplicitAny: see command
  async #carryOut(type: EngineCommand['type'], body: any): Promise<unknown> {
    if (type === 'lease-fixed') return undefined;
    if (type === 'power-fixed') return this.#power(this.#unit(body.instance), body.on);
    if (type === 'set-fixed')
      return this.#write(this.#unit(body.instance), body.parameter, body.index ?? 0, body.value);
    if (type === 'load') {
      const { revision, graph } = body;
      this.#stop(body.task);
      this.tasks.set(body.task, { revision, graph, isPlaying: false, startedMs: 0, positionSeconds: 0 });
      return this.#state(body.task);
    }
    if (type === 'unload') {
      this.#stop(body.task);
      return this.tasks.delete(body.task);
    }
    const task = this.tasks.get(body.task);
    if (!task) throw new AudioCloudError('TASK_UNKNOWN', `Cannot find task '${body.task}'`, { task: body.task });
    if (type === 'edit') {
      Object.assign(task, { revision: body.revision, graph: edited(task.graph, body.edits) });
      return this.#state(body.task);
    }
    if (type === 'transport') return this.#transport(body.task, task, body.change);
    if (type === 'set') {
      const { changes } = body as { changes: ParameterChange[] };
      const edits = changes.map((change): GraphEdit => ({ op: 'set', ...change }));
      task.graph = edited(task.graph, edits);
      return { frame: task.isPlaying ? this.#frames(task) : null, positionFrame: null };
    }
    return this.#state(body.task);
  }

  #transport(name: string, task: Loaded, { play, positionSeconds }: { play?: boolean; positionSeconds?: number }) {
    if (positionSeconds !== undefined) Object.assign(task, { positionSeconds, startedMs: this.#clock.now() });
    if (play === true && !task.isPlaying) {
      Object.assign(task, { isPlaying: true, startedMs: this.#clock.now() });
      this.plays.push(`${name} plays`);
    } else if (play === false) this.#stop(name);
    return this.#state(name).transport;
  }

  #stop(name: string): void {
    const task = this.tasks.get(name);
    if (!task?.isPlaying) return;
    Object.assign(task, { positionSeconds: this.#frames(task) / SAMPLE_RATE, isPlaying: false });
    this.plays.push(`${name} stops`);
  }

  #frames({ positionSeconds, startedMs, isPlaying }: Loaded): number {
    const elapsedMs = isPlaying ? this.#clock.now() - startedMs : 0;
    return Math.round((positionSeconds + elapsedMs / 1000) * SAMPLE_RATE);
  }

  #state(name: string): TaskState {
    const task = this.tasks.get(name)!;
    const positionFrames = this.#frames(task);
    return {
      task: name,
      state: task.isPlaying ? 'playing' : 'ready',
      revision: task.revision,
      transport: {
        playing: task.isPlaying,
        sampleRate: SAMPLE_RATE,
        positionFrames,
        streamFrame: positionFrames,
        playId: 1,
        loop: null,
      },
      latencyFrames: 0,
      blocks: 0,
      missedBlocks: 0,
      instances: {},
    };
  }

  async #power(unit: Unit, on: boolean): Promise<void> {
    unit.log.push(on ? 'on' : 'off');
    this.#later(CONFIRM_MS, () => {
      if (on) this.#pass(unit, { power: true }, 'warming-up', this.#times.warmUpMs, 'on');
      else this.#pass(unit, { power: false, state: 'disconnected' }, 'cooling-down', this.#times.coolDownMs, 'off');
      this.#connect(unit);
    });
  }

  /** To a phase that lasts so long, and then to the next, unless its power changes before. */
  #pass(unit: Unit, change: Partial<FixedInstanceState>, phase: PowerPhase, ms: number, next: PowerPhase): void {
    const to = (phase: PowerPhase, forMs?: number) => {
      delete unit.state.phaseEndsInMs;
      this.#set(unit, { ...change, phase, ...(forMs === undefined ? {} : { phaseEndsInMs: forMs }) });
    };
    to(ms === 0 ? next : phase, ms === 0 ? undefined : ms);
    if (ms === 0) return;
    this.#later(ms, () => {
      if (unit.state.phase !== phase) return;
      delete unit.state.phaseEndsInMs;
      this.#set(unit, { phase: next });
    });
  }

  /** Powered and plugged in, it forgets what it had, as its driver sends nothing by itself. */
  #connect(unit: Unit): void {
    if (!unit.isPlugged || unit.state.power === false || unit.state.state === 'ready') return;
    this.#set(unit, { state: 'connecting' });
    this.#later(CONNECT_MS, () => {
      if (!unit.isPlugged || unit.state.power === false) return;
      this.#set(unit, { state: 'ready', parameters: { gainDb: [0], trimDb: [0] } });
    });
  }

  async #write(unit: Unit, parameter: string, index: number, value: Value): Promise<FixedOutcomes> {
    const gone = () => new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', `Cannot set ${unit.state.id}: it is away`);
    if (unit.state.state !== 'ready') throw gone();
    await new Promise<void>((resolve) => void this.#clock.after(this.writeMs, resolve));
    if (unit.state.state !== 'ready' || !this.isUp) throw gone();
    unit.log.push(`${parameter} ${value}`);
    const parameters = structuredClone(unit.state.parameters);
    parameters[parameter]![index] = value;
    this.#set(unit, { parameters });
    return { outcomes: ['sent'] };
  }

  #later(ms: number, act: () => void): void {
    const epoch = this.#epoch;
    this.#clock.after(ms, () => {
      if (epoch === this.#epoch) act();
    });
  }

  #set(unit: Unit, change: Partial<FixedInstanceState>): void {
    Object.assign(unit.state, change);
    if (this.isUp) this.#emit({ type: 'fixed', state: structuredClone(unit.state) });
  }

  #emit(event: EngineEvent): void {
    this.#tell((listener) => listener.event?.(event));
  }

  #tell(call: (listener: EngineListener) => void): void {
    for (const listener of [...this.#listeners]) call(listener);
  }

  #unit(id: string): Unit {
    const unit = this.units.get(id);
    if (unit) return unit;
    throw new AudioCloudError('FIXED_INSTANCE_UNKNOWN', `Cannot find the fixed instance ${id}`, { instance: id });
  }
}

const edited = (graph: Task, edits: GraphEdit[]): Task =>
  applyEdits(graph, edits, (task, name, id) => instanceValues([PREAMP_MODEL], task, name, id));
