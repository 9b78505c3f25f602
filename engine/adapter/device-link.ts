import {
  type Adapter,
  type AdapterPort,
  asAudioCloudError,
  AudioCloudError,
  type PortFacts,
  portMatches,
  type SimulatedFault,
  type Value,
} from '@audiocloud/api';
import type { FromAdapter, InstanceSpec } from './adapter-message.ts';
import { deadline } from './deadline.ts';
import { DeviceQueue } from './device-queue.ts';
import { encodeValue, mappingOf } from './encode-value.ts';
import { type ReportDecoder, reportDecoder } from './report-decoder.ts';

const OPEN_DEADLINE_MS = 5000;
const WRITE_DEADLINE_MS = 2000;
/** Reports of one instance are sent together, at most so often: a flood must not reach the engine. */
const REPORT_PERIOD_MS = 20;

interface Connection {
  portId: string;
  port: AdapterPort;
  queue: DeviceQueue;
}

/**
 * One fixed instance in its adapter process: finds its port, holds the connection, encodes, decodes. [control]
 *
 * Ports are offered; it takes the one that fits. On every connection all parameters are sent in the order of the
 * model before it says `ready`.
 */
export class DeviceLink {
  readonly spec: InstanceSpec;
  private readonly adapter: Adapter;
  private readonly emit: (message: FromAdapter) => void;
  private connection: Connection | undefined;
  private lastPortId: string | undefined;
  private opening = false;
  private closed = false;
  private lastState = '';
  private reports: Record<string, Record<number, Value>> = {};
  private garbageBefore = 0;
  private decoder: ReportDecoder | undefined;
  private reportTimer: NodeJS.Timeout | undefined;

  constructor(spec: InstanceSpec, adapter: Adapter, emit: (message: FromAdapter) => void) {
    this.spec = spec;
    this.adapter = adapter;
    this.emit = emit;
  }

  /** The id of the port that it holds or is opening. */
  get heldPortId(): string | undefined {
    return this.connection?.portId ?? (this.opening ? this.lastPortId : undefined);
  }

  /** The ports there are now. taken: those that other instances hold. */
  offer(ports: readonly PortFacts[], taken: ReadonlySet<string>): void {
    if (this.closed || this.opening) return;
    if (this.connection) {
      const { portId } = this.connection;
      if (!ports.some(({ id }) => id === portId)) this.lose('the port is gone');
      return;
    }
    const port = this.choose(ports, taken);
    if (port) void this.connect(port);
  }

  /** The ports cannot be known: whatever was open is taken as gone. */
  trouble(error: AudioCloudError): void {
    if (this.connection) this.lose(error.message);
    this.state('faulty', error);
  }

  /** Resolves when the bytes were written. */
  async set(parameter: number, index: number, value: Value): Promise<void> {
    const described = this.spec.model.parameters[parameter]!;
    const bytes = encodeValue(described, mappingOf(this.spec.driver, described, index), value);
    if (!this.connection) throw this.gone(`Cannot set ${described.id}`, 'it is not connected');
    await this.connection.queue.push(`${parameter} ${index}`, bytes);
    this.spec.values[parameter]![index] = value;
  }

  inject(fault: SimulatedFault, ports: readonly PortFacts[]): void {
    const port = ports.find((candidate) => portMatches(candidate, this.spec.driver.port));
    const portId = this.lastPortId ?? port?.id;
    if (portId) this.adapter.inject?.(portId, fault);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.reportTimer);
    const { connection } = this;
    this.connection = undefined;
    connection?.queue.end(this.gone('Cannot set', 'the rack was closed'));
    await connection?.port.close().catch(() => {});
  }

  private async connect(facts: PortFacts): Promise<void> {
    const { spec } = this;
    this.opening = true;
    this.lastPortId = facts.id;
    this.state('connecting');
    try {
      const opened = this.adapter.open(facts, spec.driver.settings ?? {});
      const port = await deadline(opened, OPEN_DEADLINE_MS, `Cannot open ${facts.id}`).catch((error) => {
        opened.then((late) => late.close()).catch(() => {});
        throw error;
      });
      if (this.closed) return void port.close().catch(() => {});
      const queue = new DeviceQueue(
        (bytes) => deadline(port.write(bytes), WRITE_DEADLINE_MS, `Cannot write to ${spec.id}`),
        (error) => this.lose(error.message),
      );
      this.connection = { portId: facts.id, port, queue };
      const decoder = reportDecoder(spec.model, spec.driver);
      this.garbageBefore += this.decoder?.garbage ?? 0;
      this.decoder = decoder;
      port.onClose((reason) => this.lose(reason));
      port.onData((bytes) => this.receive(bytes));
      await this.sendAll(queue);
      if (this.connection?.queue === queue) this.state('ready');
    } catch (error) {
      // A connection that ended meanwhile has said so itself.
      if (!this.closed && !this.lastState.startsWith('disconnected'))
        this.state('faulty', asAudioCloudError(error, 'ADAPTER_FAILED'));
    } finally {
      this.opening = false;
    }
  }

  private async sendAll(queue: DeviceQueue): Promise<void> {
    const { model, driver, values } = this.spec;
    const sent: Promise<void>[] = [];
    for (const [p, parameter] of model.parameters.entries())
      for (const [index, value] of values[p]!.entries())
        sent.push(queue.push(`${p} ${index}`, encodeValue(parameter, mappingOf(driver, parameter, index), value)));
    await Promise.all(sent);
  }

  private lose(reason: string): void {
    const { connection } = this;
    if (!connection) return;
    this.connection = undefined;
    const error = this.gone(`Lost ${this.spec.id}`, reason);
    connection.queue.end(error);
    connection.port.close().catch(() => {});
    this.state('disconnected', error);
  }

  private receive(bytes: Uint8Array): void {
    const { decoder } = this;
    if (!decoder) return;
    const before = decoder.garbage;
    const decoded = decoder.push(bytes);
    for (const { report, index, value } of decoded) {
      this.reports[report] ??= {};
      this.reports[report][index] = value;
    }
    if ((decoded.length || decoder.garbage !== before) && !this.reportTimer) this.flushReports();
  }

  private flushReports(): void {
    const { reports } = this;
    this.reports = {};
    const garbage = this.garbageBefore + (this.decoder?.garbage ?? 0);
    this.emit({ type: 'reports', instance: this.spec.id, reports, garbage });
    this.reportTimer = setTimeout(() => {
      this.reportTimer = undefined;
      const now = this.garbageBefore + (this.decoder?.garbage ?? 0);
      if (Object.keys(this.reports).length || now !== garbage) this.flushReports();
    }, REPORT_PERIOD_MS);
  }

  private gone(action: string, cause: string): AudioCloudError {
    return new AudioCloudError(
      'FIXED_INSTANCE_UNAVAILABLE',
      `${action}: ${this.spec.id}: ${cause}; connect the device`,
      {
        instance: this.spec.id,
      },
    );
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
