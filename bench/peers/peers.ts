import { chromium } from './chromium.ts';
import { csound } from './csound.ts';
import { faust } from './faust.ts';
import { ffmpeg } from './ffmpeg.ts';
import { gcc } from './gcc.ts';
import type { Peer, PeerVersions } from './peer.ts';
import { scsynth } from './scsynth.ts';
import { sox } from './sox.ts';
import { nodeWebAudio } from './web-audio.ts';

/** Every engine that ours is measured beside; to add one is one line. */
export const PEERS: Peer[] = [nodeWebAudio, chromium, scsynth, csound, faust, gcc, sox, ffmpeg];

/** Asks every peer for its version; one that is not installed is null, and nothing else. */
export async function peerVersions(): Promise<PeerVersions> {
  const asked = PEERS.map(async (peer) => [peer.name, await peer.version().catch(() => null)] as const);
  return Object.fromEntries(await Promise.all(asked));
}
