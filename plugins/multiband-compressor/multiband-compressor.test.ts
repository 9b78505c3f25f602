import t from 'tap';
import { type Analog, digitalResponse } from '../testing/analog-filters.ts';
import { Biquad } from '../testing/biquad.ts';
import { type Complex, complex, times } from '../testing/complex.ts';
import { lower, sum, upper } from '../testing/crossover.ts';
import { Follower, reductionDb } from '../testing/gain-computer.ts';
import { amplitude, bursts, taken, wayFrames } from '../testing/levels.ts';
import { frequencies, responseAt, worstError } from '../testing/measured-response.ts';
import { db, distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const mono = { in: 1, out: 1 };
// Nine sections in a row, each with the rounding of one of the parametric equalizer.
const TOLERANCE_DB = 0.005;
const TOLERANCE_DEGREES = 0.05;

/** The way of each band through the tree: which part of which crossover. */
const ways: [Analog, number][][] = [
  [
    [lower, 1],
    [sum, 2],
    [lower, 0],
  ],
  [
    [lower, 1],
    [sum, 2],
    [upper, 0],
  ],
  [
    [upper, 1],
    [sum, 0],
    [lower, 2],
  ],
  [
    [upper, 1],
    [sum, 0],
    [upper, 2],
  ],
];
const flat: [Analog, number][] = [0, 1, 2].map((i) => [sum, i]);

const product = (way: [Analog, number][], crossover: number[], hertz: number, sampleRate: number): Complex =>
  way.reduce((all, [analog, i]) => times(all, digitalResponse(analog, hertz, crossover[i]!, sampleRate)), complex(1));

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`bands and their sum have the published magnitude and phase at ${sampleRate} Hz`, async (t) => {
    const points = frequencies(30, 20, 0.48 * sampleRate);
    // the middle one below the lowest: the sum is flat all the same
    for (const crossover of [
      [120, 1000, 6000],
      [300, 90, 15000],
    ]) {
      const measure = async (gain: number[], at = crossover) => {
        const parameters = { crossover: at, gain };
        const { outputs } = (await probe('multiband-compressor', { sampleRate, parameters, widths: mono })).render([
          impulse(32768),
        ]);
        return points.map((hertz) => responseAt(outputs[0]!, hertz, sampleRate));
      };
      const cases: [string, number[], [Analog, number][]][] = [
        ['the sum', [0, 0, 0, 0], flat],
        ...ways.map((way, b): [string, number[], [Analog, number][]] => [
          `band ${b + 1}`,
          [0, 1, 2, 3].map((i) => (i === b ? 0 : -120)),
          way,
        ]),
      ];
      for (const [what, gain, way] of cases) {
        const wanted = points.map((hertz) => product(way, crossover, hertz, sampleRate));
        const right = worstError(await measure(gain), wanted);
        t.ok(right.magnitudeDb < TOLERANCE_DB, `${what}: magnitude within ${right.magnitudeDb} dB`);
        t.ok(right.phaseDegrees < TOLERANCE_DEGREES, `${what}: phase within ${right.phaseDegrees} degrees`);
      }
      const wanted = points.map((hertz) => product(flat, crossover, hertz, sampleRate));
      const off = worstError(await measure([0, 0, 0, 0], [...crossover.slice(0, 2), crossover[2]! * 1.005]), wanted);
      t.ok(off.phaseDegrees > 2 * TOLERANCE_DEGREES, `0.5 % of frequency is seen: ${off.phaseDegrees} degrees`);
    }
  });
}

const settings = {
  crossover: [200, 1500, 5000],
  threshold: [-30, -35, -40, -45],
  ratio: [2, 4, 8, 3],
  knee: [0, 6, 12, 3],
  attack: [5, 2, 1, 0.3],
  release: [60, 40, 25, 15],
  gain: [3, -2, 0, 6],
};

/** The four bands of one channel in double precision. */
function splitter(crossover: number[]): (x: number) => number[] {
  const filters = ways.map((way) =>
    way.flatMap(([analog, i]) => {
      const make = (kind: 'low' | 'high' | 'all') => new Biquad(kind, crossover[i]!, Math.SQRT1_2, 48000);
      return analog === sum ? [make('all')] : [1, 2].map(() => make(analog === lower ? 'low' : 'high'));
    }),
  );
  return (x) => filters.map((chain) => chain.reduce((value, filter) => filter.next(value), x));
}

