import type { HeardPacket } from './heard-packet.ts';
import type { ListenRequest } from '../client/live-task.ts';
import { packetParts, samplesOf, type Packet, type Task } from '@audiocloud/api';
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import t from 'tap';
import { openRegistry, RATE } from './driven-task.ts';
import type { LiveClient } from '../domain/testing/live-client.ts';
import { sharedTestDomain } from '../domain/testing/test-domain.ts';
import { renderTask } from '../engine/index.ts';

const registry = await openRegistry();
const domain = await sharedTestDomain(t);

const chord: Task = {
  sampleRate: RATE,
  instances: {
    low: { model: 'audiocloud:tone', parameters: { frequency: 317, level: -9 } },
    high: { model: 'audiocloud:tone', parameters: { frequency: 2741, level: -12 } },
  },
  connections: {
    a: { from: { node: 'low' }, to: { node: 'out' } },
    b: { from: { node: 'high' }, to: { node: 'out' } },
  },
  sinks: { out: { kind: 'stream', channels: 2 } },
};

const framesOf = (packets: readonly Packet[]) => packets.reduce((sum, { frames }) => sum + frames, 0);
const until = (live: LiveClient, frames: number) =>
  live.until(() => framesOf(live.packets) >= frames, `${frames} frames`);

/** Interleaved samples of lossless packets, as a client decodes each by itself. */
async function decoded(packets: readonly HeardPacket[]): Promise<number[]> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  const out: number[] = [];
  for (const packet of packets) {
    if (packet.format !== 'flac16' && packet.format !== 'flac24') {
      out.push(...samplesOf(packet));
      continue;
    }
    const most = packet.format === 'flac16' ? 2 ** 15 : 2 ** 23;
    await decoder.reset();
    const { channelData } = await decoder.decodeFrames(packetParts(packet).map(({ bytes }) => bytes));
    for (let i = 0; i < packet.frames; i++)
      for (const plane of channelData) out.push(Math.round(plane[i]! * (most - 1)) / most);
  }
  decoder.free();
  return out;
}

/**
 * Frames that one who listened all the time got, and the other did not, between its first and its last. A machine that is too busy leaves
 * out blocks: these nobody gets.
 */
function missing(all: readonly Packet[], some: readonly Packet[]): number {
  const { playId } = some[0]!;
  const of = (packets: readonly Packet[]) =>
    packets
      .filter((packet) => packet.playId === playId)
      .map(({ streamFrame, frames }) => [streamFrame, streamFrame + frames] as const);
  const [first, last] = [some[0]!.streamFrame, some.at(-1)!.streamFrame];
  const had = of(some);
  let missed = 0;
  for (const [from, to] of of(all))
    for (let frame = Math.max(from, Math.ceil(first)); frame < Math.min(to, last); frame += 20)
      if (!had.some(([start, end]) => frame >= start - 1 && frame < end + 1)) missed += 20;
  return missed;
}

/** The first packet that does not follow the one before it. */
const gapIn = (packets: readonly Packet[]) =>
  packets.findIndex(
    ({ run, playId, streamFrame }, i) =>
      i > 0 &&
      (run !== packets[0]!.run ||
        playId !== packets[0]!.playId ||
        streamFrame !== packets[i - 1]!.streamFrame + packets[i - 1]!.frames),
  );

