import t from 'tap';
import { digitalResponse } from '../testing/analog-filters.ts';
import { type Complex, complex, minus, over, plus } from '../testing/complex.ts';
import { sum, upper } from '../testing/crossover.ts';
import { frequencies, responseAt, worstError } from '../testing/measured-response.ts';
import { distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

// As of the equalizer: the rounding of an impulse response in f32.
const TOLERANCE_DB = 0.002;
const TOLERANCE_DEGREES = 0.02;

const [left, right] = [noise(4000, 1), noise(4000, 2)];

t.test('100 % changes nothing, bit for bit', async (t) => {
  const { outputs } = (await probe('width')).render([left, right]);
  // not t.same: that its two sides differ in each of 8,000 numbers takes it 20 s to say
  t.same(
    outputs.map((output, c) => distance(output, [left, right][c]!)),
    [0, 0],
  );
});

t.test('the side is as loud as it says, the mid stays', async (t) => {
  for (const width of [0, 25, 150, 200]) {
    const [l, r] = (await probe('width', { parameters: { width } })).render([left, right]).outputs;
    const wanted = (sign: number) =>
      left.map((x, n) => (x + right[n]!) / 2 + (sign * (width / 100) * (x - right[n]!)) / 2);
    t.ok(distance(l!, wanted(1)) < 5e-7 && distance(r!, wanted(-1)) < 5e-7, `${width} %`);
    if (width === 0) t.same(l, r, 'mono');
  }
});

/** Responses of mid and side, from the outputs of an impulse in the left channel. */
async function measure(sampleRate: number, frequency: number, points: number[]): Promise<[Complex[], Complex[]]> {
  const width = await probe('width', { sampleRate, parameters: { monoBass: true, frequency, width: 150 } });
  const { outputs } = width.render([impulse(32768), new Float32Array(32768)]);
  const [l, r] = outputs.map((output) => points.map((hertz) => responseAt(output, hertz, sampleRate)));
  // an impulse of 1 in one channel is 1/2 of mid and 1/2 of side; sum and difference of the outputs hold each twice
  return [l!.map((x, i) => plus(x, r![i]!)), l!.map((x, i) => over(minus(x, r![i]!), complex(1.5)))];
}

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`mono bass at ${sampleRate} Hz: the upper half of a Linkwitz-Riley crossover, the mid in phase`, async (t) => {
    const points = frequencies(30, 20, 0.48 * sampleRate);
    for (const frequency of [20, 120, 1000]) {
      const wanted = [sum, upper].map((analog) =>
        points.map((hertz) => digitalResponse(analog, hertz, frequency, sampleRate)),
      );
      const found = await measure(sampleRate, frequency, points);
      const off = await measure(sampleRate, frequency * 1.005 > 1000 ? 995 : frequency * 1.005, points);
      for (const [i, what] of ['mid', 'side'].entries()) {
        const right = worstError(found[i]!, wanted[i]!);
        t.ok(right.magnitudeDb < TOLERANCE_DB, `${frequency} Hz, ${what}: within ${right.magnitudeDb} dB`);
        t.ok(right.phaseDegrees < TOLERANCE_DEGREES, `${frequency} Hz, ${what}: within ${right.phaseDegrees} degrees`);
        const wrong = worstError(off[i]!, wanted[i]!);
        t.ok(wrong.phaseDegrees > 2 * TOLERANCE_DEGREES, `0.5 % of frequency is seen: ${wrong.phaseDegrees} degrees`);
      }
    }
  });
}

t.test('moves without a step, and the same in blocks of any size', async (t) => {
  const input = [sine(9000, 50, 48000, 0.5), sine(9000, 50, 48000, -0.5)];
  const events = [
    { frame: 101, parameter: 'monoBass', value: true },
    { frame: 3000, parameter: 'width', value: 200 },
    { frame: 4001, parameter: 'frequency', value: 40 },
    { frame: 7000, parameter: 'monoBass', value: false },
  ];
  const render = async (block: number | number[]) => (await probe('width')).render(input, { block, events }).outputs;
  const reference = await render(1024);
  // a sine of 50 Hz and 0.5, at most twice as loud, rises by 0.0065 a frame; 20 ms of a way of 2 add 2 / 960
  let steepest = 0;
  for (let n = 1; n < 9000; n++) steepest = Math.max(steepest, Math.abs(reference[0]![n]! - reference[0]![n - 1]!));
  t.ok(steepest < 0.0065 + 2 / 960, `steepest ${steepest}`);
  const quiet = Math.max(...reference[0]!.subarray(2000, 3000).map(Math.abs));
  t.ok(quiet < 0.5 * 0.05, `a side of 50 Hz is gone: ${quiet}`);
  for (const block of [1, 7, 37, 128, [1, 999, 24]]) {
    const outputs = await render(block);
    const apart = Math.max(...outputs.map((output, c) => distance(output, reference[c]!)));
    t.ok(apart <= 1e-6, `blocks of ${block}: ${apart}`);
  }
});
