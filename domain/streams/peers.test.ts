import { encodePacket } from '@audiocloud/api';
import t from 'tap';
import { RTCPeerConnection, RtpHeader, RtpPacket } from 'werift';
import { until } from '../../test/until.ts';
import { connected, newPeers, nothing, packet } from '../testing/peer-client.ts';

// werift's client leaves sockets open that keep the process alive
t.teardown(() => setTimeout(() => process.exit(), 200).unref());

t.test('peers: packets go out as RTP with their time, positions and meters beside them', async (t) => {
  const { peer, heard, told } = await connected(t, newPeers(t));
  peer.send(encodePacket(packet(0, { frames: 168, skipFrames: 312 }))); // an encoder begins
  for (let serial = 1; serial < 5; serial++) peer.send(encodePacket(packet(serial)));
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
