import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../clock/clock.ts';
import { Outbox } from './outbox.ts';

const packet = new Uint8Array(64 * 1024);

/** Two clients of one server, and the outbox of each. */
async function two(t: Test) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const open = async () => {
    const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const received: string[] = [];
    client.on('message', (data, isBinary) => received.push(isBinary ? 'packet' : String(data)));
    const [[socket]] = (await Promise.all([once(server, 'connection'), once(client, 'open')])) as [
      [WebSocket],
      unknown,
    ];
    return { client, received, socket, outbox: new Outbox(socket, systemClock) };
  };
  return [await open(), await open()] as const;
}

t.test('a client that does not read loses meters, then its connection; another loses nothing', async (t) => {
  const [slow, fast] = await two(t);
  slow.client.pause();
  let metersSkipped = -1;
  let sent = 0;
  for (; slow.socket.readyState === slow.socket.OPEN && sent < 1_000; sent++) {
    const before = slow.socket.bufferedAmount;
    for (const { outbox } of [slow, fast]) {
      outbox.meters({ type: 'meters', sent });
      outbox.packet(packet);
    }
    // What the system's own buffers took is not waiting.
    if (before > 256 * 1024 && metersSkipped < 0) metersSkipped = sent;
    t.ok(slow.socket.bufferedAmount < 8 * 1024 * 1024 + 2 * packet.length, 'memory is bounded');
    await nextTurn();
  }
  t.ok(sent < 1_000, `closed after ${sent} packets`);
  while (fast.received.length < 2 * sent) await once(fast.client, 'message');
  t.equal(fast.received.filter((message) => message === 'packet').length, sent, 'the other got every packet');
  t.equal(fast.received.length, 2 * sent, 'and all meters');

  slow.client.resume();
  const [code] = (await once(slow.client, 'close')) as [number];
  t.equal(code, 1013, 'try again later');
  const meters = slow.received.filter((message) => message !== 'packet').map((message) => JSON.parse(message).sent);
  t.ok(metersSkipped > 0 && Math.max(...meters) <= metersSkipped, `no meters after ${metersSkipped}`);
  t.ok(slow.received.length > meters.length, 'what was sent before arrived');
});

t.test('nothing is sent after the close', async (t) => {
  const [one] = await two(t);
  one.outbox.message({ type: 'last' });
  one.outbox.close(1000, 'over');
  one.outbox.message({ type: 'too late' });
  one.outbox.packet(packet);
  await once(one.client, 'close');
  t.same(one.received, ['{"type":"last"}']);
});
