import type { Sink, Task } from '@audiocloud/api';
import t from 'tap';
import { audio, DrivenTask, openRegistry, RATE, steepest } from '../../test/driven-task.ts';
import { renderTask } from './render-task.ts';

const registry = await openRegistry();
const linear = (gainDb: number) => Math.fround(10 ** (gainDb / 20));
const peakOf = (signal: Float32Array) => signal.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

/** Rounding may leave a peak a hair below its ceiling, never above. */
const isJustBelow = (peak: number, ceiling: number) => peak <= ceiling && peak > 0.99999 * ceiling;

/** A second that swings between -level and level, frame by frame. */
const swing = (level: number) => audio(Float32Array.from({ length: RATE }, (_, n) => (n % 2 === 0 ? level : -level)));
const played = (sink: Sink): Task => ({
  sampleRate: RATE,
  tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0.05 }] } },
  connections: { c: { from: { node: 'track' }, to: { node: 'main' } } },
  sinks: { main: sink },
});

t.test('a sink has its own ceiling, on a device the lowest of the outputs that it uses', async (t) => {
  const stream = { kind: 'stream', channels: 1 } as const;
  const device = { kind: 'device', channels: 1 } as const;
  for (const [sink, outputCeilingsDb, wanted] of [
    [stream, [-12], -0.1],
    [{ ...stream, ceilingDb: -7 }, [], -7],
    [device, [-12, -20], -12],
    [{ ...device, firstChannel: 1 }, [-12, -20], -20],
    [{ ...device, firstChannel: 5, ceilingDb: 0 }, [-12, -20], -20],
    [{ ...device, ceilingDb: -30 }, [-12, -20], -30],
  ] as const) {
    const media = { sound: swing(0.5) };
    const driven = new DrivenTask(played(sink), {
      registry,
      media,
      guard: { outputCeilingsDb: [...outputCeilingsDb] },
    });
    driven.play();
    const [output] = driven.render(300);
    const most = wanted === -0.1 ? 0.5 : linear(wanted);
    t.ok(
      isJustBelow(peakOf(output!), most),
      `${JSON.stringify(sink)} on outputs of ${outputCeilingsDb}: ${peakOf(output!)}`,
    );
  }
});

t.test('a lower ceiling put while it plays is heard without a step, and the sound goes on', async (t) => {
  const tone = Float32Array.from({ length: RATE }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 500 * n) / RATE));
  const sink = { kind: 'stream', channels: 1 } as const;
  const driven = new DrivenTask(played(sink), {
    registry,
    media: { sound: audio(tone) },
    guard: { outputCeilingsDb: [] },
  });
  driven.play();
  driven.render(100);
  driven.edit([{ op: 'put', part: 'sinks', name: 'main', value: { ...sink, ceilingDb: -20 } }]);
  const [output] = driven.render(150);
  t.ok(isJustBelow(peakOf(output!), linear(-20)), `${peakOf(output!)}`);
  t.ok(steepest(output!) < 1.1 * steepest(tone), `steepest ${steepest(output!)}`);
  t.ok(driven.settle());
  t.same(Object.keys(driven.task.guards()), ['main']);
});

t.test('a connection made to full scale rises', async (t) => {
  const graph = { ...played({ kind: 'stream', channels: 1 }), connections: {} };
  const media = { sound: audio(new Float32Array(RATE).fill(1)) };
  const driven = new DrivenTask(graph, { registry, media, guard: { outputCeilingsDb: [] } });
  driven.play();
  driven.render(50);
  driven.edit([
    { op: 'put', part: 'connections', name: 'c', value: { from: { node: 'track' }, to: { node: 'main' } } },
  ]);
  const [output] = driven.render(20);
  t.ok(peakOf(output!) > 0.98);
  t.ok(steepest(output!) < 1.001 / 512, `steepest ${steepest(output!)}`);
});

t.test('a guarded task goes to sleep when its guard is at rest, and wakes as it was', async (t) => {
  const loud = audio(Float32Array.from({ length: 4800 }, (_, n) => 1.5 * Math.sin(n / 10)));
  const graph = played({ kind: 'stream', channels: 1 });
  graph.tracks!['track']!.clips.push({ media: 'soft', startSeconds: 8 });
  const soft = Float32Array.from({ length: 4800 }, (_, n) => 0.5 * Math.sin(n / 10));
  const driven = new DrivenTask(graph, {
    registry,
    media: { sound: loud, soft: audio(soft) },
    guard: { outputCeilingsDb: [] },
  });
  driven.play();
  driven.render(200);
  t.equal(driven.renderer.rest(128), false, 'its gain is on its way back');
  driven.render((8 * RATE) / 128 - 200);
  const heard = driven.render(30)[0]!;
  t.same(heard.subarray(0, 3840), soft.subarray(0, 3840), 'after 8 s every bit stays');
});

t.test('an offline render holds what the task gives, unless it is asked to be guarded', async (t) => {
  const options = { task: played({ kind: 'stream', channels: 1 }), media: { sound: swing(2) }, registry };
  t.equal(peakOf((await renderTask(options)).data[0]!), 2);
  const { data } = await renderTask({ ...options, isGuarded: true });
  t.ok(isJustBelow(peakOf(data[0]!), linear(-0.1)), `${peakOf(data[0]!)}`);
});
