import type { Connection, GraphEdit, Instance, Task } from '@audiocloud/api';
import { renderTask } from '@audiocloud/engine';
import t from 'tap';
import { distance, noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE, steepest } from './driven-task.ts';

const registry = await openRegistry();
const FRAMES = 4000;
const LATE = 777;
const RAMP = 1024;
const left = noise(FRAMES, 1);
const right = noise(FRAMES, 2);
const media = { sound: audio(left, right), other: audio(noise(FRAMES, 3), noise(FRAMES, 4)) };
const track = (name: string) => ({ channels: 2, clips: [{ media: name, startSeconds: 0 }] });
const wire = (from: string, to: string, more: Partial<Connection> = {}): Connection => ({
  from: { node: from },
  to: { node: to },
  ...more,
});
const late = { model: 'audiocloud:delay', parameters: { delay: LATE } };
const sinks = { main: { kind: 'stream' as const, channels: 2 } };

/** A delay that declares itself, so bypass must be as late; after it a gain, so that a change is heard. */
const one = (instance: object, more: Partial<Task> = {}): Task => ({
  sampleRate: RATE,
  tracks: { source: track('sound') },
  instances: { x: 'model' in instance ? (instance as Instance) : { ...late, ...instance } },
  connections: { in: wire('source', 'x'), out: wire('x', 'main') },
  sinks,
  lengthSeconds: FRAMES / RATE,
  ...more,
});

const equalizer = {
  model: 'audiocloud:equalizer',
  parameters: { type: ['bell'], frequency: [1000], gain: [12] },
};

t.test('bypass is the input, delayed by the latency declared, bit for bit', async (t) => {
  // with the latency cut off the render, nothing but the input is left
  t.same((await renderTask({ task: one({ bypass: true }), media, registry })).data, [left, right]);
  const eq = one({ ...equalizer, bypass: true });
  t.same((await renderTask({ task: eq, media, registry })).data, [left, right], 'of a filter too');
  const [heard] = (await renderTask({ task: one(equalizer), media, registry })).data;
  t.ok(distance(heard!, left) > 0.1, 'which is heard where it is not bypassed');
  t.same(
    (await renderTask({ task: one({ ...equalizer, bypass: false, mix: 100 }), media, registry })).data[0],
    heard,
    'and a dry path that is not wanted changes nothing',
  );
  const driven = new DrivenTask(one({ bypass: true }), { registry, media });
  driven.play();
  const played = driven.render(16)[0]!;
  t.same(played.subarray(LATE), left.subarray(0, 16 * 128 - LATE), 'live it comes so many frames later');
  t.ok(played.subarray(0, LATE).every((x) => x === 0));
});

t.test('mix: half of a way as loud as its input is the input, without a comb', async (t) => {
  for (const mix of [0, 25, 50, 99, 100]) {
    const { data } = await renderTask({ task: one({ mix }), media, registry });
    t.ok(distance(data[0]!, left) < 2e-7, `${mix} %: ${distance(data[0]!, left)}`);
    t.ok(distance(data[1]!, right) < 2e-7);
  }
  const gain = { model: 'audiocloud:gain', parameters: { gain: -120 } };
  const { data } = await renderTask({ task: one({ ...gain, mix: 30 }), media, registry });
  t.ok(
    distance(
      data[0]!,
      left.map((x) => 0.7 * x),
    ) < 2e-7,
    'beside a silent instance its share is left out',
  );
});

t.test('several inputs, gains, pans, maps, feedback and a mono input: what goes by is what went in', async (t) => {
  const more: Partial<Task> = {
    tracks: { source: track('sound'), second: track('other') },
    connections: {
      in: wire('source', 'x', { gainDb: -3, pan: 0.2 }),
      crossed: wire('second', 'x', {
        gainDb: 2,
        channels: [
          [0, 1],
          [1, 0],
        ],
        offsetFrames: 5,
      }),
      back: wire('source', 'x', { feedback: true, gainDb: -6 }),
      out: wire('x', 'main'),
    },
  };
  const around = one({ model: 'audiocloud:gain', bypass: true }, more);
  const through = one({ model: 'audiocloud:gain' }, more);
  const [a, b] = [
    await renderTask({ task: around, media, registry }),
    await renderTask({ task: through, media, registry }),
  ];
  for (const c of [0, 1]) t.ok(distance(a.data[c]!, b.data[c]!) < 1e-6, `${distance(a.data[c]!, b.data[c]!)}`);
  const delayed = await renderTask({ task: one({ bypass: true }, more), media, registry });
  for (const c of [0, 1]) t.same(delayed.data[c], a.data[c], 'around a latency also what is fed back');
  const mono = one(
    { model: 'audiocloud:gain', widths: { in: 1, out: 2 }, bypass: true },
    { connections: { in: wire('source', 'x', { channels: [[1, 0]] }), out: wire('x', 'main') } },
  );
  t.same((await renderTask({ task: mono, media, registry })).data, [right, right]);
});

t.test('what cannot go by is refused by name; a generator is silent', async (t) => {
  const narrow = one({ model: 'audiocloud:gain', widths: { in: 2, out: 1 }, bypass: true });
  const render = (task: Task) => renderTask({ task, media, registry });
  await t.rejects(async () => render({ ...narrow, sinks: { main: { kind: 'stream', channels: 1 } } }), {
    code: 'CHANNELS_MISMATCH',
    message: /bypass or mix 'x'/,
  });
  const circle = one(
    { bypass: true },
    {
      instances: { x: { ...late, bypass: true }, y: { ...late, mix: 50 } },
      connections: { a: wire('source', 'x'), b: wire('x', 'y'), c: wire('y', 'x'), out: wire('y', 'main') },
    },
  );
  await t.rejects(async () => render(circle), { code: 'GRAPH_CYCLE', message: /: (x -> y -> x|y -> x -> y) goes/ });
  const tone = one(
    { model: 'audiocloud:tone', parameters: {}, bypass: true },
    { connections: { out: wire('x', 'main') } },
  );
  t.ok((await render(tone)).data[0]!.every((x) => x === 0));
});

