import { type AudioCloudError, asAudioCloudError, type Packet, type StreamTold } from '@audiocloud/api';
import type { ListenRequest, LiveTask } from '../live-task.ts';
import { type LoadDecoder, loadDecoder, type PacketDecoder } from './decode/packet-decoder.ts';
import type { HeardPiece } from './heard-piece.ts';
import { type PacketPlace, PlayOrder } from './play-order.ts';
import { RateChanger } from './rate-changer.ts';

export interface ListenOptions extends Partial<Omit<ListenRequest, 'from'>> {
  /** Begins with what was sent so many seconds ago, 60 at most; default: with the next frame. */
  secondsAgo?: number;
  /** Frames as they arrive: in order, none twice; a jump of `streamFrame` within a play is a loss. */
  onPiece(piece: HeardPiece): void;
  /** What is sent from here on. */
  onStream?(told: StreamTold): void;
  /** It has stopped: the format cannot be decoded here, the domain refuses it, or the node is gone. */
  onTrouble?(error: AudioCloudError): void;
  loadDecoder?: LoadDecoder;
}

export interface ListenCounts {
  packets: number;
  /** Of encoded audio, headers and meters included. */
  bytes: number;
  reconnects: number;
  /** Between frames of a play that came. */
  lostFrames: number;
}

/** A link that becomes slow is known after two of these. */
const TELL_MS = 500;

/**
 * Listens to a live task: packets become samples at the rate of the task, with their place in stream and timeline. [any]
 *
 * After a drop it asks for what came since the last packet, which the domain keeps for 60 s.
 */
export class TaskListener {
  readonly counts: ListenCounts = { packets: 0, bytes: 0, reconnects: 0, lostFrames: 0 };
  /** What is sent now. */
  told: StreamTold | undefined;
  /** For `heard`, which an adaptive stream follows: what whoever plays the pieces knows. */
  playing: { late: number; bufferMs: number } = { late: 0, bufferMs: 0 };

  readonly #live: LiveTask;
  readonly #options: ListenOptions;
  readonly #order = new PlayOrder();
  #decoder: { key: string; is: Promise<PacketDecoder> } | undefined;
  #changer:
    | { key: string; play: number; changer: RateChanger; from: HeardPiece; given: number; next: number }
    | undefined;
  /** Packets are decoded one after the other. */
  #turn: Promise<void> = Promise.resolve();
  #unfollow: (() => void) | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #toldCounts = { packets: 0, lost: 0, late: 0 };

  constructor(live: LiveTask, options: ListenOptions) {
    this.#live = live;
    this.#options = options;
  }

  /** The run and play id of a play that was counted; the last 16 are known. */
  readonly playOf = (play: number): { run: number; playId: number } | undefined => this.#order.playOf(play);

  get isOn(): boolean {
    return this.#unfollow !== undefined;
  }

