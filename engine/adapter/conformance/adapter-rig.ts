import {
  type Adapter,
  type AdapterPort,
  asAudioCloudError,
  type Driver,
  type Model,
  type PortFacts,
  type PortPattern,
  portMatches,
  type Setting,
} from '@audiocloud/api';
import type { Outcome } from '../../plugin/check-outcome.ts';
import type { AdapterPackage } from '../adapter-packages.ts';

/** What hangs on the port when the simulator of a device is checked. */
export interface RigDevice {
  model: Model;
  driver: Driver;
}

/** What a check gets: an adapter, and a port of it that may be used. */
export interface AdapterRig {
  package: AdapterPackage;
  /** Of the entry or of the simulator. */
  adapter: Adapter;
  /** The module that it is of. */
  entry: URL;
  wanted: PortPattern;
  settings: Record<string, Setting>;
  /** Bytes that do no harm to the device. */
  bytes: Uint8Array;
  /** Of the simulator of a device alone. */
  device?: RigDevice;
}

/** One check of the conformance suite. */
export interface AdapterCheck {
  readonly id: string;
  readonly title: string;
  /**
   * simulator: it wants faults that no real device has on request. package: it looks at files, and at no port. device: it is about the
   * simulator of a device.
   */
  readonly of: 'port' | 'simulator' | 'package' | 'device';
  /** So many times the time of the others it may take: it opens a port again and again, and each step is watched by itself. */
  readonly limitFactor: number;
  readonly run: (rig: AdapterRig) => Promise<Outcome>;
}

/** What an adapter did that it must not: the check failed. */
export class Nonconformance extends Error {}

/** Exit code of a process that ended with an open port. */
export const LEFT_OPEN = 97;

/** How long anything may take that an engine waits for. */
export const PATIENCE_MS = 2000;

/** Throws a Nonconformance unless something holds. */
export function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Nonconformance(otherwise);
}

/** What `work` resolves with. Throws a Nonconformance when it rejects, or takes too long. [control] */
export async function within<T>(work: Promise<T>, what: string, limitMs = PATIENCE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    if (limitMs === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(() => reject(new Nonconformance(`${what} took longer than ${limitMs / 1000} s`)), limitMs);
  });
  return Promise.race([work, late])
    .catch((error) => {
      throw error instanceof Nonconformance ? error : new Nonconformance(`${what} was refused: ${error.message}`);
    })
    .finally(() => clearTimeout(timer));
}

/** Whether `work` was done or refused; a refusal must be ADAPTER_FAILED. Throws a Nonconformance when it takes too long. [control] */
export async function settled(work: Promise<unknown>, what: string, limitMs?: number): Promise<'done' | 'refused'> {
  const ended = work.then(
    () => undefined,
    (error: unknown) => error ?? new Error('nothing'),
  );
  const error = await within(ended, what, limitMs);
  if (error === undefined) return 'done';
  const { code, message } = asAudioCloudError(error);
  expect(
    code === 'ADAPTER_FAILED',
    `${what} was refused with ${code} (${message}), wanted an AudioCloudError ADAPTER_FAILED`,
  );
  return 'refused';
}

/** Throws a Nonconformance unless `work` is refused with ADAPTER_FAILED. [control] */
export async function refused(work: Promise<unknown>, what: string): Promise<void> {
  expect((await settled(work, what)) === 'refused', `${what} was done, wanted a refusal with ADAPTER_FAILED`);
}

/** The port of a rig. Throws a Nonconformance when it is not listed. [control] */
export async function findPort({ adapter, wanted, settings }: AdapterRig): Promise<PortFacts> {
  const ports = await within(adapter.list([wanted], [settings]), 'list');
  const port = ports.find((one) => portMatches(one, wanted));
  expect(port !== undefined, `list has no port that fits ${JSON.stringify(wanted)}`);
  return port;
}

/** An open port and what was heard of it. */
export interface OpenPort {
  facts: PortFacts;
  port: AdapterPort;
  /** Pieces of data so far. */
  heard(): number;
  /** Reasons of onClose so far. */
  closed: string[];
}

/** Opens a port as an engine does. [control] */
export async function openPort(rig: AdapterRig, facts?: PortFacts): Promise<OpenPort> {
  const found = facts ?? (await findPort(rig));
  const port = await within(rig.adapter.open(found, rig.settings), 'open');
  const closed: string[] = [];
  let heard = 0;
  port.onClose((reason) => closed.push(reason));
  port.onData(() => heard++);
  return { facts: found, port, heard: () => heard, closed };
}

export const close = ({ port }: OpenPort): Promise<void> => within(port.close(), 'close');
