import type { Adapter, AdapterPort, PortFacts, PortPattern, SimulatedFault, SoundLevel } from './adapter.ts';
import { AudioCloudError } from './errors.ts';

/** A piece of hardware that is not there: it keeps state, answers what it receives, and moves by itself. */
export interface SimulatedDevice {
  receive(bytes: Uint8Array): void;
  /** Called for every TICK_MS that the port is open. */
  tick(): void;
  /** The sound at its audio inputs from now on, by channel. Until it is called a device hears TEST_TONE. */
  hear?(levels: readonly SoundLevel[]): void;
  /** What it holds now, by names that a person knows, in JSON. */
  state?(): Record<string, unknown>;
}

/** Makes a device as it is after power-up. send: puts bytes on the wire. port: where it hangs; the rack's `name` is the unit. */
export type MakeDevice = (send: (bytes: Uint8Array) => void, port: PortFacts) => SimulatedDevice;

/** What stands at every input of a simulated device while nobody says what sound it gets. */
export const TEST_TONE: SoundLevel = { peakDb: -20, rmsDb: -23 };
/** No sound at all. */
export const SILENCE: SoundLevel = { peakDb: -120, rmsDb: -120 };

/** How long a device takes to say something: `delayMs` and up to `jitterMs` more, in order all the same. */
export interface SimulatedTiming {
  delayMs?: number;
  jitterMs?: number;
}

export const TICK_MS = 25;
/** What `late` adds to every answer. */
export const LATE_MS = 1000;
/** Of a stall longer than this a device does not hear. */
const MOST_BEHIND_MS = 1000;
/** Bursts of noise at each tick of `flood`: about 1.3 MB/s. */
const FLOOD_BURSTS = 1000;

/**
 * A bus of simulated devices: whatever port pattern is wanted, there is one with a device on it. [control]
 *
 * Throws ADAPTER_FAILED for a port that is not there, is open already, or was closed.
 */
export function simulatedAdapter(makeDevice: MakeDevice, timing: SimulatedTiming = {}): Adapter {
  const ports = new Map<string, SimulatedPort>();
  return {
    async list(wanted) {
      for (const pattern of wanted) {
        const facts = factsFor(pattern);
        if (!ports.has(facts.id)) ports.set(facts.id, new SimulatedPort(facts, makeDevice, timing));
      }
      return [...ports.values()].filter(({ isThere }) => isThere).map(({ facts }) => facts);
    },

    async open({ id }) {
      const port = ports.get(id);
      if (port?.isThere && !port.isOpen) return port.open();
      throw new AudioCloudError(
        'ADAPTER_FAILED',
        `Cannot open the simulated port ${id}: it is ${port?.isOpen ? 'open already' : 'not there'}`,
      );
    },

    inject: (portId, fault) => ports.get(portId)?.inject(fault),
    hear: (portId, levels) => ports.get(portId)?.hear(levels),
    stateOf: (portId) => ports.get(portId)?.state(),
  };
}

/** The port that fits a pattern. */
function factsFor(pattern: PortPattern): PortFacts {
  const attributes = Object.fromEntries(
    Object.entries(pattern).map(([name, value]) => [name, value.replaceAll('*', '')]),
  );
  return { id: Object.values(attributes).join(' '), attributes };
}

/** One port with its device, and what is on the wire from it. [control] */
class SimulatedPort {
  readonly facts: PortFacts;
  private readonly makeDevice: MakeDevice;
  private readonly timing: Required<SimulatedTiming>;
  private readonly random = seededRandom();
  private device: SimulatedDevice;
  /** Undefined: nobody has said. */
  private levels: readonly SoundLevel[] | undefined;
  private fault: SimulatedFault = 'none';
  private ticking: ReturnType<typeof setInterval> | undefined;
  /** Until when the device has ticked. */
  private tickedMs = 0;
  /** On its way, in order. */
  private wire: { bytes: Uint8Array; dueMs: number }[] = [];
  private arriving: ReturnType<typeof setTimeout> | undefined;
  private onData: (bytes: Uint8Array) => void = () => {};
  private onClose: (reason: string) => void = () => {};

  constructor(facts: PortFacts, makeDevice: MakeDevice, { delayMs = 0, jitterMs = 0 }: SimulatedTiming) {
    this.facts = facts;
    this.makeDevice = makeDevice;
    this.timing = { delayMs, jitterMs };
    this.device = this.freshDevice();
  }

