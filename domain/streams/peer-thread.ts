import { networkInterfaces } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { decodePacket, encodePacket, type Packet, packetParts } from '@audiocloud/api';
import type { MediaStreamTrack, RTCDataChannel, RTCPeerConnection } from 'werift';
import type { FromPeers, PeerSettings, ToPeers } from './peer-message.ts';
import { type ReadOffer, readOffer, usersOf, withAddresses } from './read-offer.ts';

/*
 * The thread of the peers: it encrypts and sends, so that no WebSocket waits for it. ICE is "lite": a client finds us, and
 * no address that it names is ever sent to.
 */

const OPUS_PAYLOAD = 111;
const LOOK_MS = 1000;
const TURN_MS = 1000;
/** Channels of data that lie so far behind get nothing more: what they carry is of use only at once. */
const MOST_BUFFERED_BYTES = 64 * 1024;
/** Packets of 2.5 ms are 400 a second. What a client sends beyond is left out. */
const MOST_TAKEN_A_SECOND = 500;

interface Peer {
  /** When the other side last gave a sign of life: its ICE agent asks every few seconds. */
  heardMs: number;
  /** Names by which the other side asks for this connection, `ours:theirs`; none before the answer. */
  users: Set<string>;
  /** Packets of sound that came since it was looked after. */
  taken: number;
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
const werift = (name: string): Promise<Werift> => (loading ??= import(name) as Promise<Werift>);

async function open(peer: number, sdp: string, settings: PeerSettings): Promise<void> {
  const { library: name } = settings;
  const library = await werift(name).catch(() => undefined);
  if (!library) {
    loading = undefined;
    tell({ type: 'refused', peer, isMissing: true, why: `the package ${name} is not installed beside the domain` });
    return;
  }
  try {
    const offer = readOffer(sdp);
    const made = make(peer, settings, library);
    const answer = await answerOf(made, offer, settings, library);
    // meanwhile it may have been given up
    if (peers.get(peer) === made) tell({ type: 'answer', peer, answer });
    else end(made);
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    tell({ type: 'refused', peer, isMissing: false, why: why.slice(0, 256) });
    close(peer, false);
  }
}

function make(peer: number, { addresses, ports, silentSeconds }: PeerSettings, library: Werift): Peer {
  const opus = new library.RTCRtpCodecParameters({
    mimeType: 'audio/opus',
    clockRate: 48_000,
    channels: 2,
    payloadType: OPUS_PAYLOAD,
    parameters: 'minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1',
  });
  const connection: RTCPeerConnection = new library.RTCPeerConnection({
    codecs: { audio: [opus], video: [] },
    iceServers: [],
    iceLite: true,
    // who does not know the names of both sides is not answered, and cannot say where the sound goes
    iceFilterStunResponse: (message) => {
      if (!made.users.has(String(message.getAttributeValue('USERNAME')))) return false;
      made.heardMs = performance.now();
      return true;
    },
    iceUseTcp: false,
    // with neither it opens a port at the addresses that it is given alone, and not one for each interface as well
    ...(addresses.length === 0
      ? {}
      : {
          iceUseIpv4: false,
          iceUseIpv6: false,
          iceInterfaceAddresses: interfacesOf(addresses),
          iceAdditionalHostAddresses: addresses,
        }),
    ...(ports ? { icePortRange: ports } : {}),
  });
  const made: Peer = {
    heardMs: performance.now(),
    users: new Set(),
    taken: 0,
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
    made.taken = 0;
    if (performance.now() - made.heardMs > silentSeconds * 1000) close(peer);
  }, LOOK_MS);
  connection.connectionStateChange.subscribe((state) => {
    if (state === 'connected') tell({ type: 'state', peer, state });
    else if (state === 'failed' || state === 'closed' || state === 'disconnected') close(peer);
  });
  connection.onDataChannel.subscribe((channel) => {
    made.channel ??= channel;
    channel.stateChanged.subscribe((state) => {
      if (state === 'closed' && made.channel === channel) close(peer);
    });
  });
  connection.onTrack.subscribe((track) => {
    if (track.kind !== 'audio') return;
    track.onReceiveRtp.subscribe(({ header, payload }) => {
      made.taken += 1;
      if (made.taken > MOST_TAKEN_A_SECOND) return;
      const copy = new Uint8Array(payload);
      const { sequenceNumber: sequence, timestamp } = header;
      tell({ type: 'sound', peer, sequence, timestamp, opus: copy }, [copy.buffer]);
    });
  });
  return made;
}

