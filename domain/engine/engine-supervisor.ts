import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AudioCloudError,
  type EngineCounters,
  type EngineEvent,
  type EngineFacts,
  type FixedInstanceState,
} from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { ActorRuntime } from '../actors/actor-runtime.ts';
import { type Clock, systemClock } from '../clock/clock.ts';
import { noTracer, type SpanAttributes, type Tracer } from '../tracing/tracer.ts';
import type { EngineListener, EnginePush, EngineStream, KeptEngine, StreamEar, StreamRequest } from './engine.ts';
import { connectEngine, type EngineClient } from './engine-client.ts';
import { type EngineProcessOptions, spawnEngine } from './engine-process.ts';
import {
  type EngineActor,
  type EngineActorEvent,
  type EngineEffect,
  engineActor,
  LEASE_SECONDS,
  newEngineActor,
} from './engine-step.ts';

/** Compiling the stock plugins on a loaded machine takes a while. */
const START_MS = 60_000;

export interface EngineSupervisorOptions extends EngineProcessOptions {
  /** What `close` does with the engine: end it with the domain, or leave it playing until its lease runs out. */
  atClose?: 'end' | 'leave';
  /** Somebody else starts and ends it. */
  isAttached?: boolean;
  logger: FastifyBaseLogger;
  tracer?: Tracer;
  clock?: Clock;
}

/**
 * Keeps one engine running and connected: carries out what its actor decides (engine-step.ts). [control]
 *
 * Takes an engine that already listens in the data folder; starts one when there is none; starts it again with back-off.
 */
export class EngineSupervisor implements KeptEngine {
  private client: EngineClient | undefined;
  private child: ChildProcess | undefined;
  private readonly listeners = new Set<EngineListener>();
  private readonly ears = new Map<number, StreamEar>();
  private readonly fixedStates = new Map<string, FixedInstanceState>();
  private readonly stopping = new AbortController();
  private readonly options: EngineSupervisorOptions;
  private readonly tracer: Tracer;
  private readonly clock: Clock;
  private readonly runtime: ActorRuntime<EngineActor, EngineActorEvent, EngineEffect>;
  private connecting: Promise<unknown> = Promise.resolve();
  private lastStream = 0;
  private lastFacts: EngineFacts | undefined;
  private lastHeartbeat: Extract<EngineEvent, { type: 'heartbeat' }> | undefined;
  private lastCounters: EngineCounters | undefined;
  private lastHeardMs: number | undefined;

  constructor(options: EngineSupervisorOptions) {
    this.options = options;
    this.tracer = options.tracer ?? noTracer;
    this.clock = options.clock ?? systemClock;
    this.runtime = new ActorRuntime({
      actor: engineActor,
      state: newEngineActor(this.clock.now()),
      clock: this.clock,
      run: (effect) => this.run(effect),
      failed: ({ kind }, error) =>
        kind === 'renew' ? { type: 'unanswered' } : { type: 'failed', error: error.toJSON() },
    });
  }

  get actor(): Readonly<EngineActor> {
    return this.runtime.state;
  }
  get heardMs(): number | undefined {
    return this.lastHeardMs;
  }
  get facts(): EngineFacts | undefined {
    return this.lastFacts;
  }
  get isUp(): boolean {
    return this.client !== undefined;
  }
  get error(): AudioCloudError | undefined {
    return this.actor.error ? AudioCloudError.from(this.actor.error) : undefined;
  }
  get heartbeat() {
    return this.lastHeartbeat;
  }
  get counters(): EngineCounters | undefined {
    return this.lastCounters;
  }
  get fixed(): FixedInstanceState[] {
    return [...this.fixedStates.values()];
  }

