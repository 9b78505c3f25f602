import t from 'tap';
import { db, distance, impulse, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const GLIDE_FRAMES = 480; // 10 ms at 48,000 Hz
const ones = (frames: number) => new Float32Array(frames).fill(1);
const last = (signal: Float32Array | undefined) => signal!.at(-1)!;

t.test('-6.02 dB is half, to the last digit of f32', async (t) => {
  const { outputs } = (await probe('gain', { parameters: { gain: 20 * Math.log10(0.5) } })).render([ones(8), ones(8)]);
  t.same(outputs, [new Float32Array(8).fill(0.5), new Float32Array(8).fill(0.5)]);
});

t.test('gain in dB over its range', async (t) => {
  for (const gain of [-119, -60, -6, 0, 3, 24]) {
    const { outputs } = (await probe('gain', { parameters: { gain } })).render([ones(5), ones(5)]);
    for (const output of outputs) t.ok(Math.abs(db(output[4]!) - gain) < 1e-5, `${gain} dB`);
  }
});

t.test('-120 dB and mute are exactly silent, whatever comes in', async (t) => {
  const wild = Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, -3e38, 1e-40, 1, 1);
  for (const parameters of [{ gain: -120 }, { mute: true, gain: 24 }] as Record<string, number | boolean>[]) {
    const { outputs } = (await probe('gain', { parameters })).render([wild, wild]);
    t.same(outputs, [new Float32Array(7), new Float32Array(7)]);
  }
});

t.test('mono to stereo: constant power, -3.01 dB in the middle', async (t) => {
  const widths = { in: 1, out: 2 };
  for (const pan of [-1, -0.5, 0, 0.25, 1]) {
    const { outputs } = (await probe('gain', { parameters: { pan }, widths })).render([ones(4)]);
    const [left, right] = [last(outputs[0]), last(outputs[1])];
    t.ok(Math.abs(left ** 2 + right ** 2 - 1) < 1e-6, `power at ${pan}`);
    const angle = ((pan + 1) * Math.PI) / 4;
    t.ok(Math.abs(left - Math.cos(angle)) < 1e-7 && Math.abs(right - Math.sin(angle)) < 1e-7, `law at ${pan}`);
    if (pan === 0) t.ok(Math.abs(db(left) - 10 * Math.log10(0.5)) < 1e-5, '-3.01 dB');
  }
});

t.test('stereo to stereo: balance, 0 dB in the middle', async (t) => {
  for (const [pan, left, right] of [
    [-1, 1, 0],
    [-0.25, 1, 0.75],
    [0, 1, 1],
    [0.5, 0.5, 1],
    [1, 0, 1],
  ] as const) {
    const { outputs } = (await probe('gain', { parameters: { pan } })).render([ones(4), ones(4)]);
    t.same([last(outputs[0]), last(outputs[1])], [left, right], `pan ${pan}`);
  }
});

t.test('widths: one to all, same to same, missing inputs are silent', async (t) => {
  const inputs = Array.from({ length: 32 }, (_, c) => noise(20, c));
  const parameters = { gain: 20 * Math.log10(0.5), pan: 0.3 };
  const wide = (await probe('gain', { parameters, widths: { in: 32, out: 32 } })).render(inputs).outputs;
  t.same(
    wide,
    inputs.map((input) => input.map((x) => x / 2)),
    'pan means nothing here',
  );
  const spread = (await probe('gain', { parameters, widths: { in: 1, out: 5 } })).render([inputs[0]!]).outputs;
  t.same(spread, Array(5).fill(inputs[0]!.map((x) => x / 2)));
  const part = (await probe('gain', { parameters, widths: { in: 3, out: 4 } })).render(inputs.slice(0, 3)).outputs;
  t.same(
    part[2],
    inputs[2]!.map((x) => x / 2),
  );
  t.same(part[3], new Float32Array(20));
});

