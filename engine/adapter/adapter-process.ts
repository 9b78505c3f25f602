import { type Adapter, asAudioCloudError, AudioCloudError, type PortFacts } from '@audiocloud/api';
import type { FromAdapter, ToAdapter } from './adapter-message.ts';
import { deadline } from './deadline.ts';
import { DeviceLink } from './device-link.ts';
import './shared-contract.ts';

/*
 * The process of one adapter package. The engine forks it with the address of the adapter's entry; messages are JSON.
 * It ends when the engine does.
 */

/** Unplug must be noticed within a second, also where no event tells it. */
const LOOK_MS = 500;
/** When the bus itself does not answer. */
const LOOK_AGAIN_MS = 2000;
const LIST_DEADLINE_MS = 5000;
const HEARTBEAT_MS = 500;

/** Safe values must be out before an engine that ends us loses its patience. */
const SAFE_DEADLINE_MS = 1000;

const links = new Map<string, DeviceLink>();
let ports: PortFacts[] = [];
let isLooking = false;
let leaseTimer: NodeJS.Timeout | undefined;
let isLeaseOver = false;

function emit(message: FromAdapter): void {
  if (process.connected) process.send!(message);
}

async function end(): Promise<never> {
  // Nobody is there any more who could renew anything.
  await Promise.race([allSafe(), new Promise((resolve) => setTimeout(resolve, SAFE_DEADLINE_MS))]);
  await Promise.race([
    Promise.all([...links.values()].map((link) => link.close())),
    new Promise((resolve) => setTimeout(resolve, 500)),
  ]);
  process.exit(0);
}

async function look(adapter: Adapter): Promise<void> {
  let pause = LOOK_MS;
  if (links.size)
    try {
      const drivers = [...links.values()].map(({ spec }) => spec.driver);
      const listed = adapter.list(
        drivers.map(({ port }) => port),
        drivers.map(({ settings = {} }) => settings),
      );
      ports = await deadline(listed, LIST_DEADLINE_MS, 'Cannot list the ports');
      for (const link of links.values()) {
        const taken = new Set([...links.values()].flatMap((other) => (other === link ? [] : (other.heldPortId ?? []))));
        link.offer(ports, taken);
      }
    } catch (error) {
      pause = LOOK_AGAIN_MS;
      for (const link of links.values()) link.trouble(asAudioCloudError(error, 'ADAPTER_FAILED'));
    }
  setTimeout(() => void look(adapter), pause);
}

const allSafe = () => Promise.all([...links.values()].map((link) => link.makeSafe()));

/** What is set holds for so long. */
function renewLease(forMs: number): void {
  clearTimeout(leaseTimer);
  isLeaseOver = false;
  leaseTimer = setTimeout(() => {
    isLeaseOver = true;
    void allSafe();
  }, forMs);
}

async function set(message: ToAdapter & { type: 'set' }): Promise<void> {
  const { id, instance, parameter, index, value } = message;
  try {
    if (isLeaseOver)
      throw new AudioCloudError(
        'FIXED_INSTANCE_UNAVAILABLE',
        `Cannot set ${instance}: its lease is over; renew it first`,
        { instance },
      );
    emit({ type: 'taken', id, outcome: await links.get(instance)!.set(parameter, index, value) });
  } catch (error) {
    emit({ type: 'refused', id, error: asAudioCloudError(error, 'ADAPTER_FAILED').toJSON() });
  }
}

function receive(adapter: Adapter, message: ToAdapter): void {
  switch (message.type) {
    case 'instances':
      // What came before we were up comes once more with all the others.
      for (const spec of message.instances)
        if (!links.has(spec.id)) links.set(spec.id, new DeviceLink(spec, adapter, emit));
      if (!isLooking) void look(adapter);
      isLooking = true;
      break;
    case 'set':
      void set(message);
      break;
    case 'poll':
      links.get(message.instance)?.poll();
      break;
    case 'lease':
      renewLease(message.forMs);
      break;
    case 'inject':
      links.get(message.instance)?.inject(message.fault, ports);
      break;
    case 'hear':
      links.get(message.instance)?.hear(message.levels);
      break;
  }
}

async function main(entry: string): Promise<void> {
  process.on('disconnect', end);
  process.on('SIGTERM', end);
  // The engine says when to end, also when a terminal's Ctrl-C reaches us both.
  process.on('SIGINT', () => {});
  setInterval(() => emit({ type: 'heartbeat' }), HEARTBEAT_MS);
  try {
    const { adapter } = (await import(entry)) as { adapter: Adapter };
    process.on('message', (message) => receive(adapter, message as ToAdapter));
    emit({ type: 'up' });
  } catch (error) {
    process.send!({ type: 'failed', error: asAudioCloudError(error, 'ADAPTER_FAILED').toJSON() }, () =>
      process.exit(1),
    );
  }
}

void main(process.argv[2]!);
