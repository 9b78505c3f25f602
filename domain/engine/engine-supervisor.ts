import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  asAudioCloudError,
  AudioCloudError,
  type EngineCounters,
  type EngineEvent,
  type EngineFacts,
  type FixedInstanceState,
} from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { noTracer, type SpanAttributes, type Tracer } from '../tracing/tracer.ts';
import { backOffMs } from '../actors/back-off.ts';
import type { Engine, EngineListener, EngineStream, StreamRequest } from './engine.ts';
import { connectEngine, type EngineClient } from './engine-client.ts';
import { type EngineProcessOptions, spawnEngine } from './engine-process.ts';

/** The engine ends itself when no domain came back for so long. */
const LEASE_SECONDS = 30;
const HEARTBEAT_MS = 5_000;
/** Compiling the stock plugins on a loaded machine takes a while. */
const START_MS = 60_000;
/** An engine that stayed up so long did not fail at start: the next failure begins with the short delay. */
const STEADY_MS = 60_000;

export interface EngineSupervisorOptions extends EngineProcessOptions {
  /** What `close` does with the engine: end it with the domain, or leave it playing until its lease runs out. */
  atClose?: 'end' | 'leave';
  logger: FastifyBaseLogger;
  tracer?: Tracer;
}

/**
 * Keeps one engine running and connected. [control]
 *
 * Takes an engine that already listens in the data folder; starts one when there is none; starts it again with back-off.
 */
export class EngineSupervisor implements Engine {
  private client: EngineClient | undefined;
  private child: ChildProcess | undefined;
  private readonly listeners = new Set<EngineListener>();
  private readonly packets = new Map<number, (packet: Uint8Array) => void>();
  private readonly fixedStates = new Map<string, FixedInstanceState>();
  private readonly stopping = new AbortController();
  private readonly options: EngineSupervisorOptions;
  private readonly tracer: Tracer;
  private running: Promise<void> | undefined;
  private lastStream = 0;
  private lastFacts: EngineFacts | undefined;
  private lastError: AudioCloudError | undefined;
  private lastHeartbeat: Extract<EngineEvent, { type: 'heartbeat' }> | undefined;
  private lastCounters: EngineCounters | undefined;

  constructor(options: EngineSupervisorOptions) {
    this.options = options;
    this.tracer = options.tracer ?? noTracer;
  }

  get facts(): EngineFacts | undefined {
    return this.lastFacts;
  }
  get isUp(): boolean {
    return this.client !== undefined;
  }
  get error(): AudioCloudError | undefined {
    return this.lastError;
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

  /** Settles when the engine is up, or when the first try to start one has failed; it is tried again in any case. */
  start(): Promise<void> {
    return new Promise((resolve) => {
      const end = this.listen({ up: () => settle(), down: () => settle() });
      const settle = () => {
        end();
        resolve();
      };
      this.running = this.run();
    });
  }

  readonly command: EngineClient['command'] = (type, body, timeoutMs) => {
    const { task } = body as { task?: string };
    const attributes: SpanAttributes = task === undefined ? {} : { 'audiocloud.task': task };
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

  stream(request: StreamRequest, take: (packet: Uint8Array) => void): EngineStream {
    const stream = ++this.lastStream;
    const change = (wanted: StreamRequest) => {
      this.packets.set(stream, take); // those of an engine that went are forgotten
      this.client?.audio({ type: 'listen', stream, ...wanted });
    };
    change(request);
    return {
      change,
      end: () => {
        if (this.packets.delete(stream)) this.client?.audio({ type: 'unlisten', stream });
      },
    };
  }

  async close(): Promise<void> {
    this.stopping.abort();
    if (this.options.atClose !== 'leave') {
      const pid = this.client?.facts.pid ?? this.child?.pid;
      await this.command('shutdown', {}, 2_000).catch(() => this.child?.kill());
      if (pid !== undefined && !(await hasEnded(pid, 3_000))) this.child?.kill('SIGKILL');
    }
    this.client?.close();
    await this.running;
  }

  private tell<K extends keyof EngineListener>(what: K, ...values: Parameters<NonNullable<EngineListener[K]>>): void {
    for (const listener of [...this.listeners])
      (listener[what] as ((...v: typeof values) => void) | undefined)?.(...values);
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; ) {
      const since = Date.now();
      try {
        const why = await this.connection();
        if (!signal.aborted) this.options.logger.warn({ why }, 'engine went away');
      } catch (error) {
        this.lastError = asAudioCloudError(error, 'ENGINE_UNAVAILABLE');
        this.options.logger.error({ error: this.lastError.toJSON() }, 'engine cannot be reached');
        this.tell('down', this.lastError.message);
      }
      failures = Date.now() - since > STEADY_MS ? 1 : failures + 1;
      await sleep(backOffMs(failures), undefined, { signal }).catch(() => undefined);
    }
  }

  /** From the connection to its end, whose reason it returns. */
  private async connection(): Promise<string> {
    let ended: (why: string) => void = () => undefined;
    const end = new Promise<string>((resolve) => {
      ended = resolve;
    });
    const client = await this.findOrStart(ended);
    if (this.stopping.signal.aborted) {
      client.close();
      return 'the domain closes';
    }
    await client.command('lease', { seconds: LEASE_SECONDS }).catch((error) => {
      client.close();
      throw error;
    });
    const beat = setInterval(() => {
      // No answer means that the engine hangs: the loss of the connection starts another.
      client.command('lease', { seconds: LEASE_SECONDS }).catch(() => {
        client.close();
        this.child?.kill('SIGKILL');
      });
    }, HEARTBEAT_MS);
    this.client = client;
    this.lastFacts = client.facts;
    this.lastError = undefined;
    this.fixedStates.clear();
    for (const state of client.facts.fixed) this.fixedStates.set(state.id, state);
    this.options.logger.info({ engine: client.facts.engine, pid: client.facts.pid }, 'engine is up');
    this.tell('up', client.facts);
    const why = await end;
    clearInterval(beat);
    this.client = undefined;
    this.lastCounters = undefined;
    this.packets.clear();
    this.lastError = new AudioCloudError('ENGINE_UNAVAILABLE', `The engine went away: ${why}`);
    this.tell('down', why);
    return why;
  }

  private async findOrStart(closed: (why: string) => void): Promise<EngineClient> {
    const connect = () =>
      connectEngine(this.options.dataDir, {
        event: (event) => this.receive(event),
        packet: (stream, packet) => this.packets.get(stream)?.(packet),
        closed,
      });
    const found = await connect().catch((error: AudioCloudError) => {
      if (error.code === 'ENGINE_UNAVAILABLE') return undefined;
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
    if (event.type === 'heartbeat') this.lastHeartbeat = event;
    else if (event.type === 'counters') this.lastCounters = event.counters;
    else if (event.type === 'fixed') this.fixedStates.set(event.state.id, event.state);
    this.tell('event', event);
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
