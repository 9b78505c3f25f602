import {
  type Adapter,
  asAudioCloudError,
  AudioCloudError,
  type PortFacts,
  portMatches,
  type SimulatedFault,
  type SoundLevel,
  type Value,
} from '@audiocloud/api';
import type { FromAdapter, InstanceSpec } from './adapter-message.ts';
import { BackOff } from './back-off.ts';
import { deadline } from './deadline.ts';
import { type DeviceClock, deviceClock } from './device-clock.ts';
import { DeviceSession } from './device-session.ts';
import type { DecodedReport } from './report-decoder.ts';
import type { SafetyMemory } from './safety/safety-gate.ts';
import { safeValues } from './safe-values.ts';
import type { Taken } from './value-delivery.ts';
import { clampedValue } from './way-to-wire.ts';

const OPEN_DEADLINE_MS = 5000;
/** Reports of one instance are sent together, at most so often: a flood must not reach the engine. */
const REPORT_PERIOD_MS = 20;

/** Sent again at once it would be refused again. */
const REFUSALS: ReadonlySet<string> = new Set(['VALUE_REFUSED', 'DRIVER_INVALID']);

interface Connection {
  portId: string;
  session: DeviceSession;
}

/** The next try of a unit that refused what is sent first, for those who set another value meanwhile. */
interface Trial extends PromiseWithResolvers<void> {
  /** The values without theirs. */
  before: Value[][];
}

/**
 * One fixed instance in its adapter process: finds its port, holds the connection, passes its reports on. [control]
 *
 * Ports are offered; it takes the one that fits. On every connection all parameters are sent in the order of the
 * model before it says `ready`. A device that refuses one of them is left alone for longer each time, until a value is
 * another one, or the device.
 */
export class DeviceLink {
  readonly spec: InstanceSpec;
  private readonly adapter: Adapter;
  private readonly emit: (message: FromAdapter) => void;
  private readonly clock: DeviceClock;
  private readonly memory: SafetyMemory = new Map();
  private connection: Connection | undefined;
  private lastPortId: string | undefined;
  private levels: readonly SoundLevel[] | undefined;
  private readonly backOff: BackOff;
  /** The port whose device refused what is sent first. */
  private refusedPortId: string | undefined;
  private trial: Trial | undefined;
  private opening = false;
  private attempt: Promise<void> | undefined;
  private closed = false;
  private lastState = '';
  private reports: Record<string, Record<number, Value>> = {};
  private garbageBefore = 0;
  /** The last one, also when it ended: its garbage is still to be told. */
  private session: DeviceSession | undefined;
  private reportTimer: NodeJS.Timeout | undefined;

  constructor(
    spec: InstanceSpec,
    adapter: Adapter,
    emit: (message: FromAdapter) => void,
    clock: DeviceClock = deviceClock,
  ) {
    this.spec = spec;
    this.clock = clock;
    this.backOff = new BackOff(clock);
    this.adapter = adapter;
    this.emit = emit;
  }

  /** The id of the port that it holds or is opening. */
  get heldPortId(): string | undefined {
    return this.connection?.portId ?? (this.opening ? this.lastPortId : undefined);
  }

  /** The ports there are now. taken: those that other instances hold. */
  offer(ports: readonly PortFacts[], taken: ReadonlySet<string>): void {
    if (this.closed) return;
    if (this.connection) {
      const { portId } = this.connection;
      if (!ports.some(({ id }) => id === portId)) this.lose('the port is gone');
      return;
    }
    if (this.opening) return;
    const port = this.choose(ports, taken);
    if (port?.id !== this.refusedPortId) this.beginAnew();
    if (port && !this.backOff.isWaiting) this.attempt = this.connect(port);
  }

  /** The ports cannot be known: whatever was open is taken as gone. */
  trouble(error: AudioCloudError): void {
    if (this.connection) this.lose(error.message);
    this.endTrial(error);
    this.state('faulty', error);
  }