t.test(
  'streams: decoded packets are the offline render, bit for bit, and their meters are those of their frames',
  async (t) => {
    await domain.create('bits', chord);
    const [first, ...others] = await Promise.all(
      (['flac24', 'f32', 's24', 'flac16'] as const).map(async (format) => {
        const live = await domain.live('bits');
        await live.ack({ type: 'listen', format });
        return { live, format };
      }),
    );
    const { data } = await renderTask({ task: chord, media: {}, registry, toSeconds: 0.5 });
    let playId = 0;
    // A machine that is busy leaves out blocks: then another play begins.
    for (let isWhole = false; !isWhole; ) {
      await first!.live.ack({ type: 'transport', change: { play: false, positionSeconds: 0 } });
      await first!.live.ack({ type: 'transport', change: { play: true } });
      playId++;
      const ofPlay = () => first!.live.packets.filter((packet) => packet.playId === playId);
      await first!.live.until(() => framesOf(ofPlay()) >= RATE * 0.4, 'a play');
      isWhole = gapIn(ofPlay().slice(0, 40)) < 0;
    }
    for (const { live, format } of [first!, ...others]) {
      const ofPlay = () => live.packets.filter((packet) => packet.playId === playId);
      await live.until(() => framesOf(ofPlay()) >= RATE * 0.4, 'the play');
      const packets = ofPlay().slice(0, 40);
      t.equal(packets[0]!.streamFrame, 0);
      t.equal(gapIn(packets), -1);
      const heard = await decoded(packets);
      const scale = format === 'flac16' ? 2 ** 15 : 2 ** 23;
      const rendered = (i: number) => data[i % 2]![i >> 1]!;
      const wanted = (i: number) => (format === 'f32' ? rendered(i) : Math.round(rendered(i) * scale) / scale);
      t.equal(
        heard.findIndex((x, i) => x !== wanted(i)),
        -1,
        `${heard.length} samples of ${format}`,
      );
      const told = packets.map(({ meters }) => meters!.peak[0]!);
      const real = packets.map(({ streamFrame, frames }) =>
        data[0]!.subarray(streamFrame, streamFrame + frames).reduce((most, x) => Math.max(most, Math.abs(x)), 0),
      );
      t.ok(
        told.every((peak, i) => Math.abs(peak - real[i]!) < 1e-6),
        'meters',
      );
      t.match(
        live.messages.find(({ type }) => type === 'stream'),
        {
          node: 'out',
          format,
          packetMs: 10,
          why: 'asked',
          sampleRate: RATE,
          channels: 2,
        },
      );
    }
  },
);

t.test('streams: a client that was away goes on where it was, in whatever format', async (t) => {
  await domain.create('away', chord);
  const before = await domain.live('away');
  const always = await domain.live('away');
  await always.ack({ type: 'listen', format: 's24' });
  await before.ack({ type: 'listen', format: 'flac24' });
  await before.ack({ type: 'transport', change: { play: true } });
  await until(before, RATE / 4);
  before.close();
  const got = [...before.packets];
  const last = got.at(-1)!;
  await always.until(() => always.packets.at(-1)!.streamFrame > last.streamFrame + RATE / 2, 'half a second');
  const again = await domain.live('away');
  const { run, playId, streamFrame, frames, serial } = last;
  await again.ack({ type: 'listen', format: 'flac24', from: { run, playId, streamFrame: streamFrame + frames } });
  const told = await again.next('stream');
  t.match(told.replay, { missed: 'nothing' });
  t.ok(told.replay!.packets >= 45, `${told.replay!.packets} packets were sent again`);
  await until(again, RATE);
  const all = [...got, ...again.packets];
  await always.until(() => always.packets.at(-1)!.streamFrame >= all.at(-1)!.streamFrame, 'the other has it');
  t.equal(missing(always.packets, all), 0, 'no gap');
  t.equal(again.packets[0]!.serial, serial + 1);

  const bySerial = await domain.live('away');
  await bySerial.ack({ type: 'listen', format: 'flac24', from: { run, playId, serial: serial + 1 } });
  await until(bySerial, RATE / 4);
  t.equal(bySerial.packets[0]!.streamFrame, streamFrame + frames);

  const other = await domain.live('away');
  await other.ack({ type: 'listen', format: 's16', from: { run, playId, streamFrame: 0 } });
  t.match(await other.next('stream'), { replay: { missed: 'not-kept', packets: 0 } }, 'nobody heard it as s16');
  const gone = await domain.live('away');
  await gone.ack({ type: 'listen', format: 'flac24', from: { run: (run ^ 1) >>> 0, playId, streamFrame: 0 } });
  t.match(await gone.next('stream'), { replay: { missed: 'other-run' } }, 'the engine was another');
  const late = await domain.live('away');
  await late.ack({ type: 'listen', format: 'flac24', from: { secondsAgo: 0.5 } });
  const { replay } = await late.next('stream');
  t.ok(replay!.packets > 30 && replay!.packets <= 52, `${replay!.packets} packets of half a second`);
});

