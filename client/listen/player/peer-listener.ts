import { AudioCloudError, asAudioCloudError, decodePacket, type Packet, type PacketMeters } from '@audiocloud/api';
import type { LiveTask, PeerAsk } from '../../live-task.ts';

/** What is heard over WebRTC at this moment. */
export interface PeerHeardNow {
  /** Of the packets whose frames were played since the last call; the newest last. */
  meters: PacketMeters[];
  /** Head of the packet that is heard; its payload is empty. */
  packet: Packet | undefined;
}

/** What the browser says of the connection. */
export interface PeerFacts {
  /** What waits in the browser's jitter buffer, on average since the last call. */
  bufferMs: number;
  packets: number;
  lost: number;
  /** Samples that the browser made up, and all that it gave. */
  concealedSamples: number;
  samples: number;
}

export interface PeerListenerOptions extends Omit<PeerAsk, 'offer'> {
  /** Where the sound goes; default: to the sound card. */
  output?(context: AudioContext): Promise<AudioNode> | AudioNode;
  /** About 30 times a second while it plays. */
  onHeard?(now: PeerHeardNow): void;
  /** It has stopped: the domain has no WebRTC, the node is gone, the connection is over and could not be made again. */
  onTrouble?(error: AudioCloudError): void;
}

const HEARD_MS = 33;
/** Long enough for the addresses of this machine; without a server to ask there are no others. */
const GATHER_MS = 2_000;
const OPUS_RATE = 48_000;
const VOLUME_SECONDS = 0.02;
/** Heads of packets that wait to be heard at most: some seconds of them. */
const MOST_WAITING = 1_000;

/** Plays a node of a live task in a browser over WebRTC, as Opus: with less delay than through the socket, of up to 2 channels. */
export class PeerListener {
  readonly #live: LiveTask;
  readonly #options: PeerListenerOptions;
  #context: AudioContext | undefined;
  #gain: GainNode | undefined;
  #element: HTMLAudioElement | undefined;
  #source: MediaStreamAudioSourceNode | undefined;
  #connection: RTCPeerConnection | undefined;
  #unfollow: (() => void) | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #waiting: { time: number; packet: Packet }[] = [];
  #volume = 1;
  #before = { delay: 0, count: 0, bufferMs: 0 };

  constructor(live: LiveTask, options: PeerListenerOptions) {
    this.#live = live;
    this.#options = options;
  }

  /** Whether this browser can. */
  static get isAble(): boolean {
    return typeof RTCPeerConnection === 'function';
  }

  get isOn(): boolean {
    return this.#unfollow !== undefined;
  }

