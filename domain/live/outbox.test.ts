import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LiveEvent, LiveMessage, Presence } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { CLOSE_BYTES, CLOSE_MS, Outbox } from './outbox.ts';

const packet = new Uint8Array(64 * 1024);

const changed = (sequence: number, value: number, more: object = {}): LiveEvent => ({
  type: 'changed',
  sequence,
  frame: sequence,
  changes: [{ instance: 'gain', parameter: 'gain', value, ...more }],
});
const edited = (sequence: number): LiveEvent => ({ type: 'edited', sequence, revision: 2, edits: [] });
const meters = (streamFrame: number) =>
  ({ type: 'meters', meters: { streamFrame }, transport: {} }) as unknown as Extract<LiveMessage, { type: 'meters' }>;
const present = (session: string, name: string): Presence => ({
  session,
  name,
  principal: 'anybody',
  permissions: [],
  since: 0,
  touches: [],
});

/** An outbox on a socket that takes only as much as it is told to. */
function slow() {
  const clock = new VirtualClock();
  const sent: LiveMessage[] = [];
  const taken: (() => void)[] = [];
  const socket = {
    OPEN: 1 as const,
    readyState: 1 as 0 | 1 | 2 | 3,
    bufferedAmount: 0,
    closed: undefined as number | undefined,
    isTerminated: false,
    send(data: Buffer, ...rest: unknown[]) {
      socket.bufferedAmount += data.length;
      if (data[0] === 0x7b) sent.push(JSON.parse(data.toString()));
      taken.push(() => {
        socket.bufferedAmount -= data.length;
        (rest.at(-1) as () => void)();
      });
    },
    close(code: number) {
      socket.closed = code;
      socket.readyState = 2;
    },
    terminate() {
      socket.isTerminated = true;
    },
  };
  const outbox = new Outbox(socket as never, clock);
  return {
    clock,
    sent,
    socket,
    outbox,
    /** The system takes no more until it is told to. */
    block: () => outbox.packet(new Uint8Array(70 * 1024)),
    /** It takes all that was sent so far, and what is sent thereupon. */
    drain: () => {
      for (let take = taken.shift(); take; take = taken.shift()) take();
    },
  };
}

t.test('as long as the system takes it everything goes out at once, as it is', async (t) => {
  const { outbox, sent } = slow();
  const all = [changed(1, 1), meters(1), changed(2, 2), edited(3)];
  for (const message of all)
    if (message.type === 'meters') outbox.latest(message);
    else outbox.event(message as LiveEvent);
  t.same(sent, all);
});

t.test('what waits: values become one event, the newest meters stay, the order of the rest is kept', async (t) => {
  const { outbox, sent, block, drain } = slow();
  block();
  outbox.event({ ...changed(1, 1), origin: 'a' });
  outbox.message({ type: 'ack', id: 1 });
  outbox.latest(meters(1));
  outbox.event({ ...changed(2, 2, { index: 1 }), origin: 'a' });
  outbox.event({ ...changed(3, 3), origin: 'a' });
  outbox.latest(meters(2));
  outbox.event(edited(4));
  outbox.event({ ...changed(5, 5), origin: 'a' });
  outbox.event({ ...changed(6, 6, { index: 0 }), origin: 'b' });
  outbox.message({ type: 'ack', id: 2 });
  outbox.latest(meters(3));
  t.same(sent, []);
  drain();
  t.same(sent, [
    {
      type: 'changed',
      from: 1,
      sequence: 3,
      origin: 'a',
      frame: 3,
      changes: [{ instance: 'gain', parameter: 'gain', value: 3 }],
    },
    { type: 'ack', id: 1 },
    edited(4),
    {
      type: 'changed',
      from: 5,
      sequence: 6,
      frame: 6,
      changes: [
        { instance: 'gain', parameter: 'gain', value: 5 },
        { instance: 'gain', parameter: 'gain', index: 0, value: 6 },
      ],
    },
    { type: 'ack', id: 2 },
    meters(3),
  ]);
  outbox.event(changed(7, 7));
  t.same(sent.at(-1), changed(7, 7), 'and then it is as before');
});