  /** Resolves with what became of the value. */
  async set(parameter: number, index: number, value: Value): Promise<Taken> {
    if (this.refusedPortId !== undefined) {
      // What is being sent is no longer another.
      if (!this.opening) return this.setWithFirst(parameter, index, value);
      await this.attempt;
      return this.set(parameter, index, value);
    }
    if (!this.connection)
      throw this.gone(`Cannot set ${this.spec.model.parameters[parameter]!.id} of`, 'it is not connected');
    const taken = await this.connection.session.set(parameter, index, value);
    if (taken !== 'replaced')
      this.spec.values[parameter]![index] = clampedValue(this.spec.model.parameters[parameter]!, value);
    return taken;
  }

  /** Asks the device what it is asked again and again, now. */
  poll(): void {
    this.connection?.session.poll();
  }

  /**
   * Sends the safe values of the driver, in their order; one that fails keeps no other. A device that is away gets them when it
   * comes back. Settles when all were written, or could not be.
   */
  async makeSafe(): Promise<void> {
    const { spec, connection } = this;
    connection?.session.giveUp(this.gone('Cannot set', 'its lease is over'));
    const sent = safeValues(spec).map(async ({ parameter, index, value }) => {
      const note = () => {
        for (const values of [spec.values, this.trial?.before]) if (values) values[parameter]![index] = value;
      };
      note();
      const taken = await connection?.session.setSafe(parameter, index, value).catch(() => undefined);
      // One that was under way has been noted meanwhile.
      if (taken !== 'replaced') note();
    });
    this.backOff.reset();
    await Promise.all(sent);
    connection?.session.poll();
    this.emit({ type: 'safe', instance: spec.id, values: spec.values });
  }

  inject(fault: SimulatedFault, ports: readonly PortFacts[]): void {
    const port = ports.find((candidate) => portMatches(candidate, this.spec.driver.port));
    const portId = this.lastPortId ?? port?.id;
    if (portId) this.adapter.inject?.(portId, fault);
  }

