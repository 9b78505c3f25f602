import type { PacketMeters, StreamTold } from '@audiocloud/api';
import {
  AudioCloudClient,
  BrowserListener,
  type BrowserListenerOptions,
  type HeardNow,
  PeerListener,
  type PeerListenerOptions,
  workerDecoders,
} from '../index.ts';
import type { EarTold } from './ear-worklet.ts';

/** What a test of a page asks for. */
export interface PageListenOptions
  extends Omit<BrowserListenerOptions, 'workletUrl' | 'onHeard' | 'onTrouble' | 'onStream' | 'output' | 'loadDecoder'> {
  task: string;
  /** Decodes in a worker. */
  inWorker?: boolean;
}

/** Runs in a browser, for tests: listens, and has an ear behind the player's worklet. */
export class PageListening {
  readonly told: StreamTold[] = [];
  readonly troubles: string[] = [];
  now: HeardNow | undefined;
  lastMeters: PacketMeters | undefined;
  readonly ear: EarTold[] = [];
  #listener: BrowserListener | undefined;
  #peer: PeerListener | undefined;
  #live: ReturnType<AudioCloudClient['live']> | undefined;
  readonly #base: string;

  constructor(base: string) {
    this.#base = base;
  }

  async start({ task, inWorker = false, ...options }: PageListenOptions): Promise<void> {
    const live = new AudioCloudClient(location.origin).live(task, { name: 'ear' });
    this.#live = live;
    this.now = undefined;
    const worker = inWorker ? new Worker(`${this.#base}decode-worker.js`, { type: 'module' }) : undefined;
    this.#listener = new BrowserListener(live, {
      ...options,
      workletUrl: `${this.#base}player-worklet.js`,
      ...(worker ? { loadDecoder: workerDecoders(worker) } : {}),
      output: (context) => this.#ears(context),
      onHeard: (now) => {
        this.now = now;
        this.lastMeters = now.meters.at(-1) ?? this.lastMeters;
      },
      onStream: (told) => this.told.push(told),
      onTrouble: (error) => this.troubles.push(`${error.code}: ${error.message}`),
    });
    await this.#listener.start();
  }

  /** Over WebRTC. */
  async startPeer({
    task,
    ...options
  }: { task: string } & Pick<PeerListenerOptions, 'node' | 'packetMs' | 'bitRate'>): Promise<void> {
    const live = new AudioCloudClient(location.origin).live(task, { name: 'ear' });
    this.#live = live;
    this.#peer = new PeerListener(live, {
      ...options,
      output: (context) => this.#ears(context),
      onHeard: ({ meters }) => {
        this.lastMeters = meters.at(-1) ?? this.lastMeters;
      },
      onTrouble: (error) => this.troubles.push(`${error.code}: ${error.message}`),
    });
    await this.#peer.start();
  }

  peerFacts() {
    return this.#peer!.facts();
  }

  /** What notes when each sample leaves the player. */
  async #ears(context: AudioContext): Promise<AudioNode> {
    await context.audioWorklet.addModule(`${this.#base}ear-worklet.js`);
    const ear = new AudioWorkletNode(context, 'audiocloud-ear', {
      channelCount: 2,
      channelCountMode: 'explicit',
      outputChannelCount: [2],
    });
    const live = this.#live;
    ear.port.onmessage = ({ data }: MessageEvent<EarTold>) => this.#live === live && this.ear.push(data);
    ear.connect(context.destination);
    return ear;
  }

  report() {
    return this.#listener!.report();
  }

  /** What the ear heard since the last call: the left channel as a list would take too long, so as bytes in base64. */
  takeHeard(channel = 0): string {
    const chunks = this.ear.splice(0).map(({ planes }) => planes[channel]!);
    const all = new Float32Array(chunks.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const chunk of chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    let text = '';
    const bytes = new Uint8Array(all.buffer);
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  }

  /** When each sample louder than this left the worklets, of those at least so many milliseconds apart. */
  takeClicks(level: number, apartMs: number): number[] {
    const clicks: number[] = [];
    for (const { atMs, planes } of this.ear.splice(0))
      if (atMs - (clicks.at(-1) ?? 0) > apartMs && planes[0]!.some((sample) => Math.abs(sample) > level))
        clicks.push(atMs);
    return clicks;
  }

  async stop(): Promise<void> {
    await this.#listener?.stop();
    this.#listener = undefined;
    await this.#peer?.stop();
    this.#peer = undefined;
    this.#live?.close();
    this.#live = undefined;
    this.ear.length = 0;
  }
}

Object.assign(window, { AudioCloudClient, listening: (base: string) => new PageListening(base) });
