import { join } from 'node:path';
import type { Bus, LoopCable, Task } from '@audiocloud/api';
import t from 'tap';
import { loadDevicePackage } from '../engine/adapter/device-package.ts';
import type { FixedSound } from '../engine/plan/fixed-sound.ts';
import { noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';

const registry = await openRegistry();
for (const device of ['generic-line-preamp', 'generic-cc-effect'])
  for (const { model } of await loadDevicePackage(join(import.meta.dirname, '../plugins/devices', device)))
    registry.offerFixed(model);

const FRAMES = 40_000;
const media = { sound: audio(noise(FRAMES, 1)), wide: audio(noise(FRAMES, 2), noise(FRAMES, 3)) };
const UNIT = 'generic:line-preamp:left';
const EFFECT = 'generic:cc-effect:one';
const CHANNELS = 8;
const reversed: Bus = { inputChannels: 1, matrix: [[-1]] };

/** Noise through a unit less the same noise beside it: silence when both are equally late. */
const against = (more: object = {}): Task => ({
  sampleRate: RATE,
  tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
  buses: { dry: reversed },
  instances: { unit: { model: 'generic:line-preamp', fixed: UNIT, ...more } },
  connections: {
    send: { from: { node: 'track' }, to: { node: 'unit' } },
    back: { from: { node: 'unit' }, to: { node: 'main' } },
    beside: { from: { node: 'track' }, to: { node: 'dry' } },
    less: { from: { node: 'dry' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 1 }, sent: { kind: 'stream', channels: 1 } },
});

const peak = (signal: Float32Array) => signal.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
const db = (level: number) => 20 * Math.log10(level);

interface Wanted {
  graph?: Task;
  sound: FixedSound;
  loop: LoopCable[];
  blockFrames?: number;
}

function driven({ graph = against(), sound, loop, blockFrames = 128 }: Wanted): DrivenTask {
  const task = new DrivenTask(graph, {
    registry,
    media,
    blockFrames,
    hardware: { soundOf: () => sound, channels: CHANNELS, loop },
  });
  task.play();
  return task;
}

t.test('sound through a unit cancels against the same sound delayed by the plan', async (t) => {
  for (const [frames, blockFrames] of [
    [128, 128],
    [129, 128],
    [300, 128],
    [1024, 256],
    [20_000, 128],
  ] as const) {
    const sound = { send: [5], return: [2], latencyFrames: frames, gains: [1] };
    const loop = [{ output: 5, input: 2, frames }];
    const task = driven({ sound, loop, blockFrames });
    t.equal(task.task.latencyFrames, frames);
    const [out] = task.render(Math.ceil((FRAMES + frames) / blockFrames));
    t.ok(
      peak(out!) < 10 ** (-90 / 20),
      `${frames} frames in blocks of ${blockFrames}: ${db(peak(out!)).toFixed(0)} dB`,
    );
    const apart = driven({ sound: { ...sound, latencyFrames: frames - 1 }, loop, blockFrames });
    const [rest] = apart.render(Math.ceil((FRAMES + frames) / blockFrames));
    t.ok(peak(rest!) > 0.5, 'and not when the plan is wrong by one frame');
  }
});

t.test('a level that was measured is taken back', async (t) => {
  const sound = { send: [0], return: [0], latencyFrames: 500, gains: [10 ** (6 / 20)] };
  const task = driven({ sound, loop: [{ output: 0, input: 0, frames: 500, gainDb: -6 }] });
  const [out] = task.render(400);
  t.ok(peak(out!) < 10 ** (-90 / 20), `${db(peak(out!)).toFixed(0)} dB`);
});

t.test('each channel goes its own way, and what is not connected stays silent', async (t) => {
  const graph: Task = {
    sampleRate: RATE,
    tracks: { track: { channels: 2, clips: [{ media: 'wide', startSeconds: 0 }] } },
    instances: { unit: { model: 'generic:cc-effect', fixed: EFFECT } },
    connections: {
      send: { from: { node: 'track' }, to: { node: 'unit' } },
      back: { from: { node: 'unit' }, to: { node: 'main' } },
    },
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
  const sound = { send: [7, 1], return: [3, 4], latencyFrames: 256, gains: [1, 1] };
  const crossed = [{ output: 7, input: 4, frames: 256 }];
  const [left, right] = driven({ graph, sound, loop: crossed }).render(100);
  t.equal(peak(left!), 0);
  t.same(right!.subarray(256), media.wide.data[0]!.subarray(0, right!.length - 256));
});

t.test('what is mixed with it by the host lines up as well', async (t) => {
  const graph = against({ mix: 50 });
  const { less: _, beside: __, ...connections } = graph.connections!;
  const sound = { send: [5], return: [2], latencyFrames: 700, gains: [1] };
  const [out] = driven({
    graph: { ...graph, connections },
    sound,
    loop: [{ output: 5, input: 2, frames: 700 }],
  }).render(200);
  const rest = out!.subarray(700).map((x, i) => x - media.sound.data[0]![i]!);
  t.ok(peak(rest) < 1e-6, 'half of each is the whole');
});

t.test('a task that has fallen silent hears what comes back late', async (t) => {
  const sound = { send: [0], return: [0], latencyFrames: 0, gains: [1] };
  const short = { ...against(), connections: { ...against().connections } };
  delete (short.connections as Record<string, unknown>)['less'];
  const late = 60_032; // 469 blocks, some hundred after the end of the sound
  const task = driven({ graph: short, sound, loop: [{ output: 0, input: 0, frames: late }] });
  const [out] = task.render(900);
  t.same(out!.subarray(late, late + FRAMES), media.sound.data[0]!.subarray(0, FRAMES));
});

t.test('what is no number comes back as silence', async (t) => {
  const sound = { send: [0], return: [0], latencyFrames: 128, gains: [Number.POSITIVE_INFINITY] };
  const task = driven({ sound, loop: [{ output: 0, input: 0, frames: 128 }] });
  const [out] = task.render(50);
  t.ok(out!.every(Number.isFinite));
});

t.test('a unit that is connected otherwise than the task wants is refused', async (t) => {
  const wrong = () => driven({ sound: { send: [0, 1], return: [0], latencyFrames: 0, gains: [1] }, loop: [] });
  t.throws(wrong, { code: 'CHANNELS_MISMATCH', message: /2 send and 1 return channels.* 1 in and 1 out/ });
  const none = () =>
    new DrivenTask(against(), { registry, hardware: { soundOf: () => undefined, channels: 0, loop: [] } });
  t.throws(none, { code: 'GRAPH_INVALID', message: /give it `sound: \{ send, return \}` in the rack/ });
});
