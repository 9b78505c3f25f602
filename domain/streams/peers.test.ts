import { encodePacket, joinParts, type Packet } from '@audiocloud/api';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { MediaStreamTrack, RTCPeerConnection, RtpHeader, RtpPacket } from 'werift';
import { until } from '../../test/until.ts';
import { peerSettings } from './peer-settings.ts';
import { Peers } from './peers.ts';

// werift's client leaves sockets open that keep the process alive
t.teardown(() => setTimeout(() => process.exit(), 200).unref());

/** A packet of opus whose bytes say which it is. */
const packet = (serial: number, more: Partial<Packet> = {}): Packet => ({
  run: 1,
  playId: 1,
  serial,
  sampleRate: 48000,
  positionRate: 48000,
  channels: 2,
  frames: 480,
  skipFrames: 0,
  begins: serial === 0,
  format: 'opus',
  bitRate: 128000,
  timelineFrame: serial * 480,
  streamFrame: serial * 480,
  payload: joinParts([Uint8Array.of(0xfc, serial & 255, 1, 2, 3)]),
  meters: { peak: [0.5, 0.25], rms: [0.1, 0.1], clipped: 0 },
  ...more,
});

interface Heard {
  sequence: number;
  timestamp: number;
  opus: number[];
}

/** A client with one audio section and a channel for positions, connected to a domain's peers. */
async function connected(t: Test, peers: Peers) {
  const heard: Heard[] = [];
  const told: Buffer[] = [];
  const pushed: { sequence: number; opus: number[] }[] = [];
  const client = new RTCPeerConnection({
    iceServers: [],
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
  });
  t.teardown(() => {
    // its own way of closing waits for the other side, which may be gone
    for (const transport of client.iceTransports) void transport.stop();
    void client.close();
  });
  const sound = new MediaStreamTrack({ kind: 'audio' });
  const transceiver = client.addTransceiver(sound, { direction: 'sendrecv' });
  client.onTrack.subscribe((track) =>
    track.onReceiveRtp.subscribe(({ header: { sequenceNumber: sequence, timestamp }, payload }) =>
      heard.push({ sequence, timestamp, opus: [...payload] }),
    ),
  );
  const channel = client.createDataChannel('packets', { ordered: false, maxRetransmits: 0 });
  channel.onMessage.subscribe((data) => told.push(data as Buffer));
  await client.setLocalDescription(await client.createOffer());
  const events = { connected: 0, closed: 0 };
  const peer = await peers.open(client.localDescription!.sdp, {
    connected: () => events.connected++,
    closed: () => events.closed++,
    sound: (opus, sequence) => pushed.push({ sequence, opus: [...opus] }),
  });
  await client.setRemoteDescription({ type: 'answer', sdp: peer.answer });
  await until('it is connected', () => events.connected > 0 && channel.readyState === 'open');
  return { peer, client, heard, told, pushed, events, sound, transceiver };
}

const newPeers = (t: Test): Peers => {
  const peers = new Peers(peerSettings({}, '127.0.0.1'), pino({ level: 'silent' }) as never);
  t.teardown(() => peers.close());
  return peers;
};

t.test('peers: packets go out as RTP with their time, positions and meters beside them', async (t) => {
  const { peer, heard, told } = await connected(t, newPeers(t));
  for (let serial = 0; serial < 5; serial++) peer.send(encodePacket(packet(serial)));
  peer.send(encodePacket(packet(7))); // two were left out for this client
  await until('all came', () => heard.length >= 6 && told.length >= 6);
  t.same(
    heard.map(({ opus }) => opus[1]),
    [0, 1, 2, 3, 4, 7],
  );
  const first = heard[0]!;
  t.same(
    heard.map(({ timestamp }) => (timestamp - first.timestamp) >>> 0),
    [0, 480, 960, 1440, 1920, 3360],
    'a packet that was left out is a gap in time',
  );
  t.same(
    heard.map(({ sequence }) => (sequence - first.sequence) & 0xffff),
    [0, 1, 2, 3, 4, 5],
  );
  t.ok(
    told.some((message) => message.readUInt32LE(0) === heard[3]!.timestamp),
    'positions name the RTP time',
  );
});

t.test('peers: sound that a client sends comes in', async (t) => {
  const { pushed, transceiver } = await connected(t, newPeers(t));
  for (let n = 0; n < 5; n++)
    await transceiver.sender.sendRtp(
      new RtpPacket(
        new RtpHeader({ sequenceNumber: 100 + n, timestamp: n * 960, payloadType: 111 }),
        Buffer.from([0xfc, n]),
      ),
    );
  await until('all came', () => pushed.length >= 5);
  t.same(
    pushed.map(({ opus }) => opus),
    [0, 1, 2, 3, 4].map((n) => [0xfc, n]),
  );
});

t.test('peers: an offer that is none is refused with why, and the others go on', async (t) => {
  const peers = newPeers(t);
  const { peer, heard } = await connected(t, peers);
  const nothing = { connected: () => undefined, closed: () => undefined, sound: () => undefined };
  for (const offer of [
    '',
    'v=0',
    'x'.repeat(1000),
    'v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n',
  ])
    await t.rejects(peers.open(offer, nothing), { code: 'WEBRTC_REFUSED' }, JSON.stringify(offer.slice(0, 20)));
  peer.send(encodePacket(packet(0)));
  await until('it still hears', () => heard.length > 0);
  t.equal(peers.size, 1);
});

t.test('peers: one that is closed gets nothing more, the others go on', async (t) => {
  const peers = newPeers(t);
  const [closed, other] = [await connected(t, peers), await connected(t, peers)];
  const first = encodePacket(packet(0));
  for (const { peer } of [closed, other]) peer.send(first);
  await until('both hear', () => closed.heard.length === 1 && other.heard.length === 1);
  closed.peer.close();
  t.equal(peers.size, 1);
  const second = encodePacket(packet(1));
  for (const { peer } of [closed, other]) peer.send(second);
  await until('the other hears', () => other.heard.length === 2);
  t.same([closed.heard.length, closed.events.closed], [1, 0], 'who closes it is not told');
});

t.test('peers: when their thread ends all are told, and the next one finds another thread', async (t) => {
  const peers = newPeers(t);
  const client = new RTCPeerConnection({ iceServers: [] });
  client.addTransceiver('audio');
  const { sdp } = await client.createOffer();
  await client.close();
  let closed = 0;
  await peers.open(sdp, { connected: () => undefined, closed: () => closed++, sound: () => undefined });
  await peers.endThread();
  t.equal(closed, 1);
  const { peer, heard } = await connected(t, peers);
  peer.send(encodePacket(packet(0)));
  await until('it hears', () => heard.length === 1);
});
