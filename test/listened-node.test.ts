import type { Connection, Task } from '@audiocloud/api';
import { renderTask, SinkRing } from '@audiocloud/engine';
import t from 'tap';
import type { LiveClient } from '../domain/testing/live-client.ts';
import { sharedTestDomain } from '../domain/testing/test-domain.ts';
import { noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';
import type { HeardPacket } from './heard-packet.ts';

const registry = await openRegistry();
const BLOCK = 128;
const LATE = 300;
const sound = noise(100_000, 1);
const media = { sound: audio(sound) };
const wire = (from: string, to: string, more: Partial<Connection> = {}): Connection => ({
  from: { node: from },
  to: { node: to },
  ...more,
});
const filter = (hertz: number) => ({
  model: 'audiocloud:equalizer',
  widths: { in: 1 },
  parameters: { type: ['high-cut'], frequency: [hertz], slope: [24] },
});
const task: Task = {
  sampleRate: RATE,
  tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
  buses: { bus: { inputChannels: 1 } },
  instances: {
    first: filter(3000),
    second: { ...filter(500), mix: 70 },
    late: { model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: LATE } },
    aside: { model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: 5000 } },
  },
  connections: {
    a: wire('track', 'first'),
    b: wire('first', 'second'),
    c: wire('second', 'bus'),
    d: wire('bus', 'late'),
    e: wire('late', 'main'),
    f: wire('track', 'aside'),
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
};

const start = () => {
  const driven = new DrivenTask(task, { registry, media });
  driven.play();
  return driven;
};
const listen = (driven: DrivenTask, ...nodes: string[]) => {
  const image = driven.task.listenTo(new Set(nodes));
  if (image) driven.renderer.update(image);
  return image;
};
const isSame = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((x, i) => Object.is(x, b[i]));

t.test('any node is heard beside what plays, which no bit of changes', async (t) => {
  const [driven, alone] = [start(), start()];
  driven.render(10);
  alone.render(10);
  const { latencyFrames, graph, revision } = driven.task;
  for (const nodes of [
    ['first'],
    ['second', 'track'],
    ['bus', 'aside'],
    ['late'],
    [],
    ['main', 'ghost'],
    ['first'],
    [],
  ]) {
    listen(driven, ...nodes);
    t.ok(isSame(driven.render(7)[0]!, alone.render(7)[0]!), `while ${nodes.join(' and ') || 'nobody'} is heard`);
    t.same([driven.task.latencyFrames, driven.task.revision], [latencyFrames, revision]);
    t.equal(driven.task.graph, graph, 'the task is what it was');
    t.same(
      driven.task.sinks.map(({ name }) => name),
      ['main'],
    );
    t.same(Object.keys(driven.task.meters().meters).includes('first~tap'), false);
  }
  driven.render(10);
  driven.settle();
  t.equal(driven.task.image.sinks.length, 1, 'and what nobody hears is gone, once it has faded out');
  t.equal(listen(driven), undefined, 'nothing to do, no new plan');
});

t.test('a node is heard as it leaves there, at the time of the sinks', async (t) => {
  const driven = start();
  listen(driven, 'track', 'second', 'aside');
  const ring = (node: string) => new SinkRing(driven.task.heard(node)!.ring);
  driven.render(60);
  const read = (node: string) => {
    const out = new Float32Array(60 * BLOCK);
    ring(node).read(0, out.length, out);
    return out;
  };
  const main = new Float32Array(60 * BLOCK);
  driven.ring().read(0, main.length, main);
  const shifted = (frames: number) => Float32Array.from(main, (_, n) => (n < frames ? 0 : sound[n - frames]!));
  t.ok(isSame(read('track'), shifted(LATE)), 'the track, as late as the task is');
  t.ok(isSame(read('second'), main), 'what only a delay comes after');
  t.ok(isSame(read('aside'), shifted(5000)), 'what is later than the task comes when it is there');
  t.equal(driven.task.heard('ghost'), undefined);
});

