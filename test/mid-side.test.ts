import type { Connection, Instance, Task } from '@audiocloud/api';
import { renderTask } from '@audiocloud/engine';
import t from 'tap';
import { distance, noise } from '../plugins/testing/signals.ts';
import { audio, openRegistry, RATE } from './driven-task.ts';

const registry = await openRegistry();
const FRAMES = 3000;
/** As 16-bit media has it: every sum and half of it is exact. */
const grid = (signal: Float32Array) => signal.map((x) => Math.round(x * 16384) / 32768);
const left: Float32Array = grid(noise(FRAMES, 1));
const right: Float32Array = grid(noise(FRAMES, 2));
const mid: Float32Array = left.map((x, n) => (x + right[n]!) / 2);
const side: Float32Array = left.map((x, n) => (x - right[n]!) / 2);
const wire = (from: string, to: string): Connection => ({ from: { node: from }, to: { node: to } });

async function heard(instance: Instance, channels: Float32Array[] = [left, right]): Promise<Float32Array[]> {
  const task: Task = {
    sampleRate: RATE,
    tracks: { source: { channels: 2, clips: [{ media: 'sound', startSeconds: 0 }] } },
    instances: { x: instance },
    connections: { in: wire('source', 'x'), out: wire('x', 'main') },
    sinks: { main: { kind: 'stream', channels: 2 } },
    lengthSeconds: FRAMES / RATE,
  };
  return (await renderTask({ task, media: { sound: audio(...channels) }, registry })).data;
}

const gain: Instance = { model: 'audiocloud:gain', midSide: true };
const pan = (value: number): Instance => ({ ...gain, parameters: { pan: value } });

t.test('there and back is the identity, bit for bit', async (t) => {
  t.same(await heard(gain), [left, right]);
  t.same(await heard({ ...gain, bypass: true }), [left, right], 'and so is bypass, which goes by all of it');
  const [l, r] = await heard(gain, [noise(FRAMES, 3), noise(FRAMES, 4)]);
  t.ok(distance(l!, noise(FRAMES, 3)) < 2e-7 && distance(r!, noise(FRAMES, 4)) < 2e-7, 'of any samples, to rounding');
});

t.test('what is done to the mid leaves the side as it is, bit for bit, and the other way round', async (t) => {
  // Two channels are balanced by pan: to the right the mid falls and the side stays, to the left the side falls.
  t.same(await heard(pan(1)), [side, side.map((x) => -x)], 'no mid: the side alone');
  t.same(await heard(pan(-1)), [mid, mid], 'no side: the mid alone');
  const sides = [side, side.map((x) => -x)];
  t.same(await heard(pan(0.6), sides), sides, 'the side goes through whatever the mid has');
});

t.test('an equalizer in mid and side is what it is on both, by the formula of its turning', async (t) => {
  const equalizer = { model: 'audiocloud:equalizer', parameters: { type: ['bell'], frequency: [1000], gain: [9] } };
  const inside = await heard({ ...equalizer, midSide: true });
  const outside = await heard(equalizer);
  for (const c of [0, 1]) t.ok(distance(inside[c]!, outside[c]!) < 2e-6, `${distance(inside[c]!, outside[c]!)}`);
  const half = await heard({ ...equalizer, midSide: true, mix: 50 });
  const wanted = outside[0]!.map((x, n) => (x + left[n]!) / 2);
  t.ok(distance(half[0]!, wanted) < 2e-6, 'mixed with its input');
});

t.test('mid and side need two channels', async (t) => {
  await t.rejects(heard({ ...gain, widths: { in: 1, out: 2 } }), {
    code: 'CHANNELS_MISMATCH',
    message: /mid and side/,
  });
});
