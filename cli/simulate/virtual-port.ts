import type { PortPattern, Setting } from '@audiocloud/api';

/** The near end of a cable: a driver connects to it as it would to hardware. */
export interface VirtualPort {
  /** What a rack has to say to reach it, in place of the driver's own. */
  readonly rack: { port: PortPattern; settings?: Record<string, Setting> };
  /** Puts what the device says on the wire. */
  send(bytes: Uint8Array): void;
  /** Pulls the plug. */
  close(): Promise<void>;
}

export interface VirtualPortWanted {
  /** Of the device, for ports that have names. */
  name: string;
  /** Of the driver: how the port is opened. */
  settings: Record<string, Setting>;
  /** Serial: where the port appears; nothing may be there, and the folder must be. */
  link: string;
  /** Network: 0 is any free one. */
  port: number;
  /** What came from the driver: one whole message where the bus has such. */
  onData: (bytes: Uint8Array) => void;
  /** It ended by itself. */
  onLost: (why: string) => void;
}

/** Opens a port of one bus. Throws ADAPTER_FAILED with what to do. */
export type OpenVirtualPort = (wanted: VirtualPortWanted) => Promise<VirtualPort>;