t.test('bursts of noise as the published equations say, linked and free', async (t) => {
  const inputs = bursts(Array.from({ length: 3 }, (_, c) => noise(6000, c)));
  for (const link of [false, true]) {
    const parameters = { ...settings, link };
    const { outputs } = (await probe('multiband-compressor', { parameters, widths: { in: 3, out: 3 } })).render(inputs);
    const splitters = inputs.map(() => splitter(settings.crossover));
    const followers = inputs.map(() =>
      settings.threshold.map(
        (threshold, b) =>
          new Follower({
            threshold,
            ratio: settings.ratio[b]!,
            knee: settings.knee[b]!,
            attack: settings.attack[b]!,
            release: settings.release[b]!,
            isRms: false,
            sampleRate: 48000,
          }),
      ),
    );
    let apart = 0;
    for (let n = 0; n < 6000; n++) {
      const parts = splitters.map((split, c) => split(inputs[c]![n]!));
      for (const [c, bands] of parts.entries()) {
        let wanted = 0;
        for (const [b, x] of bands.entries()) {
          const level = link ? Math.max(...parts.map((others) => Math.abs(others[b]!))) : Math.abs(x);
          wanted += x * amplitude(settings.gain[b]! - followers[c]![b]!.follow(db(level)));
        }
        apart = Math.max(apart, Math.abs(outputs[c]![n]! - wanted));
      }
    }
    t.ok(apart < 2e-4, `link ${link}: ${apart}`);
  }
});

t.test('the curve and the times of a band, others at rest', async (t) => {
  // the peaks of a sine in the middle of band 3, held by a long release; the crossovers are 4 octaves away: less than 0.01 dB
  const crossover = [40, 187.5, 19000];
  for (const [level, threshold, ratio, knee] of [
    [-40, -30, 4, 0],
    [-10, -30, 4, 0],
    [-10, -30, 100, 0],
    [-28, -30, 4, 12],
  ] as const) {
    const only = <T>(value: T, otherwise: T) => [otherwise, otherwise, value, otherwise];
    const parameters = {
      crossover,
      threshold: only<number>(threshold, 0),
      ratio: only<number>(ratio, 1),
      knee: only<number>(knee, 0),
      attack: only(0.05, 10),
      release: only(2000, 100),
    };
    const { outputs, reports } = (await probe('multiband-compressor', { parameters, widths: mono })).render([
      sine(48000, 3000, 48000, amplitude(level)),
    ]);
    const found = level - db(outputs[0]!.subarray(40000).reduce((most, x) => Math.max(most, x), 0));
    const wanted = reductionDb(level, { threshold, ratio, knee });
    t.ok(Math.abs(found - wanted) < 0.06, `${level} dB, ratio ${ratio}: ${found} dB, wanted ${wanted}`);
    t.ok(Math.abs(reports['reduction']![2]! + wanted) < 0.06, `reported ${reports['reduction']}`);
    t.same(
      [0, 1, 3].map((b) => Math.abs(reports['reduction']![b]!)),
      [0, 0, 0],
    );
  }
});

t.test('times: 10 to 90 % of the way in dB at three rates', async (t) => {
  // a level that stands still is all in the lowest band, and its filters settle within a few frames
  for (const sampleRate of [44100, 48000, 96000]) {
    const [on, off, end] = [0.1, 0.3, 0.7].map((seconds) => Math.round(seconds * sampleRate));
    const input = Float32Array.from({ length: end! }, (_, n) => amplitude(n < on! || n >= off! ? -50 : -6));
    const parameters = { crossover: 20000, threshold: [-30, 0, 0, 0], ratio: 8, attack: 12, release: 40 };
    const { outputs } = (await probe('multiband-compressor', { sampleRate, parameters, widths: mono })).render([input]);
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

t.test('moves the same in blocks of any size', async (t) => {
  const events = [
    { frame: 100, parameter: 'threshold', index: 1, value: -45 },
    { frame: 701, parameter: 'crossover', index: 0, value: 400 },
    { frame: 2000, parameter: 'gain', index: 2, value: 9 },
    { frame: 3500, parameter: 'link', value: false },
    { frame: 4100, parameter: 'crossover', index: 2, value: 9000, rampFrames: 555 },
  ];
  const input = bursts([noise(6000, 1), noise(6000, 2)]);
  const render = async (block: number | number[]) =>
    (await probe('multiband-compressor', { parameters: settings })).render(input, { block, events }).outputs;
  const reference = await render(1024);
  for (const block of [1, 7, 37, 128, [1, 1000, 13, 256]]) {
    const outputs = await render(block);
    const apart = Math.max(...outputs.map((output, c) => distance(output, reference[c]!)));
    t.ok(apart <= 2e-6, `blocks of ${block}: ${apart}`);
  }
});
