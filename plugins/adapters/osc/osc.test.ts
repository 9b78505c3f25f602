import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AdapterPort, PortPattern, Setting } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { adapter } from './index.ts';
import { tcpStrip, udpStrip } from './testing/strip-server.ts';

/** `/strip/gain ,f 6` and the level that follows, -14 dB, by hand: OSC 1.0. */
const SET_GAIN = '2f73747269702f6761696e00' + '2c660000' + '40c00000';
const LEVEL = '2f73747269702f6c6576656c00000000' + '2c660000' + 'c1600000';
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** A port with what it said so far. */
async function openAt(t: Test, port: number, settings: Record<string, Setting>) {
  const pattern = { host: '127.0.0.1', port: String(port) };
  const [facts] = await adapter.list([pattern], [settings]);
  t.strictSame(facts, { id: `127.0.0.1:${port}`, attributes: pattern });
  const opened = await adapter.open(facts!, settings);
  t.teardown(() => opened.close());
  const said: string[] = [];
  const waiting: (() => void)[] = [];
  opened.onData((bytes) => {
    said.push(hex(bytes));
    for (const look of waiting.splice(0)) look();
  });
  const closed = new Promise<string>((resolve) => opened.onClose(resolve));
  /** Resolves when the device has said this. */
  const heard = async (packet: string) => {
    while (!said.includes(packet)) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { opened, said, closed, heard, facts: facts! };
}

const send = (port: AdapterPort, packet: string) => port.write(Buffer.from(packet, 'hex'));

t.test('udp: a value goes to the device and moves its meter', async (t) => {
  const strip = await udpStrip(t);
  const { opened, heard } = await openAt(t, strip.port, { transport: 'udp' });
  await send(opened, SET_GAIN);
  await heard(LEVEL);
  t.strictSame(strip.received, [SET_GAIN]);
});

t.test('tcp: a value goes to the device with its length before it and moves its meter', async (t) => {
  const strip = await tcpStrip(t);
  const { opened, heard } = await openAt(t, strip.port, { transport: 'tcp' });
  await send(opened, SET_GAIN);
  await heard(LEVEL);
  t.strictSame(strip.received, [`00000014${SET_GAIN}`]);
});

for (const [framing, toDevice, fromDevice] of [
  ['length-16-le', `1400${SET_GAIN}`, `1800${LEVEL}`],
  ['slip', `c0${SET_GAIN.replace('40c0', '40dbdc')}c0`, `${LEVEL}c0`],
] as const)
  t.test(`tcp: ${framing}, byte for byte`, async (t) => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = (server.address() as { port: number }).port;
    const got = new Promise<string>((resolve) => {
      server.on('connection', (socket) => {
        t.teardown(() => socket.destroy());
        let bytes = '';
        socket.on('error', () => {});
        socket.on('data', (data) => {
          bytes += hex(data);
          if (bytes.length < toDevice.length) return;
          resolve(bytes);
          socket.write(Buffer.from(fromDevice, 'hex'));
        });
      });
    });
    t.teardown(() => server.close());
    const { opened, heard } = await openAt(t, port, { transport: 'tcp', framing });
    await send(opened, SET_GAIN);
    t.equal(await got, toDevice);
    await heard(LEVEL);
  });

t.test('tcp: a connection that is cut is an unplug; it is there again when the device is', async (t) => {
  const strip = await tcpStrip(t);
  const settings = { transport: 'tcp' };
  const { opened, closed, facts } = await openAt(t, strip.port, settings);
  await strip.end();
  t.match(await closed, /connection|ECONN/);
  await t.rejects(send(opened, SET_GAIN), { code: 'ADAPTER_FAILED', message: /closed/ });
  t.strictSame(await adapter.list([facts.attributes], [settings]), []);
  await t.rejects(adapter.open(facts, settings), {
    code: 'ADAPTER_FAILED',
    message: /ECONNREFUSED.*look at the device/,
  });
  await tcpStrip(t, strip.port);
  const again = await openAt(t, strip.port, settings);
  await send(again.opened, SET_GAIN);
  await again.heard(LEVEL);
});

t.test('tcp: what cannot be its framing ends the connection, with the reason', async (t) => {
  const strip = await tcpStrip(t);
  const { opened, closed, heard } = await openAt(t, strip.port, { transport: 'tcp' });
  await send(opened, SET_GAIN);
  await heard(LEVEL);
  strip.send(Buffer.from('ffffffff', 'hex'));
  t.match(await closed, /4294967295 bytes; the framing is not length-32-be/);
});

t.test('udp: presence is an answer to the heartbeat, where there is one', async (t) => {
  const strip = await udpStrip(t);
  const settings = { transport: 'udp', heartbeat: '/strip/gain', heartbeatMs: 50 };
  const { closed, facts } = await openAt(t, strip.port, settings);
  t.equal(strip.received[0], '2f73747269702f6761696e002c000000', 'it was asked before it was taken as there');
  await strip.end();
  t.match(await closed, /no answer to \/strip\/gain for 150 ms/);
  t.strictSame(await adapter.list([facts.attributes], [settings]), []);
  t.equal((await adapter.list([facts.attributes], [{ transport: 'udp' }])).length, 1, 'without one it is always there');
});

t.test('udp: what is on its way when the port is closed is done or refused', async (t) => {
  const strip = await udpStrip(t);
  const { opened } = await openAt(t, strip.port, { transport: 'udp' });
  const writes = Promise.allSettled(Array.from({ length: 20 }, () => send(opened, SET_GAIN)));
  await opened.close();
  for (const result of await writes)
    if (result.status === 'rejected') t.match(result.reason, { code: 'ADAPTER_FAILED', message: /it is closed/ });
  t.pass('none waits for ever');
});

t.test('udp: what another sends is not heard', async (t) => {
  const [strip, stranger] = await Promise.all([udpStrip(t), udpStrip(t)]);
  const first = await openAt(t, strip.port, { transport: 'udp' });
  const second = await openAt(t, stranger.port, { transport: 'udp' });
  await send(second.opened, SET_GAIN);
  await second.heard(LEVEL);
  t.strictSame(first.said, []);
});

t.test('udp: a device that answers from another port is heard at localPort', async (t) => {
  const [strip, other] = [await udpStrip(t), createSocket('udp4')];
  other.bind(0, '127.0.0.1');
  await once(other, 'listening');
  const localPort = other.address().port;
  await new Promise<void>((resolve) => other.close(resolve)); // a port that is free now
  const { opened, heard } = await openAt(t, strip.port, { transport: 'udp', localPort });
  const device = createSocket('udp4');
  t.teardown(() => device.close());
  device.send(Buffer.from(LEVEL, 'hex'), localPort, '127.0.0.1');
  await heard(LEVEL);
  await opened.close();
});

t.test('an address is opened once, and must be named in full', async (t) => {
  const strip = await udpStrip(t);
  const { facts, opened } = await openAt(t, strip.port, { transport: 'udp' });
  await t.rejects(adapter.open(facts, { transport: 'udp' }), { code: 'ADAPTER_FAILED', message: /open already/ });
  await opened.close();
  await (await adapter.open(facts, { transport: 'udp' })).close();
  const patterns: PortPattern[] = [
    { host: '127.0.0.*', port: '9' },
    { host: '127.0.0.1' },
    { host: 'a', port: '0' },
    { name: 'x' },
  ];
  for (const pattern of patterns) t.strictSame(await adapter.list([pattern]), []);
});