async function answerOf(
  made: Peer,
  { sdp, users }: ReadOffer,
  { addresses }: PeerSettings,
  { MediaStreamTrack }: Werift,
): Promise<string> {
  const { connection } = made;
  await connection.setRemoteDescription({ type: 'offer', sdp });
  const audio = connection.getTransceivers().find(({ kind }) => kind === 'audio');
  if (!audio?.codecs.some(({ mimeType }) => mimeType.toLowerCase() === 'audio/opus'))
    throw new Error('the offer has no audio section with Opus');
  made.track = new MediaStreamTrack({ kind: 'audio' });
  audio.setDirection('sendrecv');
  await audio.sender.replaceTrack(made.track);
  await connection.setLocalDescription(await connection.createAnswer());
  const answer = withAddresses(connection.localDescription!.sdp, addresses);
  for (const ours of usersOf(answer.split('\r\n'))) for (const theirs of users) made.users.add(`${ours}:${theirs}`);
  return answer;
}

/** Addresses of this machine are listened at alone; one that leads here through a router belongs to none of its interfaces. */
function interfacesOf(addresses: string[]): { udp4?: string; udp6?: string } {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const own = addresses.filter((address) => all.some((one) => one.address === address));
  const udp4 = own.find((address) => !address.includes(':'));
  const udp6 = own.find((address) => address.includes(':'));
  return { ...(udp4 === undefined ? {} : { udp4 }), ...(udp6 === undefined ? {} : { udp6 }) };
}

function send(peer: number, packet: Packet, head: Uint8Array, { RtpPacket, RtpHeader }: Werift): void {
  const made = peers.get(peer);
  if (!made?.track || made.connection.connectionState !== 'connected') return;
  const { run, playId, serial } = packet;
  // what a decoder leaves out at its begin takes its time in RTP as well
  const frames = packet.frames + packet.skipFrames;
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
  end(made);
  if (isTold) tell({ type: 'state', peer, state: 'closed' });
}

/** Its sockets are closed even where its gathering has not ended yet. */
function end({ connection }: Peer): void {
  void connection.close().catch(() => undefined);
  for (const transport of connection.iceTransports) void transport.stop().catch(() => undefined);
}

let turn: Promise<unknown> = Promise.resolve();
/** One after another: of two that look for a free port at once, the library gives both the same. One that hangs holds nobody up. */
function inTurn(work: () => Promise<void>): void {
  turn = turn.then(() => Promise.race([work(), setTimeout(TURN_MS, undefined, { ref: false })])).catch(trouble);
}

async function sendAll(to: readonly number[], bytes: Uint8Array): Promise<void> {
  const library = await loading;
  if (!library) return;
  const packet = decodePacket(bytes);
  // meters and positions without the sound, which goes by RTP
  const head = encodePacket({ ...packet, payload: new Uint8Array(0) });
  for (const peer of to)
    try {
      send(peer, packet, head, library);
    } catch (thrown) {
      trouble(thrown);
      close(peer);
    }
}

/** What a client sends must not end the connections of others: what the library throws out of its own turn is told, and it goes on. */
let toldMs = Number.NEGATIVE_INFINITY;
function trouble(thrown: unknown): void {
  if (performance.now() - toldMs < LOOK_MS) return;
  toldMs = performance.now();
  tell({ type: 'trouble', why: String(thrown instanceof Error ? thrown.stack : thrown).slice(0, 2000) });
}
process.on('uncaughtException', trouble);
process.on('unhandledRejection', trouble);

parentPort!.on('message', (message: ToPeers) => {
  if (message.type === 'open') inTurn(() => open(message.peer, message.offer, message.settings));
  else if (message.type === 'send') void sendAll(message.peers, message.packet).catch(trouble);
  else close(message.peer, false);
});
