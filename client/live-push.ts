import { AudioCloudError, type Packet, type PcmFormat, payloadOf } from '@audiocloud/api';
import type { LiveTask } from './live-task.ts';

export interface LivePushOptions {
  /** A track of the task with `source: { kind: 'push' }`. */
  track: string;
  /** Hz, 8,000 to 192,000; the engine brings it to the rate of the task. */
  sampleRate: number;
  /** As many as the track has, or 1. */
  channels: number;
  /** Default s16. */
  format?: PcmFormat;
}

/** The sound of one packet: short enough to be heard soon, long enough not to be many. */
const PACKET_SECONDS = 0.01;

/** Pushes sound into a track of a task, as it is made. [any] */
export class LivePush {
  readonly #live: LiveTask;
  readonly #options: Required<LivePushOptions>;
  readonly #packetFrames: number;
  readonly #run = Math.floor(Math.random() * 2 ** 32);
  /** What does not fill a packet yet. */
  #rest = new Float32Array(0);
  #serial = 0;
  #leftOut = 0;

  /** As `begin` has made it. */
  private constructor(live: LiveTask, options: LivePushOptions) {
    this.#live = live;
    this.#options = { format: 's16', ...options };
    this.#packetFrames = Math.round(options.sampleRate * PACKET_SECONDS);
  }

  /** Rejects with NODE_UNKNOWN for a track that takes nothing, SOURCE_TAKEN, ENGINE_UNABLE, PERMISSION_DENIED. */
  static async begin(live: LiveTask, options: LivePushOptions): Promise<LivePush> {
    await live.push(options.track);
    return new LivePush(live, options);
  }

  /** Packets that the connection did not take in time. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Sends interleaved samples, full scale 1, as they come: as many frames a second as were said. */
  write(interleaved: Float32Array): void {
    const { channels } = this.#options;
    if (interleaved.length % channels !== 0)
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot push ${interleaved.length} samples: wanted a multiple of ${channels} channels`,
      );
    const all = new Float32Array(this.#rest.length + interleaved.length);
    all.set(this.#rest);
    all.set(interleaved, this.#rest.length);
    const samples = this.#packetFrames * channels;
    let at = 0;
    for (; at + samples <= all.length; at += samples) this.#send(all.subarray(at, at + samples));
    this.#rest = all.slice(at);
  }

  /** Sends the rest; what was sent is heard to its end. */
  async end(): Promise<void> {
    if (this.#rest.length > 0) this.#send(this.#rest);
    this.#rest = new Float32Array(0);
    await this.#live.unpush();
  }

  #send(samples: Float32Array): void {
    const { sampleRate, channels, format } = this.#options;
    const streamFrame = this.#serial * this.#packetFrames;
    const packet: Packet = {
      run: this.#run,
      playId: 1,
      serial: this.#serial,
      sampleRate,
      positionRate: sampleRate,
      channels,
      frames: samples.length / channels,
      skipFrames: 0,
      begins: this.#serial === 0,
      format,
      bitRate: 0,
      timelineFrame: streamFrame,
      streamFrame,
      payload: payloadOf(samples, format),
    };
    this.#serial++;
    if (!this.#live.sendPacket(packet)) this.#leftOut++;
  }
}
