import type { PortFacts, PortPattern, Setting } from '@audiocloud/api';
import type { Framing } from './framing.ts';

/** A device on the network, with what decides how it is spoken to. */
export interface Address {
  host: string;
  /** 1 to 65535. */
  port: number;
}

const id = ({ host, port }: Address) => `${host}:${port}`;

/** The address that a pattern names in full, or undefined. [any] */
export function addressOf(pattern: PortPattern): Address | undefined {
  const { host = '*', port: text = '*' } = pattern;
  const port = Number(text);
  return host.includes('*') || !Number.isInteger(port) || port < 1 || port > 65535 ? undefined : { host, port };
}

/** The port at an address: network gear cannot be listed, only named. [any] */
export function portAt(address: Address): PortFacts {
  return { id: id(address), attributes: { host: address.host, port: String(address.port) } };
}

/** What the settings of the manifest say. */
export interface OscSettings {
  transport: 'udp' | 'tcp';
  framing: Framing;
  localPort: number | undefined;
  heartbeat: string | undefined;
  heartbeatMs: number;
}

export function oscSettings(given: Record<string, Setting>): OscSettings {
  return {
    framing: 'length-32-be',
    localPort: undefined,
    heartbeat: undefined,
    // silence of four periods is an unplug: it has to be noticed within a second
    heartbeatMs: 200,
    ...given,
  } as OscSettings;
}
