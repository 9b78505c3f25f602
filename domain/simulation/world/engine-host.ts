import {
  asAudioCloudError,
  AudioCloudError,
  type EngineAnswer,
  type EngineCommand,
  type EngineEvent,
  type MediaFacts,
  type Model,
} from '@audiocloud/api';
import type { VirtualClock } from '../../clock/virtual-clock.ts';
import { Channel } from './channel.ts';
import type { Hardware } from './hardware.ts';
import { Life } from './life.ts';
import type { Random } from './random.ts';
import { SimulatedEngine } from './simulated-engine.ts';
import type { Trace } from './trace.ts';

/** One connection, from the side of the domain. */
export interface EngineConnection {
  send(command: EngineCommand): void;
  close(): void;
  /** Of the process at the other end. */
  pid: number;
}

export interface EngineConnectionEvents {
  message(message: EngineAnswer | EngineEvent): void;
  closed(why: string): void;
}

interface Open {
  toEngine: Channel<EngineCommand>;
  toDomain: Channel<EngineAnswer | EngineEvent>;
  events: EngineConnectionEvents;
  /** Loads under way, by task. */
  loads: Map<string, number>;
}

export interface EngineHostOptions {
  name: string;
  clock: VirtualClock;
  random: Random;
  trace: Trace;
  models: readonly Model[];
  hardware: Hardware;
  /** Looks into a file that domain and engine share. */
  inspect(path: string, peaksPath: string): MediaFacts;
}

/** The machine of one engine: its process comes, goes and hangs; connections to it delay and break. [control] */
export class EngineHost {
  readonly name: string;
  readonly hardware: Hardware;
  /** The process that runs; undefined while there is none. */
  engine: SimulatedEngine | undefined;
  /** A task begins to play here. */
  onPlay: (task: string) => void = () => undefined;
  /** A domain asks for a unit to be switched on, or for a task to play. */
  onStart: (what: { unit: string } | { task: string }) => void = () => undefined;
  readonly #options: EngineHostOptions;
  readonly #open = new Set<Open>();
  #life: Life | undefined;
  #starting: Promise<void> | undefined;
  #pid = 0;

  constructor(options: EngineHostOptions) {
    this.#options = options;
    this.name = options.name;
    this.hardware = options.hardware;
  }

  /** A task of which one connection has several loads under way: a fault of whoever asks. */
  get loadedTwice(): string | undefined {
    for (const { loads } of this.#open) for (const [task, count] of loads) if (count > 1) return task;
    return undefined;
  }

  /** Of the process that runs, or of the last one. */
  get pid(): number {
    return this.#pid;
  }

  /** Settles when a process listens; there is one at most. */
  start(): Promise<void> {
    const { clock, random } = this.#options;
    this.#starting ??= new Promise((resolve) => {
      clock.after(random.between(200, 1_500), () => {
        this.#starting = undefined;
        if (!this.engine) this.#begin();
        resolve();
      });
    });
    return this.engine ? Promise.resolve() : this.#starting;
  }

  /** Throws ENGINE_UNAVAILABLE when no process listens. */
  connect(events: EngineConnectionEvents): EngineConnection {
    const { engine } = this;
    if (!engine) throw new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot reach ${this.name}: nobody listens`);
    const { clock, random } = this.#options;
    const delay = () => random.delay(0.1, 30);
    const open: Open = {
      toEngine: new Channel(clock, delay, (command) => void this.#answer(engine, open, command)),
      toDomain: new Channel(clock, delay, (message) => events.message(message)),
      events,
      loads: new Map(),
    };
    this.#open.add(open);
    return {
      pid: this.#pid,
      // A wire carries bytes: nobody shares an object with the other end.
      send: (command) => open.toEngine.send(JSON.parse(JSON.stringify(command)) as EngineCommand),
      close: () => this.#cut(open),
    };
  }

  /** The process is gone, with all that it had loaded. */
  crash(): void {
    if (!this.engine) return;
    this.#options.trace.add(this.name, 'crashes');
    this.engine = undefined;
    // Its adapters see it go.
    this.hardware.makeSafe();
    this.#life?.end();
    this.breakConnections('it was killed');
  }

  /** What is under way is lost, in both directions; the process goes on. */
  breakConnections(why: string): void {
    const { clock, random, trace } = this.#options;
    for (const open of [...this.#open]) {
      trace.add(this.name, `connection breaks: ${why}`);
      this.#cut(open);
      clock.after(random.between(0, 50), () => open.events.closed(why));
    }
  }

  /** Neither takes nor answers anything for so long. */
  hang(ms: number): void {
    this.#options.trace.add(this.name, `hangs for ${ms.toFixed(0)} ms`);
    for (const { toEngine, toDomain } of this.#open) {
      toEngine.stall(ms);
      toDomain.stall(ms);
    }
  }

  #begin(): void {
    const { clock, random, trace, models, hardware, inspect } = this.#options;
    const life = new Life(clock);
    this.#life = life;
    this.#pid++;
    trace.add(this.name, `process ${this.#pid} listens`);
    this.engine = new SimulatedEngine({
      life,
      pid: this.#pid,
      models,
      hardware,
      pace: {
        load: () => random.delay(2, 400),
        edit: () => random.delay(1, 60),
        block: () => random.between(0.1, 3),
      },
      inspect,
      tell: (event) => this.#tell(event),
    });
    this.engine.onPlay = (task) => this.onPlay(task);
    this.engine.onLeaseEnd = () => this.crash();
  }

  #tell(event: EngineEvent): void {
    if (this.#open.size === 0) return;
    const text = JSON.stringify(event);
    for (const { toDomain } of this.#open) toDomain.send(JSON.parse(text) as EngineEvent);
  }

  async #answer(engine: SimulatedEngine, open: Open, { type, id, ...body }: EngineCommand): Promise<void> {
    const { trace } = this.#options;
    const task = 'task' in body ? ` ${body.task}` : '';
    if (type !== 'lease' && type !== 'lease-fixed' && type !== 'state') trace.add(this.name, `takes ${type}${task}`);
    const isLoad = (by: number) => {
      if (type === 'load' && 'task' in body) open.loads.set(body.task, (open.loads.get(body.task) ?? 0) + by);
    };
    let answer: EngineAnswer;
    isLoad(1);
    try {
      const result = await engine.command(type, body as never);
      answer = { type: 'answer', id, result: JSON.parse(JSON.stringify(result)) };
    } catch (thrown) {
      const error = asAudioCloudError(thrown).toJSON();
      trace.add(this.name, `refuses ${type}${task}: ${error.code}`);
      answer = { type: 'refusal', id, error };
    }
    isLoad(-1);
    open.toDomain.send(answer);
  }

  #cut(open: Open): void {
    open.toEngine.cut();
    open.toDomain.cut();
    this.#open.delete(open);
  }
}
