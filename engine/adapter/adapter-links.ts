import { type Adapter, asAudioCloudError, AudioCloudError, type PortFacts } from '@audiocloud/api';
import type { FromAdapter, InstanceSpec, ToAdapter } from './adapter-message.ts';
import { deadline } from './deadline.ts';
import { type DeviceClock, deviceClock } from './device-clock.ts';
import { DeviceLink } from './device-link.ts';

const LIST_DEADLINE_MS = 5000;
/** From look to look. Unplug must be noticed within a second, also where no event tells it. */
export const LOOK_MS = 500;
/** When the bus itself does not answer. */
const LOOK_AGAIN_MS = 2000;
/** Whatever a look takes, this long there is none. */
const LEAST_PAUSE_MS = 50;

/** Whose ports are looked at: of those that hold one, or of those that seek one. */
type Looking = 'held' | 'sought';

export interface AdapterLinksOptions {
  adapter: Adapter;
  emit(message: FromAdapter): void;
  clock?: DeviceClock;
}

/**
 * The instances of one adapter process, and until when what was set of them holds. It alone enforces that, also when everything
 * above it is gone. [control]
 */
export class AdapterLinks {
  private readonly adapter: Adapter;
  private readonly emit: (message: FromAdapter) => void;
  private readonly clock: DeviceClock;
  private readonly links = new Map<string, DeviceLink>();
  /** As they were seen last: by those that hold one, and by those that seek one. */
  private readonly ports: Record<Looking, PortFacts[]> = { held: [], sought: [] };
  private readonly endPauses: Partial<Record<Looking, () => void>> = {};
  private isClosed = false;
  private endLease: () => void = () => {};
  private isLeaseOver = false;

  constructor({ adapter, emit, clock = deviceClock }: AdapterLinksOptions) {
    this.adapter = adapter;
    this.emit = emit;
    this.clock = clock;
  }

  receive(message: ToAdapter): void {
    switch (message.type) {
      case 'instances':
        // What came before we were up comes once more with all the others.
        for (const spec of message.instances) if (!this.links.has(spec.id)) this.add(spec);
        break;
      case 'set':
        void this.set(message);
        break;
      case 'poll':
        this.links.get(message.instance)?.poll();
        break;
      case 'lease':
        this.renewLease(message.forMs);
        break;
      case 'inject':
        this.links.get(message.instance)?.inject(message.fault, [...this.ports.held, ...this.ports.sought]);
        break;
      case 'hear':
        this.links.get(message.instance)?.hear(message.levels);
        break;
    }
  }

  /** Looks at the ports from now on, twice a second: a device that is away and answers late delays no look at those that are there. */
  watch(): void {
    void this.keepLooking('held');
    void this.keepLooking('sought');
  }

  private async keepLooking(which: Looking): Promise<void> {
    const sinceMs = this.clock.now();
    const pauseMs = (await this.look(which)) ? LOOK_MS : LOOK_AGAIN_MS;
    if (this.isClosed) return;
    const leftMs = pauseMs - (this.clock.now() - sinceMs);
    this.endPauses[which] = this.clock.after(Math.max(LEAST_PAUSE_MS, leftMs), () => void this.keepLooking(which));
  }

  /** Offers the ports that there are now. Resolves with false when the bus does not answer. */
  async look(which: Looking): Promise<boolean> {
    const all = [...this.links.values()];
    const links = all.filter(({ heldPortId }) => (heldPortId !== undefined) === (which === 'held'));
    this.ports[which] = [];
    if (links.length === 0) return true;
    try {
      const drivers = links.map(({ spec }) => spec.driver);
      const listed = this.adapter.list(
        drivers.map(({ port }) => port),
        drivers.map(({ settings = {} }) => settings),
      );
      const ports = await deadline(listed, LIST_DEADLINE_MS, 'Cannot list the ports');
      this.ports[which] = ports;
      for (const link of links) {
        const taken = new Set(all.flatMap((other) => (other === link ? [] : (other.heldPortId ?? []))));
        link.offer(ports, taken);
      }
      return true;
    } catch (error) {
      for (const link of links) link.trouble(asAudioCloudError(error, 'ADAPTER_FAILED'));
      return false;
    }
  }

  /** Sends the safe values of all. Settles when they were written, or could not be. */
  async makeSafe(): Promise<void> {
    await Promise.all([...this.links.values()].map((link) => link.makeSafe()));
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.endLease();
    for (const end of Object.values(this.endPauses)) end();
    await Promise.all([...this.links.values()].map((link) => link.close()));
  }

  private add(spec: InstanceSpec): void {
    const link = new DeviceLink(spec, this.adapter, this.emit, this.clock);
    this.links.set(spec.id, link);
    if (this.isLeaseOver) void link.makeSafe();
  }

  /** What is set holds for so long; 0: not any more. */
  private renewLease(forMs: number): void {
    this.endLease();
    this.isLeaseOver = false;
    const end = () => {
      this.isLeaseOver = true;
      void this.makeSafe();
    };
    if (forMs > 0) this.endLease = this.clock.after(forMs, end);
    else end();
  }

  private async set({ id, instance, parameter, index, value }: ToAdapter & { type: 'set' }): Promise<void> {
    try {
      if (this.isLeaseOver)
        throw new AudioCloudError(
          'FIXED_INSTANCE_UNAVAILABLE',
          `Cannot set ${instance}: its lease is over; renew it first`,
          { instance },
        );
      const outcome = await this.links.get(instance)!.set(parameter, index, value);
      this.emit({ type: 'taken', id, outcome });
    } catch (error) {
      this.emit({ type: 'refused', id, error: asAudioCloudError(error, 'ADAPTER_FAILED').toJSON() });
    }
  }
}