t.test('bypass and mix are set while it plays: a ramp, no new plan, and the other way back', async (t) => {
  const ones = audio(new Float32Array(200_000).fill(1), new Float32Array(200_000).fill(1));
  const task = one({ model: 'audiocloud:gain', parameters: { gain: -20 }, mix: 100 });
  const driven = new DrivenTask(task, { registry, media: { sound: ones } });
  const { image } = driven.task;
  driven.play();
  const parts = [driven.render(8)[0]!];
  const set = async (parameter: string, value: number | boolean) => {
    const frame = driven.task.changes.set([{ instance: 'x', parameter, value }]);
    parts.push(driven.render(RAMP / 128)[0]!);
    t.type((await frame)?.frame, 'number');
    return parts.at(-1)!.at(-1)!;
  };
  t.ok(Math.abs((await set('host-mix', 50)) - 0.55) < 1e-6, 'half of it');
  t.ok(Math.abs((await set('host-bypass', true)) - 1) < 1e-7, 'bypassed');
  t.ok(Math.abs((await set('host-mix', 20)) - 1) < 1e-7, 'mix is not heard then');
  t.ok(Math.abs((await set('host-bypass', false)) - 0.82) < 1e-6, 'but afterwards');
  t.ok(Math.abs((await set('host-mix', 100)) - 0.1) < 1e-6, 'the instance alone');
  const whole = Float32Array.from(parts.flatMap((part) => [...part]));
  t.ok(steepest(whole) <= 1.01 / 256, `steepest ${steepest(whole)}`);
  t.equal(driven.task.image, image, 'by the plan there was');
  t.match(driven.task.graph.instances!['x'], { mix: 100, bypass: false }, 'and the graph says so');
  const edits: GraphEdit[] = [{ op: 'set', instance: 'x', parameter: 'host-mix', value: 50 }];
  driven.edit(edits);
  t.ok(Math.abs(driven.render(RAMP / 128)[0]!.at(-1)! - 0.55) < 1e-6, 'the next edit goes on from there');
  await t.rejects(driven.task.changes.set([{ instance: 'x', parameter: 'host-mix', value: 101 }]), {
    code: 'PARAMETER_VALUE',
  });
  await t.rejects(driven.task.changes.set([{ instance: 'x', parameter: 'host-none', value: 1 }]), {
    code: 'PARAMETER_UNKNOWN',
  });
});

t.test('an event of mix in a render is the same as set live at that frame, bit for bit', async (t) => {
  const change = { instance: 'x', parameter: 'host-mix', value: 35 };
  const task = one({ ...equalizer, mix: 100 });
  const driven = new DrivenTask(task, { registry, media });
  driven.play();
  const before = driven.render(8);
  const frame = driven.task.changes.set([change]);
  const after = driven.render(20);
  const events = [{ frame: (await frame)!.frame, ...change }];
  const { data } = await renderTask({ task: { ...task, lengthSeconds: (28 * 128) / RATE }, media, registry, events });
  for (const c of [0, 1]) t.same(data[c], Float32Array.from([...before[c]!, ...after[c]!]));
  const bare = one(equalizer, { lengthSeconds: (28 * 128) / RATE });
  t.same((await renderTask({ task: bare, media, registry, events })).data, data, 'with no dry path in the task too');
});

t.test('meters of an instance with a dry path are those of the mix, under its name', async (t) => {
  const driven = new DrivenTask(one({ model: 'audiocloud:gain', parameters: { gain: -120 }, bypass: true }), {
    registry,
    media,
  });
  driven.play();
  driven.render(8);
  const { meters } = driven.task.meters();
  t.same(Object.keys(meters).sort(), ['main', 'source', 'x']);
  t.ok(meters['x']!.peak[0]! > 0.5);
});

t.test('gain and pan of a connection change along a ramp, to the formula', async (t) => {
  const ones = audio(new Float32Array(200_000).fill(1), new Float32Array(200_000).fill(1));
  const task = one({ model: 'audiocloud:gain' });
  const driven = new DrivenTask(task, { registry, media: { sound: ones } });
  driven.play();
  const heard = [driven.render(8)];
  for (const [gainDb, pan] of [
    [-6, 0],
    [-6, 0.5],
    [0, -1],
    [-120, 0],
    [0, 0],
  ] as const) {
    driven.edit([{ op: 'put', part: 'connections', name: 'out', value: wire('x', 'main', { gainDb, pan }) }]);
    heard.push(driven.render((2 * RAMP) / 128));
    const fall = Math.cos((Math.abs(pan) * Math.PI) / 2);
    const gain = gainDb === -120 ? 0 : 10 ** (gainDb / 20);
    const wanted = [pan > 0 ? gain * fall : gain, pan < 0 ? gain * fall : gain];
    for (const c of [0, 1])
      t.ok(Math.abs(heard.at(-1)![c]!.at(-1)! - wanted[c]!) < 1e-6, `${gainDb} dB, pan ${pan}, channel ${c}`);
  }
  for (const c of [0, 1]) {
    const whole = Float32Array.from(heard.flatMap((part) => [...part[c]!]));
    t.ok(steepest(whole) <= 1.01 / 512, `channel ${c}: steepest ${steepest(whole)}`);
  }
});