t.test('who listens hears a node through edits, as long as it is there', async (t) => {
  const driven = start();
  listen(driven, 'first');
  driven.render(4);
  driven.edit([{ op: 'remove', part: 'instances', name: 'first' }]);
  t.equal(driven.task.heard('first'), undefined);
  driven.edit([
    { op: 'put', part: 'instances', name: 'first', value: filter(2000) },
    { op: 'put', part: 'connections', name: 'a', value: wire('track', 'first') },
  ]);
  t.ok(driven.task.heard('first'), 'it came back');
});

const domain = await sharedTestDomain(t);
const tones: Task = {
  sampleRate: RATE,
  instances: {
    tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -6 } },
    trim: { model: 'audiocloud:gain', parameters: { gain: -20 } },
    filter: { model: 'audiocloud:equalizer', parameters: { type: ['high-cut'], frequency: [300], slope: [24] } },
  },
  connections: { a: wire('tone', 'trim'), b: wire('trim', 'filter'), c: wire('filter', 'main') },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

/** The left channel of packets that follow each other without a hole. */
function joined(packets: readonly HeardPacket[]): Float32Array {
  const out: number[] = [];
  for (const { streamFrame, frames, channels, samples } of packets) {
    if (streamFrame !== packets[0]!.streamFrame + out.length) throw new Error(`a hole before ${streamFrame}`);
    for (let i = 0; i < frames; i++) out.push(samples[i * channels]!);
  }
  return Float32Array.from(out);
}

t.test('over the WebSocket: one client goes from node to node, another hears the sink bit for bit', async (t) => {
  await domain.create('open', tones);
  const [roaming, still] = [await domain.live('open'), await domain.live('open')];
  await still.ack({ type: 'listen', format: 'f32' });
  await roaming.ack({ type: 'listen', node: 'tone', format: 'f32' });
  await still.ack({ type: 'transport', change: { play: true } });
  const until = (live: LiveClient, frames: number) => {
    const from = live.packets.length;
    return live.until(() => live.packets.slice(from).reduce((sum, one) => sum + one.frames, 0) >= frames, `${frames}`);
  };
  const loudest = ({ samples }: HeardPacket) => Math.max(...Float32Array.from(samples, Math.abs));
  await until(roaming, 4800);
  t.ok(Math.abs(loudest(roaming.packets.at(-1)!) - 10 ** (-6 / 20)) < 0.01, 'the tone as it is made');
  for (const [node, wanted] of [
    ['trim', 10 ** (-26 / 20)],
    ['main', 0.0006],
    ['tone', 10 ** (-6 / 20)],
  ] as const) {
    await roaming.ack({ type: 'listen', node, format: 'f32' });
    await roaming.until(() => Math.abs(loudest(roaming.packets.at(-1)!) / wanted - 1) < 0.5, `${node} at ${wanted}`);
    await until(roaming, 2400);
  }
  // No step: whatever is left out between two nodes, each of them ends and begins in silence.
  const { packets } = roaming;
  let steps = 0;
  for (const [i, { samples, streamFrame, frames }] of packets.entries()) {
    if (i === 0) continue;
    const before = packets[i - 1]!;
    if (before.streamFrame + before.frames === streamFrame || frames === 0) continue;
    steps += 1;
    t.ok(Math.abs(samples[0]!) < 0.01 && Math.abs(before.samples.at(-1)!) < 0.01, `at ${streamFrame}`);
    t.ok(streamFrame - before.streamFrame - before.frames < RATE / 10, `${streamFrame} after ${before.streamFrame}`);
  }
  await roaming.ack({ type: 'unlisten' });
  await until(still, 4800);
  const heard = joined(still.packets);
  const offline = await renderTask({ task: tones, media: {}, registry, toSeconds: heard.length / RATE });
  t.equal(
    heard.findIndex((x, i) => !Object.is(x, offline.data[0]![i])),
    -1,
    `${heard.length} samples; the other one changed over ${steps} times with something left out`,
  );
  const { body } = await domain.call('GET', '/v1/tasks/open');
  t.same([body.revision, Object.keys(body.task.sinks)], [1, ['main']], 'no trace of it in the task');
});