  listen(listener: EngineListener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  start(): Promise<void> {
    return new Promise((resolve) => {
      const end = this.listen({ up: () => settle(), down: () => settle() });
      const settle = () => {
        end();
        resolve();
      };
      this.runtime.send({ type: 'want', isWanted: true });
    });
  }

  readonly command: EngineClient['command'] = (type, body, timeoutMs) => {
    const attributes: SpanAttributes = 'task' in body ? { 'audiocloud.task': String(body.task) } : {};
    return this.tracer.span(`engine ${type}`, attributes, () =>
      this.client
        ? this.client.command(type, body, timeoutMs)
        : Promise.reject(
            new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot ${type}: the engine is away and is being started again`),
          ),
    );
  };

  async rescan(): Promise<EngineFacts> {
    const facts = await this.command('rescan', {});
    this.lastFacts = facts;
    this.tell('models');
    for (const { code, message } of facts.refused) this.options.logger.warn({ code }, message);
    return facts;
  }

  stream(request: StreamRequest, ear: StreamEar): EngineStream {
    const stream = ++this.lastStream;
    const change = (wanted: StreamRequest) => {
      this.ears.set(stream, ear); // those of an engine that went are forgotten
      this.client?.audio({ type: 'listen', stream, ...wanted });
    };
    change(request);
    return {
      change,
      end: () => {
        if (this.ears.delete(stream)) this.client?.audio({ type: 'unlisten', stream });
      },
    };
  }

  push(task: string, track: string): EnginePush {
    const stream = ++this.lastStream;
    let begunAt: EngineClient | undefined;
    return {
      send: (packet) => {
        const { client } = this;
        if (!client) return false;
        if (client !== begunAt) client.audio({ type: 'push', stream, task, track });
        begunAt = client;
        return client.push(stream, packet);
      },
      end: () => begunAt?.audio({ type: 'unpush', stream }),
    };
  }

  async close(isRemoved = false): Promise<void> {
    this.runtime.send({ type: 'want', isWanted: false });
    this.stopping.abort();
    await this.connecting.catch(() => undefined);
    const { atClose, isAttached } = this.options;
    if (!isAttached && (isRemoved || atClose !== 'leave')) {
      const pid = this.client?.facts.pid ?? this.child?.pid;
      await this.command('shutdown', {}, 2_000).catch(() => this.child?.kill());
      if (pid !== undefined && !(await hasEnded(pid, 3_000))) this.child?.kill('SIGKILL');
    }
    this.client?.close();
    await this.runtime.end();
  }

  private tell<K extends keyof EngineListener>(what: K, ...values: Parameters<NonNullable<EngineListener[K]>>): void {
    for (const listener of [...this.listeners])
      (listener[what] as ((...v: typeof values) => void) | undefined)?.(...values);
  }

  private run(effect: EngineEffect): Promise<EngineActorEvent> | undefined {
    switch (effect.kind) {
      case 'connect': {
        const connecting = this.connect();
        this.connecting = connecting;
        return connecting.then(() => ({ type: 'connected' }));
      }
      case 'renew':
        return this.command('lease', { seconds: LEASE_SECONDS }).then(() => ({ type: 'renewed' }));
      case 'abandon':
        this.client?.close();
        // A new one can only listen when this one, which hangs, has ended.
        if (!this.options.isAttached) kill(this.lastFacts?.pid ?? this.child?.pid);
        return undefined;
      case 'tell-up': {
        const facts = this.lastFacts!;
        this.options.logger.info({ engine: facts.engine, pid: facts.pid }, 'engine is up');
        this.tell('up', facts);
        return undefined;
      }
      case 'tell-down':
        this.options.logger.warn({ why: effect.why }, 'engine is away');
        this.tell('down', effect.why);
        return undefined;
    }
  }

  private async connect(): Promise<void> {
    const client = await this.findOrStart((why) => this.lose(client, why));
    await client.command('lease', { seconds: LEASE_SECONDS }).catch((error) => {
      client.close();
      throw error;
    });
    this.client = client;
    this.lastFacts = client.facts;
    this.lastHeardMs = this.clock.now();
    this.fixedStates.clear();
    for (const state of client.facts.fixed) this.fixedStates.set(state.id, state);
  }

  private lose(client: EngineClient, why: string): void {
    if (this.client !== client) return;
    this.client = undefined;
    this.lastCounters = undefined;
    this.ears.clear();
    const error = new AudioCloudError('ENGINE_UNAVAILABLE', `The engine went away: ${why}`);
    this.runtime.send({ type: 'lost', error: error.toJSON() });
  }

  private async findOrStart(closed: (why: string) => void): Promise<EngineClient> {
    const connect = () =>
      connectEngine(this.options.dataDir, {
        event: (event) => this.receive(event),
        packet: (stream, packet) => this.ears.get(stream)?.packet(packet),
        notice: (stream, notice) => this.ears.get(stream)?.notice(notice),
        closed,
      });
    const found = await connect().catch((error: AudioCloudError) => {
      if (error.code === 'ENGINE_UNAVAILABLE' && !this.options.isAttached) return undefined;
      throw error;
    });
    if (found) return found;
    const child = spawnEngine(this.options);
    this.child = child;
    let exit: string | undefined;
    child.once('error', (error) => {
      exit = error.message;
    });
    child.once('exit', (code, signal) => {
      exit = signal ? `signal ${signal}` : `code ${code}`;
    });
    for (const until = Date.now() + START_MS; Date.now() < until && exit === undefined; ) {
      await sleep(20, undefined, { signal: this.stopping.signal });
      const client = await connect().catch((error: AudioCloudError) => {
        if (error.code === 'ENGINE_UNAVAILABLE') return undefined;
        throw error;
      });
      if (client) return client;
    }
    if (exit === undefined) child.kill('SIGKILL');
    throw new AudioCloudError(
      'ENGINE_UNAVAILABLE',
      exit === undefined
        ? `Cannot start the engine: it did not listen within ${START_MS / 1000} s; see engine.log`
        : `Cannot start the engine: it ended with ${exit}; see engine.log in the data folder`,
    );
  }

  private receive(event: EngineEvent): void {
    this.lastHeardMs = this.clock.now();
    if (event.type === 'heartbeat') this.lastHeartbeat = event;
    else if (event.type === 'counters') this.lastCounters = event.counters;
    else if (event.type === 'fixed') this.fixedStates.set(event.state.id, event.state);
    this.runtime.send({ type: 'alive' });
    this.tell('event', event);
  }
}

function kill(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch {
    // It had ended.
  }
}

/** Whether a process ended within the time. It may be one that another domain started. */
async function hasEnded(pid: number, timeoutMs: number): Promise<boolean> {
  for (const until = Date.now() + timeoutMs; Date.now() < until; await sleep(10)) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
  }
  return false;
}
