import { setTimeout as sleep } from 'node:timers/promises';
import { MessageReader, type PacketMeters } from '@audiocloud/api';
import t from 'tap';
import { SinkRing } from '../render/sink-ring.ts';
import { heardPacket, type HeardPacket } from '../../test/heard-packet.ts';
import { type Outlet, StreamHub } from './stream-hub.ts';

class Ear implements Outlet {
  waitingBytes = 0;
  readonly packets: { stream: number; packet: HeardPacket }[] = [];
  readonly bodies: Uint8Array[] = [];
  private readonly reader = new MessageReader();

  send(head: Uint8Array, body: Uint8Array): void {
    this.bodies.push(body);
    for (const part of [head, body])
      for (const message of this.reader.push(part)) {
        const stream = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
        this.packets.push({ stream, packet: heardPacket(message.subarray(8)) });
      }
  }
}

function ringWith(level: number) {
  const memory = SinkRing.create(1);
  const ring = new SinkRing(memory);
  let frame = 0;
  const play = (frames: number): void => {
    for (let to = frame + frames; frame < to; frame += 96)
      ring.write([new Float32Array(96).fill(level)], 0, 96, 1, frame, frame, 1, 1);
  };
  return { source: { ring: memory, sampleRate: 48000 }, play };
}

t.test('stream hub: listeners of one sink and format share the bytes, each has serials of its own', async (t) => {
  const hub = new StreamHub();
  const { source, play } = ringWith(-0.5);
  const [first, second, floats] = [new Ear(), new Ear(), new Ear()];
  hub.listen({ key: 'task/main', find: () => source, outlet: first, stream: 7, format: 's16' });
  play(480);
  await sleep(50);
  hub.listen({ key: 'task/main', find: () => source, outlet: second, stream: 8, format: 's16' });
  hub.listen({ key: 'task/main', find: () => source, outlet: floats, stream: 9, format: 'f32' });
  play(960);
  await sleep(50);
  hub.unlisten(first);
  hub.unlisten(second);
  hub.unlisten(floats);
  const facts = (ear: Ear) => ear.packets.map(({ stream, packet }) => [stream, packet.serial, packet.streamFrame]);
  t.same(facts(first), [
    [7, 0, 0],
    [7, 1, 480],
    [7, 2, 960],
  ]);
  t.same(facts(second), [
    [8, 0, 480],
    [8, 1, 960],
  ]);
  t.same(facts(floats), [
    [9, 0, 480],
    [9, 1, 960],
  ]);
  t.equal(first.bodies[1]!.buffer, second.bodies[0]!.buffer, 'encoded once');
  t.same([...new Set(first.packets[0]!.packet.samples)], [-16384]);
  t.same([...new Set(floats.packets[0]!.packet.samples)], [-0.5]);
  t.same(first.packets[0]!.packet.meters, { peak: [0.5], rms: [0.5], clipped: 0 });
});

t.test('stream hub: s16 clips and counts it', async (t) => {
  const hub = new StreamHub();
  const { source, play } = ringWith(1.5);
  const ear = new Ear();
  hub.listen({ key: 'loud', find: () => source, outlet: ear, stream: 1, format: 's16' });
  play(480);
  await sleep(50);
  hub.unlisten(ear);
  t.same([...new Set(ear.packets[0]!.packet.samples)], [32767]);
  t.equal((ear.packets[0]!.packet.meters as PacketMeters).clipped, 480);
});

t.test('stream hub: a listener that does not read loses packets, the other one none', async (t) => {
  const hub = new StreamHub();
  const { source, play } = ringWith(0.25);
  const [slow, good] = [new Ear(), new Ear()];
  hub.listen({ key: 'task/main', find: () => source, outlet: slow, stream: 1, format: 's16' });
  hub.listen({ key: 'task/main', find: () => source, outlet: good, stream: 1, format: 's16' });
  play(480);
  await sleep(50);
  slow.waitingBytes = 2 * 1024 * 1024;
  play(960);
  await sleep(50);
  slow.waitingBytes = 0;
  play(480);
  await sleep(50);
  t.same(
    slow.packets.map(({ packet }) => packet.serial),
    [0, 3],
    'the gap shows in the serials',
  );
  t.same(
    good.packets.map(({ packet }) => packet.serial),
    [0, 1, 2, 3],
  );
  t.equal(hub.unlisten(slow), 2);
  t.equal(hub.unlisten(good), 0);
});

t.test('stream hub: a stream waits for its sink, and follows it when the task is loaded again', async (t) => {
  const hub = new StreamHub();
  const [before, after] = [ringWith(0.25), ringWith(0.5)];
  let source: typeof before.source | undefined;
  const ear = new Ear();
  hub.listen({ key: 'task/main', find: () => source, outlet: ear, stream: 1, format: 'f32' });
  await sleep(30);
  before.play(480);
  source = before.source;
  await sleep(50);
  after.play(480);
  source = after.source;
  await sleep(50);
  hub.unlisten(ear);
  t.same(
    ear.packets.map(({ packet }) => [packet.serial, packet.samples[0]]),
    [
      [0, 0.25],
      [1, 0.5],
    ],
  );
});
