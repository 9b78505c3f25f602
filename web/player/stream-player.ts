import { type Packet, samplesOf } from '@audiocloud/api';
import workletUrl from './player-worklet.ts?worker&url';
import type { PlayerFacts } from './player-worklet.ts';

// Covers the bursts of a local network and of a busy tab; the ring takes more when that was not enough.
const JITTER_SECONDS = 0.1;

/** Plays packets in the browser, at the sample rate of the stream (the browser resamples to the card). */
export class StreamPlayer {
  private onFacts: (facts: PlayerFacts) => void;
  private context: AudioContext | undefined;
  private node: AudioWorkletNode | undefined;
  private channels = 2;

  constructor(onFacts: (facts: PlayerFacts) => void) {
    this.onFacts = onFacts;
  }

  get state(): AudioContextState | 'none' {
    return this.context?.state ?? 'none';
  }

  /** To be called from a click, or the browser may refuse. Throws with a sentence for the listener. */
  async start(sampleRate: number, channels: number): Promise<void> {
    await this.stop();
    this.channels = channels;
    const context = new AudioContext({ sampleRate, latencyHint: 'interactive' });
    this.context = context;
    if (!context.audioWorklet)
      throw new Error('This browser plays streams only on a secure page: use https, or the address 127.0.0.1');
    await context.audioWorklet.addModule(workletUrl);
    this.node = new AudioWorkletNode(context, 'audiocloud-stream', {
      numberOfInputs: 0,
      outputChannelCount: [Math.min(2, channels)],
      processorOptions: { channels, targetFrames: Math.round(JITTER_SECONDS * sampleRate) },
    });
    this.node.port.onmessage = ({ data }: MessageEvent<PlayerFacts>) => this.onFacts(data);
    this.node.connect(context.destination);
    // a browser that waits for a click never settles this promise
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 500))]);
    if (this.state !== 'running') {
      await this.stop();
      throw new Error('The browser does not allow sound yet: click Listen once more');
    }
  }

  push(packet: Packet): void {
    if (!this.node || packet.channels !== this.channels) return;
    const samples = samplesOf(packet);
    this.node.port.postMessage({ samples }, [samples.buffer]);
  }

  async stop(): Promise<void> {
    const { context } = this;
    this.context = undefined;
    this.node?.disconnect();
    this.node = undefined;
    if (context && context.state !== 'closed') await context.close();
  }
}
