import { readFileSync } from 'node:fs';
import { OfflineAudioContext } from 'node-web-audio-api';
import type { Peer, Rendered } from './peer.ts';

/** web-audio-api-rs, in Node. */
export const nodeWebAudio: Peer = {
  name: 'node-web-audio-api',
  from: 'npm ci',
  isProcess: false,
  version: async () => {
    const manifest = new URL('package.json', import.meta.resolve('node-web-audio-api'));
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
  },
};

/**
 * Builds a graph up to `context.destination`. It runs in Node and, as text, in Chromium: it may use its arguments alone.
 * `S` is sent as JSON.
 */
export type WebAudioGraph<S> = (context: OfflineAudioContextLike, spec: S) => void;

/** What both implementations have of an OfflineAudioContext. */
export type OfflineAudioContextLike = Pick<
  BaseAudioContext,
  | 'createOscillator'
  | 'createGain'
  | 'createBiquadFilter'
  | 'createConvolver'
  | 'createDelay'
  | 'createBufferSource'
  | 'createBuffer'
  | 'destination'
>;

/** Renders a graph at 48 kHz with node-web-audio-api; the time is that of rendering alone. */
export async function renderNodeWebAudio<S>(
  graph: WebAudioGraph<S>,
  spec: S,
  lengthSeconds: number,
  channels: number,
): Promise<Rendered> {
  const length = Math.round(lengthSeconds * 48000);
  const context = new OfflineAudioContext({ numberOfChannels: channels, length, sampleRate: 48000 });
  graph(context as unknown as OfflineAudioContextLike, spec);
  const begun = performance.now();
  const rendered = await context.startRendering();
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, channels: Array.from({ length: channels }, (_, c) => rendered.getChannelData(c)) };
}
