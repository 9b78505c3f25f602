import type { Setting } from './driver.ts';

/** One port that an adapter sees. Attributes are what stays the same after a replug: path, serial number, name. */
export interface PortFacts {
  /** Unique among the ports of this adapter, stable while the port is there. */
  id: string;
  attributes: Record<string, string>;
}

/** An open port: bytes in and out, in order. The adapter knows no model and no driver. [any] */
export interface AdapterPort {
  /**
   * Resolves when the bytes left this process. Rejects when they cannot leave; the caller then closes the port. Rejects with
   * DRIVER_INVALID when they are nothing that this bus can carry: then they alone are refused.
   */
  write(bytes: Uint8Array): Promise<void>;
  onData(callback: (bytes: Uint8Array) => void): void;
  /** Called once when the port ended by itself, with the reason; never after close(). */
  onClose(callback: (reason: string) => void): void;
  close(): Promise<void>;
}

/**
 * What a simulator does on request, so that a driver meets bad days before the hardware does.
 *
 * half-frame: of each answer only the first half. late: answers come a second later, in order. flood: noise without end.
 * power-loss: the plug stays in, the device forgets and is dead until `none`. unplug: it forgets and the port is gone.
 */
export const SIMULATED_FAULTS = [
  'none',
  'silence',
  'garbage',
  'half-frame',
  'late',
  'flood',
  'power-loss',
  'unplug',
] as const;
export type SimulatedFault = (typeof SIMULATED_FAULTS)[number];

/**
 * A bus. The entry of an adapter package exports one as `adapter`; `simulator` beside it exports another.
 *
 * Each package runs in a process of its own. What is thrown should be an AudioCloudError that says what to do: DRIVER_INVALID
 * where the driver or the rack is wrong, ADAPTER_FAILED otherwise.
 */
export interface Adapter {
  /**
   * The ports there are now. Asked twice a second while something waits or is open.
   *
   * wanted: the port patterns of the drivers. A port that cannot be listed (a path outside of /dev, a network
   * address) is there when a pattern names it in full and it answers. settings: those of each pattern, in their order.
   */
  list(wanted: readonly PortPattern[], settings?: readonly Record<string, Setting>[]): Promise<PortFacts[]>;
  open(port: PortFacts, settings: Record<string, Setting>): Promise<AdapterPort>;
  /** Simulators only: one fault on one port, until the next. */
  inject?(portId: string, fault: SimulatedFault): void;
}

/** Attribute -> value, in which `*` stands for any characters. All must fit. */
export type PortPattern = Readonly<Record<string, string>>;

/** Whether a port has every attribute of the pattern. [any] */
export function portMatches(port: PortFacts, pattern: PortPattern): boolean {
  return Object.entries(pattern).every(([name, wanted]) => wildcardMatches(wanted, port.attributes[name]));
}

/** `*` is any characters, everything else is itself. Linear in the text for each star: no regular expression. */
function wildcardMatches(pattern: string, text: string | undefined): boolean {
  if (text === undefined) return false;
  const [head, ...rest] = pattern.split('*');
  if (!rest.length) return pattern === text;
  if (!text.startsWith(head!)) return false;
  const tail = rest.pop()!;
  let at = head!.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - tail.length >= at && text.endsWith(tail);
}