  /** Resolves when the domain has taken the request; the first piece comes when the task plays. Rejects with NODE_UNKNOWN and the like, DECODER_FAILED. */
  async start(): Promise<void> {
    const { node, format = 'flac24', bitRate, packetMs, adaptive, secondsAgo } = this.#options;
    await this.#live.ready;
    // what cannot be decoded is not asked for
    if (this.#options.format) await this.#decoderOf(format, 2);
    let isOpen = this.#live.connection === 'open';
    this.#unfollow = this.#live.followStream({
      onPacket: (packet) => this.#take(packet),
      onStream: (told) => {
        this.told = told;
        this.#options.onStream?.(told);
      },
      onStreamEnded: (error) => this.#fail(error),
      onConnection: (connection, why) => {
        if (connection === 'lost' && isOpen) this.counts.reconnects++;
        isOpen = connection === 'open';
        if (connection === 'closed' && why) this.#fail(why);
      },
      again: () => this.#order.from(),
    });
    if (adaptive) this.#timer = setInterval(() => this.#tellHeard(), TELL_MS);
    const request = { node, bitRate, packetMs, adaptive };
    const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
    try {
      await this.#live.listen({ format, ...given, ...(secondsAgo === undefined ? {} : { from: { secondsAgo } }) });
    } catch (thrown) {
      this.#end();
      throw thrown;
    }
  }

  /** Resolves when all that came is told of. */
  async stop(): Promise<void> {
    if (!this.isOn) return;
    this.#end();
    await this.#live.unlisten().catch(() => {}); // without a connection nothing comes either
    await this.#turn;
    this.#restOfChanger();
    const decoder = this.#decoder;
    this.#decoder = undefined;
    await decoder?.is.then((one) => one.free()).catch(() => {});
  }

  #end(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
    clearInterval(this.#timer);
  }

  #fail(error: AudioCloudError): void {
    if (!this.isOn) return;
    this.#end();
    this.#live.unlisten().catch(() => {});
    this.#options.onTrouble?.(error);
  }

  #take(packet: Packet): void {
    this.counts.packets++;
    this.counts.bytes += packet.payload.length;
    const place = this.#order.take(packet);
    if (place === 'repeated') return;
    this.counts.lostFrames += place.lostFrames;
    this.#turn = this.#turn
      .then(() => this.#decode(packet, place))
      .catch((thrown) => this.#fail(asAudioCloudError(thrown)));
  }

  async #decode(packet: Packet, { play, repeatedFrames }: PacketPlace): Promise<void> {
    if (!this.isOn && this.#decoder === undefined) return;
    const decoder = await this.#decoderOf(packet.format, packet.channels);
    const decoded = await decoder.decode(packet);
    const { run, playId, serial, positionRate, channels, format, bitRate, meters } = packet;
    const skip = Math.round((repeatedFrames * packet.sampleRate) / positionRate);
    const samples = skip > 0 ? decoded.subarray(skip * channels) : decoded;
    const piece: HeardPiece = {
      ...{ play, run, playId, serial, sampleRate: positionRate, channels, format, bitRate, meters },
      streamFrame: packet.streamFrame + repeatedFrames,
      timelineFrame: packet.timelineFrame + repeatedFrames,
      frames: samples.length / channels,
      samples,
    };
    if (packet.sampleRate === positionRate) {
      this.#restOfChanger();
      this.#options.onPiece(piece);
    } else this.#change(piece, packet.sampleRate);
  }

  /** Of a packet at another rate than the task: its frames come at that of the task. */
  #change(piece: HeardPiece, from: number): void {
    const key = `${from} ${piece.sampleRate} ${piece.channels}`;
    const now = this.#changer;
    const goesOn = now?.key === key && now.play === piece.play && Math.abs(piece.streamFrame - now.next) <= 1;
    if (!goesOn) {
      this.#restOfChanger();
      const changer = new RateChanger(from, piece.sampleRate, piece.channels);
      this.#changer = { key, play: piece.play, changer, from: piece, given: 0, next: 0 };
    }
    const one = this.#changer!;
    one.next = piece.streamFrame + Math.round((piece.frames * piece.sampleRate) / from);
    this.#giveChanged(one.changer.push(piece.samples), piece);
  }

  #restOfChanger(): void {
    if (this.#changer) this.#giveChanged(this.#changer.changer.rest(), this.#changer.from);
    this.#changer = undefined;
  }

  #giveChanged(samples: Float32Array, piece: HeardPiece): void {
    const one = this.#changer!;
    const frames = samples.length / piece.channels;
    if (frames > 0)
      this.#options.onPiece({
        ...piece,
        samples,
        frames,
        streamFrame: one.from.streamFrame + one.given,
        // the timeline may have jumped between two packets: it is that of the packet
        timelineFrame: piece.timelineFrame + (one.from.streamFrame + one.given - piece.streamFrame),
      });
    one.given += frames;
  }

  #decoderOf(format: Packet['format'], channels: number): Promise<PacketDecoder> {
    const key = `${format} ${channels}`;
    if (this.#decoder?.key !== key) {
      void this.#decoder?.is.then((before) => before.free()).catch(() => {});
      this.#decoder = { key, is: (this.#options.loadDecoder ?? loadDecoder)(format, channels) };
      this.#decoder.is.catch(() => {}); // whoever decodes finds it
    }
    return this.#decoder.is;
  }

  #tellHeard(): void {
    const { packets } = this.counts;
    const { lostPackets: lost, next } = this.#order;
    const { late, bufferMs } = this.playing;
    const before = this.#toldCounts;
    this.#toldCounts = { packets, lost, late };
    this.#live
      .heard({
        packets: packets - before.packets,
        lost: lost - before.lost,
        late: late - before.late,
        bufferMs: Math.min(120_000, Math.max(0, bufferMs)),
        ...(next ? { next } : {}),
      })
      .catch(() => {}); // the next one is another occasion
  }
}
