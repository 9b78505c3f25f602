import t from 'tap';
import { type Analog, digitalResponse } from '../testing/analog-filters.ts';
import { Biquad } from '../testing/biquad.ts';
import { complex, over, polynomial, times } from '../testing/complex.ts';
import { Follower, reductionDb } from '../testing/gain-computer.ts';
import { amplitude, bursts, taken, wayFrames } from '../testing/levels.ts';
import { frequencies, responseAt, worstError } from '../testing/measured-response.ts';
import { db, distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const mono = { in: 1, out: 1 };
const TOLERANCE_DB = 0.002;
const TOLERANCE_DEGREES = 0.02;

/** Regalia and Mitra, 1987: 1 + (gain - 1) part. */
const standing = (type: string, gainDb: number, q: number): Analog => {
  const gain = amplitude(gainDb);
  const k = 1 / q;
  const top = { bell: [1, gain * k, 1], 'low-shelf': [gain, k, 1], 'high-shelf': [1, k, gain] }[type]!;
  return (s) => over(polynomial(s, ...top), polynomial(s, 1, k, 1));
};

const standingCases: [string, number, number, number][] = [
  ['bell', 1000, 9, 2],
  ['bell', 100, -12, 0.7],
  ['low-shelf', 200, 6, 0.7],
  ['low-shelf', 2000, -15, 1.4],
  ['high-shelf', 5000, -6, 0.7],
  ['high-shelf', 400, 12, 0.5],
];

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`standing bands have the published magnitude and phase at ${sampleRate} Hz`, async (t) => {
    const points = frequencies(30, 20, 0.48 * sampleRate);
    for (const [type, frequency, gain, q] of standingCases) {
      const measure = async (more = 1) => {
        const parameters = { type: [type], frequency: [frequency * more], gain: [gain], q: [q], ratio: 1 };
        const list = { ...parameters, type: [type, 'off', 'off', 'off'], gain: [gain, 0, 0, 0] };
        const values = { ...list, frequency: [frequency * more, 1, 1, 1].map((x) => Math.max(10, x)), q: [q, 1, 1, 1] };
        const { outputs } = (await probe('dynamic-equalizer', { sampleRate, parameters: values, widths: mono })).render(
          [impulse(32768)],
        );
        return points.map((hertz) => responseAt(outputs[0]!, hertz, sampleRate));
      };
      const analog = standing(type, gain, q);
      const wanted = points.map((hertz) => digitalResponse(analog, hertz, frequency, sampleRate));
      const right = worstError(await measure(), wanted);
      const what = `${type} ${frequency} Hz ${gain} dB ${q}`;
      t.ok(right.magnitudeDb < TOLERANCE_DB, `${what}: magnitude within ${right.magnitudeDb} dB`);
      t.ok(right.phaseDegrees < TOLERANCE_DEGREES, `${what}: phase within ${right.phaseDegrees} degrees`);
      const off = worstError(await measure(1.005), wanted);
      t.ok(off.magnitudeDb > 2 * TOLERANCE_DB, `0.5 % of frequency is seen: ${off.magnitudeDb} dB`);
    }
  });
}

t.test('four bands are the product of four, then the output gain', async (t) => {
  const some = standingCases.slice(0, 4);
  const column = <T>(i: number) => some.map((row) => row[i] as T);
  const parameters = {
    type: column<string>(0),
    frequency: column<number>(1),
    gain: column<number>(2),
    q: column<number>(3),
    ratio: 1,
    output: -6,
  };
  const { outputs } = (await probe('dynamic-equalizer', { parameters, widths: mono })).render([impulse(32768)]);
  const points = frequencies(30, 20, 23000);
  const wanted = points.map((hertz) =>
    some.reduce(
      (all, [type, frequency, gain, q]) =>
        times(all, digitalResponse(standing(type, gain, q), hertz, frequency, 48000)),
      complex(amplitude(-6)),
    ),
  );
  const found = points.map((hertz) => responseAt(outputs[0]!, hertz, 48000));
  t.ok(worstError(found, wanted).magnitudeDb < 0.01);
});

t.test('off, and as loud as the threshold, the sound stays as it is, bit for bit', async (t) => {
  const input = [noise(5000, 1), noise(5000, 2)];
  t.same((await probe('dynamic-equalizer')).render(input).outputs, input);
  const soft = input.map((channel) => channel.map((x) => 0.1 * x));
  t.same(
    (await probe('dynamic-equalizer', { parameters: { type: 'bell', threshold: -10 } })).render(soft).outputs,
    soft,
  );
});

const settings = {
  type: ['low-shelf', 'bell', 'bell', 'high-shelf'],
  frequency: [150, 700, 2500, 7000],
  q: [0.7, 1.5, 3, 0.9],
  gain: [3, 0, -4, 0],
  threshold: [-30, -35, -40, -45],
  ratio: [2, 4, 8, 3],
  range: [-12, 9, -20, -6],
  attack: [5, 2, 1, 0.3],
  release: [60, 40, 25, 15],
};

