import { AudioCloudError } from '@audiocloud/api';
import type { PeerSettings } from './peer-message.ts';

/** As the configuration has it. */
export interface WebrtcOptions {
  addresses?: string[] | undefined;
  firstPort?: number | undefined;
  lastPort?: number | undefined;
}

const SILENT_SECONDS = 20;
const ANY = ['0.0.0.0', '::', '*'];
const NAMES: Record<string, string> = { localhost: '127.0.0.1' };

/** host: where the domain listens. Throws CONFIG_INVALID for ports of which only one is given, or that fall. [any] */
export function peerSettings({ addresses = [], firstPort, lastPort }: WebrtcOptions, host: string): PeerSettings {
  if ((firstPort === undefined) !== (lastPort === undefined) || (firstPort ?? 0) > (lastPort ?? 0))
    throw new AudioCloudError(
      'CONFIG_INVALID',
      `Cannot use UDP ports ${firstPort ?? 'unknown'} to ${lastPort ?? 'unknown'} for WebRTC: give webrtc.firstPort and webrtc.lastPort, in this order`,
    );
  const own = ANY.includes(host) ? [] : [NAMES[host] ?? host];
  return {
    addresses: addresses.length > 0 ? addresses : own,
    ...(firstPort !== undefined && lastPort !== undefined ? { ports: [firstPort, lastPort] as [number, number] } : {}),
    silentSeconds: SILENT_SECONDS,
  };
}
