import { asAudioCloudError, type PacketMeters, type StreamTold } from '@audiocloud/api';
import {
  BrowserListener,
  type HeardNow,
  type LiveTask,
  type PeerFacts,
  PeerListener,
  workerDecoders,
} from '@audiocloud/client';
import decodeWorkerUrl from '../../player/decode-worker.ts?worker&url';
import workletUrl from '../../player/player-worklet.ts?worker&url';
import { BufferHistory } from './buffer-history.ts';
import { keepQuality, keptQuality, type Quality } from './quality.ts';

/** What is heard now, and how long after the task played it. */
export interface HeardHere {
  node: string;
  meters: PacketMeters[];
  delaySeconds: number;
}

/** What the page shows of its listening; a new object after each change. */
export interface ListeningView {
  isOn: boolean;
  quality: Quality;
  volume: number;
  isMuted: boolean;
  keepsPlace: boolean;
  /** Of the last second at most. */
  now: HeardNow['facts'] | undefined;
  /** Frames a second; 0 when it is off. */
  sampleRate: number;
  told: StreamTold | undefined;
  /** While it listens by WebRTC. */
  peer: PeerFacts | undefined;
  reconnects: number;
  problem: string | undefined;
}

/** Levels move with the sound; texts and attributes change so often. */
const SHOW_MS = 200;
const PEER_FACTS_MS = 500;
/** It is about WebRTC alone: the socket still carries the stream. */
const isOfPeers = (code: string) => code === 'WEBRTC_UNAVAILABLE' || code === 'WEBRTC_REFUSED';

/** The listening of this page to one task. */
export class PageListening {
  readonly history = new BufferHistory();
  view: ListeningView;
  readonly #live: LiveTask;
  readonly #onHeard: (heard: HeardHere | undefined) => void;
  readonly #listeners = new Set<() => void>();
  #listener: BrowserListener | undefined;
  #peer: PeerListener | undefined;
  #peerTimer: ReturnType<typeof setInterval> | undefined;
  #worker: Worker | undefined;
  #shownAt = 0;

  /** onHeard: undefined when nothing is heard any more. */
  constructor(live: LiveTask, onHeard: (heard: HeardHere | undefined) => void) {
    this.#live = live;
    this.#onHeard = onHeard;
    this.view = {
      isOn: false,
      quality: keptQuality(),
      volume: 1,
      isMuted: false,
      keepsPlace: false,
      now: undefined,
      sampleRate: 0,
      told: undefined,
      peer: undefined,
      reconnects: 0,
      problem: undefined,
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** To be called from a click. */
  async start(): Promise<void> {
    await this.stop();
    if (this.view.quality.isPeer && PeerListener.isAble && (await this.#startPeer())) return;
    await this.#startSocket();
  }

  async #startSocket(): Promise<void> {
    const { quality, keepsPlace, volume, isMuted } = this.view;
    this.#worker ??= new Worker(decodeWorkerUrl, { type: 'module' });
    const listener = new BrowserListener(this.#live, {
      ...quality.asks,
      workletUrl,
      keepsPlace,
      loadDecoder: workerDecoders(this.#worker),
      onHeard: (now) => this.#heard(now),
      onStream: (told) => this.#publish({ told }),
      onTrouble: ({ message }) => {
        this.#end();
        this.#publish({ problem: message });
      },
    });
    this.#listener = listener;
    listener.player.setVolume(volume, isMuted);
    this.#publish({ isOn: true, problem: undefined });
    try {
      await listener.start();
      this.#publish({ sampleRate: listener.player.sampleRate });
    } catch (error) {
      await this.stop();
      this.#publish({ problem: error instanceof Error ? error.message : String(error) });
    }
  }

  async stop(): Promise<void> {
    const listener = this.#listener;
    const peer = this.#peer;
    this.#end();
    await listener?.stop();
    await peer?.stop();
  }

  /** Changes what is asked for; while it listens, at once. */
  async choose(quality: Quality): Promise<void> {
    keepQuality(quality);
    this.#publish({ quality });
    if (this.view.isOn) await this.start();
  }

  async keepPlace(keepsPlace: boolean): Promise<void> {
    this.#publish({ keepsPlace });
    if (this.view.isOn) await this.start();
  }

  /** Leaves out what is kept back after a drop. */
  skipToNow(): void {
    this.#listener?.player.skipToNow();
  }

  setVolume(volume: number, isMuted: boolean): void {
    this.#publish({ volume, isMuted });
    this.#listener?.player.setVolume(volume, isMuted);
    this.#peer?.setVolume(volume, isMuted);
  }

  /** For good. */
  close(): void {
    void this.stop();
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#listeners.clear();
  }

  #end(): void {
    this.#listener = undefined;
    this.#peer = undefined;
    clearInterval(this.#peerTimer);
    this.history.clear();
    this.#onHeard(undefined);
    if (this.view.isOn) this.#publish({ isOn: false, now: undefined, told: undefined, peer: undefined, sampleRate: 0 });
  }

  /** By WebRTC. False where that cannot be: then it goes through the socket. */
  async #startPeer(): Promise<boolean> {
    const { quality, volume, isMuted } = this.view;
    await this.#live.ready;
    const [node = ''] = Object.keys(this.#live.task.sinks ?? {});
    const { bitRate, packetMs } = quality.asks;
    const peer = new PeerListener(this.#live, {
      ...(bitRate === undefined ? {} : { bitRate }),
      ...(packetMs === undefined ? {} : { packetMs }),
      onHeard: ({ meters }) => {
        const delaySeconds = peer.outputSeconds + (this.view.peer?.bufferMs ?? 0) / 1000;
        if (this.#peer === peer) this.#onHeard({ node, meters, delaySeconds });
      },
      onTrouble: ({ code, message }) => {
        if (this.#peer !== peer) return;
        this.#end();
        if (isOfPeers(code)) void this.#startSocket();
        else this.#publish({ problem: message });
      },
    });
    this.#peer = peer;
    peer.setVolume(volume, isMuted);
    this.#publish({ isOn: true, problem: undefined });
    try {
      await peer.start();
    } catch (thrown) {
      const { code, message } = asAudioCloudError(thrown);
      if (this.#peer !== peer) return true;
      this.#end();
      if (isOfPeers(code)) return false;
      this.#publish({ problem: message });
      return true;
    }
    if (this.#peer !== peer) return true; // it was stopped meanwhile
    this.#peerTimer = setInterval(async () => {
      const facts = await peer.facts();
      if (this.#peer !== peer || !facts) return;
      this.history.push({ fillMs: facts.bufferMs, targetMs: 0, underruns: 0 });
      this.#publish({ peer: facts });
    }, PEER_FACTS_MS);
    return true;
  }

  #heard(now: HeardNow): void {
    if (!this.#listener) return;
    const { player, listener } = this.#listener;
    const rate = player.sampleRate;
    if (rate === 0) return;
    const { fillFrames, targetFrames, underruns } = now.facts;
    this.history.push({ fillMs: (1000 * fillFrames) / rate, targetMs: (1000 * targetFrames) / rate, underruns });
    const node = this.view.told?.node;
    if (node !== undefined)
      this.#onHeard({ node, meters: now.meters, delaySeconds: fillFrames / rate + player.outputSeconds });
    if (performance.now() < this.#shownAt + SHOW_MS) return;
    this.#shownAt = performance.now();
    this.#publish({ now: now.facts, reconnects: listener.counts.reconnects, sampleRate: rate });
  }

  #publish(change: Partial<ListeningView>): void {
    this.view = { ...this.view, ...change };
    for (const listener of this.#listeners) listener();
  }
}
