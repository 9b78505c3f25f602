import {
  AudioCloudError,
  encodePacket,
  joinParts,
  type LiveMessage,
  type LiveRequest,
  OPUS_RATE,
  type Packet,
} from '@audiocloud/api';
import type { Clock } from '../clock/clock.ts';
import { opusFrames } from '../streams/opus-frames.ts';
import type { Peer, Peers } from '../streams/peers.ts';
import type { SessionPush } from './session-push.ts';
import { type HeardGraph, SessionStream, type StreamOutlet } from './session-stream.ts';
import type { TaskStreams } from './task-streams.ts';

type PeerRequest = Omit<Extract<LiveRequest, { type: 'peer' }>, 'type' | 'id'>;
type PeerMessage = Extract<LiveMessage, { type: 'peer' }>;

export interface SessionPeerOptions {
  task: HeardGraph;
  streams: TaskStreams;
  /** Absent: the domain has no WebRTC. */
  peers: Pick<Peers, 'open'> | undefined;
  push: Pick<SessionPush, 'track' | 'channels' | 'take'>;
  clock: Clock;
  tell(message: PeerMessage): void;
}

const MOST_CHANNELS = 2;
/** A jump that is further is a new count of the client, not a loss: 10 s of packets of 20 ms. */
const FURTHEST_STEP = 500;

/** The WebRTC connection of one live session: what it hears goes out as Opus, what comes in goes where it pushes. [control] */
export class SessionPeer implements StreamOutlet {
  readonly hasRoom = true;
  readonly #options: SessionPeerOptions;
  readonly #stream: SessionStream;
  #peer: Peer | undefined;
  /** Counts connections: an answer that comes after a newer one was asked for is closed. */
  #count = 0;
  /** Of the last end. */
  #why = '';
  #pushed: { run: number; serial: number; sequence: number } | undefined;

  constructor(options: SessionPeerOptions) {
    this.#options = options;
    const { task, streams, clock } = options;
    this.#stream = new SessionStream(task, streams, this, clock);
  }

  /**
   * Takes an offer; what was connected before ends. Returns the answer. Throws WEBRTC_REFUSED, WEBRTC_UNAVAILABLE, NODE_UNKNOWN,
   * SINK_UNKNOWN.
   */
  async open({ offer, node, bitRate, packetMs = 10 }: PeerRequest): Promise<string> {
    const { peers } = this.#options;
    if (!peers)
      throw new AudioCloudError(
        'WEBRTC_UNAVAILABLE',
        'Cannot connect by WebRTC: the domain has none; listen on the live socket',
      );
    this.stop();
    const count = this.#count;
    const isOurs = () => this.#count === count;
    const peer = await peers.open(offer, {
      connected: () => isOurs() && this.#options.tell({ type: 'peer', state: 'connected' }),
      closed: () => isOurs() && this.#close('the connection ended'),
      sound: (opus, sequence) => isOurs() && this.#take(opus, sequence),
    });
    if (!isOurs()) {
      peer.close();
      throw new AudioCloudError('WEBRTC_REFUSED', 'Cannot connect by WebRTC: another offer came meanwhile');
    }
    this.#peer = peer;
    try {
      this.#stream.start({
        format: 'opus',
        packetMs,
        ...(node === undefined ? {} : { node }),
        ...(bitRate === undefined ? {} : { bitRate }),
      });
    } catch (error) {
      this.stop();
      throw error;
    }
    // it was told at once that the stream cannot go here
    if (!isOurs()) throw new AudioCloudError('WEBRTC_REFUSED', `Cannot connect by WebRTC: ${this.#why}`);
    return peer.answer;
  }

  /** The engine has the task (again). */
  restart(): void {
    this.#stream.restart();
  }

  stop(): void {
    this.#count += 1;
    this.#stream.stop();
    this.#peer?.close();
    this.#peer = undefined;
    this.#pushed = undefined;
  }

  packet(bytes: Uint8Array): void {
    this.#peer?.send(bytes);
  }

  message(message: Extract<LiveMessage, { type: 'stream' | 'stream-ended' }>): void {
    if (message.type === 'stream-ended') this.#close(message.error.message);
    else if (message.channels > MOST_CHANNELS)
      this.#close(
        `WebRTC carries ${MOST_CHANNELS} channels, the node has ${message.channels}; listen on the live socket`,
      );
  }

  giveUp(): void {
    this.#close('nothing was taken');
  }

  #close(why: string): void {
    this.stop();
    this.#why = why;
    this.#options.tell({ type: 'peer', state: 'closed', why: why.slice(0, 256) });
  }

  /** Opus that the client sends goes into the track that it pushes into, if there is one. */
  #take(opus: Uint8Array, sequence: number): void {
    const { push } = this.#options;
    const frames = opusFrames(opus);
    if (push.track === undefined || frames === 0) return;
    const before = this.#pushed;
    // 16 bits that wrap: the nearest number to the last one
    const step = before ? ((sequence - before.sequence) << 16) >> 16 : 0;
    const isNew = !before || Math.abs(step) > FURTHEST_STEP;
    const serial = !before ? 0 : before.serial + (isNew ? 1 : step);
    if (serial < 0) return; // before the first one
    const run = before?.run ?? this.#count;
    if (isNew || step > 0) this.#pushed = { run, serial, sequence };
    const packet: Packet = {
      run,
      playId: 1,
      serial,
      sampleRate: OPUS_RATE,
      positionRate: OPUS_RATE,
      channels: push.channels === 2 ? 2 : 1,
      frames,
      skipFrames: 0,
      begins: isNew,
      format: 'opus',
      bitRate: 0,
      timelineFrame: serial * frames,
      streamFrame: serial * frames,
      payload: joinParts([opus]),
    };
    push.take(encodePacket(packet));
  }
}
