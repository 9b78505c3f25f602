import type { FastifyBaseLogger } from 'fastify';
import { AccountAuthenticator } from '../../accounts/account-authenticator.ts';
import type { SigningKeys } from '../../accounts/signing-keys.ts';
import type { VirtualClock } from '../../clock/virtual-clock.ts';
import { type Core, type CoreOptions, openCore } from '../../core.ts';
import { OpenSockets } from '../../http/open-sockets.ts';
import type { Authenticator } from '../../permissions/authenticator.ts';
import type { Services } from '../../routes/route.ts';
import { noTracer } from '../../tracing/tracer.ts';
import { EngineLink } from './engine-link.ts';
import type { EngineHost } from './engine-host.ts';
import { type Answer, type Ask, FrontDoor } from './front-door.ts';
import { Life } from './life.ts';
import type { Random } from './random.ts';
import type { SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedExports } from './simulated-exports.ts';
import type { SimulatedMedia } from './simulated-media.ts';
import type { SimulatedSocket } from './simulated-socket.ts';
import type { Trace } from './trace.ts';

/** What is put between the core and the world: nothing, or a bug whose traces the invariants have to find. */
export interface Plant {
  options?(options: CoreOptions): CoreOptions;
  services?(services: Services): Services;
  authenticator?(authenticator: Authenticator): Authenticator;
}

export interface DomainHostOptions {
  clock: VirtualClock;
  random: Random;
  trace: Trace;
  disk: SimulatedDisk;
  media: SimulatedMedia;
  exports: SimulatedExports;
  /** The first is the embedded one. */
  engines: readonly EngineHost[];
  signingKeys: SigningKeys;
  post: CoreOptions['postWebhook'];
  plant: Plant;
  /** Something was logged as an error, or as one that nobody expected. */
  logged(message: string, what: unknown): void;
}

interface Running {
  life: Life;
  core: Core;
  door: FrontDoor;
  links: readonly EngineLink[];
}

/** What is under way may take so long when a domain closes. */
const DRAIN_MS = 10_000;

/** Nobody knows what became of a request: the process that had it is gone, or was never there. */
export const LOST = Symbol('lost');

/** The machine of the domain: its process comes, goes, and is killed; what it stored is on the disk. [control] */
export class DomainHost {
  readonly #options: DomainHostOptions;
  readonly #sockets = new Set<SimulatedSocket>();
  readonly #waiting = new Set<() => void>();
  #running: Running | undefined;
  #isOpening = false;
  #isClosing = false;
  lives = 0;
  /** How often a process ended. */
  deaths = 0;

  constructor(options: DomainHostOptions) {
    this.#options = options;
  }

  get core(): Core | undefined {
    return this.#running?.core;
  }

  /** Timers of the process that runs. */
  get timers(): number {
    return this.#running?.life.timers ?? 0;
  }