  /** Simulated devices: the sound at its inputs, as soon as it has a port. */
  hear(levels: readonly SoundLevel[]): void {
    this.levels = levels;
    if (this.lastPortId) this.adapter.hear?.(this.lastPortId, levels);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.reportTimer);
    const { connection } = this;
    this.connection = undefined;
    const error = this.gone('Cannot set', 'the rack was closed');
    this.endTrial(error);
    await connection?.session.end(error);
  }

  /** A device that refused a value may take another one: it is sent with all the others, soon. */
  private async setWithFirst(parameter: number, index: number, value: Value): Promise<Taken> {
    const { spec } = this;
    const clamped = clampedValue(spec.model.parameters[parameter]!, value); // throws: before anybody waits for a trial
    this.trial ??= { ...Promise.withResolvers<void>(), before: structuredClone(spec.values) };
    spec.values[parameter]![index] = clamped;
    this.backOff.reset();
    await this.trial.promise;
    return 'sent';
  }

  /** What was set meanwhile was taken; or was not, and is forgotten. */
  private endTrial(error?: AudioCloudError): void {
    const { trial, spec } = this;
    this.trial = undefined;
    if (trial && error) spec.values = trial.before;
    error ? trial?.reject(error) : trial?.resolve();
  }

  /** What was refused on another connection tells nothing of the next. */
  private beginAnew(): void {
    this.refusedPortId = undefined;
    this.backOff.reset();
    this.endTrial(this.gone('Cannot set', 'it is not connected'));
  }

  /** Returns what its state says: the cause, and when it is tried again. */
  private refused(cause: AudioCloudError, portId: string): AudioCloudError {
    this.refusedPortId = portId;
    const waitMs = this.backOff.failed();
    const next = `it is tried again in ${waitMs / 1000} s, and as soon as one of its values is set`;
    return new AudioCloudError(cause.code, `${cause.message}; ${next}`, cause.details);
  }

  private async connect(facts: PortFacts): Promise<void> {
    const { spec } = this;
    this.opening = true;
    this.lastPortId = facts.id;
    if (this.levels) this.adapter.hear?.(facts.id, this.levels);
    this.state('connecting');
    try {
      const opened = this.adapter.open(facts, spec.driver.settings ?? {});
      const port = await deadline(opened, OPEN_DEADLINE_MS, `Cannot open ${facts.id}`).catch((error) => {
        opened.then((late) => late.close()).catch(() => {});
        throw error;
      });
      if (this.closed) return void port.close().catch(() => {});
      this.garbageBefore += this.session?.garbage ?? 0;
      const events = {
        onReports: (reports: DecodedReport[]) => this.take(reports),
        onLost: (reason: string) => this.lose(reason),
      };
      const session = new DeviceSession(spec, port, events, this.clock, this.memory);
      this.session = session;
      this.connection = { portId: facts.id, session };
      await session.start();
      if (this.connection?.session !== session) return;
      this.refusedPortId = undefined;
      this.backOff.reset();
      this.endTrial();
      this.state('ready');
    } catch (error) {
      // A connection that ended meanwhile has said so itself.
      if (this.closed || this.lastState.startsWith('disconnected')) return;
      const cause = asAudioCloudError(error, 'ADAPTER_FAILED');
      const { connection } = this;
      this.connection = undefined;
      void connection?.session.end(cause);
      this.endTrial(cause);
      this.state('faulty', REFUSALS.has(cause.code) ? this.refused(cause, facts.id) : cause);
    } finally {
      this.opening = false;
    }
  }

  private lose(reason: string): void {
    const { connection } = this;
    if (!connection) return;
    this.connection = undefined;
    const error = this.gone('Lost', reason);
    void connection.session.end(error);
    this.state('disconnected', error);
  }

  private take(decoded: readonly DecodedReport[]): void {
    for (const { report, index, value } of decoded) {
      this.reports[report] ??= {};
      this.reports[report][index] = value;
    }
    if (!this.reportTimer) this.flushReports();
  }

  private flushReports(): void {
    const { reports } = this;
    this.reports = {};
    const garbage = this.garbageBefore + (this.session?.garbage ?? 0);
    this.emit({ type: 'reports', instance: this.spec.id, reports, garbage });
    this.reportTimer = setTimeout(() => {
      this.reportTimer = undefined;
      const now = this.garbageBefore + (this.session?.garbage ?? 0);
      if (Object.keys(this.reports).length || now !== garbage) this.flushReports();
    }, REPORT_PERIOD_MS);
  }

  private gone(action: string, cause: string): AudioCloudError {
    const { id: instance } = this.spec;
    const message = `${action} ${instance}: ${cause}; connect the device`;
    return new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', message, { instance });
  }

  /** The one port that fits, or undefined after saying why there is none. */
  private choose(ports: readonly PortFacts[], taken: ReadonlySet<string>): PortFacts | undefined {
    const { id, driver } = this.spec;
    const fitting = ports.filter((port) => portMatches(port, driver.port));
    const free = fitting.filter((port) => !taken.has(port.id));
    if (free.length === 1) return free[0];
    const wanted = JSON.stringify(driver.port);
    const cause = free.length
      ? `${free.length} ports fit ${wanted} (${free.map((port) => port.id).join(', ')}); name one of them in the rack`
      : fitting.length
        ? `another instance holds ${fitting[0]!.id}; give each a port of its own in the rack`
        : `no ${driver.adapter} port fits ${wanted}; connect the device or correct the port`;
    this.state('disconnected', new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', `Cannot connect ${id}: ${cause}`));
    return undefined;
  }

  private state(state: 'disconnected' | 'connecting' | 'ready' | 'faulty', error?: AudioCloudError): void {
    const text = `${state} ${error?.message ?? ''}`;
    if (text === this.lastState || this.closed) return;
    // A device that cannot be opened is tried again at each look: one 'faulty' is enough until it changes.
    if (state === 'connecting' && this.lastState.startsWith('faulty')) return;
    this.lastState = text;
    this.emit({ type: 'state', instance: this.spec.id, state, error: error?.toJSON() });
  }
}
