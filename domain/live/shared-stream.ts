import { AudioCloudError, type AudioNotice } from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import type { StreamEar } from '../engine/engine.ts';
import type { NodeRequest, TaskStream } from '../tasks/task-stream.ts';
import { PacketHistory } from './packet-history.ts';

/** One who hears a stream. All are called in the same turn; none may take long. */
export interface StreamListener {
  /** The history has more. */
  packets(): void;
  /** It begins, or does so again: `began` is there. */
  joined(): void;
  /** It has ended. */
  refused(error: AudioCloudError): void;
}

/** How its packets are. */
export type StreamFacts = Pick<Extract<AudioNotice, { type: 'joined' }>, 'sampleRate' | 'channels'>;

/**
 * One stream of the engine for all who hear the same node in the same quality, with what it brought in the last minute. [control]
 *
 * Each listener has a place of its own in the history, so that a slow one is only further behind and holds nothing.
 */
export class SharedStream {
  readonly request: NodeRequest;
  readonly history = new PacketHistory();
  readonly #clock: Clock;
  readonly #stream: TaskStream;
  readonly #listeners = new Set<StreamListener>();
  #began: StreamFacts | undefined;
  #isRestarting = false;

  constructor(request: NodeRequest, clock: Clock, open: (ear: StreamEar) => TaskStream) {
    this.request = request;
    this.#clock = clock;
    this.#stream = open({ packet: (packet) => this.#take(packet), notice: (notice) => this.#hear(notice) });
    this.#stream.change(request);
  }

  /** Undefined until the engine has it. */
  get began(): StreamFacts | undefined {
    return this.#began;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  add(listener: StreamListener): void {
    this.#listeners.add(listener);
  }

  remove(listener: StreamListener): void {
    this.#listeners.delete(listener);
  }

  /** The engine has the task (again). All who hear it may say so: it is done once. */
  restart(): void {
    if (this.#isRestarting) return;
    this.#isRestarting = true;
    queueMicrotask(() => {
      this.#isRestarting = false;
      this.#stream.change(this.request);
    });
  }

  end(): void {
    this.#stream.end();
    this.#listeners.clear();
  }

  #take(packet: Uint8Array): void {
    this.history.add(packet, this.#clock.now());
    for (const listener of [...this.#listeners]) listener.packets();
  }

  #hear(notice: AudioNotice): void {
    if (notice.type === 'joined') {
      this.#began = { sampleRate: notice.sampleRate, channels: notice.channels };
      for (const listener of [...this.#listeners]) listener.joined();
    } else for (const listener of [...this.#listeners]) listener.refused(AudioCloudError.from(notice.error));
  }
}
