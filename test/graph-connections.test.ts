import type { Connection, Task } from '@audiocloud/api';
import { renderTask } from '@audiocloud/engine';
import t from 'tap';
import { seededRandom } from '../engine/plugin/seeded-random.ts';
import { distance, impulse, noise } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';

const registry = await openRegistry();
const FRAMES = 1000;
const FLOAT = 2 ** -23; // the spacing of f32 at 1

/** Noise of so many channels, every one different. */
const voices = (channels: number, frames = FRAMES) =>
  Array.from({ length: channels }, (_, c) => noise(frames, 100 + c));

const track = (channels: number) => ({ channels, clips: [{ media: 'sound', startSeconds: 0 }] });
const wire = (from: string, to: string, more: Partial<Connection> = {}): Connection => ({
  from: { node: from },
  to: { node: to },
  ...more,
});

/** What a sink hears of a track of these channels through one connection. */
async function heard(sound: Float32Array[], width: number, more: Partial<Connection>): Promise<Float32Array[]> {
  const task: Task = {
    sampleRate: RATE,
    tracks: { source: track(sound.length) },
    connections: { only: wire('source', 'main', more) },
    sinks: { main: { kind: 'stream', channels: width } },
  };
  return (await renderTask({ task, media: { sound: audio(...sound) }, registry })).data;
}

const scaled = (signal: Float32Array, gain: number) => signal.map((x) => x * gain);

t.test('a plain connection changes no bit', async (t) => {
  const sound = voices(3);
  t.same(await heard(sound, 3, {}), sound);
});

t.test('gain in dB', async (t) => {
  const [sound] = voices(1);
  for (const gainDb of [-60, -6.02, 0, 12]) {
    const [out] = await heard([sound!], 1, { gainDb });
    t.ok(distance(out!, scaled(sound!, 10 ** (gainDb / 20))) <= 10 ** (gainDb / 20) * FLOAT, `${gainDb} dB`);
  }
  t.ok(
    (await heard([sound!], 1, { gainDb: -120 }))[0]!.every((x) => x === 0),
    'silence is zero',
  );
});

t.test('pan: one channel to two at constant power, -3.01 dB in the middle', async (t) => {
  const [sound] = voices(1);
  const power = (signal: Float32Array) => signal.reduce((sum, x) => sum + x * x, 0);
  for (const pan of [-1, -0.5, 0, 0.3, 1]) {
    const [left, right] = await heard([sound!], 2, { pan });
    const angle = ((pan + 1) * Math.PI) / 4;
    t.ok(distance(left!, scaled(sound!, Math.cos(angle))) < 1e-6, `left at ${pan}`);
    t.ok(distance(right!, scaled(sound!, Math.sin(angle))) < 1e-6, `right at ${pan}`);
    t.ok(Math.abs((power(left!) + power(right!)) / power(sound!) - 1) < 1e-6, `power at ${pan}`);
    if (pan === 0) t.ok(Math.abs(10 * Math.log10(power(left!) / power(sound!)) + 3.0103) < 1e-4, '-3.01 dB');
  }
});

t.test('pan: two channels are balanced, the middle is unchanged, gain is on top', async (t) => {
  const [left, right] = voices(2);
  for (const pan of [-1, -0.25, 0, 0.5, 1]) {
    const [a, b] = await heard([left!, right!], 2, { pan, gainDb: 20 * Math.log10(0.5) });
    const fall = Math.cos((Math.abs(pan) * Math.PI) / 2);
    t.ok(distance(a!, scaled(left!, 0.5 * (pan > 0 ? fall : 1))) < 1e-6, `left at ${pan}`);
    t.ok(distance(b!, scaled(right!, 0.5 * (pan < 0 ? fall : 1))) < 1e-6, `right at ${pan}`);
  }
  t.same(await heard([left!, right!], 2, { pan: 0 }), [left, right], 'in the middle no bit changes');
});