t.test('gain ramps without a step', async (t) => {
  // from 1 to 0.5 within 480 frames: 0.5 / 480 a frame, nothing before, exactly half after
  const gain = 20 * Math.log10(0.5);
  const { outputs } = (await probe('gain')).render([ones(1500), ones(1500)], {
    events: [{ frame: 700, parameter: 'gain', value: gain }],
  });
  const output = outputs[1]!;
  t.ok(output.subarray(0, 701).every((x) => x === 1));
  t.ok(output.subarray(700 + GLIDE_FRAMES).every((x) => x === 0.5));
  for (let n = 701; n <= 700 + GLIDE_FRAMES; n++) {
    const wanted = 1 - (0.5 * (n - 700)) / GLIDE_FRAMES;
    if (!(Math.abs(output[n]! - wanted) < 1e-6)) t.fail(`frame ${n}: ${output[n]}, wanted ${wanted}`);
  }
});

t.test('mute and pan ramp, and a turn on the way starts where it is', async (t) => {
  const events = [
    { frame: 10, parameter: 'mute', value: true },
    { frame: 215, parameter: 'mute', value: false },
    { frame: 1300, parameter: 'pan', value: 1 },
    { frame: 1350, parameter: 'gain', value: -120 },
  ];
  const { outputs } = (await probe('gain')).render([ones(3000), ones(3000)], { events });
  for (const output of outputs) {
    let steepest = 0;
    for (let n = 1; n < 3000; n++) steepest = Math.max(steepest, Math.abs(output[n]! - output[n - 1]!));
    t.ok(steepest <= 2 / GLIDE_FRAMES + 1e-6, `steepest ${steepest}`); // two movements at once
    t.equal(output[1299], 1);
    t.equal(output[2999], 0);
  }
});

t.test('a ramp event takes the frames it says', async (t) => {
  const { outputs } = (await probe('gain')).render([ones(4000), ones(4000)], {
    events: [{ frame: 64, parameter: 'gain', value: -120, rampFrames: 3200 }],
  });
  t.ok(Math.abs(outputs[0]![64 + 1600]! - 0.5) < 1e-6);
  t.ok(outputs[0]![64 + 3199]! > 0);
  t.ok(outputs[0]!.subarray(64 + 3200).every((x) => x === 0));
});

t.test('values out of range are held, NaN is ignored', async (t) => {
  const { outputs } = (await probe('gain')).render([ones(2000), ones(2000)], {
    events: [
      { frame: 0, parameter: 'gain', value: 1e9 },
      { frame: 1000, parameter: 'pan', value: Number.NaN },
    ],
  });
  t.ok(Math.abs(db(last(outputs[0])) - 24) < 1e-5);
});

t.test('events sound the same in blocks of any size', async (t) => {
  const events = [
    { frame: 3, parameter: 'gain', value: -9 },
    { frame: 127, parameter: 'pan', value: 0.7 },
    { frame: 128, parameter: 'mute', value: true },
    { frame: 901, parameter: 'mute', value: false },
    { frame: 1024, parameter: 'gain', value: 12, rampFrames: 500 },
  ];
  const input = [noise(4096, 1), noise(4096, 2)];
  const render = async (block: number | number[]) => (await probe('gain')).render(input, { block, events }).outputs;
  const reference = await render(1024);
  for (const block of [1, 7, 32, 64, 128, 480, [1, 999, 24]]) {
    const outputs = await render(block);
    t.equal(distance(outputs[0]!, reference[0]!), 0, `blocks of ${block}`);
    t.equal(distance(outputs[1]!, reference[1]!), 0, `blocks of ${block}`);
  }
});

t.test('sleeps in silence, but not on its way', async (t) => {
  const gain = await probe('gain', { maxFrames: 128 });
  t.equal(gain.process([impulse(128), impulse(128)], 128).status, 1);
  t.equal(gain.process([], 128).status, 4);
  t.equal(gain.process([], 128, [{ frame: 5, parameter: 'gain', value: -20 }]).status, 3);
  const statuses = Array.from({ length: 6 }, () => gain.process([], 128).status);
  t.same(statuses, [3, 3, 3, 4, 4, 4], '480 frames of movement');
  t.ok(Math.abs(db(gain.process([ones(128), ones(128)], 128).outputs[0]![0]!) + 20) < 1e-5, 'it arrived meanwhile');
});