  /** What the sound card and the browser add behind its jitter buffer, as they say. */
  get outputSeconds(): number {
    return (this.#context?.baseLatency ?? 0) + (this.#context?.outputLatency ?? 0);
  }

  /** To be called from a click. Rejects with WEBRTC_UNAVAILABLE, WEBRTC_REFUSED, NODE_UNKNOWN and the like. */
  async start(): Promise<void> {
    await this.#live.ready;
    this.#end();
    const context = new AudioContext({ sampleRate: OPUS_RATE, latencyHint: 'interactive' });
    this.#context = context;
    const gain = new GainNode(context, { gain: this.#volume });
    this.#gain = gain;
    this.#unfollow = this.#live.followStream({
      onPeer: ({ state, why = 'the connection is over' }) => {
        if (state === 'closed') this.#fail(new AudioCloudError('WEBRTC_REFUSED', `WebRTC has ended: ${why}`));
      },
      onConnection: (connection) => {
        // it does not outlive the socket
        if (connection === 'open') this.#connect(context).catch((error) => this.#fail(asAudioCloudError(error)));
      },
    });
    try {
      gain.connect((await this.#options.output?.(context)) ?? context.destination);
      await context.resume();
      await this.#connect(context);
    } catch (error) {
      if (this.#context === context) this.#end();
      throw error;
    }
    // meanwhile it may have been stopped
    if (this.#context === context) this.#timer = setInterval(() => this.#tell(), HEARD_MS);
  }

  async stop(): Promise<void> {
    if (!this.isOn) return;
    this.#end();
    await this.#live.unpeer().catch(() => {}); // without a connection there is no peer either
  }

  /** A linear gain from 0. */
  setVolume(volume: number, isMuted = false): void {
    this.#volume = isMuted ? 0 : Math.max(0, volume);
    const { currentTime = 0 } = this.#context ?? {};
    this.#gain?.gain.setTargetAtTime(this.#volume, currentTime, VOLUME_SECONDS / 3);
  }

  /** Undefined while nothing came yet. */
  async facts(): Promise<PeerFacts | undefined> {
    const stats = await this.#connection?.getStats();
    for (const one of stats?.values() ?? []) {
      if (one.type !== 'inbound-rtp') continue;
      const delay = one.jitterBufferDelay - this.#before.delay;
      const count = one.jitterBufferEmittedCount - this.#before.count;
      // where the browser counted nothing since, it is as before
      const bufferMs = count > 0 ? (1000 * delay) / count : this.#before.bufferMs;
      this.#before = { delay: one.jitterBufferDelay, count: one.jitterBufferEmittedCount, bufferMs };
      return {
        bufferMs,
        packets: one.packetsReceived,
        lost: one.packetsLost,
        concealedSamples: one.concealedSamples,
        samples: one.totalSamplesReceived,
      };
    }
    return undefined;
  }

  async #connect(context: AudioContext): Promise<void> {
    if (this.#context !== context) return; // it was stopped
    this.#connection?.close();
    const connection = new RTCPeerConnection();
    this.#connection = connection;
    this.#before = { delay: 0, count: 0, bufferMs: 0 };
    this.#waiting = [];
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === 'failed' && this.#connection === connection)
        this.#fail(new AudioCloudError('WEBRTC_REFUSED', 'WebRTC has ended: nothing comes from the domain by UDP'));
    };
    const { receiver } = connection.addTransceiver('audio', { direction: 'recvonly' });
    // as little as the network allows
    (receiver as RTCRtpReceiver & { jitterBufferTarget?: number }).jitterBufferTarget = 0;
    const heads = connection.createDataChannel('packets', { ordered: false, maxRetransmits: 0 });
    heads.binaryType = 'arraybuffer';
    heads.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => this.#take(data);
    await connection.setLocalDescription();
    await gathered(connection);
    if (this.#connection !== connection) return; // it was stopped, or another one was begun meanwhile
    const { output: _output, onHeard: _onHeard, onTrouble: _onTrouble, ...wanted } = this.#options;
    // Chromium offers mono unless told otherwise
    const offer = connection.localDescription!.sdp.replace(/(a=fmtp:\d+ [^\r\n]*useinbandfec=1)/g, '$1;stereo=1');
    const answer = await this.#live.peer(offer, wanted);
    if (this.#connection !== connection) {
      // the domain has it now; a newer one would have ended it there
      if (!this.#connection) await this.#live.unpeer().catch(() => {});
      return;
    }
    await connection.setRemoteDescription({ type: 'answer', sdp: answer });
    const stream = new MediaStream([receiver.track]);
    this.#element?.pause();
    this.#source?.disconnect();
    // Chromium decodes what comes from a peer only where an element plays it
    this.#element = new Audio();
    this.#element.srcObject = stream;
    this.#element.muted = true;
    void this.#element.play().catch(() => {});
    if (this.#context !== context) return; // it was stopped
    this.#source = context.createMediaStreamSource(stream);
    this.#source.connect(this.#gain!);
  }

  #take(data: ArrayBuffer): void {
    const time = new DataView(data).getUint32(0, true);
    this.#waiting.push({ time, packet: decodePacket(new Uint8Array(data, 4)) });
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
  }

  #tell(): void {
    const { onHeard } = this.#options;
    const [source] = this.#connection?.getReceivers()[0]?.getSynchronizationSources() ?? [];
    if (!onHeard || !source) return;
    const isHeard = ({ time }: { time: number }) => ((time - source.rtpTimestamp) | 0) <= 0;
    const heard = this.#waiting.filter(isHeard).sort((a, b) => (a.time - b.time) | 0);
    this.#waiting = this.#waiting.filter((one) => !isHeard(one));
    if (heard.length > 0)
      onHeard({ meters: heard.flatMap(({ packet }) => packet.meters ?? []), packet: heard.at(-1)!.packet });
  }

  #fail(error: AudioCloudError): void {
    if (!this.isOn) return;
    this.#end();
    this.#options.onTrouble?.(error);
  }

  #end(): void {
    this.#unfollow?.();
    this.#unfollow = undefined;
    clearInterval(this.#timer);
    this.#connection?.close();
    this.#connection = undefined;
    this.#element?.pause();
    this.#element = undefined;
    this.#source = undefined;
    this.#waiting = [];
    const context = this.#context;
    this.#context = undefined;
    this.#gain = undefined;
    if (context && context.state !== 'closed') void context.close();
  }
}

/** Settles when the addresses of this machine are in the offer. */
function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === 'complete') return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, GATHER_MS);
    connection.onicegatheringstatechange = () => {
      if (connection.iceGatheringState !== 'complete') return;
      clearTimeout(timer);
      resolve();
    };
  });
}