t.test('who is there is told in one message', async (t) => {
  const { outbox, sent, block, drain } = slow();
  block();
  outbox.presence({ type: 'presence', present: [present('a', 'A'), present('b', 'B')], left: ['x'] });
  outbox.presence({ type: 'presence', present: [present('b', 'Bea'), present('c', 'C')], left: ['a'] });
  drain();
  t.same(sent, [{ type: 'presence', present: [present('b', 'Bea'), present('c', 'C')], left: ['x', 'a'] }]);
});

t.test('a client that takes nothing is closed after a time, one that takes a little is not', async (t) => {
  const none = slow();
  none.block();
  none.outbox.latest(meters(1));
  none.clock.advance(CLOSE_MS - 1);
  t.equal(none.socket.closed, undefined);
  none.clock.advance(1);
  t.equal(none.socket.closed, 1013);
  t.notOk(none.socket.isTerminated);
  none.clock.advance(2_000);
  t.ok(none.socket.isTerminated, 'it does not wait for the client');

  const little = slow();
  for (let i = 1; i <= 5; i++) {
    little.block();
    little.outbox.event(edited(i));
    little.clock.advance(CLOSE_MS - 1);
    little.drain();
  }
  little.clock.advance(2 * CLOSE_MS);
  t.equal(little.socket.closed, undefined);
});

t.test('what waits is bounded in bytes', async (t) => {
  const { outbox, socket, block } = slow();
  block();
  const long = Buffer.alloc(100 * 1024);
  let most = 0;
  let count = 0;
  for (; socket.closed === undefined && count < 100; count++) {
    outbox.text(long);
    most = Math.max(most, outbox.waitingBytes);
  }
  t.equal(socket.closed, 1013);
  t.ok(most <= CLOSE_BYTES + long.length, `${most} bytes`);
  // A fader that moves all the time never fills it.
  const moving = slow();
  moving.block();
  for (let i = 1; i <= 50_000; i++) moving.outbox.event(changed(i, i));
  t.equal(moving.socket.closed, undefined);
  t.ok(moving.outbox.waitingBytes < 100 * 1024);
});

t.test('what waits is sent before an orderly close, and nothing after it', async (t) => {
  const { outbox, sent, socket, block } = slow();
  block();
  outbox.event(changed(1, 1));
  outbox.close(1000, 'over');
  t.same(sent, [changed(1, 1)]);
  t.equal(socket.closed, 1000);
  outbox.event(changed(2, 2));
  outbox.packet(packet);
  t.equal(sent.length, 1);
  const cut = slow();
  cut.block();
  cut.outbox.event(changed(1, 1));
  cut.outbox.cut(4401, 'no longer');
  t.same(cut.sent, []);
  t.equal(cut.socket.closed, 4401);
});

/** Two clients of one server, and the outbox of each. */
async function two(t: Test) {
  const clock = new VirtualClock();
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
    return { client, received, socket, outbox: new Outbox(socket, clock) };
  };
  return [await open(), await open()] as const;
}

t.test(
  'real sockets: a client that does not read loses meters, then its connection; another loses nothing',
  async (t) => {
    const [slow, fast] = await two(t);
    slow.client.pause();
    let sent = 0;
    for (; slow.socket.readyState === slow.socket.OPEN && sent < 1_000; sent++) {
      for (const { outbox } of [slow, fast]) {
        outbox.latest(meters(sent));
        outbox.packet(packet);
      }
      t.ok(slow.outbox.waitingBytes < CLOSE_BYTES + 2 * packet.length, 'memory is bounded');
      await nextTurn();
    }
    t.ok(sent < 1_000, `closed after ${sent} packets`);
    while (fast.received.filter((message) => message === 'packet').length < sent) await once(fast.client, 'message');
    while (!fast.received.some((text) => text.includes(`"streamFrame":${sent - 1}}`)))
      await once(fast.client, 'message');

    slow.client.resume();
    const [code] = (await once(slow.client, 'close')) as [number];
    t.equal(code, 1013, 'try again later');
    const packets = slow.received.filter((message) => message === 'packet').length;
    t.ok(slow.received.length - packets < packets, 'meters were left out');
    t.ok(packets > 0, 'what was sent before arrived');
  },
);