  /** Requests that have no answer yet. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** A process that takes up what the one before left. */
  async open(): Promise<void> {
    if (this.#running || this.#isOpening || this.#isClosing) return;
    this.#isOpening = true;
    const { clock, random, trace, disk, media, exports, engines, signingKeys, post, plant } = this.#options;
    trace.add('domain', `process ${++this.lives} begins`);
    const life = new Life(clock);
    const links = engines.map((engine) => new EngineLink(clock, engine));
    const logger = this.#logger();
    const options: CoreOptions = {
      store: disk.open(life),
      clock: life,
      engine: links[0]!,
      configuredEngines: engines.slice(1).map(({ name }) => ({ id: name })),
      openEngine: ({ id }) => links[engines.findIndex(({ name }) => name === id)]!,
      logger,
      mediaPaths: async () => ({}),
      mediaDisk: media.open(life),
      exports: exports.open(life),
      randomBytes: (count) => random.bytes(count),
      postWebhook: (options) =>
        new Promise((resolve, reject) => {
          post(options).then(
            (status) => life.isOver || resolve(status),
            (error) => life.isOver || reject(error),
          );
        }),
      allowsPrivateWebhooks: true,
      signingKeys,
    };
    try {
      const core = await openCore(plant.options?.(options) ?? options);
      const services = { ...core, tracer: noTracer, counters: undefined, draining: undefined } as unknown as Services;
      const authenticator = new AccountAuthenticator(core.accounts, life);
      const guard = plant.authenticator?.(authenticator) ?? authenticator;
      const sockets = new OpenSockets(guard, life);
      const door = new FrontDoor(plant.services?.(services) ?? services, guard, sockets, logger);
      await core.resume();
      this.#running = { life, core, door, links };
      for (const link of links) void link.start();
      trace.add('domain', 'is open');
    } catch (error) {
      // A disk that fails at the start: whoever watches the process starts it again.
      trace.add('domain', `did not start: ${(error as Error).message}`);
      life.end();
      clock.after(1_000, () => void this.open());
    } finally {
      this.#isOpening = false;
    }
  }

  /** Killed at this moment. Whoever waits for an answer has none. */
  crash(): void {
    const running = this.#running;
    if (!running) return;
    this.#options.trace.add('domain', 'is killed');
    this.#end(running);
  }

  /** Ends in order. Returns what it left behind: timers that nobody ended. */
  async close(): Promise<number> {
    const running = this.#running;
    if (!running) return 0;
    this.#options.trace.add('domain', 'closes');
    this.#running = undefined;
    this.#isClosing = true;
    // Nobody new comes; who waits is answered, if that does not take too long.
    const untilMs = running.life.elapsedMs + DRAIN_MS;
    while (this.#waiting.size > 0 && running.life.elapsedMs < untilMs) await running.life.sleep(20);
    const isThrough = this.#waiting.size === 0;
    await running.core.sessions.goAway();
    running.door.close();
    for (const socket of [...this.#sockets]) socket.drop();
    // So that its end hears of it.
    await running.life.sleep(1);
    await running.core.close();
    for (const link of running.links) void link.close();
    this.#options.trace.add('domain', 'is closed');
    const { timers } = running.life;
    this.#end(running);
    this.#isClosing = false;
    return isThrough ? timers : 0;
  }

  /** Settles with an answer, or with LOST. */
  ask(ask: Ask): Promise<Answer | typeof LOST> {
    return this.#whileAlive((door) => door.ask(ask));
  }

  /** Opens a socket; LOST when there is no process. Throws what refuses it. */
  connect(ask: Ask, socketOf: () => SimulatedSocket): Promise<SimulatedSocket | typeof LOST> {
    return this.#whileAlive(async (door) => {
      const socket = await door.open(ask, socketOf);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      return socket;
    });
  }

  #whileAlive<R>(work: (door: FrontDoor) => Promise<R>): Promise<R | typeof LOST> {
    const running = this.#running;
    if (!running) return Promise.resolve(LOST);
    return new Promise((resolve, reject) => {
      const lost = () => resolve(LOST);
      this.#waiting.add(lost);
      const over = () => this.#waiting.delete(lost);
      work(running.door).then(
        (result) => {
          over();
          resolve(running.life.isOver ? LOST : result);
        },
        (error) => {
          over();
          reject(error as Error);
        },
      );
    });
  }

  #end(running: Running): void {
    this.deaths++;
    running.life.end();
    for (const link of running.links) void link.close();
    this.#running = undefined;
    for (const lost of this.#waiting) lost();
    this.#waiting.clear();
    for (const socket of [...this.#sockets]) socket.drop();
    this.#sockets.clear();
  }

  #logger(): FastifyBaseLogger {
    const { trace, logged } = this.#options;
    const say = (level: string) => (what: unknown, message?: string) => {
      const { error, err = error } = (typeof what === 'object' && what !== null ? what : {}) as Record<string, unknown>;
      const text = `${level}: ${message ?? String(what)}`;
      const why = err === undefined ? '' : ` (${(err as { message?: string }).message ?? String(err)})`;
      trace.add('log', text + why);
      if (level !== 'warn') logged(message ?? String(what), err);
    };
    const quiet = () => undefined;
    const logger = { level: 'warn', fatal: say('fatal'), error: say('error'), warn: say('warn') };
    const whole = { ...logger, info: quiet, debug: quiet, trace: quiet, silent: quiet, child: () => whole };
    return whole as unknown as FastifyBaseLogger;
  }
}