t.test('any output channel goes to any input channel', async (t) => {
  const sound = voices(6);
  for (let from = 0; from < 6; from++)
    for (let to = 0; to < 5; to++) {
      const out = await heard(sound, 5, { channels: [[from, to]] });
      const wanted = Array.from({ length: 5 }, (_, c) => (c === to ? sound[from]! : new Float32Array(FRAMES)));
      if (out.some((channel, c) => distance(channel, wanted[c]!) !== 0)) t.fail(`${from} -> ${to}`);
    }
  const out = await heard(sound, 2, {
    channels: [
      [5, 0],
      [3, 0],
      [3, 1],
    ],
  });
  t.ok(
    distance(
      out[0]!,
      sound[5]!.map((x, n) => x + sound[3]![n]!),
    ) <= FLOAT,
    'two into one are added',
  );
  t.same(out[1], sound[3]);
});

t.test('all channels of both ports of an instance, crossed', async (t) => {
  // the side chain of a compressor hears only channel 3 of the track, its input channels 1 and 0
  const sound = [...voices(3), new Float32Array(FRAMES).fill(0.9)];
  const task: Task = {
    sampleRate: RATE,
    tracks: { source: track(4) },
    instances: {
      comp: {
        model: 'audiocloud:compressor',
        widths: { in: 2, key: 1 },
        parameters: { threshold: -40, ratio: 100, key: 'key', attack: 0.05 },
      },
    },
    connections: {
      in: wire('source', 'comp', {
        channels: [
          [1, 0],
          [0, 1],
        ],
      }),
      key: { from: { node: 'source' }, to: { node: 'comp', port: 'key' }, channels: [[3, 0]] },
      out: wire('comp', 'main'),
    },
    sinks: { main: { kind: 'stream', channels: 2 } },
    lengthSeconds: FRAMES / RATE,
  };
  const media = { sound: audio(...sound) };
  const { data } = await renderTask({ task, media, registry });
  const level = (signal: Float32Array) => Math.hypot(...signal.subarray(500));
  t.ok(level(data[0]!) < 0.02 * level(sound[1]!) && level(data[0]!) > 0, 'pressed by the key');
  const ratio = data[0]![900]! / sound[1]![900]!;
  t.ok(Math.abs(data[1]![900]! / sound[0]![900]! - ratio) < 1e-5, 'both channels by as much, crossed');
});

