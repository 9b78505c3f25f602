import { keysInMemory, SigningKeys } from '../../accounts/signing-keys.ts';
import { EMBEDDED } from '../../engine/engine-record.ts';
import { VirtualClock } from '../../clock/virtual-clock.ts';
import { PERMISSIONS, type Permission } from '../../permissions/permission.ts';
import type { TaskRecord } from '../../tasks/task-record.ts';
import { addressOfEngineTask, addressOfKey, engineTask, taskKey } from '../../tasks/task-address.ts';
import type { ClientWorld } from '../clients/client-world.ts';
import { EXPORTED_TASK, Exporter } from '../clients/exporter.ts';
import { Importer } from '../clients/importer.ts';
import type { KnownTask } from '../clients/known-task.ts';
import { Maker } from '../clients/maker.ts';
import { accountsOf, headersOf, type Person, person } from '../clients/person.ts';
import type { Register } from '../clients/register.ts';
import { Technician } from '../clients/technician.ts';
import { Watcher } from '../clients/watcher.ts';
import { INVARIANTS } from '../invariants/index.ts';
import type { Checks } from '../invariants/invariant.ts';
import type { Plan } from '../plan.ts';
import { DomainHost, type LOST, type Plant } from './domain-host.ts';
import { EngineHost } from './engine-host.ts';
import type { Fault } from './fault.ts';
import type { Answer } from './front-door.ts';
import { Hardware, OUTLETS, PREAMP } from './hardware.ts';
import { TAPE } from './tape-unit.ts';
import { MODELS } from './models.ts';
import { GOOD_NETWORK, Network } from './network.ts';
import { Random } from './random.ts';
import { HEALTHY, SimulatedDisk } from './simulated-disk.ts';
import { SimulatedExports } from './simulated-exports.ts';
import { SimulatedMedia } from './simulated-media.ts';
import { Trace } from './trace.ts';
import { Turns } from './turns.ts';
import { WEBHOOK_APPLICATION, WebhookReceiver } from './webhook-receiver.ts';

/** 2026-01-01: what time it is when a world begins. */
const BEGINNING_MS = 1_767_225_600_000;
/** What is asked for may take its time after the last fault. */
const WIND_UP_MS = 2_000;
/** Back-off of a task and of an engine that was away: 30 s each; the try that failed last: 60 s. */
const SETTLE_MS = 150_000;
/** A disk that does well. */
const DISK = { ...HEALTHY, leastMs: 0.1, mostMs: 4 };
/** After a disk got well, what waited is written. */
const AFTER_DISK_MS = 2_000;
/** What tokens would be signed with: none is in the workload. */
const SIGNING_KEYS = new SigningKeys(keysInMemory());
const TECHNICIAN = person(100, 'technician', WEBHOOK_APPLICATION, [...PERMISSIONS]);
const EXPORTER = person(101, 'exporter', WEBHOOK_APPLICATION, [...PERMISSIONS]);
const EXPORTED: TaskRecord = {
  revision: 1,
  graph: { sampleRate: 48_000, sinks: { out: { kind: 'stream', channels: 2 } } },
  isPlaying: false,
  positionSeconds: 0,
};
const RECEIVER = 'http://receiver.example/in';

export interface Violation {
  invariant: string;
  why: string;
}

export interface WorldOptions {
  plan: Plan;
  plant?: Plant;
  /** Gets every line of the trace. */
  print?: (line: string) => void;
}

