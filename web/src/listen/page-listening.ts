import type { StreamTold } from '@audiocloud/api';
import { BrowserListener, type HeardNow, type LiveTask, workerDecoders } from '@audiocloud/client';
import decodeWorkerUrl from '../../player/decode-worker.ts?worker&url';
import workletUrl from '../../player/player-worklet.ts?worker&url';
import { BufferHistory } from './buffer-history.ts';
import { keepQuality, keptQuality, type Quality } from './quality.ts';

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
  reconnects: number;
  problem: string | undefined;
}

/** Levels move with the sound; texts and attributes change so often. */
const SHOW_MS = 200;

/** The listening of this page to one task. */
export class PageListening {
  readonly history = new BufferHistory();
  view: ListeningView;
  readonly #live: LiveTask;
  readonly #onHeard: (now: HeardNow | undefined, delaySeconds: number) => void;
  readonly #listeners = new Set<() => void>();
  #listener: BrowserListener | undefined;
  #worker: Worker | undefined;
  #shownAt = 0;

  /** onHeard: what is heard now, and how long after it was played by the task; undefined when nothing is any more. */
  constructor(live: LiveTask, onHeard: (now: HeardNow | undefined, delaySeconds: number) => void) {
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
    this.#end();
    await listener?.stop();
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
    this.history.clear();
    this.#onHeard(undefined, 0);
    if (this.view.isOn) this.#publish({ isOn: false, now: undefined, told: undefined, sampleRate: 0 });
  }

  #heard(now: HeardNow): void {
    if (!this.#listener) return;
    const { player, listener } = this.#listener;
    const rate = player.sampleRate;
    if (rate === 0) return;
    const { fillFrames, targetFrames, underruns } = now.facts;
    this.history.push({ fillMs: (1000 * fillFrames) / rate, targetMs: (1000 * targetFrames) / rate, underruns });
    this.#onHeard(now, fillFrames / rate + player.outputSeconds);
    if (performance.now() < this.#shownAt + SHOW_MS) return;
    this.#shownAt = performance.now();
    this.#publish({ now: now.facts, reconnects: listener.counts.reconnects, sampleRate: rate });
  }

  #publish(change: Partial<ListeningView>): void {
    this.view = { ...this.view, ...change };
    for (const listener of this.#listeners) listener();
  }
}
