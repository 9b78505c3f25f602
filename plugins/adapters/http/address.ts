import type { PortFacts, PortPattern } from '@audiocloud/api';

/** Where a device listens. */
export interface Address {
  host: string;
  /** 1 to 65535. */
  port: number;
}

/** A name or an IPv4 address, or an IPv6 address without brackets: nothing that could lead a URL elsewhere. */
const HOST = /^(?:[A-Za-z0-9.-]{1,253}|[0-9a-fA-F:.]{2,45})$/;

/** The address that a pattern names in full, or undefined. [any] */
export function addressOf(pattern: PortPattern): Address | undefined {
  const { host = '', port: text = '' } = pattern;
  const port = Number(text);
  return HOST.test(host) && Number.isInteger(port) && port >= 1 && port <= 65535 ? { host, port } : undefined;
}

/** The port at an address: network gear cannot be listed, only named. [any] */
export function portAt({ host, port }: Address): PortFacts {
  return { id: `${host}:${port}`, attributes: { host, port: String(port) } };
}