/** One domain with its disk, its engine, its clients and the network between them, all made of one seed. [control] */
export class World implements ClientWorld {
  readonly clock = new VirtualClock(BEGINNING_MS);
  readonly trace: Trace;
  readonly disk: SimulatedDisk;
  readonly media: SimulatedMedia;
  readonly exports: SimulatedExports;
  /** The first is the embedded one. */
  readonly engines: readonly EngineHost[];
  readonly domain: DomainHost;
  readonly network: Network;
  readonly receiver: WebhookReceiver;
  readonly tasks = new Map<string, KnownTask>();
  readonly presets = new Map<string, Register<number | undefined>>();
  readonly makers: Maker[] = [];
  readonly watchers: Watcher[] = [];
  readonly importer: Importer;
  readonly exporter: Exporter;
  readonly technician: Technician;
  /** Tasks that an engine stopped by itself, or that lost their hardware to a maintenance. */
  readonly hasStopped = new Set<string>();
  /** Whose key was taken back, and when that was answered. */
  readonly revokedMs = new Map<Watcher, number>();
  isWindingUp = false;

  get tapes(): readonly string[] {
    return this.engines.flatMap(({ hardware }) => hardware.tape ?? []);
  }

  get distributors(): readonly string[] {
    return this.engines.flatMap(({ hardware }) => hardware.distributor ?? []);
  }

  get units(): readonly string[] {
    return this.engines.flatMap(({ hardware }) => hardware.ids);
  }

  violation: Violation | undefined;
  /** From the last fault until all was as it must be. */
  settledAfterMs = 0;
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #checks: { name: string; checks: Checks }[];
  /** Those that look at every step. */
  readonly #stepped: { name: string; stepped: NonNullable<Checks['stepped']> }[];
  readonly #people = new Map<string, Person>();
  readonly #turns = new Turns();
  #busy = 0;
  #isOver = false;
  #diskTroubleMs = Number.NEGATIVE_INFINITY;