t.test('bursts of noise as the published equations say, linked and free', async (t) => {
  const inputs = bursts(Array.from({ length: 3 }, (_, c) => noise(6000, c)));
  const kinds = { bell: 'band', 'low-shelf': 'low', 'high-shelf': 'high' } as const;
  for (const link of [false, true]) {
    const parameters = { ...settings, link };
    const { outputs } = (await probe('dynamic-equalizer', { parameters, widths: { in: 3, out: 3 } })).render(inputs);
    const bands = inputs.map(() =>
      settings.type.map((type, b) => ({
        filter: new Biquad(kinds[type as keyof typeof kinds], settings.frequency[b]!, settings.q[b]!, 48000),
        follower: new Follower({
          threshold: settings.threshold[b]!,
          ratio: settings.ratio[b]!,
          knee: 0,
          attack: settings.attack[b]!,
          release: settings.release[b]!,
          isRms: false,
          sampleRate: 48000,
        }),
        // the range holds what the curve asks for, before it is smoothed
        limit: settings.threshold[b]! + Math.abs(settings.range[b]!) / (1 - 1 / settings.ratio[b]!),
      })),
    );
    let apart = 0;
    for (let n = 0; n < 6000; n++) {
      let sound = inputs.map((input) => input[n]!);
      for (const b of settings.type.keys()) {
        const parts = sound.map((x, c) => bands[c]![b]!.filter.next(x));
        sound = sound.map((x, c) => {
          const { follower, limit } = bands[c]![b]!;
          const level = link ? Math.max(...parts.map(Math.abs)) : Math.abs(parts[c]!);
          const moved = Math.sign(settings.range[b]!) * follower.follow(Math.min(limit, db(level)));
          return x + (amplitude(settings.gain[b]! + moved) - 1) * parts[c]!;
        });
      }
      for (const [c, wanted] of sound.entries()) apart = Math.max(apart, Math.abs(outputs[c]![n]! - wanted));
    }
    t.ok(apart < 3e-4, `link ${link}: ${apart}`);
  }
});

t.test('the curve of a band at its centre, down and up', async (t) => {
  // the peaks of a sine, held by a long release
  for (const [level, ratio, range] of [
    [-40, 4, -24],
    [-20, 4, -24],
    [-6, 2, -24],
    [-6, 100, -10],
    [-20, 4, 24],
    [-6, 100, 5],
  ] as const) {
    const parameters = {
      type: ['bell', 'off', 'off', 'off'],
      frequency: [3000, 100, 100, 100],
      threshold: -30,
      ratio,
      range,
      attack: 0.05,
      release: 2000,
    };
    const { outputs, reports } = (await probe('dynamic-equalizer', { parameters, widths: mono })).render([
      sine(48000, 3000, 48000, amplitude(level)),
    ]);
    const found = db(outputs[0]!.subarray(40000).reduce((most, x) => Math.max(most, x), 0)) - level;
    const wanted = Math.sign(range) * Math.min(Math.abs(range), reductionDb(level, { threshold: -30, ratio, knee: 0 }));
    t.ok(Math.abs(found - wanted) < 0.03, `${level} dB, ratio ${ratio}, range ${range}: ${found} dB, wanted ${wanted}`);
    t.ok(Math.abs(reports['movement']![0]! - wanted) < 0.03, `reported ${reports['movement']}`);
  }
});

t.test('times: 10 to 90 % of the way in dB at three rates', async (t) => {
  // a level that stands still is all in a low shelf that reaches to 20 kHz
  for (const sampleRate of [44100, 48000, 96000]) {
    const [on, off, end] = [0.1, 0.3, 0.7].map((seconds) => Math.round(seconds * sampleRate));
    const input = Float32Array.from({ length: end! }, (_, n) => amplitude(n < on! || n >= off! ? -50 : -6));
    const parameters = {
      type: ['low-shelf', 'off', 'off', 'off'],
      frequency: 20000,
      threshold: -30,
      ratio: 8,
      range: -24,
      attack: 12,
      release: 40,
    };
    const { outputs } = (await probe('dynamic-equalizer', { sampleRate, parameters, widths: mono })).render([input]);
    const { up, down } = wayFrames(taken(input, outputs[0]!), on!, off!);
    for (const [what, found, ms] of [
      ['attack', up, 12],
      ['release', down, 40],
    ] as const) {
      const wanted = (Math.log(9) * ms * sampleRate) / 1000;
      t.ok(
        Math.abs(found - wanted) < 4 + 0.002 * wanted,
        `${what} at ${sampleRate} Hz: ${found} frames, wanted ${wanted}`,
      );
    }
  }
});

t.test('moves without a step and the same in blocks of any size', async (t) => {
  const events = [
    { frame: 100, parameter: 'threshold', index: 1, value: -45 },
    { frame: 701, parameter: 'frequency', index: 0, value: 400 },
    { frame: 2000, parameter: 'type', index: 2, value: 'high-shelf' },
    { frame: 3001, parameter: 'type', index: 3, value: 'off' },
    { frame: 3500, parameter: 'link', value: false },
    { frame: 4100, parameter: 'gain', index: 1, value: 12, rampFrames: 555 },
  ];
  const input = bursts([noise(6000, 1), noise(6000, 2)]);
  const render = async (signals: Float32Array[], block: number | number[]) =>
    (await probe('dynamic-equalizer', { parameters: settings })).render(signals, { block, events }).outputs;
  const reference = await render(input, 1024);
  for (const block of [1, 7, 37, 128, [1, 1000, 13, 256]]) {
    const outputs = await render(input, block);
    const apart = Math.max(...outputs.map((output, c) => distance(output, reference[c]!)));
    t.ok(apart <= 2e-6, `blocks of ${block}: ${apart}`);
  }
  const [output] = await render([sine(6000, 100, 48000, 0.1), sine(6000, 100, 48000, 0.1)], 128);
  let steepest = 0;
  for (let n = 200; n < 6000; n++) steepest = Math.max(steepest, Math.abs(output![n]! - output![n - 1]!));
  // a sine of 100 Hz and 0.1 rises by 0.0013 a frame; gains of up to 9 dB and their ways make less than three times of that
  t.ok(steepest < 0.004, `steepest ${steepest}`);
});
