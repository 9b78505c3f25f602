/** What the domain says to the thread of its peers. */
export type ToPeers =
  | { type: 'open'; peer: number; offer: string; settings: PeerSettings }
  /** A packet (api/packet) of opus, 48 kHz, up to two channels. */
  | { type: 'send'; peers: number[]; packet: Uint8Array }
  | { type: 'close'; peer: number };

/** What the thread says. */
export type FromPeers =
  | { type: 'answer'; peer: number; answer: string }
  | { type: 'refused'; peer: number; why: string; isMissing: boolean }
  /** The library threw where nobody waited for it. */
  | { type: 'trouble'; why: string }
  | { type: 'state'; peer: number; state: 'connected' | 'closed' }
  /** One Opus packet that came from the other side, with its RTP sequence number and timestamp. */
  | { type: 'sound'; peer: number; sequence: number; timestamp: number; opus: Uint8Array };

export interface PeerSettings {
  /** Addresses of this machine at which peers reach it; empty: those of all its interfaces. */
  addresses: string[];
  /** UDP ports, the first and the last; default: any. */
  ports?: [number, number];
  /** A client that gives no sign of life for so long is gone; its ICE agent asks every five seconds or so. */
  silentSeconds: number;
  /** Connections at once. */
  mostPeers: number;
  /** The package that is loaded for them: werift, or what has its interface. */
  library: string;
}
