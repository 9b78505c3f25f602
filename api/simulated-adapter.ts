import type { Adapter, AdapterPort, PortFacts, PortPattern, SimulatedFault } from './adapter.ts';
import { AudioCloudError } from './errors.ts';

/** A piece of hardware that is not there: it keeps state, answers what it receives, and moves by itself. */
export interface SimulatedDevice {
  receive(bytes: Uint8Array): void;
  /** Called every TICK_MS while the port is open. */
  tick(): void;
}

export const TICK_MS = 25;

interface SimulatedPort {
  facts: PortFacts;
  fault: SimulatedFault;
  device: SimulatedDevice;
  onData: (bytes: Uint8Array) => void;
  onClose: (reason: string) => void;
  timer: ReturnType<typeof setInterval> | undefined;
}

/**
 * A bus of simulated devices: whatever port pattern is wanted, there is one with a device on it. [control]
 *
 * makeDevice: a device as it is after power-up; `send` puts bytes on the wire.
 */
export function simulatedAdapter(makeDevice: (send: (bytes: Uint8Array) => void) => SimulatedDevice): Adapter {
  const ports = new Map<string, SimulatedPort>();

  const makePort = (facts: PortFacts): SimulatedPort => {
    const port: SimulatedPort = {
      facts,
      fault: 'none',
      device: undefined as unknown as SimulatedDevice,
      onData: () => {},
      onClose: () => {},
      timer: undefined,
    };
    port.device = makeDevice((bytes) => port.fault === 'none' && port.onData(bytes));
    return port;
  };

  const detach = (port: SimulatedPort) => {
    clearInterval(port.timer);
    port.timer = undefined;
    port.onData = () => {};
    port.onClose = () => {};
  };

  return {
    async list(wanted) {
      for (const pattern of wanted) {
        const facts = factsFor(pattern);
        if (!ports.has(facts.id)) ports.set(facts.id, makePort(facts));
      }
      return [...ports.values()].filter(({ fault }) => fault !== 'unplug').map(({ facts }) => facts);
    },

    async open({ id }) {
      const port = ports.get(id);
      if (!port || port.fault === 'unplug' || port.timer)
        throw new AudioCloudError(
          'ADAPTER_FAILED',
          `Cannot open the simulated port ${id}: it is ${port?.timer ? 'open already' : 'not there'}`,
        );
      const noise = seededNoise();
      port.timer = setInterval(() => (port.fault === 'garbage' ? port.onData(noise()) : port.device.tick()), TICK_MS);
      return {
        async write(bytes) {
          if (!port.timer) throw new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${id}: it is closed`);
          port.device.receive(bytes);
        },
        onData: (callback) => {
          port.onData = callback;
        },
        onClose: (callback) => {
          port.onClose = callback;
        },
        close: async () => detach(port),
      } satisfies AdapterPort;
    },

    inject(portId, fault) {
      const port = ports.get(portId);
      if (!port) return;
      port.fault = fault;
      if (fault !== 'unplug') return;
      const { onClose } = port;
      detach(port);
      // The device is powered through its plug: it forgets.
      port.device = makeDevice((bytes) => port.fault === 'none' && port.onData(bytes));
      onClose('unplugged');
    },
  };
}

/** The port that fits a pattern. */
function factsFor(pattern: PortPattern): PortFacts {
  const attributes = Object.fromEntries(
    Object.entries(pattern).map(([name, value]) => [name, value.replaceAll('*', '')]),
  );
  return { id: Object.values(attributes).join(' '), attributes };
}

/** 1 to 64 bytes of noise at a time, the same at each run. xorshift32: Marsaglia, Xorshift RNGs (2003), section 3. */
function seededNoise(): () => Uint8Array {
  let state = 0x2545f491;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return () => Uint8Array.from({ length: 1 + (next() % 64) }, () => next() & 0xff);
}
