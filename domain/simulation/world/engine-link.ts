import {
  asAudioCloudError,
  AudioCloudError,
  type EngineAnswer,
  type EngineCounters,
  type EngineEvent,
  type EngineFacts,
  ENGINE_PROTOCOL,
  type FixedInstanceState,
  type TransportChange,
} from '@audiocloud/api';
import type { VirtualClock } from '../../clock/virtual-clock.ts';
import { backOffMs } from '../../actors/back-off.ts';
import type { EngineListener, EnginePush, EngineStream, KeptEngine } from '../../engine/engine.ts';
import { commandTimeoutMs, type EngineClient } from '../../engine/engine-client.ts';
import { PendingCommands } from '../../engine/pending-commands.ts';
import type { EngineConnection, EngineHost } from './engine-host.ts';
import { Life } from './life.ts';

const LEASE_SECONDS = 30;
const HEARTBEAT_MS = 5_000;
const STEADY_MS = 60_000;

/**
 * One engine as the core of a domain has it, over the network of the world: what EngineSupervisor is to a process of this
 * machine, with its rules for leases, hangs and new starts. [control]
 */
export class EngineLink implements KeptEngine {
  readonly #life: Life;
  readonly #host: EngineHost;
  readonly #listeners = new Set<EngineListener>();
  readonly #fixed = new Map<string, FixedInstanceState>();
  #pending: PendingCommands | undefined;
  /** Opened, and perhaps not greeted yet. */
  #opened: EngineConnection | undefined;
  #connection: EngineConnection | undefined;
  #childPid = 0;
  #facts: EngineFacts | undefined;
  #error: AudioCloudError | undefined;
  #heartbeat: Extract<EngineEvent, { type: 'heartbeat' }> | undefined;

  constructor(clock: VirtualClock, host: EngineHost) {
    this.#life = new Life(clock);
    this.#host = host;
  }

  get facts(): EngineFacts | undefined {
    return this.#facts;
  }
  get isUp(): boolean {
    return this.#connection !== undefined;
  }
  get error(): AudioCloudError | undefined {
    return this.#error;
  }
  get heartbeat() {
    return this.#heartbeat;
  }
  get counters(): EngineCounters | undefined {
    return undefined;
  }
  get fixed(): FixedInstanceState[] {
    return [...this.#fixed.values()];
  }

  listen(listener: EngineListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  readonly command: EngineClient['command'] = (type, body, timeoutMs = commandTimeoutMs(type)) => {
    const connection = this.#connection;
    if (!connection) return Promise.reject(new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot ${type}: it is away`));
    const asked = body as { instance?: string; on?: boolean; task?: string; change?: TransportChange };
    if (type === 'power-fixed' && asked.on) this.#host.onStart({ unit: asked.instance! });
    if (type === 'transport' && asked.change?.play) this.#host.onStart({ task: asked.task! });
    return this.#ask(connection, type, body, timeoutMs) as never;
  };

  async rescan(): Promise<EngineFacts> {
    this.#facts = await this.command('rescan', {});
    this.#tell('models');
    return this.#facts;
  }

  /** Nothing is heard in a simulation. */
  push(): EnginePush {
    return { send: () => false, end: () => undefined };
  }

  stream(): EngineStream {
    return { change: () => undefined, end: () => undefined };
  }

  /** Keeps it connected for as long as the domain lives. */
  async start(): Promise<void> {
    void this.#run();
  }

  /** The domain ends, and the connection with it. */
  async close(): Promise<void> {
    this.#life.end();
    this.#opened?.close();
  }

  #tell<K extends keyof EngineListener>(what: K, ...values: Parameters<NonNullable<EngineListener[K]>>): void {
    for (const listener of [...this.#listeners])
      (listener[what] as ((...v: typeof values) => void) | undefined)?.(...values);
  }

  async #run(): Promise<void> {
    for (let failures = 0; ; ) {
      const sinceMs = this.#life.elapsedMs;
      try {
        await this.#connected();
      } catch (error) {
        this.#error = asAudioCloudError(error, 'ENGINE_UNAVAILABLE');
        this.#tell('down', this.#error.message);
      }
      failures = this.#life.elapsedMs - sinceMs > STEADY_MS ? 1 : failures + 1;
      await this.#life.sleep(backOffMs(failures));
    }
  }

  /** From the connection to its end. */
  async #connected(): Promise<void> {
    if (!this.#host.engine) {
      await this.#host.start();
      // Killed meanwhile: nobody goes on from here.
      if (this.#life.isOver) await new Promise(() => undefined);
      // Who is started by this domain is killed by it when it hangs.
      this.#childPid = this.#host.pid;
    }
    const pending = new PendingCommands(this.#life);
    this.#pending = pending;
    const ended = Promise.withResolvers<string>();
    const end = (why: string) => {
      pending.loseAll(why);
      ended.resolve(why);
    };
    const connection = this.#host.connect({
      message: (message) => this.#receive(pending, message),
      closed: (why) => {
        if (!this.#life.isOver) end(why);
      },
    });
    this.#opened = connection;
    const close = (why: string) => {
      connection.close();
      end(why);
    };
    const greet = async () => {
      const facts = (await this.#ask(connection, 'hello', { protocol: ENGINE_PROTOCOL }, 5_000)) as EngineFacts;
      await this.#ask(connection, 'lease', { seconds: LEASE_SECONDS }, 5_000);
      return facts;
    };
    const facts = await greet().catch((error) => {
      close('it did not greet');
      throw error;
    });
    const endBeat = this.#life.every(HEARTBEAT_MS, () => {
      this.#ask(connection, 'lease', { seconds: LEASE_SECONDS }, 5_000).catch(() => {
        close('it hangs');
        if (connection.pid === this.#childPid && this.#host.pid === connection.pid) this.#host.crash();
      });
    });
    this.#connection = connection;
    this.#facts = facts;
    this.#error = undefined;
    this.#fixed.clear();
    for (const state of facts.fixed) this.#fixed.set(state.id, state);
    this.#tell('up', facts);
    const why = await ended.promise;
    endBeat();
    this.#connection = undefined;
    this.#error = new AudioCloudError('ENGINE_UNAVAILABLE', `The engine went away: ${why}`);
    this.#tell('down', why);
  }

  #ask(connection: EngineConnection, type: string, body: object, timeoutMs: number): Promise<unknown> {
    return this.#pending!.add(type, timeoutMs, (id) => connection.send({ type, id, ...body } as never));
  }

  #receive(pending: PendingCommands, message: EngineAnswer | EngineEvent): void {
    if (message.type === 'answer') pending.answer(message.id, message.result);
    else if (message.type === 'refusal') pending.refuse(message.id, AudioCloudError.from(message.error));
    else {
      if (message.type === 'heartbeat') this.#heartbeat = message;
      else if (message.type === 'fixed') this.#fixed.set(message.state.id, message.state);
      this.#tell('event', message);
    }
  }
}
