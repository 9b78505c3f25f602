import type { HeardPiece } from '../heard-piece.ts';
import type { HeardRun } from '../playout/heard-log.ts';
import type { PlayoutFacts } from '../playout/playout-buffer.ts';
import { downMix, earChannels } from './down-mix.ts';
import { PLAYER_PROCESSOR, type PlayerAsk, type PlayerOptions, type PlayerTold } from './player-messages.ts';

export interface StreamPlayerOptions extends Omit<PlayerOptions, 'channels'> {
  /** Address of the module `@audiocloud/client/player-worklet`, as the page has it. */
  workletUrl: string | URL;
  /** Where the sound goes; default: to the sound card. */
  output?(context: AudioContext): Promise<AudioNode> | AudioNode;
  /** About 30 times a second. */
  onFacts?(facts: PlayoutFacts): void;
}

// A change of volume is a slope of about this long, so that it does not click.
const VOLUME_SECONDS = 0.02;

/** Plays decoded pieces in a browser on an AudioWorklet, at the rate of the stream: the browser resamples to the card. */
export class StreamPlayer {
  readonly #options: StreamPlayerOptions;
  #context: AudioContext | undefined;
  #node: AudioWorkletNode | undefined;
  #gain: GainNode | undefined;
  #volume = 1;
  #isMuted = false;
  #channels = 2;
  #asked: ((told: Extract<PlayerTold, { type: 'runs' }>) => void)[] = [];

  constructor(options: StreamPlayerOptions) {
    this.#options = options;
  }

  get state(): AudioContextState | 'none' {
    return this.#context?.state ?? 'none';
  }

  /** 0 while it is not started. */
  get sampleRate(): number {
    return this.#context?.sampleRate ?? 0;
  }

  /** What the sound card and the browser add behind the worklet, as they say. */
  get outputSeconds(): number {
    return (this.#context?.baseLatency ?? 0) + (this.#context?.outputLatency ?? 0);
  }

  /** To be called from a click, or the browser may refuse. Throws with a sentence for the listener. */
  async start(sampleRate: number, channels: number): Promise<void> {
    await this.stop();
    const { workletUrl, output, onFacts, ...playout } = this.#options;
    this.#channels = earChannels(channels);
    const context = new AudioContext({ sampleRate, latencyHint: 'interactive' });
    this.#context = context;
    if (!context.audioWorklet)
      throw new Error('This browser plays streams only on a secure page: use https, or the address 127.0.0.1');
    await context.audioWorklet.addModule(workletUrl);
    this.#gain = new GainNode(context, { gain: this.#isMuted ? 0 : this.#volume });
    this.#node = new AudioWorkletNode(context, PLAYER_PROCESSOR, {
      numberOfInputs: 0,
      outputChannelCount: [this.#channels],
      processorOptions: { ...playout, channels: this.#channels } satisfies PlayerOptions,
    });
    this.#node.port.onmessage = ({ data }: MessageEvent<PlayerTold>) => {
      if (data.type === 'facts') onFacts?.(data.facts);
      else this.#asked.shift()?.(data);
    };
    this.#node.connect(this.#gain).connect((await output?.(context)) ?? context.destination);
    // a browser that waits for a click never settles this promise
    await Promise.race([context.resume(), new Promise((resolve) => setTimeout(resolve, 500))]);
    if (this.state !== 'running') {
      await this.stop();
      throw new Error('The browser does not allow sound yet: click Listen once more');
    }
  }

  /** Whether it was started for so many channels. */
  fits(channels: number): boolean {
    return earChannels(channels) === this.#channels;
  }

  /** Of another width or rate than it was started with: nothing is played. */
  push({ play, streamFrame, timelineFrame, samples, channels, sampleRate }: HeardPiece): void {
    if (earChannels(channels) !== this.#channels || sampleRate !== this.sampleRate) return;
    const mixed = downMix(samples, channels);
    // a view of something larger would be sent as a whole
    const own = mixed.byteLength === mixed.buffer.byteLength ? mixed : mixed.slice();
    this.#ask({ type: 'piece', piece: { playId: play, streamFrame, timelineFrame, samples: own } }, [own.buffer]);
  }

  /** Leaves out what is kept back after a drop. */
  skipToNow(): void {
    this.#ask({ type: 'skip' });
  }

  /** What was heard; undefined when it does not play. `playId` is the `play` of the pieces. */
  async heard(): Promise<{ facts: PlayoutFacts; runs: HeardRun[] } | undefined> {
    if (this.state !== 'running') return undefined;
    const told = new Promise<Extract<PlayerTold, { type: 'runs' }>>((resolve) => this.#asked.push(resolve));
    this.#ask({ type: 'runs' });
    return await told;
  }

  /** A linear gain from 0. */
  setVolume(volume: number, isMuted = false): void {
    this.#volume = Math.max(0, volume);
    this.#isMuted = isMuted;
    const context = this.#context;
    if (context) this.#gain?.gain.setTargetAtTime(isMuted ? 0 : this.#volume, context.currentTime, VOLUME_SECONDS / 3);
  }

  async stop(): Promise<void> {
    const context = this.#context;
    this.#context = undefined;
    if (this.#node) this.#node.port.onmessage = null; // what it still tells is over
    this.#node?.disconnect();
    this.#node = undefined;
    this.#gain = undefined;
    this.#asked = [];
    if (context && context.state !== 'closed') await context.close();
  }

  #ask(ask: PlayerAsk, transfer: Transferable[] = []): void {
    this.#node?.port.postMessage(ask, transfer);
  }
}
