import { isDeepStrictEqual } from 'node:util';
import type { Adapter, AdapterPort, Driver, PortFacts, SimulatedFault, SoundLevel } from '@audiocloud/api';
import type { OpenVirtualPort, VirtualPort, VirtualPortWanted } from './virtual-port.ts';

/** What there is to see of a simulated device. */
export type UnitEvent =
  | { event: 'plugged'; rack: VirtualPort['rack'] }
  | { event: 'received'; bytes: Uint8Array }
  | { event: 'sent'; bytes: Uint8Array }
  | { event: 'state'; state: Record<string, unknown> }
  | { event: 'unplugged'; why: string };

export interface SimulatedUnitOptions extends Pick<VirtualPortWanted, 'link' | 'port'> {
  /** The unit's own name, for ports that have names. */
  name: string;
  driver: Driver;
  simulator: Adapter;
  openPort: OpenVirtualPort;
  onEvent: (event: UnitEvent) => void;
}

/** How often what it holds is looked at: meters move all the time. */
const STATE_MS = 250;

/** A simulated device on a virtual port: what comes at the one goes to the other. Faults and unplugging are those of the simulator. [control] */
export class SimulatedUnit {
  private readonly options: SimulatedUnitOptions;
  private readonly facts: PortFacts;
  private wire: VirtualPort | undefined;
  private device: AdapterPort | undefined;
  /** Kept over an unplug. */
  private port: number;
  /** The way to there, when it was unplugged. */
  private unplugged: Promise<void> = Promise.resolve();
  private lastState: Record<string, unknown> | undefined;
  private readonly looking: NodeJS.Timeout;

  /** Resolves when a driver can connect. Throws ADAPTER_FAILED. */
  static async start(options: SimulatedUnitOptions): Promise<SimulatedUnit> {
    const [facts] = await options.simulator.list([{ name: options.name }], [options.driver.settings ?? {}]);
    const unit = new SimulatedUnit(options, facts!);
    try {
      await unit.plug();
    } catch (error) {
      clearInterval(unit.looking);
      throw error;
    }
    return unit;
  }

  private constructor(options: SimulatedUnitOptions, facts: PortFacts) {
    this.options = options;
    this.facts = facts;
    this.port = options.port;
    this.looking = setInterval(() => this.look(), STATE_MS);
  }

  get state(): Record<string, unknown> {
    return this.options.simulator.stateOf?.(this.facts.id) ?? {};
  }

  /** One fault, until the next; `none` also plugs it in again. */
  async fault(fault: SimulatedFault): Promise<void> {
    this.options.simulator.inject!(this.facts.id, fault);
    if (fault !== 'unplug' && !this.wire) await this.plug();
  }

  /** The sound at its inputs; the last one goes for all that follow. */
  hear(levels: readonly SoundLevel[]): void {
    this.options.simulator.hear?.(this.facts.id, levels);
  }

  async close(): Promise<void> {
    clearInterval(this.looking);
    const { device, wire } = this;
    this.device = undefined;
    this.wire = undefined;
    await device?.close();
    await wire?.close();
  }

  private async plug(): Promise<void> {
    const { name, driver, simulator, openPort, link, onEvent } = this.options;
    const settings = driver.settings ?? {};
    await this.unplugged; // the port is free again
    const device = await simulator.open(this.facts, settings);
    this.device = device;
    const wire = await openPort({
      name,
      settings,
      link,
      port: this.port,
      onData: (bytes) => {
        onEvent({ event: 'received', bytes });
        void this.device?.write(bytes).catch(() => {}); // unplugged just now
      },
      onLost: (why) => this.lose(why),
    }).catch(async (error) => {
      this.device = undefined;
      await device.close();
      throw error;
    });
    this.wire = wire;
    this.port = Number(wire.rack.port['port'] ?? this.port);
    device.onData((bytes) => {
      wire.send(bytes);
      onEvent({ event: 'sent', bytes });
    });
    device.onClose((why) => this.lose(why));
    onEvent({ event: 'plugged', rack: wire.rack });
  }

  private lose(why: string): void {
    const { wire, device } = this;
    if (!wire) return;
    this.wire = undefined;
    this.device = undefined;
    void device?.close();
    this.unplugged = wire.close().then(() => this.options.onEvent({ event: 'unplugged', why }));
  }

  private look(): void {
    const { state } = this;
    if (isDeepStrictEqual(state, this.lastState)) return;
    this.lastState = structuredClone(state);
    this.options.onEvent({ event: 'state', state });
  }
}
