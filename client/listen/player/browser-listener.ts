import type { PacketMeters, StreamTold, AudioCloudError } from '@audiocloud/api';
import type { LiveTask } from '../../live-task.ts';
import type { HeardPiece } from '../heard-piece.ts';
import type { HeardReport } from '../heard-report.ts';
import type { PlayoutFacts } from '../playout/playout-buffer.ts';
import { type ListenOptions, TaskListener } from '../task-listener.ts';
import { MeterQueue } from './meter-queue.ts';
import { StreamPlayer, type StreamPlayerOptions } from './stream-player.ts';

/** What is heard at this moment. */
export interface HeardNow {
  facts: PlayoutFacts;
  /** Of the packets whose frames were played since the last call; the newest last. */
  meters: PacketMeters[];
  /** The format that is heard. */
  piece: HeardPiece | undefined;
}

export interface BrowserListenerOptions
  extends Omit<ListenOptions, 'onPiece' | 'onTrouble'>,
    Omit<StreamPlayerOptions, 'onFacts'> {
  /** About 30 times a second while it plays. */
  onHeard?(now: HeardNow): void;
  onTrouble?(error: AudioCloudError): void;
  onStream?(told: StreamTold): void;
}

/** Plays the stream of a live task in a browser. */
export class BrowserListener {
  readonly player: StreamPlayer;
  readonly listener: TaskListener;
  readonly #live: LiveTask;
  readonly #options: BrowserListenerOptions;
  readonly #meters = new MeterQueue();
  #isStarting = false;
  #waiting: HeardPiece[] = [];

  constructor(live: LiveTask, options: BrowserListenerOptions) {
    const {
      onHeard,
      onTrouble,
      workletUrl,
      output,
      leastDelaySeconds,
      mostDelaySeconds,
      keepsPlace,
      correctsDrift,
      ...asked
    } = options;
    this.#live = live;
    this.#options = options;
    this.player = new StreamPlayer({
      ...{ workletUrl, output, leastDelaySeconds, mostDelaySeconds, keepsPlace, correctsDrift },
      onFacts: (facts) => {
        this.listener.playing = { late: facts.underruns, bufferMs: (1000 * facts.fillFrames) / this.player.sampleRate };
        onHeard?.({ facts, ...this.#meters.heardTo(facts.playId, facts.streamFrame) });
      },
    });
    this.listener = new TaskListener(live, {
      ...asked,
      onPiece: (piece) => this.#take(piece),
      onTrouble: (error) => {
        void this.player.stop();
        onTrouble?.(error);
      },
    });
  }

  /** To be called from a click. Rejects with an AudioCloudError of the stream, or a sentence of the browser. */
  async start(): Promise<void> {
    await this.#live.ready;
    const { sinks = {}, sampleRate } = this.#live.task;
    const { node = Object.keys(sinks)[0] ?? '' } = this.#options;
    await this.player.start(sampleRate, sinks[node]?.channels ?? 2);
    try {
      await this.listener.start();
    } catch (thrown) {
      await this.player.stop();
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    await this.listener.stop();
    await this.player.stop();
  }

  /** What was really heard; undefined when it does not play. */
  async report(): Promise<HeardReport | undefined> {
    const heard = await this.player.heard();
    if (!heard) return undefined;
    const { heardFrames, lostFrames, concealedFrames, skippedFrames, waitedFrames, underruns } = heard.facts;
    return {
      ...{ heardFrames, lostFrames, concealedFrames, skippedFrames, waitedFrames, underruns },
      reconnects: this.listener.counts.reconnects,
      runs: heard.runs.map(({ playId: play, streamFrame, frames }) => {
        const { run, playId } = this.listener.playOf(play) ?? { run: 0, playId: 0 };
        return { run, playId, streamFrame, frames };
      }),
    };
  }

  /** Another rate or width than the player has: it begins anew with it. */
  #take(piece: HeardPiece): void {
    this.#meters.push(piece);
    const isAsStarted = piece.sampleRate === this.player.sampleRate && this.player.fits(piece.channels);
    if (isAsStarted && !this.#isStarting) {
      this.player.push(piece);
      return;
    }
    this.#waiting.push(piece);
    if (this.#isStarting) return;
    this.#isStarting = true;
    this.player
      .start(piece.sampleRate, piece.channels)
      .catch(() => {}) // without a player the next piece tries again
      .finally(() => {
        this.#isStarting = false;
        for (const one of this.#waiting.splice(0)) this.player.push(one);
      });
  }
}
