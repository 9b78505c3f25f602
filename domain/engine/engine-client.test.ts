import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AudioCloudError,
  type AudioNotice,
  ENGINE_PROTOCOL,
  type EngineEvent,
  frameMessage,
  MessageReader,
} from '@audiocloud/api';
import t, { type Test } from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { connectEngine, engineSockets } from './engine-client.ts';

/*
 * Engines that fail, which a real one does not do on command: a peer that speaks the protocol and answers as told. What
 * a real engine answers is shown by the tests of the routes.
 */
const facts = { engine: 'peer', version: '1.0.0', protocol: ENGINE_PROTOCOL, tasks: [], models: [], fixed: [] };
type Command = { type: string; id: number };

async function peer(t: Test, react: (command: Command, send: (message: unknown) => void, socket: Socket) => void) {
  const dataDir = mkdtempSync(join(tmpdir(), 'peer-'));
  const sockets = new Set<Socket>();
  const requests: unknown[] = [];
  const encode = (message: unknown) => frameMessage(new TextEncoder().encode(JSON.stringify(message)));
  const listen = (path: string, take: (message: never, socket: Socket) => void) => {
    const server = createServer((socket) => {
      const reader = new MessageReader();
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        for (const bytes of reader.push(chunk)) take(JSON.parse(new TextDecoder().decode(bytes)) as never, socket);
      });
    });
    return new Promise<typeof server>((resolve) => server.listen(path, () => resolve(server)));
  };
  const paths = engineSockets(dataDir);
  const servers = [
    await listen(paths.control, (command: Command, socket) =>
      react(command, (message) => socket.write(encode(message)), socket),
    ),
    await listen(paths.audio, (request) => requests.push(request)),
  ];
  const end = () => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  };
  t.teardown(() => {
    end();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { dataDir, sockets, requests, end };
}

function listener() {
  const seen = {
    events: [] as EngineEvent[],
    packets: [] as [number, string][],
    notices: [] as [number, AudioNotice][],
    closed: [] as string[],
  };
  const closing = Promise.withResolvers<void>();
  return {
    seen,
    closing: closing.promise,
    events: {
      event: (event: EngineEvent) => seen.events.push(event),
      packet: (stream: number, packet: Uint8Array) => seen.packets.push([stream, new TextDecoder().decode(packet)]),
      notice: (stream: number, notice: AudioNotice) => seen.notices.push([stream, notice]),
      closed: (why: string) => {
        seen.closed.push(why);
        closing.resolve();
      },
    },
  };
}

const greeting = ({ type, id }: Command, send: (message: unknown) => void) => {
  if (type === 'hello') send({ type: 'answer', id, result: facts });
};

t.test('answers reach their commands, in whatever order; refusals are thrown with their code', async (t) => {
  const held: Command[] = [];
  const { dataDir } = await peer(t, (command, send) => {
    greeting(command, send);
    if (command.type === 'state') held.push(command);
    if (held.length === 2)
      for (const { id } of held.splice(0).reverse()) send({ type: 'answer', id, result: { answered: id } });
    if (command.type === 'unload')
      send({
        type: 'refusal',
        id: command.id,
        error: new AudioCloudError('TASK_UNKNOWN', 'no task', { task: 'x' }).toJSON(),
      });
  });
  const { events } = listener();
  const client = await connectEngine(dataDir, events);
  const [first, second] = await Promise.all([
    client.command('state', { task: 'a' }),
    client.command('state', { task: 'b' }),
  ]);
  t.match([first, second], [{ answered: 2 }, { answered: 3 }]);
  await t.rejects(client.command('unload', { task: 'x' }), { code: 'TASK_UNKNOWN', details: { task: 'x' } });
  client.close();
});

t.test('an engine that does not answer is unavailable, and a late answer harms nobody', async (t) => {
  let late = () => undefined as unknown;
  const { dataDir } = await peer(t, (command, send) => {
    greeting(command, send);
    if (command.type === 'state') late = () => send({ type: 'answer', id: command.id, result: 'late' });
    if (command.type === 'unload') {
      late();
      send({ type: 'answer', id: command.id, result: 'in time' });
    }
  });
  const { events, seen } = listener();
  const client = await connectEngine(dataDir, events);
  await t.rejects(client.command('state', { task: 'a' }, 50), { code: 'ENGINE_UNAVAILABLE' });
  t.equal(await client.command('unload', { task: 'a' }), 'in time');
  t.same(seen.closed, []);
  client.close();
});

t.test('a task whose media take minutes to be decoded is waited for, and nothing else is', async (t) => {
  const held: Command[] = [];
  const { dataDir } = await peer(t, (command, send) => {
    greeting(command, send);
    if (command.type === 'unload') {
      for (const { id } of held) send({ type: 'answer', id, result: 'at last' });
      send({ type: 'answer', id: command.id, result: null });
    } else held.push(command);
  });
  const { events, seen } = listener();
  const clock = new VirtualClock();
  const client = await connectEngine(dataDir, events, clock);
  const what = { task: 'a', revision: 1, graph: { sampleRate: 48000 }, media: {} };
  const waiting = [
    client.command('load', what),
    client.command('check', what),
    client.command('edit', { task: 'a', revision: 2, edits: [], media: {} }),
  ];
  const lease = t.rejects(client.command('lease', { seconds: 30 }), { code: 'ENGINE_UNAVAILABLE' });
  clock.advance(5_000);
  await lease; // an engine that hangs is noticed
  clock.advance(14 * 60_000);
  await client.command('unload', { task: 'b' });
  t.same(await Promise.all(waiting), ['at last', 'at last', 'at last']);

  const never = t.rejects(client.command('load', what), { code: 'ENGINE_UNAVAILABLE', message: /within 900000 ms/ });
  clock.advance(15 * 60_000);
  await never;
  t.same(seen.closed, []);
  client.close();
});

t.test('when the connection is lost every command is settled, once, and told once', async (t) => {
  const { dataDir, end } = await peer(t, greeting);
  const { events, seen, closing } = listener();
  const client = await connectEngine(dataDir, events);
  const commands = [1, 2, 3].map(() => client.command('state', { task: 'a' }));
  end();
  for (const command of commands) await t.rejects(command, { code: 'ENGINE_UNAVAILABLE' });
  await closing;
  await t.rejects(client.command('state', { task: 'a' }), { code: 'ENGINE_UNAVAILABLE' });
  client.close();
  t.equal(seen.closed.length, 1);
});

t.test('an engine that writes what cannot be read is left', async (t) => {
  for (const bytes of [frameMessage(new TextEncoder().encode('{nonsense')), new Uint8Array([255, 255, 255, 255])]) {
    const { dataDir } = await peer(t, (command, send, socket) => {
      greeting(command, send);
      if (command.type === 'state') socket.write(bytes);
    });
    const { events, closing } = listener();
    const client = await connectEngine(dataDir, events);
    await t.rejects(client.command('state', { task: 'a' }), { code: 'ENGINE_UNAVAILABLE' });
    await closing;
  }
});

t.test('an engine of another protocol is not used, and one that is not there is unavailable', async (t) => {
  const { dataDir, end } = await peer(t, ({ id }, send) =>
    send({ type: 'answer', id, result: { ...facts, protocol: ENGINE_PROTOCOL + 1 } }),
  );
  const { events, seen } = listener();
  await t.rejects(connectEngine(dataDir, events), { code: 'CLIENT_VERSION' });
  end();
  await t.rejects(connectEngine(dataDir, events), { code: 'ENGINE_UNAVAILABLE' });
  t.same(seen.closed, [], 'what never was open does not close');
});

t.test('events and packets are handed on, and requests for sound go the other way', async (t) => {
  const heartbeat = { type: 'heartbeat' as const, streamFrame: 5, load: 0.1 };
  const { dataDir, sockets, requests } = await peer(t, (command, send) => {
    greeting(command, send);
    if (command.type !== 'state') return;
    send(heartbeat);
    const packet = new Uint8Array([7, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode('sound')]);
    for (const socket of sockets) if (socket !== [...sockets][0]) socket.write(frameMessage(packet));
    setTimeout(() => send({ type: 'answer', id: command.id, result: null }), 50);
  });
  const { events, seen } = listener();
  const client = await connectEngine(dataDir, events);
  client.audio({ type: 'listen', stream: 7, task: 'a', format: 'f32' });
  await client.command('state', { task: 'a' });
  t.same(seen.events, [heartbeat]);
  t.same(seen.packets, [[7, 'sound']]);
  t.same(requests, [{ type: 'listen', stream: 7, task: 'a', format: 'f32' }]);
  client.close();
});