  get isThere(): boolean {
    return this.fault !== 'unplug';
  }

  get isOpen(): boolean {
    return this.ticking !== undefined;
  }

  open(): AdapterPort {
    const ticking = setInterval(() => this.tick(), TICK_MS);
    this.ticking = ticking;
    this.tickedMs = performance.now();
    const isOpen = () => this.ticking === ticking;
    return {
      write: async (bytes) => {
        if (!isOpen())
          throw new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${this.facts.id}: it is closed; open it again`);
        if (this.fault !== 'power-loss') this.device.receive(bytes);
      },
      onData: (callback) => {
        this.onData = callback;
      },
      onClose: (callback) => {
        this.onClose = callback;
      },
      close: async () => {
        if (isOpen()) this.detach();
      },
    };
  }

  inject(fault: SimulatedFault): void {
    this.fault = fault;
    if (fault !== 'unplug' && fault !== 'power-loss') return;
    this.device = this.freshDevice();
    this.clearWire();
    if (fault !== 'unplug') return;
    const tell = this.onClose;
    this.detach();
    tell('unplugged');
  }

  hear(levels: readonly SoundLevel[]): void {
    this.levels = levels;
    this.device.hear?.(levels);
  }

  state(): Record<string, unknown> | undefined {
    return this.device.state?.();
  }

  private tick(): void {
    if (this.fault === 'garbage') this.onData(this.noise());
    else if (this.fault === 'flood') for (let burst = 0; burst < FLOOD_BURSTS; burst++) this.onData(this.noise());
    else if (this.fault !== 'power-loss') this.catchUp();
  }

  /** As many ticks as time went by: a busy machine calls late, and the clock of a device does not run slow. */
  private catchUp(): void {
    const now = performance.now();
    this.tickedMs = Math.max(this.tickedMs, now - MOST_BEHIND_MS);
    for (; this.tickedMs + TICK_MS <= now && this.isOpen; this.tickedMs += TICK_MS) this.device.tick();
  }

  /** A device after power-up: the one before it is no longer heard. */
  private freshDevice(): SimulatedDevice {
    let device: SimulatedDevice | undefined;
    device = this.makeDevice((bytes) => {
      if (device && this.device === device) this.send(bytes);
    }, this.facts);
    if (this.levels) device.hear?.(this.levels);
    return device;
  }

  private send(bytes: Uint8Array): void {
    const { fault, wire } = this;
    const { delayMs, jitterMs } = this.timing;
    if (!this.isOpen || (fault !== 'none' && fault !== 'half-frame' && fault !== 'late')) return;
    const part = fault === 'half-frame' ? bytes.subarray(0, bytes.length >> 1) : bytes;
    const waitMs = delayMs + jitterMs * (this.random() / 2 ** 32) + (fault === 'late' ? LATE_MS : 0);
    if (waitMs === 0 && !wire.length) return void (part.length && this.onData(part));
    wire.push({ bytes: part.slice(), dueMs: Math.max(performance.now() + waitMs, wire.at(-1)?.dueMs ?? 0) });
    this.awaitFirst();
  }

  private awaitFirst(): void {
    const [first] = this.wire;
    if (!first || this.arriving) return;
    const arrive = () => {
      this.arriving = undefined;
      this.wire.shift();
      this.onData(first.bytes);
      this.awaitFirst();
    };
    this.arriving = setTimeout(arrive, Math.max(0, first.dueMs - performance.now()));
  }

  private clearWire(): void {
    clearTimeout(this.arriving);
    this.arriving = undefined;
    this.wire = [];
  }

  private detach(): void {
    clearInterval(this.ticking);
    this.ticking = undefined;
    this.clearWire();
    this.onData = () => {};
    this.onClose = () => {};
  }

  /** 1 to 64 bytes. */
  private noise(): Uint8Array {
    return Uint8Array.from({ length: 1 + (this.random() % 64) }, () => this.random() & 0xff);
  }
}

/** Whole numbers from 1 to 2^32 - 1, the same at each run. xorshift32: Marsaglia, Xorshift RNGs (2003), section 3. */
function seededRandom(): () => number {
  let state = 0x2545f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
