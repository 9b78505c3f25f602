import t from 'tap';
import {
  type Analog,
  bell,
  digitalResponse,
  highCut,
  highShelf,
  lowCut,
  lowShelf,
  notch,
} from '../testing/analog-filters.ts';
import { magnitude } from '../testing/complex.ts';
import { frequencies, responseAt, worstError } from '../testing/measured-response.ts';
import { db, distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

// An impulse response in f32 has an error of about 6e-8 a frame: 0.0002 dB where the response is -50 dB.
const TOLERANCE_DB = 0.002;
const TOLERANCE_DEGREES = 0.02;

interface Band {
  type: string;
  frequency: number;
  gain?: number;
  q?: number;
  slope?: number;
}

const cases: [Band, Analog][] = [
  [{ type: 'bell', frequency: 1000, gain: 6, q: 1 }, bell(6, 1)],
  [{ type: 'bell', frequency: 100, gain: -12, q: 4 }, bell(-12, 4)],
  [{ type: 'bell', frequency: 15000, gain: 20, q: 0.5 }, bell(20, 0.5)],
  [{ type: 'low-shelf', frequency: 200, gain: 9, q: 0.7 }, lowShelf(9, 0.7)],
  [{ type: 'low-shelf', frequency: 3000, gain: -18, q: 1.4 }, lowShelf(-18, 1.4)],
  [{ type: 'high-shelf', frequency: 5000, gain: -6, q: 0.7 }, highShelf(-6, 0.7)],
  [{ type: 'high-shelf', frequency: 400, gain: 12, q: 0.4 }, highShelf(12, 0.4)],
  [{ type: 'notch', frequency: 1000, q: 5 }, notch(5)],
  ...[12, 24, 36, 48].flatMap((slope): [Band, Analog][] => [
    [{ type: 'low-cut', frequency: 80, slope }, lowCut(slope / 6)],
    [{ type: 'high-cut', frequency: 8000, slope }, highCut(slope / 6)],
  ]),
];

/** Parameters of an equalizer with these bands, the rest off. */
function bands(...list: Band[]) {
  const values = <K extends keyof Band>(key: K, otherwise: NonNullable<Band[K]>) =>
    Array.from({ length: 8 }, (_, i) => (list[i]?.[key] ?? otherwise) as NonNullable<Band[K]>);
  return {
    type: values('type', 'off'),
    frequency: values('frequency', 1000),
    gain: values('gain', 0),
    q: values('q', Math.SQRT1_2),
    slope: values('slope', 12),
  };
}

async function measure(parameters: ReturnType<typeof bands>, sampleRate: number, points: number[]) {
  const equalizer = await probe('equalizer', { sampleRate, parameters, widths: { in: 1, out: 1 } });
  const { outputs } = equalizer.render([impulse(32768)], { block: 1024 });
  return points.map((hertz) => responseAt(outputs[0]!, hertz, sampleRate));
}

for (const sampleRate of [44100, 48000, 96000]) {
  const points = frequencies(30, 20, 0.48 * sampleRate);
  for (const [band, analog] of cases) {
    const what = `${Object.values(band).join(' ')} at ${sampleRate} Hz`;
    t.test(`${what} has the published magnitude and phase`, async (t) => {
      const wanted = points.map((hertz) => digitalResponse(analog, hertz, band.frequency, sampleRate));
      const right = worstError(await measure(bands(band), sampleRate, points), wanted);
      t.ok(right.magnitudeDb < TOLERANCE_DB, `magnitude within ${right.magnitudeDb} dB`);
      t.ok(right.phaseDegrees < TOLERANCE_DEGREES, `phase within ${right.phaseDegrees} degrees`);
      // the same comparison must refuse what is 0.5 % wrong, or it shows nothing
      const off = worstError(
        await measure(bands({ ...band, frequency: band.frequency * 1.005 }), sampleRate, points),
        wanted,
      );
      t.ok(off.magnitudeDb > 2 * TOLERANCE_DB, `0.5 % of frequency is seen: ${off.magnitudeDb} dB`);
      t.ok(off.phaseDegrees > 2 * TOLERANCE_DEGREES, `0.5 % of frequency is seen: ${off.phaseDegrees} degrees`);
      if (band.gain) {
        const gain = worstError(await measure(bands({ ...band, gain: band.gain * 1.005 }), sampleRate, points), wanted);
        t.ok(gain.magnitudeDb > 2 * TOLERANCE_DB, `0.5 % of gain is seen: ${gain.magnitudeDb} dB`);
      }
      if (band.q) {
        const q = worstError(await measure(bands({ ...band, q: band.q * 1.005 }), sampleRate, points), wanted);
        t.ok(q.phaseDegrees > 2 * TOLERANCE_DEGREES, `0.5 % of Q is seen: ${q.phaseDegrees} degrees`);
      }
    });
  }
}

t.test('eight bands are the product of eight, then the output gain', async (t) => {
  const list = cases.slice(0, 8);
  const points = frequencies(30, 20, 23000);
  const equalizer = await probe('equalizer', {
    parameters: { ...bands(...list.map(([band]) => band)), output: -6 },
    widths: { in: 1, out: 1 },
  });
  const { outputs } = equalizer.render([impulse(32768)]);
  for (const hertz of points) {
    const wanted = list.reduce(
      (sum, [band, analog]) => sum + db(magnitude(digitalResponse(analog, hertz, band.frequency, 48000))),
      -6,
    );
    const found = db(magnitude(responseAt(outputs[0]!, hertz, 48000)));
    t.ok(Math.abs(found - wanted) < 0.01, `${hertz} Hz: ${found} dB, wanted ${wanted}`);
  }
});

t.test('off, and bells of 0 dB, leave the sound as it is', async (t) => {
  const input = [noise(4096, 1), noise(4096, 2)];
  t.same((await probe('equalizer')).render(input).outputs, input);
  const flat = bands(
    { type: 'bell', frequency: 1000 },
    { type: 'low-shelf', frequency: 100 },
    { type: 'high-shelf', frequency: 9000 },
  );
  t.same((await probe('equalizer', { parameters: flat })).render(input).outputs, input);
});

t.test('a frequency above Nyquist is held below it', async (t) => {
  const equalizer = await probe('equalizer', {
    parameters: bands({ type: 'high-cut', frequency: 40000, slope: 48 }),
    sampleRate: 44100,
  });
  const { outputs } = equalizer.render([sine(8192, 10000, 44100)]);
  t.ok(Math.abs(db(Math.max(...outputs[0]!.subarray(4096))) - 0) < 0.01);
});

t.test('every channel is filtered alike, at any width', async (t) => {
  const parameters = bands(...cases.slice(0, 4).map(([band]) => band), { type: 'low-cut', frequency: 90, slope: 36 });
  const input = noise(2000, 3);
  const alone = (await probe('equalizer', { parameters, widths: { in: 1, out: 1 } })).render([input]).outputs[0]!;
  for (const width of [2, 3, 8, 32]) {
    const many = await probe('equalizer', { parameters, widths: { in: width, out: width } });
    const others = Array.from({ length: width }, (_, c) => (c % 2 ? noise(2000, 9 + c) : input));
    const { outputs } = many.render(others);
    for (let c = 0; c < width; c += 2) t.same(outputs[c], alone, `channel ${c} of ${width}`);
  }
});

const moves = [
  { frame: 100, parameter: 'frequency', index: 0, value: 4000 },
  { frame: 333, parameter: 'gain', index: 0, value: -15 },
  { frame: 334, parameter: 'q', index: 1, value: 9 },
  { frame: 1000, parameter: 'type', index: 1, value: 'low-cut' },
  { frame: 1500, parameter: 'slope', index: 1, value: 48 },
  { frame: 2047, parameter: 'output', value: -12 },
  { frame: 2600, parameter: 'frequency', value: 60, rampFrames: 777 },
  { frame: 4000, parameter: 'type', value: 'off' },
];

t.test('moving bands sound the same in blocks of any size', async (t) => {
  const parameters = bands(
    { type: 'bell', frequency: 500, gain: 12, q: 3 },
    { type: 'bell', frequency: 3000, gain: 6 },
  );
  const input = [noise(6000, 4), noise(6000, 5)];
  const render = async (block: number | number[]) =>
    (await probe('equalizer', { parameters })).render(input, { block, events: moves }).outputs;
  const reference = await render(1024);
  for (const block of [1, 7, 32, 64, 128, 480, [1, 1000, 13, 256]]) {
    const outputs = await render(block);
    const worst = Math.max(distance(outputs[0]!, reference[0]!), distance(outputs[1]!, reference[1]!));
    t.ok(worst <= 1e-6, `blocks of ${block}: ${worst}`);
  }
});

t.test('bands move without a step', async (t) => {
  // The steepest a 100 Hz sine of amplitude 1 gets is 0.0131 a frame. +12 dB makes it 0.0521, and gliding there within
  // 20 ms (960 frames) adds (3.98 - 1) / 960 = 0.0031, fading a type at most (1 + 3.98) / 960 = 0.0052.
  const parameters = bands({ type: 'bell', frequency: 100, gain: 0, q: 1 });
  const events = [
    { frame: 5000, parameter: 'gain', index: 0, value: 12 },
    { frame: 10000, parameter: 'type', index: 0, value: 'off' },
    { frame: 15000, parameter: 'type', index: 0, value: 'low-shelf' },
    { frame: 20000, parameter: 'type', index: 0, value: 'notch' },
  ];
  const { outputs } = (await probe('equalizer', { parameters, widths: { in: 1, out: 1 } })).render(
    [sine(25000, 100, 48000)],
    { events },
  );
  let steepest = 0;
  for (let n = 1; n < 25000; n++) steepest = Math.max(steepest, Math.abs(outputs[0]![n]! - outputs[0]![n - 1]!));
  t.ok(steepest < 0.0521 + 0.0052, `steepest ${steepest}`);
  const peak = Math.max(...outputs[0]!.subarray(8000, 10000));
  t.ok(Math.abs(db(peak) - 12) < 0.02, `then it is ${db(peak)} dB`);
});

t.test('stays bounded while everything jumps every 50 frames', async (t) => {
  const seed = 77;
  const random = noise(4000, seed);
  const types = ['bell', 'low-shelf', 'high-shelf', 'low-cut', 'high-cut', 'notch', 'off'];
  const events = Array.from({ length: 900 }, (_, i) => {
    const pick = (random[i]! + 1) / 2;
    const index = Math.floor(((random[i + 1000]! + 1) / 2) * 8);
    const frame = 50 * Math.floor(i / 2);
    const choice = Math.floor(((random[i + 2000]! + 1) / 2) * 4);
    if (choice === 0) return { frame, parameter: 'type', index, value: types[Math.floor(pick * 7)]! };
    if (choice === 1) return { frame, parameter: 'frequency', index, value: 10 * 4000 ** pick };
    if (choice === 2) return { frame, parameter: 'q', index, value: 0.1 + 5 * pick };
    return { frame, parameter: 'slope', index, value: [12, 24, 36, 48][Math.floor(pick * 4)]! };
  });
  const { outputs } = (await probe('equalizer')).render([noise(24000, 1), noise(24000, 2)], { events });
  // gains are 0 dB: no band passes more than its input at any frequency, and moving adds little
  for (const output of outputs)
    t.ok(
      output.every((x) => Math.abs(x) < 100),
      `seed ${seed}`,
    );
});

t.test('falls asleep after its tail, and wakes', async (t) => {
  const parameters = bands({ type: 'bell', frequency: 1000, gain: 12, q: 2 });
  const equalizer = await probe('equalizer', { parameters, maxFrames: 128 });
  const input = new Float32Array(128 * 200);
  input.set(noise(128, 6));
  input.set(noise(128, 7), 128 * 150);
  const { statuses, outputs } = equalizer.render([input]);
  const asleep = statuses.indexOf(4);
  t.ok(asleep > 1 && asleep < 100, `asleep from block ${asleep}`);
  t.ok(
    outputs[0]!.subarray(128 * (asleep - 1), 128 * asleep).every((x) => Math.abs(x) < 1e-6),
    'nothing heard is cut off',
  );
  t.equal(statuses[150], 1);
  t.ok(outputs[0]![128 * 150 + 5]! !== 0);
});
