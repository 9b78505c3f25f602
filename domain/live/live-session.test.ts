import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { WebSocket, WebSocketServer } from 'ws';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { createLogger } from '../logging/logger.ts';
import { PERMISSIONS } from '../permissions/permission.ts';
import { EventLog } from '../tasks/event-log.ts';
import { noTracer } from '../tracing/tracer.ts';
import { LiveSession } from './live-session.ts';
import { BEAT_MS, LiveSessions } from './live-sessions.ts';

/** Live sessions on real sockets, with a task that does what it is told at once and a clock that stands. */
async function sessionsOn(t: Test) {
  const clock = new VirtualClock(1e12);
  const sessions = new LiveSessions(clock);
  const done: string[] = [];
  const gate = { open: Promise.resolve() };
  const task = {
    id: 'task',
    log: new EventLog(0),
    toldRecord: { revision: 1, graph: { sampleRate: 48000 } },
    state: {},
    follow: () => () => undefined,
    expanded: (changes: unknown) => changes,
    delivered: () => undefined,
    set: async () => ({ frame: null, sequence: 0 }),
    midi: async () => {
      await gate.open;
      done.push('midi');
      return null;
    },
  };
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  let count = 0;
  server.on('connection', (socket, { url }) => {
    new LiveSession({
      socket,
      task,
      sessions,
      clock,
      tracer: noTracer,
      logger: createLogger('silent'),
      requestId: `session-${++count}`,
      principal: { id: url!.slice(1), application: 'main', permissions: new Set(PERMISSIONS) },
      require: () => undefined,
    } as never);
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  t.teardown(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const open = async (principal = 'one') => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${principal}`);
    const messages: { type: string; id?: unknown }[] = [];
    socket.on('message', (data) => messages.push(JSON.parse(String(data))));
    await once(socket, 'message');
    return { socket, messages, closed: once(socket, 'close') as Promise<[number, Buffer]> };
  };
  /** Until the server has seen what was sent. */
  const round = async ({ socket, messages }: { socket: WebSocket; messages: { id?: unknown }[] }, id: string) => {
    socket.send(JSON.stringify({ type: 'ping', id }));
    while (!messages.some((message) => message.id === id)) await once(socket, 'message');
  };
  return { clock, sessions, port, open, round, done, gate };
}

t.test('a client whose end is gone without a word is found within three beats, another stays', async (t) => {
  const { clock, sessions, port, open } = await sessionsOn(t);
  const alive = await open();
  // It opens, and answers nothing any more: neither pings nor the close.
  const dead = connect(port, '127.0.0.1');
  dead.write(
    'GET /dead HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(dead, 'data');
  dead.resume();
  const ended = once(dead, 'close');
  t.equal(sessions.size, 2);
  for (let beat = 0; beat < 2; beat++) {
    const pinged = once(alive.socket, 'ping');
    clock.advance(BEAT_MS);
    await pinged;
    await sleep(20); // the pong is on its way
    t.equal(sessions.size, 2);
  }
  clock.advance(BEAT_MS);
  await ended;
  for (let beat = 0; beat < 5; beat++) {
    const pinged = once(alive.socket, 'ping');
    clock.advance(BEAT_MS);
    await pinged;
    await sleep(20);
  }
  t.equal(sessions.size, 1);
  alive.socket.close();
  await alive.closed;
});

t.test('the sessions of a principal can be found and cut, with nothing more of what they asked begun', async (t) => {
  const { sessions, open, round, done, gate } = await sessionsOn(t);
  const [revoked, other] = [await open('revoked'), await open('other')];
  const held = Promise.withResolvers<void>();
  gate.open = held.promise;
  const midi = { type: 'midi', messages: [{ instance: 'x', bytes: [0x90, 60, 1] }] };
  for (let id = 1; id <= 3; id++) {
    revoked.socket.send(JSON.stringify({ ...midi, id }));
    revoked.socket.send(JSON.stringify({ type: 'ping', id: `after ${id}` }));
  }
  await round(other, 'seen');
  const [session] = sessions.of('revoked');
  t.equal(sessions.of('revoked').length, 1);
  session!.cut(4401, 'the key was revoked');
  t.equal(sessions.of('revoked').length, 0);
  held.resolve();
  const [code, reason] = await revoked.closed;
  t.same([code, String(reason)], [4401, 'the key was revoked']);
  await session!.settled;
  t.same(done, ['midi'], 'what was under way is done, the rest is not begun');
  t.same(
    revoked.messages.map(({ type }) => type),
    ['snapshot'],
  );
  await round(other, 'still here');
  const presence = sessions.presenceOf(session!.task);
  t.same(
    presence.list.map(({ principal }) => principal),
    ['other'],
  );
});

t.test('requests over the limit are slowed, and every one is answered', async (t) => {
  const { clock, open } = await sessionsOn(t);
  const { socket, messages } = await open();
  const count = 10_000;
  for (let id = 1; id <= count; id++) socket.send(`{"type":"ping","id":${id}}`);
  while (messages.length <= count) {
    clock.advance(20);
    await sleep(2);
  }
  t.same(
    messages.flatMap(({ type, id }) => (type === 'ack' ? [id] : [])),
    Array.from({ length: count }, (_, i) => i + 1),
  );
  // A burst is 2,000; a piece of the network's may hold as many again.
  const seconds = (clock.now() - 1e12) / 1000;
  t.ok(seconds >= (count - 4_000) / 2_000, `${seconds} s`);
});

t.test('a client that comes back ends its session of before, after all that it asked', async (t) => {
  const { sessions, open, gate, done } = await sessionsOn(t);
  const before = await open();
  const held = Promise.withResolvers<void>();
  gate.open = held.promise;
  before.socket.send(JSON.stringify({ type: 'midi', id: 1, messages: [{ instance: 'x', bytes: [0x90, 60, 1] }] }));
  before.socket.send(JSON.stringify({ type: 'ping', id: 2 }));
  const stranger = await open('stranger');
  const after = await open();
  stranger.socket.send(JSON.stringify({ type: 'resume', id: 1, sequence: 0, before: 'session-1' }));
  while (!stranger.messages.some(({ id }) => id === 1)) await once(stranger.socket, 'message');
  t.equal(sessions.size, 3, 'nobody ends the session of another');
  after.socket.send(JSON.stringify({ type: 'resume', id: 1, sequence: 0, before: 'session-1' }));
  await before.closed;
  t.equal(sessions.size, 2);
  t.notOk(after.messages.some(({ id }) => id === 1));
  held.resolve();
  while (!after.messages.some(({ id }) => id === 1)) await once(after.socket, 'message');
  t.same(done, ['midi']);
});
