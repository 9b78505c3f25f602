import { fileURLToPath } from 'node:url';
import type { Lane, Task } from '@audiocloud/api';
import { Registry, type RenderEvent, renderTask } from '@audiocloud/engine';
import t from 'tap';
import { sharedTestDomain } from '../domain/testing/test-domain.ts';
import { LINE_FRAMES } from '../engine/render/lane-player.ts';
import { noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';
import type { HeardPacket } from './heard-packet.ts';

const registry = await openRegistry();
const BLOCK = 128;
const FRAMES = 200_000;
const media = { sound: audio(noise(FRAMES, 1)) };
const at = (frame: number, value: number, curve?: 'hold' | 'linear') => ({
  seconds: frame / RATE,
  value,
  ...(curve ? { curve } : {}),
});
const lane = (...points: Lane['points']): Lane => ({ instance: 'x', parameter: 'gain', points });
const task = (...lanes: Lane[]): Task => ({
  sampleRate: RATE,
  tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
  instances: { x: { model: 'audiocloud:gain', widths: { in: 1, out: 1 }, parameters: { gain: -3 } } },
  connections: {
    in: { from: { node: 'track' }, to: { node: 'x' } },
    out: { from: { node: 'x' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
  lanes: Object.fromEntries(lanes.map((one, i) => [`lane${i}`, one])),
});
const isSame = (a: Float32Array, b: Float32Array) => a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
const render = async (wanted: Task, frames: number, more: object = {}) =>
  (await renderTask({ task: wanted, media, registry, toSeconds: frames / RATE, ...more })).data[0]!;
const event = (frame: number, value: number): RenderEvent => ({ frame, instance: 'x', parameter: 'gain', value });

t.test('a lane is the events that it says, at their frames, and live is offline, bit for bit', async (t) => {
  const points = [at(0, -3), at(1000, -20), at(1001, 6), at(5555, -60), at(6000, 0)];
  const wanted = task(lane(...points));
  const events = [event(1000, -20), event(1001, 6), event(5555, -60), event(6000, 0)];
  const offline = await render(wanted, 10_240);
  t.ok(isSame(offline, await render(task(), 10_240, { events })), 'as if it were set so');
  t.notOk(isSame(offline, await render(task(), 10_240)));
  const driven = new DrivenTask(wanted, { registry, media });
  driven.play();
  t.ok(isSame(driven.render(80)[0]!, offline), 'live');
  for (const blockFrames of [64, 480])
    t.ok(isSame(await render(wanted, 10_240, { blockFrames }), offline), 'in any block');
  const shuffled = task(lane(...[...points].reverse()));
  t.ok(isSame(await render(shuffled, 10_240), offline), 'points in any order');
});

t.test('a straight line is steps on a grid of the timeline', async (t) => {
  const wanted = task(lane(at(0, -40, 'linear'), at(3200, 0)));
  const events = Array.from({ length: 101 }, (_, i) => event(i * LINE_FRAMES, -40 + (40 * i * LINE_FRAMES) / 3200));
  const from = { ...task(), instances: { x: { ...task().instances!['x']!, parameters: { gain: -40 } } } };
  t.ok(isSame(await render(wanted, 6400), await render(from, 6400, { events: events.slice(1) })));
});

t.test('replay follows seeks, loops and stops: the value of a place is heard there', async (t) => {
  const wanted = task(lane(at(0, 0), at(10_000, -40), at(20_000, -10)));
  const ones = { sound: audio(new Float32Array(FRAMES).fill(1)) };
  const driven = new DrivenTask(wanted, { registry, media: ones });
  const level = () => Math.round(20 * Math.log10(driven.render(40)[0]!.at(-1)!));
  driven.play();
  t.equal(level(), 0);
  driven.seek(12_000);
  t.equal(level(), -40);
  driven.seek(100_000);
  t.equal(level(), -10);
  driven.seek(500);
  t.equal(level(), 0);
  driven.stop();
  driven.render(1);
  driven.play(25_000, 2);
  t.equal(Math.round(20 * Math.log10(driven.render(1)[0]![0]!)), -10, 'from the first frame, without a glide');
  driven.stop();
  driven.render(1);
  // round and round: the seam falls inside a block, and the value of its start comes with it
  driven.loop(9_000, 11_000);
  driven.play(9_000, 3);
  const looped = driven.render(60)[0]!;
  for (const round of [0, 1, 2]) {
    const db = (frame: number) => Math.round(20 * Math.log10(looped[round * 2000 + frame]!));
    t.same([db(round === 0 ? 0 : 990), db(1990)], [0, -40], `round ${round}`);
  }
});

t.test('what a lane cannot drive is refused by name; with an instance go its lanes', async (t) => {
  const refused: [Partial<Lane>, string][] = [
    [{ instance: 'ghost' }, 'NODE_UNKNOWN'],
    [{ parameter: 'ghost' }, 'PARAMETER_UNKNOWN'],
    [{ parameter: 'host-mix' }, 'GRAPH_INVALID'],
    [{ points: [at(0, 0), at(9, 999)] }, 'PARAMETER_VALUE'],
    [{ index: 3 }, 'PARAMETER_VALUE'],
  ];
  for (const [wrong, code] of refused)
    await t.rejects(async () => render(task({ ...lane(at(0, 0)), ...wrong }), 100), { code });
  const driven = new DrivenTask(task(lane(at(0, 0))), { registry, media });
  driven.edit([{ op: 'remove', part: 'instances', name: 'x' }]);
  t.same(driven.task.graph.lanes, {});
});

const domain = await sharedTestDomain(t);
const tones: Task = {
  sampleRate: RATE,
  instances: {
    tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -12 } },
    fader: { model: 'audiocloud:gain', parameters: { gain: -6 } },
  },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'fader' } },
    b: { from: { node: 'fader' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

/** The left channel of one play, as far as its packets follow each other from its first frame. */
function played(packets: readonly HeardPacket[], playId: number): Float32Array {
  const out: number[] = [];
  for (const { streamFrame, frames, channels, samples, playId: own } of packets) {
    if (own !== playId) continue;
    if (streamFrame !== out.length) throw new Error(`play ${playId}: a hole before ${streamFrame}`);
    for (let i = 0; i < frames; i++) out.push(samples[i * channels]!);
  }
  return Float32Array.from(out);
}

t.test(
  'recorded over the WebSocket: the pass itself, its replay and an offline render are one, bit for bit',
  async (t) => {
    await domain.create('take', tones);
    const live = await domain.live('take');
    await live.ack({ type: 'listen', format: 'f32' });
    await live.ack({ type: 'record', on: true });
    await live.ack({ type: 'transport', change: { play: true } });
    const heard = (playId: number, frames: number) =>
      live.until(
        () => live.packets.some((one) => one.playId === playId && one.streamFrame + one.frames >= frames),
        `play ${playId} up to ${frames}`,
      );
    let end = 4800;
    for (const value of [-20, 0, -3.5, -40]) {
      await heard(1, end);
      const { frame } = await live.ack({ type: 'set', changes: [{ instance: 'fader', parameter: 'gain', value }] });
      t.type(frame, 'number');
      end = frame! + 4800;
    }
    await heard(1, end);
    await live.ack({ type: 'transport', change: { play: false } });
    const { revision } = await live.ack({ type: 'record', on: false });
    t.equal(revision, 2, 'the lanes are an edit of the task');
    const { task: recorded } = (await domain.call('GET', '/v1/tasks/take')).body as { task: Task };
    const [made] = Object.values(recorded.lanes!);
    t.match(made, {
      instance: 'fader',
      parameter: 'gain',
      points: [{ seconds: 0, value: -6 }, { value: -20 }, { value: 0 }, { value: -3.5 }, { value: -40 }],
    });
    t.equal(recorded.instances!['fader']!.parameters!['gain'], -40, 'the fader stands where it was left');

    await live.ack({ type: 'transport', change: { play: true, positionSeconds: 0 } });
    await heard(2, end);
    await live.ack({ type: 'transport', change: { play: false } });
    const plugins = Registry.open([fileURLToPath(new URL('../plugins', import.meta.url))]);
    const { data } = await renderTask({ task: recorded, media: {}, registry: plugins, toSeconds: end / RATE });
    for (const playId of [1, 2]) {
      const stream = played(live.packets, playId).subarray(0, end);
      const first = stream.findIndex((x, i) => !Object.is(x, data[0]![i]));
      t.equal(first, -1, `play ${playId}: ${end} samples`);
    }

    // Again over the end of it: the lane is held back while somebody turns the knob, and is his from there on.
    await live.ack({ type: 'record', on: true });
    await live.ack({ type: 'transport', change: { play: true, positionSeconds: 0 } });
    await heard(3, BLOCK);
    await live.ack({ type: 'set', changes: [{ instance: 'fader', parameter: 'gain', value: -1 }] });
    await heard(3, end);
    await live.ack({ type: 'transport', change: { play: false } });
    await live.ack({ type: 'record', on: false });
    const again = (await domain.call('GET', '/v1/tasks/take')).body.task as Task;
    t.same(
      Object.values(again.lanes!)[0]!.points.map(({ value }) => value),
      [-6, -1],
    );
    const second = await renderTask({ task: again, media: {}, registry: plugins, toSeconds: end / RATE });
    const stream = played(live.packets, 3).subarray(0, end);
    t.equal(
      stream.findIndex((x, i) => !Object.is(x, second.data[0]![i])),
      -1,
      'heard as it will be heard',
    );
  },
);
