import { isIP } from 'node:net';
import { AudioCloudError } from '@audiocloud/api';
import type { PeerSettings } from './peer-message.ts';

/** As the configuration has it. */
export interface WebrtcOptions {
  addresses?: string[] | undefined;
  firstPort?: number | undefined;
  lastPort?: number | undefined;
  mostPeers?: number | undefined;
  /** The package that is loaded; default: werift. */
  library?: string | undefined;
}

const SILENT_SECONDS = 20;
const MOST_PEERS = 256;
const ANY = ['0.0.0.0', '::'];

/**
 * host: where the domain listens; the addresses of a name other than localhost are not known here, so it is any.
 * Throws CONFIG_INVALID for ports of which only one is given, or that do not rise, and for what is no address. [any]
 */
export function peerSettings(options: WebrtcOptions, host: string): PeerSettings {
  const { addresses = [], firstPort, lastPort, mostPeers = MOST_PEERS, library = 'werift' } = options;
  const wrong = addresses.find((address) => isIP(address) === 0 || ANY.includes(address));
  if (wrong !== undefined)
    throw new AudioCloudError(
      'CONFIG_INVALID',
      `Cannot use '${wrong}' of webrtc.addresses: it is no address at which clients reach this machine; give one like 192.168.1.5, or none`,
    );
  if ((firstPort === undefined) !== (lastPort === undefined) || (firstPort !== undefined && firstPort >= lastPort!))
    throw new AudioCloudError(
      'CONFIG_INVALID',
      `Cannot use UDP ports ${firstPort ?? 'unknown'} to ${lastPort ?? 'unknown'} for WebRTC: give webrtc.firstPort, and webrtc.lastPort that is larger`,
    );
  const address = host === 'localhost' ? '127.0.0.1' : host.replace(/^\[(.*)\]$/, '$1');
  const own = isIP(address) === 0 || ANY.includes(address) ? [] : [address];
  return {
    addresses: addresses.length > 0 ? addresses : own,
    ...(firstPort !== undefined && lastPort !== undefined ? { ports: [firstPort, lastPort] as [number, number] } : {}),
    silentSeconds: SILENT_SECONDS,
    mostPeers,
    library,
  };
}
