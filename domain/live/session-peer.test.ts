import { AudioCloudError, decodePacket, type LiveMessage, packetParts, type Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import type { StreamEar } from '../engine/engine.ts';
import type { PeerEvents } from '../streams/peers.ts';
import type { EngineTask } from '../tasks/engine-task.ts';
import { TaskStream } from '../tasks/task-stream.ts';
import { SessionPeer } from './session-peer.ts';
import { TaskStreams } from './task-streams.ts';

/** 10 ms of stereo, whose second byte says which. */
const opus = (n: number) => Uint8Array.of(0xf4, n);

/** A session whose connections answer when they are told to. */
function session(t: Test, { channels = 2, isWithout = false } = {}) {
  const connections: { events: PeerEvents; answer(): void; refuse(): void; isClosed: boolean; sent: Uint8Array[] }[] =
    [];
  const ears: { ear: StreamEar; isEnded: boolean; changes: number }[] = [];
  const told: Extract<LiveMessage, { type: 'peer' }>[] = [];
  const pushed: { run: number; serial: number; begins: boolean; channels: number; opus: number }[] = [];
  const push = {
    track: 'voice' as string | undefined,
    channels,
    take: (bytes: Uint8Array) => {
      const packet = decodePacket(bytes);
      const { run, serial, begins, channels } = packet;
      pushed.push({ run, serial, begins, channels, opus: packetParts(packet)[0]!.bytes[1]! });
      return true;
    },
  };
  const clock = new VirtualClock(1e12);
  const engine = {} as { stream: unknown };
  engine.stream = (_request: unknown, ear: StreamEar) => {
    const made = { ear, isEnded: false, changes: 0 };
    ears.push(made);
    return { change: () => made.changes++, end: () => (made.isEnded = true) };
  };
  let place = engine;
  const streams = new TaskStreams(
    { stream: (ear) => new TaskStream(() => place as unknown as EngineTask, ear) },
    clock,
  );
  const graph = { sinks: { main: { kind: 'stream', channels: 2 } } } as unknown as Task;
  const peer = new SessionPeer({
    task: { id: 'task', record: { graph }, models: [] },
    streams,
    peers: isWithout
      ? undefined
      : {
          open: (_offer, events) =>
            new Promise((resolve, reject) => {
              const made = {
                events,
                isClosed: false,
                sent: [] as Uint8Array[],
                answer: () =>
                  resolve({
                    answer: `answer ${connections.indexOf(made)}`,
                    send: (packet) => made.sent.push(packet),
                    close: () => (made.isClosed = true),
                  }),
                refuse: () => reject(new AudioCloudError('WEBRTC_REFUSED', 'Cannot connect by WebRTC: no')),
              };
              connections.push(made);
            }),
        },
    push,
    clock,
    tell: (message) => told.push(message),
  });
  t.teardown(() => peer.stop());
  const opened = async () => {
    const answer = peer.open({ offer: 'v=0' });
    connections.at(-1)!.answer();
    await answer;
    return connections.at(-1)!;
  };
  const joined = (channels: number) =>
    ears.at(-1)!.ear.notice({ type: 'joined', sampleRate: 48000, channels } as never);
  const restartEngine = () => {
    place = { ...engine };
    peer.restart();
  };
  return { peer, connections, ears, told, pushed, push, opened, joined, restartEngine, streams };
}

t.test('session peer: serials follow sequence numbers over 65,535, with their losses', async (t) => {
  const { pushed, opened } = session(t);
  const { events } = await opened();
  for (const [n, sequence] of [65_533, 65_534, 65_535, 0, 1, 4].entries()) events.sound(opus(n), sequence, 0);
  t.same(
    pushed.map(({ serial }) => serial),
    [0, 1, 2, 3, 4, 7],
    'two are lost',
  );
  t.same(
    pushed.map(({ begins }) => begins),
    [true, false, false, false, false, false],
  );
  t.equal(new Set(pushed.map(({ run }) => run)).size, 1);
});

t.test('session peer: what comes out of order keeps its serial, also around the wrap', async (t) => {
  const { pushed, opened } = session(t);
  const { events } = await opened();
  for (const sequence of [65_534, 0, 65_535, 2, 1, 2]) events.sound(opus(sequence & 255), sequence, 0);
  t.same(
    pushed.map(({ serial }) => serial),
    [0, 2, 1, 4, 3, 4],
  );
  events.sound(opus(9), 65_533, 0);
  t.equal(pushed.length, 6, 'what is before the first one is left out');
});

t.test('session peer: a count that jumps begins anew, and no serial comes twice', async (t) => {
  const { pushed, opened } = session(t);
  const { events } = await opened();
  for (const sequence of [100, 101, 30_000, 30_001, 5]) events.sound(opus(0), sequence, 0);
  t.same(
    pushed.map(({ serial, begins }) => [serial, begins]),
    [
      [0, true],
      [1, false],
      [2, true],
      [3, false],
      [4, true],
    ],
  );
});

t.test('session peer: sound is of the width of the track; what is no Opus, or goes nowhere, is left out', async (t) => {
  const { pushed, push, opened } = session(t, { channels: 1 });
  const { events } = await opened();
  events.sound(opus(0), 1, 0);
  push.channels = 8;
  events.sound(opus(1), 2, 0);
  push.channels = 2;
  events.sound(opus(2), 3, 0);
  events.sound(new Uint8Array(0), 4, 0);
  events.sound(Uint8Array.of(0xff, 63), 5, 0);
  push.track = undefined;
  events.sound(opus(3), 6, 0);
  t.same(
    pushed.map(({ channels, opus }) => [channels, opus]),
    [
      [1, 0],
      [1, 1],
      [2, 2],
    ],
  );
});

t.test('session peer: of two offers at once the later one counts, and the other connection is closed', async (t) => {
  const { peer, connections, told, pushed, ears } = session(t);
  const first = peer.open({ offer: 'v=0' });
  const second = peer.open({ offer: 'v=0' });
  connections[1]!.answer();
  t.equal(await second, 'answer 1');
  connections[0]!.answer();
  await t.rejects(first, { code: 'WEBRTC_REFUSED', message: /another offer came/ });
  t.same(
    connections.map(({ isClosed }) => isClosed),
    [true, false],
  );
  connections[0]!.events.connected();
  connections[0]!.events.sound(opus(1), 1, 0);
  connections[0]!.events.closed();
  t.same([told, pushed], [[], []], 'nothing of the other one is told');
  connections[1]!.events.connected();
  t.same(told, [{ type: 'peer', state: 'connected' }]);
  t.equal(ears.length, 1);
});

t.test('session peer: the next offer ends the connection before, a refused one too', async (t) => {
  const { peer, connections, opened, ears } = session(t);
  await opened();
  await opened();
  t.same(
    connections.map(({ isClosed }) => isClosed),
    [true, false],
  );
  const refused = peer.open({ offer: 'v=0' });
  connections[2]!.refuse();
  await t.rejects(refused, { code: 'WEBRTC_REFUSED' });
  t.equal(connections[1]!.isClosed, true);
  t.same(
    ears.map(({ isEnded }) => isEnded),
    [true, true],
  );
});

t.test('session peer: more than two channels end it by name', async (t) => {
  const { connections, told, opened, joined } = session(t);
  await opened();
  joined(3);
  t.match(told, [{ type: 'peer', state: 'closed', why: /carries 2 channels, the node has 3/ }]);
  t.equal(connections[0]!.isClosed, true);
});

t.test('session peer: where it is known at once, the offer is refused', async (t) => {
  const { peer, connections, joined, streams } = session(t);
  const quality = { node: 'main', format: 'opus', bitRate: 128_000, packetMs: 10 } as const;
  streams.join(quality, { packets: () => undefined, joined: () => undefined, refused: () => undefined });
  joined(3);
  const answer = peer.open({ offer: 'v=0' });
  connections[0]!.answer();
  await t.rejects(answer, { code: 'WEBRTC_REFUSED', message: /carries 2 channels, the node has 3/ });
  t.equal(connections[0]!.isClosed, true);
});

t.test('session peer: goes on when the engine was started again', async (t) => {
  const { connections, ears, opened, joined, restartEngine, told } = session(t);
  await opened();
  joined(2);
  restartEngine();
  await Promise.resolve();
  t.same(
    ears.map(({ isEnded }) => isEnded),
    [true, false],
    'it listens to the new one',
  );
  joined(2);
  t.same([told, connections[0]!.isClosed], [[], false]);
});

t.test('session peer: an unknown node and a domain without WebRTC are refused, and nothing stays open', async (t) => {
  const { peer, connections } = session(t);
  const unknown = peer.open({ offer: 'v=0', node: 'none' });
  connections[0]!.answer();
  await t.rejects(unknown, { code: 'NODE_UNKNOWN' });
  t.equal(connections[0]!.isClosed, true);
  await t.rejects(session(t, { isWithout: true }).peer.open({ offer: 'v=0' }), { code: 'WEBRTC_UNAVAILABLE' });
});
