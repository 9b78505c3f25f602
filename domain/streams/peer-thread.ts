import { parentPort } from 'node:worker_threads';
import { decodePacket, encodePacket, type Packet, packetParts } from '@audiocloud/api';
import type { MediaStreamTrack, RTCDataChannel, RTCPeerConnection } from 'werift';
import type { FromPeers, PeerSettings, ToPeers } from './peer-message.ts';

/*
 * The thread of the peers: it encrypts and sends, so that no WebSocket waits for it. ICE is "lite": a client finds us, and
 * no address that it names is ever sent to.
 */

const OPUS_PAYLOAD = 111;
const LOOK_MS = 1000;
/** Channels of data that lie so far behind get nothing more: what they carry is of use only at once. */
const MOST_BUFFERED_BYTES = 64 * 1024;

interface Peer {
  /** When the other side last gave a sign of life: its ICE agent asks every few seconds. */
  heardMs: number;
  connection: RTCPeerConnection;
  track: MediaStreamTrack | undefined;
  channel: RTCDataChannel | undefined;
  sequence: number;
  timestamp: number;
  /** Where the packets before ended, in frames of 48 kHz of the stream. */
  look: NodeJS.Timeout | undefined;
  next: { playId: number; run: number; serial: number } | undefined;
}

const peers = new Map<number, Peer>();
const tell = (message: FromPeers, transfer: ArrayBuffer[] = []) => parentPort!.postMessage(message, transfer);

type Werift = typeof import('werift');
let loading: Promise<Werift> | undefined;
/** An optional package: it is there, or its absence is told by name. */
const werift = (): Promise<Werift> => (loading ??= import('werift'));

async function open(peer: number, offer: string, { addresses, ports, silentSeconds }: PeerSettings): Promise<void> {
  const library = await werift().catch(() => undefined);
  if (!library) {
    loading = undefined;
    tell({ type: 'refused', peer, isMissing: true, why: 'the package werift is not installed beside the domain' });
    return;
  }
  const { RTCPeerConnection, MediaStreamTrack, RTCRtpCodecParameters } = library;
  const opus = new RTCRtpCodecParameters({
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    payloadType: OPUS_PAYLOAD,
    parameters: 'minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1',
  });
  const connection: RTCPeerConnection = new RTCPeerConnection({
    codecs: { audio: [opus], video: [] },
    iceServers: [],
    iceLite: true,
    iceFilterStunResponse: () => {
      made.heardMs = performance.now();
      return true;
    },
    iceUseIpv6: addresses.length === 0 || addresses.some((address) => address.includes(':')),
    iceUseTcp: false,
    ...(addresses.length === 0
      ? {}
      : { iceInterfaceAddresses: interfacesOf(addresses), iceAdditionalHostAddresses: addresses }),
    ...(ports ? { icePortRange: ports } : {}),
  });
  const made: Peer = {
    heardMs: performance.now(),
    connection,
    track: undefined,
    channel: undefined,
    sequence: Math.floor(Math.random() * 2 ** 15),
    timestamp: Math.floor(Math.random() * 2 ** 31),
    look: undefined,
    next: undefined,
  };
  peers.set(peer, made);
  made.look = setInterval(() => {
    if (performance.now() - made.heardMs > silentSeconds * 1000) close(peer);
  }, LOOK_MS);
  connection.connectionStateChange.subscribe((state) => {
    if (state === 'connected') tell({ type: 'state', peer, state });
    else if (state === 'failed' || state === 'closed' || state === 'disconnected') close(peer);
  });
  connection.onDataChannel.subscribe((channel) => {
    made.channel = channel;
    channel.stateChanged.subscribe((state) => {
      if (state === 'closed') close(peer);
    });
  });
  connection.onTrack.subscribe((track) => {
    if (track.kind !== 'audio') return;
    track.onReceiveRtp.subscribe(({ header, payload }) => {
      const copy = new Uint8Array(payload);
      const { sequenceNumber: sequence, timestamp } = header;
      tell({ type: 'sound', peer, sequence, timestamp, opus: copy }, [copy.buffer]);
    });
  });
  try {
    await connection.setRemoteDescription({ type: 'offer', sdp: offer });
    const audio = connection.getTransceivers().find(({ kind }) => kind === 'audio');
    if (!audio?.codecs.some(({ mimeType }) => mimeType.toLowerCase() === 'audio/opus'))
      throw new Error('the offer has no audio section with Opus');
    made.track = new MediaStreamTrack({ kind: 'audio' });
    audio.setDirection('sendrecv');
    await audio.sender.replaceTrack(made.track);
    await connection.setLocalDescription(await connection.createAnswer());
    tell({ type: 'answer', peer, answer: connection.localDescription!.sdp });
  } catch (thrown) {
    tell({ type: 'refused', peer, isMissing: false, why: (thrown as Error).message.slice(0, 256) });
    close(peer, false);
  }
}

const interfacesOf = (addresses: string[]) => ({
  ...pick(
    'udp4',
    addresses.find((address) => !address.includes(':')),
  ),
  ...pick(
    'udp6',
    addresses.find((address) => address.includes(':')),
  ),
});
const pick = (name: string, address: string | undefined) => (address === undefined ? {} : { [name]: address });

async function send(peer: number, packet: Packet, head: Uint8Array): Promise<void> {
  const made = peers.get(peer);
  if (!made?.track || made.connection.connectionState !== 'connected') return;
  const { RtpPacket, RtpHeader } = await werift();
  const { run, playId, serial, frames } = packet;
  const { next } = made;
  const missing = next && next.run === run && next.playId === playId ? serial - next.serial : 0;
  // what was left out before is a gap in time, which the other side conceals
  if (missing > 0 && missing < 50) made.timestamp = (made.timestamp + missing * frames) >>> 0;
  const [part] = packetParts(packet);
  const header = new RtpHeader({
    payloadType: OPUS_PAYLOAD,
    sequenceNumber: made.sequence,
    timestamp: made.timestamp,
    marker: next === undefined || packet.begins,
  });
  made.track.writeRtp(new RtpPacket(header, Buffer.from(part!.bytes)));
  if (made.channel?.readyState === 'open' && made.channel.bufferedAmount < MOST_BUFFERED_BYTES) {
    const message = Buffer.alloc(4 + head.length);
    message.writeUInt32LE(made.timestamp, 0);
    message.set(head, 4);
    made.channel.send(message);
  }
  made.sequence = (made.sequence + 1) & 0xffff;
  made.timestamp = (made.timestamp + frames) >>> 0;
  made.next = { run, playId, serial: serial + 1 };
}

function close(peer: number, isTold = true): void {
  const made = peers.get(peer);
  if (!made) return;
  peers.delete(peer);
  clearInterval(made.look);
  void made.connection.close().catch(() => undefined);
  if (isTold) tell({ type: 'state', peer, state: 'closed' });
}

parentPort!.on('message', (message: ToPeers) => {
  switch (message.type) {
    case 'open':
      void open(message.peer, message.offer, message.settings);
      return;
    case 'send': {
      const packet = decodePacket(message.packet);
      // meters and positions without the sound, which goes by RTP
      const head = encodePacket({ ...packet, payload: new Uint8Array(0) });
      for (const peer of message.peers) void send(peer, packet, head);
      return;
    }
    case 'close':
      close(message.peer, false);
  }
});