  constructor({ plan, plant = {}, print }: WorldOptions) {
    this.#plan = plan;
    this.#random = new Random(plan.seed);
    const { clock } = this;
    this.trace = new Trace(() => clock.elapsedMs, print);
    this.disk = new SimulatedDisk(this.#random.fork());
    this.disk.health = DISK;
    this.#checks = INVARIANTS.map(({ name, begin }) => ({ name, checks: begin?.() ?? {} }));
    this.#stepped = this.#checks.flatMap(({ name, checks }) =>
      checks.stepped ? [{ name, stepped: checks.stepped }] : [],
    );
    this.disk.onCommit = (commits) => {
      this.trace.add('disk', commits.map(({ key, isDeleted }) => (isDeleted ? `-${key}` : key)).join(' '));
      this.#look((checks) => checks.committed?.(commits, this));
    };
    const { trace, disk } = this;
    this.engines = Array.from({ length: plan.engines }, (_, i) => {
      const random = this.#random.fork();
      // Units have numbers of their own at each engine.
      const ids = Array.from({ length: plan.units }, (_, unit) => `${PREAMP.id}:${i}-${unit}`);
      const hardware = new Hardware(clock, random, ids, `${OUTLETS.id}:${i}`, `${TAPE.id}:${i}`);
      const host = new EngineHost({
        name: i === 0 ? EMBEDDED : `engine${i}`,
        clock,
        random,
        trace,
        models: MODELS,
        hardware,
        inspect: (path, peaksPath) => this.media.inspect(path, peaksPath),
      });
      hardware.onRun = (tape) => this.#keepBusy(this.technician.hear(tape, hardware.distributor!));
      host.onStart = (what) => this.#look((checks) => checks.starts?.(what, this));
      host.onPlay = (task) => this.#look((checks) => checks.plays?.(task, this));
      return host;
    });
    this.receiver = new WebhookReceiver(clock, this.#random.fork());
    this.media = new SimulatedMedia(this.#random.fork(), () => disk.health);
    // Numbers of its own, as its client has: the rest of the world is as without exports.
    this.exports = new SimulatedExports(new Random(plan.seed + 0xe49), () => disk.health);
    this.domain = new DomainHost({
      clock,
      random: this.#random.fork(),
      trace,
      disk,
      media: this.media,
      exports: this.exports,
      engines: this.engines,
      signingKeys: SIGNING_KEYS,
      post: this.receiver.post,
      plant,
      logged: (message, what) => this.#logged(message, what),
    });
    this.network = new Network(clock, this.#random.fork(), this.domain);
    this.importer = new Importer(this, this.#person('importer'), this.#random.fork());
    this.exporter = new Exporter(this, EXPORTER, new Random(plan.seed + 0xe4b));
    // Numbers of its own: where no tape runs all is as without it.
    this.technician = new Technician(this, TECHNICIAN, new Random(plan.seed + 0x7a9e));
  }

  /** Lives through the plan. Settles with what is not as it must be. */
  async run(): Promise<Violation | undefined> {
    const isUnhandled = (error: unknown) =>
      this.violate('no-error-is-lost', `nobody caught ${(error as Error)?.stack ?? String(error)}`);
    process.on('unhandledRejection', isUnhandled);
    try {
      this.#begin();
      await this.#until(() => this.clock.elapsedMs >= this.#plan.endMs);
      this.#heal();
      await this.#settle();
      await this.#end();
    } finally {
      process.off('unhandledRejection', isUnhandled);
    }
    return this.violation;
  }

  violate(invariant: string, why: string): void {
    this.trace.add('VIOLATED', `${invariant}: ${why}`);
    this.violation ??= { invariant, why };
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.after(ms, resolve));
  }

  hasDiskTroubleSince(elapsedMs: number): boolean {
    return this.#diskTroubleMs >= elapsedMs;
  }

  /** How long ago a value may have been set that is not on the disk: for ever while the disk does badly. */
  knobGraceMs(graceMs: number): number {
    return this.hasDiskTroubleSince(this.clock.elapsedMs - AFTER_DISK_MS) ? Number.POSITIVE_INFINITY : graceMs;
  }

  /** Where the store has something of an application. */
  keyOf(prefix: string, { application, id }: { application: string; id: string }): string {
    return `${prefix}${application}/${id}`;
  }

  /** What the engine calls a task of the store. */
  engineNameOf(key: string): string {
    return engineTask(addressOfKey(key));
  }

  /** Reads past the network: for those who look whether all is well. */
  read(person: Person, path: string): Promise<Answer | typeof LOST> {
    return this.domain.ask({ id: 'look', method: 'GET', path, headers: headersOf(person) });
  }

  #begin(): void {
    const { makers, watchers } = this.#plan;
    for (const fault of this.#plan.faults) this.clock.after(fault.atMs, () => this.#strike(fault));
    const names = [
      'administrator',
      ...['maker0', 'maker1', 'maker2'],
      'importer',
      ...Array.from({ length: watchers }, (_, i) => `watcher${i}`),
    ];
    this.disk.fill(accountsOf([...names.map((name) => this.#person(name)), TECHNICIAN, EXPORTER]));
    this.disk.fill([{ key: taskKey({ application: EXPORTER.application, id: EXPORTED_TASK }), value: EXPORTED }]);
    void this.domain.open();
    for (let i = 0; i < makers; i++) {
      const maker = new Maker(this, this.#person(`maker${i}`), this.#random.fork(), i === 0);
      this.makers.push(maker);
      this.#keepBusy(maker.run());
    }
    for (let i = 0; i < watchers; i++) {
      const watcher = new Watcher(this, this.#person(`watcher${i}`), this.#random.fork());
      this.watchers.push(watcher);
      void watcher.run(() => this.#isOver);
    }
    this.#keepBusy(this.importer.run());
    this.#keepBusy(this.exporter.run());
    this.#keepBusy(this.#makeWebhook());
    const last = this.watchers.at(-1);
    if (last && this.#plan.revokes) this.#keepBusy(this.#revoke(last));
  }

  #keepBusy(work: Promise<void>): void {
    this.#busy++;
    void work.finally(() => this.#busy--);
  }

  async #makeWebhook(): Promise<void> {
    const headers = { ...headersOf(this.#person('administrator')), 'idempotency-key': 'the-webhook' };
    const ask = { id: 'make-webhook', method: 'POST', path: '/v1/webhooks', headers, body: { url: RECEIVER } };
    for (;;) {
      await this.sleep(500);
      const found = await this.network.ask(ask, 20_000).answer;
      if (typeof found !== 'symbol' && found.status < 300) return;
    }
  }

  /** Of two tenants; the last of three makers may only look and turn knobs. */
  #person(name: string): Person {
    let found = this.#people.get(name);
    if (!found) {
      const permissions: Permission[] = name === 'maker2' ? ['read', 'parameters'] : [...PERMISSIONS];
      found = person(this.#people.size + 1, name, name === 'maker1' ? 'other' : WEBHOOK_APPLICATION, permissions);
      this.#people.set(name, found);
    }
    return found;
  }

  /** Somebody takes the key of the last of those who follow back, as soon as it has a socket. */
  async #revoke(watcher: Watcher): Promise<void> {
    const administrator = this.#person('administrator');
    const { keyId } = watcher.person;
    const ask = { id: 'revoke', method: 'DELETE', path: `/v1/keys/${keyId}`, headers: headersOf(administrator) };
    while (!watcher.isConnected && !this.isWindingUp) await this.sleep(700);
    for (;;) {
      const found = await this.network.ask(ask, 20_000).answer;
      // Whoever had no answer asks again, and is told that there is no such key.
      if (typeof found !== 'symbol' && (found.status < 300 || found.status === 404)) break;
      await this.sleep(500);
    }
    this.trace.add('administrator', `took the key of ${watcher.name} back`);
    this.revokedMs.set(watcher, this.clock.elapsedMs);
  }

  #strike({ kind, forMs }: Fault): void {
    const { trace, clock, domain, network, receiver } = this;
    const engine = this.#random.pick(this.engines);
    trace.add('FAULT', `${kind}${forMs > 0 ? ` for ${forMs} ms` : ''}`);
    const later = (call: () => void) => clock.after(forMs, call);
    switch (kind) {
      case 'domain killed':
      case 'domain stays away':
        domain.crash();
        this.#ended(false);
        later(() => void domain.open());
        break;
      case 'domain closed':
        void this.#closeDomain().then(() => later(() => void domain.open()));
        break;
      case 'engine killed':
        engine.crash();
        break;
      case 'engine hangs':
        engine.hang(forMs);
        break;
      case 'connection to the engine breaks':
        engine.breakConnections('it broke');
        break;
      case 'disk full':
        this.#hurtDisk({ isFull: true }, forMs);
        break;
      case 'disk fails at times':
        this.#hurtDisk({ failures: 0.3 }, forMs);
        break;
      case 'disk slow':
        this.#hurtDisk({ leastMs: 5, mostMs: 800 }, forMs);
        break;
      case 'network bad':
        network.health = { mostMs: 3_000, losses: 0.2, doubles: 0.3 };
        later(() => {
          network.health = GOOD_NETWORK;
        });
        break;
      case 'sockets dropped':
        for (const watcher of this.watchers) watcher.drop();
        break;
      case 'clients stuck':
        for (const watcher of this.watchers) watcher.stick(forMs);
        break;
      case 'clock jumps':
        clock.jump(Math.round(this.#random.between(-3_600_000, 3_600_000)));
        break;
      case 'receiver down':
        receiver.isDown = true;
        receiver.losses = 0.3;
        later(() => this.#healReceiver());
        break;
      case 'a unit breaks':
        if (engine.hardware.ids.length > 0) engine.hardware.fail(this.#random.pick(engine.hardware.ids), forMs);
        break;
      case 'a task stops by itself':
        for (const name of engine.engine?.tasks ?? []) {
          this.hasStopped.add(addressOfEngineTask(name)!.id);
          engine.engine!.stopByItself(name);
        }
        break;
    }
  }

  #hurtDisk(health: Partial<typeof DISK>, forMs: number): void {
    const sick = { ...DISK, ...health };
    this.disk.health = sick;
    this.#diskTroubleMs = this.clock.elapsedMs + forMs;
    this.clock.after(forMs, () => {
      if (this.disk.health === sick) this.disk.health = DISK;
    });
  }

  #healReceiver(): void {
    this.receiver.isDown = false;
    this.receiver.losses = 0;
  }

  #heal(): void {
    this.trace.add('world', 'heals');
    this.disk.health = DISK;
    this.network.health = GOOD_NETWORK;
    this.#healReceiver();
    this.clock.after(0, () => void this.domain.open());
    this.clock.after(WIND_UP_MS, () => {
      this.isWindingUp = true;
    });
  }

  async #closeDomain(): Promise<void> {
    if (!this.domain.core) return;
    const timers = await this.domain.close();
    if (timers > 0) this.violate('nothing-is-left-at-the-end', `${timers} timers of a domain that closed`);
    this.#ended(true);
  }

  #ended(isInOrder: boolean): void {
    this.#look((checks) => checks.ended?.(this, isInOrder && this.knobGraceMs(0) === 0));
  }

  /** Until everything is as it must be at rest. */
  async #settle(): Promise<void> {
    const { endMs } = this.#plan;
    for (let nextMs = endMs + WIND_UP_MS; !this.violation; nextMs += 1_000) {
      await this.#until(() => this.clock.elapsedMs >= nextMs);
      if (this.violation) return;
      const missing = await this.#missing();
      this.settledAfterMs = this.clock.elapsedMs - endMs;
      if (!missing) return;
      if (this.clock.elapsedMs > endMs + SETTLE_MS) this.violate(missing.invariant, missing.why);
    }
  }

  /** What is not as it must be at rest. */
  async #missing(): Promise<Violation | undefined> {
    if (this.#busy > 0 || !this.domain.core)
      return { invariant: 'requests-are-answered', why: `${this.#busy} clients have work to do that does not end` };
    for (const { name, checks } of this.#checks) {
      const asked = Promise.resolve(checks.settled?.(this));
      let answer: { why: string | undefined } | undefined;
      void asked.then((why) => {
        answer = { why };
      });
      const untilMs = this.clock.elapsedMs + 10_000;
      await this.#until(() => answer !== undefined || this.clock.elapsedMs > untilMs);
      const why = answer ? answer.why : 'whoever looks has no answer';
      if (why !== undefined) return { invariant: name, why };
    }
    return undefined;
  }

  /** The domain ends in order, and with it the world. */
  async #end(): Promise<void> {
    if (this.violation) return;
    this.#isOver = true;
    let isClosed = false;
    void this.#closeDomain().then(() => {
      isClosed = true;
    });
    const untilMs = this.clock.elapsedMs + 60_000;
    await this.#until(() => isClosed || this.clock.elapsedMs > untilMs);
    if (!isClosed) this.violate('nothing-is-left-at-the-end', 'the domain does not close');
  }

  /** Fires one timer after another, each alone, until it is so, or something is wrong. */
  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo() && !this.violation) {
      let isLeft = false;
      try {
        isLeft = this.clock.step();
      } catch (error) {
        this.violate('no-error-is-lost', `a timer threw ${(error as Error).stack}`);
      }
      await this.#turns.next();
      for (const { name, stepped } of this.#stepped) {
        const why = stepped(this);
        if (why !== undefined) this.violate(name, why);
      }
      if (!isLeft) return;
    }
  }

  #look(find: (checks: Checks) => string | undefined): void {
    for (const { name, checks } of this.#checks) {
      const why = find(checks);
      if (why !== undefined) this.violate(name, why);
    }
  }

  #logged(message: string, what: unknown): void {
    const { code, message: why = '' } = (what ?? {}) as { code?: string; message?: string };
    if (/disk/.test(why)) return;
    const isKnown = code !== undefined && code !== 'INTERNAL' && code !== 'REVISION_CONFLICT';
    if (!isKnown) this.violate('no-error-is-lost', `${message}: ${code ?? ''} ${why} ${(what as Error)?.stack ?? ''}`);
  }
}
