import type { Connection, Task } from '@audiocloud/api';
import { renderTask } from '@audiocloud/engine';
import t from 'tap';
import { impulse, noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';

const registry = await openRegistry();
const FRAMES = 4096;
const AT = 1000;
const LATE = 300;
const media = { click: audio(impulse(FRAMES, AT)), sound: audio(noise(FRAMES, 1)) };
const wire = (from: string, to: string, more: Partial<Connection> = {}): Connection => ({
  from: { node: from },
  to: { node: to },
  ...more,
});
const gain = { model: 'audiocloud:gain', widths: { in: 1, out: 1 } };
const late = { model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: LATE } };

/** A click through an instance, and at half its level beside it. */
const task = (instance: object, more: Partial<Connection> = {}): Task => ({
  sampleRate: RATE,
  tracks: { track: { channels: 1, clips: [{ media: 'click', startSeconds: 0 }] } },
  instances: { x: { ...gain, ...instance }, beside: { ...late } },
  connections: {
    in: wire('track', 'x'),
    out: wire('x', 'main', more),
    a: wire('track', 'beside'),
    b: wire('beside', 'main', { gainDb: 20 * Math.log10(0.5) }),
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
  lengthSeconds: FRAMES / RATE,
});

/** Where the clicks are: through the instance, and beside it. */
async function clicks(wanted: Task): Promise<(number | undefined)[]> {
  const [out] = (await renderTask({ task: wanted, media, registry })).data;
  const found = (level: number) => {
    const at = out!.findIndex((x) => Math.abs(x - level) < 1e-6);
    return at < 0 ? undefined : at;
  };
  return out!.some((x) => Math.abs(x - 1.5) < 1e-6) ? [found(1.5), found(1.5)] : [found(1), found(0.5)];
}

t.test('an offset shifts the sound of an instance by exactly so many frames, and nothing else', async (t) => {
  for (const offsetFrames of [0, 1, 127, 128, 1000, -1, -200, -299, -300, -301, -900])
    t.same(await clicks(task({ offsetFrames })), [AT + offsetFrames, AT], `${offsetFrames} by the instance`);
  for (const offsetFrames of [0, 1, 1000, -1, -300, -900])
    t.same(await clicks(task({}, { offsetFrames })), [AT + offsetFrames, AT], `${offsetFrames} by the connection`);
  t.same(await clicks(task({ offsetFrames: 50 }, { offsetFrames: -20 })), [AT + 30, AT], 'both add up');
});

t.test('earlier than all else: the others wait, and the task is as much later', async (t) => {
  const latency = (wanted: Task) => {
    const driven = new DrivenTask(wanted, { registry, media });
    return driven.task.latencyFrames;
  };
  t.equal(latency(task({})), LATE);
  t.equal(latency(task({ offsetFrames: -100 })), LATE, 'as long as there is time');
  t.equal(latency(task({ offsetFrames: -LATE - 40 })), LATE + 40);
  t.equal(latency(task({}, { offsetFrames: -LATE - 40 })), LATE + 40);
});

t.test('an instance that declares its latency wrong is put right, its dry path with it', async (t) => {
  const declared: Task = {
    ...task({}),
    tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
    instances: {
      // it is said to be LATE later than it declares; it is not, so its sound comes early
      x: { ...gain, mix: 50, offsetFrames: -LATE },
    },
    connections: { in: wire('track', 'x', { offsetFrames: 0 }), out: wire('x', 'main') },
  };
  const { data } = await renderTask({ task: declared, media, registry });
  const sound = media.sound.data[0]!;
  const wanted = Float32Array.from({ length: FRAMES }, (_, n) => 0.5 * (sound[n + LATE] ?? 0) + 0.5 * sound[n]!);
  let worst = 0;
  for (let n = 0; n < FRAMES - LATE; n++) worst = Math.max(worst, Math.abs(data[0]![n]! - wanted[n]!));
  t.ok(worst < 1e-6, 'the dry path waits for what the instance is said to need');
});

t.test('feedback cannot come early', async (t) => {
  const wanted = task({});
  wanted.connections!['back'] = wire('x', 'beside', { feedback: true, offsetFrames: -1 });
  await t.rejects(async () => renderTask({ task: wanted, media, registry }), {
    code: 'GRAPH_INVALID',
    message: /feedback/,
  });
});
