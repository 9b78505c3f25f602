import { createSocket } from 'node:dgram';
import { encodePacket } from '@audiocloud/api';
import t from 'tap';
import { until } from '../../test/until.ts';
import { connected, newPeers, nothing, offerOf, packet } from '../testing/peer-client.ts';

// Limits of the WebRTC peers, clients that are broken or rude, and the end of the domain.

// werift's client leaves sockets open that keep the process alive
t.teardown(() => setTimeout(() => process.exit(), 200).unref());

t.test('peers: without the package they are unavailable, by name', async (t) => {
  const peers = newPeers(t, { library: 'werift-that-is-not-there' });
  for (let i = 0; i < 2; i++)
    await t.rejects(peers.open(await offerOf(), nothing), {
      code: 'WEBRTC_UNAVAILABLE',
      message: /werift-that-is-not-there is not installed beside the domain; listen on the live socket/,
    });
  t.equal(peers.size, 0);
});

t.test('peers: no more than may be, and one that ends makes room', async (t) => {
  const peers = newPeers(t, { mostPeers: 2 });
  const offer = await offerOf();
  const [first] = await Promise.all([peers.open(offer, nothing), peers.open(offer, nothing)]);
  await t.rejects(peers.open(offer, nothing), {
    code: 'WEBRTC_REFUSED',
    message: /has 2 connections, and webrtc.mostPeers is 2/,
  });
  first.close();
  await t.resolves(peers.open(offer, nothing));
});

t.test('peers: 200 offers that are broken at random end neither the thread nor a connection', async (t) => {
  const peers = newPeers(t);
  const { peer, heard, events } = await connected(t, peers);
  const good = await offerOf();
  let state = 20_261_130;
  const random = (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const lines = good.split('\r\n');
  const broken = (): string => {
    const made = [...lines];
    for (let n = random(4); n >= 0; n--) {
      const at = random(made.length);
      const line = made[at] ?? '';
      const cut = random(line.length + 1);
      const ways = [
        () => made.splice(at, 1),
        () => made.splice(at, 0, line),
        () => made.splice(at, 1, line.slice(0, cut)),
        () => made.splice(at, 1, line.replace(/\d+/, String(random(2 ** 32)))),
        () => made.splice(at, 1, `${line.slice(0, cut)}${String.fromCharCode(random(0x3000))}${line.slice(cut)}`),
        () => made.splice(at, 1, line.slice(0, cut) + 'x'.repeat(random(5000))),
        () => made.splice(at, 0, made[random(made.length)]!),
      ];
      ways[random(ways.length)]!();
    }
    return made.join('\r\n').slice(0, 65_536);
  };
  const outcomes = { answered: 0, refused: 0 };
  for (let n = 0; n < 200; n++)
    await peers.open(broken(), nothing).then(
      (opened) => {
        outcomes.answered++;
        opened.close();
      },
      (error) => {
        outcomes.refused++;
        if (error.code !== 'WEBRTC_REFUSED' || /thread/.test(error.message)) throw error;
      },
    );
  t.comment(JSON.stringify(outcomes));
  t.ok(outcomes.answered > 20 && outcomes.refused > 20, JSON.stringify(outcomes));
  peer.send(encodePacket(packet(0)));
  await until('the one that was there still hears', () => heard.length > 0);
  t.same([events.closed, peers.size], [0, 1]);
});

t.test('peers: who does not know the names of both sides is not answered', async (t) => {
  const { peer } = await connected(t, newPeers(t));
  const [, , , , , port] = /a=candidate:(.*)/.exec(peer.answer)![1]!.split(' ');
  const ours = /a=ice-ufrag:(\S+)/.exec(peer.answer)![1]!;
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  let answers = 0;
  socket.on('message', () => answers++);
  const ask = (name: string) => {
    const user = Buffer.from(name.padEnd(12, 'x').slice(0, 12));
    const head = Buffer.from([0, 1, 0, 16, 0x21, 0x12, 0xa4, 0x42, ...Array(12).fill(7), 0, 6, 0, 12]);
    socket.send(Buffer.concat([head, user]), Number(port), '127.0.0.1');
  };
  for (const name of ['nobody:here', `${ours}:guess`, `${ours}:`]) ask(name);
  // a request that is no binding is answered by an error: what came before it has been read by then
  socket.send(Buffer.from([0, 3, 0, 0, 0x21, 0x12, 0xa4, 0x42, ...Array(12).fill(9)]), Number(port), '127.0.0.1');
  await until('the last one is answered', () => answers > 0);
  t.equal(answers, 1);
});

t.test('peers: their end closes the sockets, tells who waits, and nothing starts again', async (t) => {
  const port = await freePort();
  const peers = newPeers(t, { firstPort: port, lastPort: port + 1 });
  const offer = await offerOf();
  const [peer] = await Promise.all([peers.open(offer, nothing), peers.open(offer, nothing)]);
  t.same([await isFree(port), await isFree(port + 1)], [false, false], 'two at once have a port each');
  await t.rejects(peers.open(offer, nothing), { code: 'WEBRTC_REFUSED', message: /no UDP port/ }, 'there is no third');
  const waiting = peers.open(offer, nothing);
  const refused = t.rejects(waiting, { code: 'WEBRTC_REFUSED', message: /the domain ends/ });
  await peers.close();
  await refused;
  t.equal(await isFree(port), true);
  peer.send(encodePacket(packet(0)));
  peer.close();
  await t.rejects(peers.open(offer, nothing), { code: 'WEBRTC_REFUSED', message: /the domain ends/ });
  t.equal(peers.size, 0);
});

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => socket.close(() => resolve(true)));
  });