t.test('streams: a change of the quality leaves nothing out, opus among them', async (t) => {
  await domain.create('qualities', chord);
  const live = await domain.live('qualities');
  const still = await domain.live('qualities');
  await still.ack({ type: 'listen', format: 's24' });
  const changes: Pick<ListenRequest, 'format' | 'bitRate' | 'packetMs'>[] = [
    { format: 'flac24' },
    { format: 'opus', bitRate: 64_000 },
    { format: 's16', packetMs: 40 },
    { format: 'opus', bitRate: 24_000, packetMs: 60 },
    { format: 'f32' },
  ];
  for (const quality of changes) {
    await live.ack({ type: 'listen', ...quality });
    if (quality.format === 'flac24') await live.ack({ type: 'transport', change: { play: true } });
    await live.until(() => live.packets.at(-1)?.format === quality.format, JSON.stringify(quality));
    const from = live.packets.length;
    await live.until(() => live.packets.length > from + 2, 'more of it');
  }
  const end = live.packets.at(-1)!.streamFrame;
  await still.until(() => still.packets.at(-1)!.streamFrame >= end, 'the other has it');
  t.equal(missing(still.packets, live.packets), 0, `${live.packets.length} packets`);
  const told = live.messages.flatMap((message) => (message.type === 'stream' ? [message.format] : []));
  t.same(
    told,
    changes.map(({ format }) => format),
  );
  const opus = live.packets.filter(({ format }) => format === 'opus');
  t.ok(opus.every(({ sampleRate, positionRate }) => sampleRate === 48_000 && positionRate === RATE));
  t.same([...new Set(opus.map(({ bitRate }) => bitRate))], [64_000, 24_000]);
});

t.test('streams: all who hear the same share one encoder', async (t) => {
  await domain.create('shared', chord);
  const lives = await Promise.all(Array.from({ length: 20 }, () => domain.live('shared')));
  for (const live of lives) await live.ack({ type: 'listen', format: 'flac24' });
  await lives[0]!.ack({ type: 'transport', change: { play: true } });
  for (const live of lives) await until(live, RATE / 10);
  const counters = await lives[0]!.ack({ type: 'ping' }).then(() => domain.call('GET', '/v1/engines'));
  const { body } = await domain.call('GET', `/v1/engines/${counters.body.engines[0].id}/counters`);
  t.ok(body.streams.encoders >= 1);
  const serials = lives.map((live) => live.packets[0]!.serial);
  t.same(new Set(serials).size, 1, 'the same packets');
});

t.test('streams: a burst of a tone, its level and what a meter publishes of it are in the same packet', async (t) => {
  const burst: Task = {
    sampleRate: RATE,
    instances: {
      tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -120 } },
      meter: { model: 'audiocloud:meter' },
    },
    connections: {
      a: { from: { node: 'tone' }, to: { node: 'meter' } },
      b: { from: { node: 'meter' }, to: { node: 'out' } },
    },
    sinks: { out: { kind: 'stream', channels: 2 } },
  };
  await domain.create('burst', burst);
  const lives = await Promise.all(
    (['f32', 'opus'] as const).map(async (format) => {
      const live = await domain.live('burst');
      await live.ack({ type: 'listen', format });
      return live;
    }),
  );
  await lives[0]!.ack({ type: 'transport', change: { play: true } });
  for (const live of lives) await until(live, RATE / 5);
  const { frame } = await lives[0]!.ack({
    type: 'set',
    changes: [{ instance: 'tone', parameter: 'level', value: -6 }],
  });
  for (const live of lives) {
    await live.until(() => live.packets.at(-1)!.streamFrame > frame! + RATE / 5, 'what follows');
    const louder = (of: (packet: HeardPacket) => number) => {
      const { packets } = live;
      const quiet = of(packets.find(({ streamFrame }) => streamFrame > RATE / 10)!);
      const found = packets.find((packet) => packet.streamFrame > RATE / 10 && of(packet) > quiet + 0.05);
      return found?.streamFrame;
    };
    const level = louder(({ meters }) => meters!.peak[0]!);
    const peaks = (packet: HeardPacket) => 10 ** (packet.meters!.reports!['meter']!['peak']![0]! / 20);
    const published = louder(peaks)!;
    // Reports are of whole blocks: at the end of a packet they may be those of the block that it begins.
    const isNear = Math.abs(Math.max(published, level!) - frame!) <= 128;
    t.ok(published === level || isNear, `the level at ${level}, the meter at ${published}, set at ${frame}`);
    if (live.packets[0]!.format === 'f32') {
      const heard = louder(({ samples }) => Math.max(...Float32Array.from(samples, Math.abs)));
      t.equal(heard, level, 'and the sound');
    }
  }
});
