import { AUDIO_KIND, type AudioNotice, MessageReader } from '@audiocloud/api';
import t from 'tap';
import { until } from '../../test/until.ts';
import { SinkRing } from '../render/sink-ring.ts';
import { heardPacket, type HeardPacket } from '../../test/heard-packet.ts';
import { type Outlet, StreamHub } from './stream-hub.ts';

class Ear implements Outlet {
  waitingBytes = 0;
  readonly packets: { stream: number; packet: HeardPacket }[] = [];
  readonly notices: AudioNotice[] = [];
  readonly bodies: Uint8Array[] = [];
  private readonly reader = new MessageReader();

  get frames(): number {
    return this.packets.reduce((sum, { packet }) => sum + packet.frames, 0);
  }

  send(head: Uint8Array, body: Uint8Array): void {
    this.bodies.push(body);
    for (const part of [head, body])
      for (const message of this.reader.push(part)) {
        const stream = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
        if (message[4] === AUDIO_KIND.notice)
          this.notices.push(JSON.parse(new TextDecoder().decode(message.subarray(8))));
        else this.packets.push({ stream, packet: heardPacket(message.subarray(8)) });
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
  return { source: { ring: memory, sampleRate: 48000, run: 5 }, play };
}

const heard = (ear: Ear, frames: number) => until(`${frames} frames`, () => ear.frames >= frames);

t.test('stream hub: listeners of one node and quality share the bytes and the serials', async (t) => {
  const hub = new StreamHub();
  t.teardown(() => hub.close());
  const { source, play } = ringWith(-0.5);
  const [first, second, floats] = [new Ear(), new Ear(), new Ear()];
  hub.listen({ key: 'task/main', find: () => source, outlet: first, stream: 7, format: 's16' });
  play(480);
  await heard(first, 480);
  hub.listen({ key: 'task/main', find: () => source, outlet: second, stream: 8, format: 's16' });
  hub.listen({ key: 'task/main', find: () => source, outlet: floats, stream: 9, format: 'f32' });
  await until('the second format is ready', () => floats.notices.length > 0);
  t.equal(hub.counts.encoders, 2, 'three listeners, two qualities');
  play(960);
  for (const [ear, frames] of [
    [first, 1440],
    [second, 960],
    [floats, 960],
  ] as const)
    await heard(ear, frames);
  const facts = (ear: Ear) => ear.packets.map(({ stream, packet }) => [stream, packet.serial, packet.streamFrame]);
  t.same(facts(first), [
    [7, 0, 0],
    [7, 1, 480],
    [7, 2, 960],
  ]);
  t.same(facts(second), [
    [8, 1, 480],
    [8, 2, 960],
  ]);
  t.same(facts(floats), [
    [9, 0, 480],
    [9, 1, 960],
  ]);
  t.same(first.notices, [{ type: 'joined', sampleRate: 48000, channels: 1 }]);
  t.equal(first.bodies[2], second.bodies[1], 'encoded once');
  t.same([...new Set(first.packets[0]!.packet.samples)], [-16384]);
  t.same([...new Set(floats.packets[0]!.packet.samples)], [-0.5]);
  t.same(first.packets[0]!.packet.meters, { peak: [0.5], rms: [0.5], clipped: 0 });
  t.same(hub.counts, { encoders: 2, encodedPackets: 5, sentPackets: 7 });
  for (const ear of [first, second, floats]) hub.unlisten(ear);
  hub.listen({ key: 'task/main', find: () => source, outlet: first, stream: 7, format: 's16' });
  await until('it is there again', () => first.notices.length > 1);
  play(480);
  await heard(first, 1920);
  t.equal(first.packets.at(-1)!.packet.serial, 3, 'serials go on');
});

t.test('stream hub: s16 clips and counts it', async (t) => {
  const hub = new StreamHub();
  t.teardown(() => hub.close());
  const { source, play } = ringWith(1.5);
  const ear = new Ear();
  hub.listen({ key: 'loud', find: () => source, outlet: ear, stream: 1, format: 's16' });
  play(480);
  await heard(ear, 480);
  t.same([...new Set(ear.packets[0]!.packet.samples)], [32767]);
  t.equal(ear.packets[0]!.packet.meters!.clipped, 480);
});

t.test('stream hub: a listener that does not read loses packets, the other one none', async (t) => {
  const hub = new StreamHub();
  t.teardown(() => hub.close());
  const { source, play } = ringWith(0.25);
  const [slow, good] = [new Ear(), new Ear()];
  hub.listen({ key: 'task/main', find: () => source, outlet: slow, stream: 1, format: 's16' });
  hub.listen({ key: 'task/main', find: () => source, outlet: good, stream: 1, format: 's16' });
  play(480);
  await heard(good, 480);
  slow.waitingBytes = 2 * 1024 * 1024;
  play(960);
  await heard(good, 1440);
  slow.waitingBytes = 0;
  play(480);
  await heard(good, 1920);
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

t.test('stream hub: a stream waits for its node, and follows it when the task is loaded again', async (t) => {
  const hub = new StreamHub();
  t.teardown(() => hub.close());
  const [before, after] = [ringWith(0.25), ringWith(0.5)];
  let source: typeof before.source | undefined;
  const ear = new Ear();
  hub.listen({ key: 'task/main', find: () => source, outlet: ear, stream: 1, format: 'f32' });
  before.play(480);
  source = before.source;
  await heard(ear, 480);
  before.play(96);
  after.play(480);
  source = { ...after.source, run: 6 };
  await heard(ear, 1056);
  t.same(
    ear.packets.map(({ packet }) => [packet.serial, packet.run, packet.frames, packet.samples[0]]),
    [
      [0, 5, 480, 0.25],
      [1, 5, 96, 0.25],
      [2, 6, 480, 0.5],
    ],
    'what was left of the ring before comes first',
  );
});

t.test('stream hub: a change of the node fades over, one to what cannot be sent ends with the reason', async (t) => {
  const hub = new StreamHub();
  t.teardown(() => hub.close());
  const [left, right] = [ringWith(0.5), ringWith(-0.25)];
  const wide = { ring: SinkRing.create(33), sampleRate: 48000, run: 5 };
  const ear = new Ear();
  hub.listen({ key: 'left', find: () => left.source, outlet: ear, stream: 1, format: 'flac24' });
  await until('it is ready', () => ear.notices.length > 0);
  left.play(480);
  await until('a packet', () => ear.packets.length === 1);
  hub.listen({ key: 'right', find: () => right.source, outlet: ear, stream: 1, format: 'flac24' });
  right.play(480);
  await until('the change', () => {
    left.play(480);
    right.play(480);
    return ear.notices.length > 1;
  });
  right.play(480);
  await until('a coded packet of the other', () => ear.packets.at(-1)!.packet.format === 'flac24');
  const faded = ear.packets.map(({ packet }) => packet).filter(({ format }) => format === 's24');
  t.equal(faded.length, 2, 'one fades out, one in, both lossless');
  t.ok(Math.abs(faded[0]!.samples.at(-1)!) < 0.01 && faded[0]!.samples[0]! > 0.4);
  t.ok(Math.abs(faded[1]!.samples[0]!) < 0.01 && faded[1]!.samples.at(-1)! < -0.2);
  hub.listen({ key: 'wide', find: () => wide, outlet: ear, stream: 1, format: 'flac24' });
  await until('the refusal', () => ear.notices.length > 2);
  t.match(ear.notices[2], { type: 'refused', error: { code: 'STREAM_FORMAT', details: { channels: 33, most: 32 } } });
  t.equal(hub.counts.encoders, 0, 'and the stream has ended');
});