t.test('bus: 24 inputs to 2 outputs by a matrix, within 1e-6 of the formula', async (t) => {
  const random = seededRandom(19);
  const sound = voices(24).map((channel) => scaled(channel, 1 / 24));
  const matrix = [0, 1].map(() => Array.from({ length: 24 }, () => random() * 2 - 1));
  const task: Task = {
    sampleRate: RATE,
    tracks: { source: track(24) },
    buses: { mix: { inputChannels: 24, outputChannels: 2, matrix } },
    connections: { a: wire('source', 'mix'), b: wire('mix', 'main') },
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
  const { data } = await renderTask({ task, media: { sound: audio(...sound) }, registry });
  matrix.forEach((row, o) => {
    const wanted = Float64Array.from({ length: FRAMES }, (_, n) =>
      row.reduce((sum, gain, i) => sum + gain * sound[i]![n]!, 0),
    );
    t.ok(distance(data[o]!, wanted) < 1e-6, `output ${o}: ${distance(data[o]!, wanted)}`);
  });
});

t.test('bus: 24 stereo tracks are added within 1e-6 of the formula', async (t) => {
  const names = Array.from({ length: 24 }, (_, i) => `t${i}`);
  const sounds = names.map((_, i) => [scaled(noise(FRAMES, i), 1 / 24), scaled(noise(FRAMES, 50 + i), 1 / 24)]);
  const gainDb = (i: number) => -i / 2;
  const task: Task = {
    sampleRate: RATE,
    tracks: Object.fromEntries(names.map((n) => [n, { channels: 2, clips: [{ media: n, startSeconds: 0 }] }])),
    buses: { mix: { inputChannels: 2 } },
    connections: {
      ...Object.fromEntries(names.map((name, i) => [name, wire(name, 'mix', { gainDb: gainDb(i) })])),
      out: wire('mix', 'main'),
    },
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
  const media = Object.fromEntries(names.map((name, i) => [name, audio(...sounds[i]!)]));
  const { data } = await renderTask({ task, media, registry });
  for (const c of [0, 1]) {
    const wanted = Float64Array.from({ length: FRAMES }, (_, n) =>
      sounds.reduce((sum, sound, i) => sum + sound[c]![n]! * 10 ** (gainDb(i) / 20), 0),
    );
    t.ok(distance(data[c]!, wanted) < 1e-6, `channel ${c}: ${distance(data[c]!, wanted)}`);
  }
});

t.test('bus: without a matrix input channel i goes to output i modulo outputs', async (t) => {
  const sound = voices(5);
  const through = async (outputChannels: number) => {
    const task: Task = {
      sampleRate: RATE,
      tracks: { source: track(5) },
      buses: { mix: { inputChannels: 5, outputChannels } },
      connections: { a: wire('source', 'mix'), b: wire('mix', 'main') },
      sinks: { main: { kind: 'stream', channels: outputChannels } },
    };
    return (await renderTask({ task, media: { sound: audio(...sound) }, registry })).data;
  };
  const [even, odd] = await through(2);
  t.ok(
    distance(
      even!,
      sound[0]!.map((x, n) => x + sound[2]![n]! + sound[4]![n]!),
    ) <
      4 * FLOAT,
  );
  t.ok(
    distance(
      odd!,
      sound[1]!.map((x, n) => x + sound[3]![n]!),
    ) <
      4 * FLOAT,
  );
  const wide = await through(7);
  t.same(wide, [...sound, new Float32Array(FRAMES), new Float32Array(FRAMES)]);
});

t.test('parallel branches of any declared latency meet in one frame', async (t) => {
  const random = seededRandom(26);
  for (const round of [1, 2, 3]) {
    const names = Array.from({ length: 6 }, (_, i) => `d${i}`);
    const delays = names.map(() => Math.floor(random() * 700));
    const task: Task = {
      sampleRate: RATE,
      tracks: { source: track(1) },
      instances: Object.fromEntries(
        names.map((name, i) => [
          name,
          { model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: delays[i]! } },
        ]),
      ),
      connections: {
        // d0 -> d1 in series beside the others and the dry way
        s: wire('d0', 'd1'),
        dry: wire('source', 'main'),
        ...Object.fromEntries(names.flatMap((name) => (name === 'd1' ? [] : [[`i-${name}`, wire('source', name)]]))),
        ...Object.fromEntries(names.flatMap((name) => (name === 'd0' ? [] : [[`o-${name}`, wire(name, 'main')]]))),
      },
      sinks: { main: { kind: 'stream', channels: 1 } },
    };
    const sound = noise(3000, round);
    const { data, latencyFrames } = await renderTask({ task, media: { sound: audio(sound) }, registry });
    t.equal(latencyFrames, Math.max(delays[0]! + delays[1]!, ...delays.slice(2)));
    // 5 branches and the dry way: six times the sound, in place, because the latency is cut off
    const error = distance(data[0]!.subarray(0, 3000), scaled(sound, 6));
    t.ok(error < 6e-6, `delays ${delays}: ${error}`);
  }
});

t.test('a delay by hand is exact to the frame, beside the compensation', async (t) => {
  for (const offsetFrames of [1, 127, 128, 129, 5000]) {
    const task: Task = {
      sampleRate: RATE,
      tracks: { source: track(1) },
      instances: { late: { model: 'audiocloud:delay', widths: { in: 1 }, parameters: { delay: 333 } } },
      connections: {
        a: wire('source', 'late'),
        b: wire('late', 'main'),
        by: wire('source', 'main', { offsetFrames, gainDb: 20 * Math.log10(0.5) }),
      },
      sinks: { main: { kind: 'stream', channels: 1 } },
      lengthSeconds: 6000 / RATE,
    };
    const { data } = await renderTask({ task, media: { sound: audio(impulse(10, 4)) }, registry });
    const found = [...data[0]!.entries()].filter(([, x]) => x !== 0);
    t.same(found, [
      [4, 1],
      [4 + offsetFrames, 0.5],
    ]);
  }
});

t.test('feedback is one block late, wherever its two ends stand in the order', async (t) => {
  // `loop` is a bus that hears the track and, by half, itself through `back`; or something that no circle leads to.
  const half = 20 * Math.log10(0.5);
  const graphs: [string, Partial<Task>, (n: number, block: number) => number][] = [
    [
      'a circle of two buses',
      {
        buses: { loop: { inputChannels: 1 }, back: { inputChannels: 1 } },
        connections: {
          in: wire('source', 'loop'),
          there: wire('loop', 'back'),
          again: wire('back', 'loop', { feedback: true, gainDb: half }),
          out: wire('loop', 'main'),
        },
      },
      (n, block) => (n % block === 0 ? 0.5 ** (n / block) : 0),
    ],
    [
      'a bus that hears itself',
      {
        buses: { loop: { inputChannels: 1 } },
        connections: {
          in: wire('source', 'loop'),
          again: wire('loop', 'loop', { feedback: true, gainDb: half }),
          out: wire('loop', 'main'),
        },
      },
      (n, block) => (n % block === 0 ? 0.5 ** (n / block) : 0),
    ],
    [
      'a source that is rendered first',
      {
        buses: { late: { inputChannels: 1 } },
        connections: { in: wire('source', 'late', { feedback: true }), out: wire('late', 'main') },
      },
      (n, block) => (n === block ? 1 : 0),
    ],
    [
      'with a delay by hand on top',
      {
        buses: { late: { inputChannels: 1 } },
        connections: {
          in: wire('source', 'late', { feedback: true, offsetFrames: 7 }),
          out: wire('late', 'main'),
        },
      },
      (n, block) => (n === block + 7 ? 1 : 0),
    ],
    [
      'an instance in another memory',
      {
        buses: { loop: { inputChannels: 1 } },
        instances: {
          c: { model: 'example:tremolo', widths: { in: 1 } },
          g: { model: 'audiocloud:gain', widths: { in: 1, out: 1 } },
          g2: { model: 'audiocloud:gain', widths: { in: 1, out: 1 } },
        },
        connections: {
          in: wire('source', 'loop'),
          through: wire('loop', 'g'),
          through2: wire('g', 'g2'),
          there: wire('g2', 'c'),
          again: wire('c', 'loop', { feedback: true, gainDb: half }),
          out: wire('loop', 'main'),
        },
      },
      (n, block) => (n % block === 0 ? 0.5 ** (n / block) : 0),
    ],
    [
      'from another memory to what is rendered after it',
      {
        buses: { late: { inputChannels: 1 }, later: { inputChannels: 1 } },
        instances: { c: { model: 'example:tremolo', widths: { in: 1 } }, g: { model: 'audiocloud:gain' } },
        connections: {
          in: wire('source', 'c'),
          first: wire('source', 'late', { gainDb: -120 }),
          second: wire('late', 'later'),
          back: wire('c', 'later', { feedback: true }),
          out: wire('later', 'main'),
        },
      },
      (n, block) => (n === block ? 1 : 0),
    ],
  ];
  for (const [name, parts, formula] of graphs)
    for (const blockFrames of [32, 128, 480]) {
      const task: Task = {
        sampleRate: RATE,
        tracks: { source: track(1) },
        ...parts,
        sinks: { main: { kind: 'stream', channels: 1 } },
        lengthSeconds: (blockFrames * 4) / RATE,
      };
      const media = { sound: audio(impulse(8)) };
      const { data } = await renderTask({ task, media, registry, blockFrames });
      const wanted = Float32Array.from({ length: blockFrames * 4 }, (_, n) => formula(n, blockFrames));
      t.ok(distance(data[0]!, wanted) < 1e-6, `${name}, blocks of ${blockFrames}: ${distance(data[0]!, wanted)}`);
      const driven = new DrivenTask(task, { registry, media, blockFrames });
      driven.play();
      driven.render(2);
      driven.play();
      t.ok(distance(driven.render(4)[0]!, wanted) < 1e-6, `${name}: nothing of an earlier play comes back`);
    }
});
