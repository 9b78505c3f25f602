import t from 'tap';
import { bell, digitalResponse } from '../testing/analog-filters.ts';
import { type Complex, complex, magnitude, times } from '../testing/complex.ts';
import { frequencies, responseAt, worstError } from '../testing/measured-response.ts';
import { db, distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

// Up to 31 sections in a row, each with the rounding of one of the parametric equalizer.
const TOLERANCE_DB = 0.005;
const TOLERANCE_DEGREES = 0.05;

const Q = 3;
const REACH_DB = 8;
/** Exact centres of thirds of an octave: IEC 61260, base ten. */
const centres = Array.from({ length: 31 }, (_, i) => 1000 * 10 ** ((i - 17) / 10));
const nominal = [20, 25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800].concat(
  [1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8, 10, 12.5, 16, 20].map((kilo) => 1000 * kilo),
);

type Sliders = (band: number) => number;
const settings: [string, Sliders][] = [
  ['all up', () => 12],
  ['every other up and down, from 160 Hz', (b) => (b < 9 ? 0 : b % 2 ? 12 : -12)],
  ['one up', (b) => (b === 14 ? 12 : 0)],
  ['a step', (b) => (b < 15 ? -12 : 12)],
  ['a slope', (b) => (b - 15) / 2],
];

/** Solves rows x = right, by Gauss with a pivot. */
function solve(rows: number[][], right: number[]): number[] {
  const n = right.length;
  const m = rows.map((row, i) => [...row, right[i]!]);
  for (let c = 0; c < n; c++) {
    const pivot = m.slice(c).reduce((best, row, i) => (Math.abs(row[c]!) > Math.abs(m[best]![c]!) ? c + i : best), c);
    [m[c], m[pivot]] = [m[pivot]!, m[c]!];
    for (let r = c + 1; r < n; r++) {
      const share = m[r]![c]! / m[c]![c]!;
      for (let j = c; j <= n; j++) m[r]![j]! -= share * m[c]![j]!;
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let sum = m[i]![n]!;
    for (let j = i + 1; j < n; j++) sum -= m[i]![j]! * x[j]!;
    x[i] = sum / m[i]![i]!;
  }
  return x;
}

/** The published way: gains of the bells from the sliders, then the product of the bells. */
function wantedResponse(sliders: Sliders, sampleRate: number): (hertz: number) => Complex {
  const used = centres.filter((centre) => centre <= 0.46 * sampleRate);
  const reach = used.map((at) =>
    used.map((centre) => db(magnitude(digitalResponse(bell(REACH_DB, Q), at, centre, sampleRate))) / REACH_DB),
  );
  const gains = solve(
    reach,
    used.map((_, b) => sliders(b)),
  );
  return (hertz) =>
    used.reduce(
      (product, centre, b) => times(product, digitalResponse(bell(gains[b]!, Q), hertz, centre, sampleRate)),
      complex(1),
    );
}

async function measured(sliders: Sliders, sampleRate: number, points: number[]): Promise<Complex[]> {
  const gain = Array.from({ length: 31 }, (_, b) => sliders(b));
  const equalizer = await probe('graphic-equalizer', { sampleRate, parameters: { gain }, widths: { in: 1, out: 1 } });
  const { outputs } = equalizer.render([impulse(1.5 * sampleRate)]); // a bell of 12 dB at 20 Hz rings on for 1 s
  return points.map((hertz) => responseAt(outputs[0]!, hertz, sampleRate));
}

t.test('centres are those of ISO 266', async (t) => {
  for (const [b, centre] of centres.entries())
    t.ok(Math.abs(centre / nominal[b]! - 1) < 0.015, `${nominal[b]} Hz: ${centre}`);
});

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`magnitude and phase at ${sampleRate} Hz`, async (t) => {
    const points = frequencies(30, 20, 0.48 * sampleRate);
    for (const [what, sliders] of settings) {
      const wanted = points.map(wantedResponse(sliders, sampleRate));
      const right = worstError(await measured(sliders, sampleRate, points), wanted);
      t.ok(right.magnitudeDb < TOLERANCE_DB, `${what}: magnitude within ${right.magnitudeDb} dB`);
      t.ok(right.phaseDegrees < TOLERANCE_DEGREES, `${what}: phase within ${right.phaseDegrees} degrees`);
    }
    const [, sliders] = settings[4]!;
    const wanted = points.map(wantedResponse(sliders, sampleRate));
    const off = worstError(await measured((b) => 1.005 * sliders(b), sampleRate, points), wanted);
    t.ok(off.magnitudeDb > 2 * TOLERANCE_DB, `0.5 % of gain is seen: ${off.magnitudeDb} dB`);
  });
}

t.test('the curve goes through the sliders within 1 dB', async (t) => {
  for (const sampleRate of [44100, 48000]) {
    const used = centres.filter((centre) => centre <= 0.46 * sampleRate);
    for (const [what, sliders] of settings) {
      const found = (await measured(sliders, sampleRate, used)).map((response) => db(magnitude(response)));
      const worst = Math.max(...found.map((gain, b) => Math.abs(gain - sliders(b))));
      t.ok(worst < 1, `${what} at ${sampleRate} Hz: ${worst} dB`);
    }
  }
});

t.test('sliders in the middle leave the sound as it is; at low rates high bands are off', async (t) => {
  const input = [noise(4096, 1), noise(4096, 2)];
  t.same((await probe('graphic-equalizer')).render(input).outputs, input);
  const gain = Array.from({ length: 31 }, (_, b) => (b > 26 ? 12 : 0)); // above 8 kHz
  t.same((await probe('graphic-equalizer', { sampleRate: 16000, parameters: { gain } })).render(input).outputs, input);
});

t.test('sliders move without a step, and the same in blocks of any size', async (t) => {
  const events = [
    { frame: 1000, parameter: 'gain', index: 7, value: 12 },
    { frame: 10001, parameter: 'gain', value: -6 },
    { frame: 12000, parameter: 'output', value: 6, rampFrames: 700 },
    { frame: 14000, parameter: 'gain', value: 0 },
  ];
  const input = [sine(16000, 100, 48000), noise(16000, 3)];
  const render = async (block: number | number[]) =>
    (await probe('graphic-equalizer')).render(input, { block, events }).outputs;
  const reference = await render(1024);
  // as of the parametric equalizer: 100 Hz at 12 dB, and the way there within 20 ms
  let steepest = 0;
  for (let n = 1; n < 16000; n++) steepest = Math.max(steepest, Math.abs(reference[0]![n]! - reference[0]![n - 1]!));
  t.ok(steepest < 0.0521 + 0.0052, `steepest ${steepest}`);
  t.ok(Math.abs(db(Math.max(...reference[0]!.subarray(9000, 10000))) - 12) < 0.5, 'then it is 12 dB');
  for (const block of [1, 7, 128, [1, 1000, 13, 256]]) {
    const outputs = await render(block);
    const apart = Math.max(...outputs.map((output, c) => distance(output, reference[c]!)));
    t.ok(apart <= 2e-6, `blocks of ${block}: ${apart}`);
  }
});
