import t from 'tap';
import { peakBetween } from '../testing/between-samples.ts';
import { amplitude, held, riseFrames, worst } from '../testing/levels.ts';
import { db, distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const FURTHER = 5; // frames of latency beyond the look-ahead: the interpolator's
const latencyOf = (lookahead: number, sampleRate: number) => Math.round((lookahead / 1000) * sampleRate) + FURTHER;
const peakOf = (signal: Float32Array) => signal.reduce((most, x) => Math.max(most, Math.abs(x)), 0);

t.test('below the ceiling every bit stays, later by what it declares', async (t) => {
  const input = [noise(6000, 1), noise(6000, 2)].map((channel) => channel.map((x) => x * 0.49));
  for (const [sampleRate, lookahead] of [
    [48000, 2],
    [44100, 0.1],
    [96000, 20],
  ] as const) {
    const limiter = await probe('limiter', { sampleRate, parameters: { lookahead } });
    const late = latencyOf(lookahead, sampleRate);
    t.equal(limiter.latencyFrames, late);
    const { outputs, reports } = limiter.render(input);
    for (const [c, output] of outputs.entries()) {
      t.same(output.subarray(late), input[c]!.subarray(0, 6000 - late));
      t.ok(output.subarray(0, late).every((x) => x === 0));
    }
    t.same(reports['reduction'], [0]);
  }
});

/** The gain, frame by frame, as the article and the page say: for samples alone, in double precision, by the plainest means. */
function gainsOf(input: Float32Array, ceiling: number, lookahead: number, releaseFrames: number): Float64Array {
  const needed = Float64Array.from({ length: input.length + 1 }, (_, n) =>
    // frame n and the one before it, as the points between them would be
    Math.min(1, ceiling / Math.max(Math.abs(input[n] ?? 0), Math.abs(input[n - 1] ?? 0), 1e-12)),
  );
  let released = 1;
  const share = 1 - Math.exp(-1 / releaseFrames);
  const path = needed.map((_, n) => {
    const target = Math.min(...needed.subarray(Math.max(0, n - lookahead), n + 1));
    released = target < released ? target : released + share * (target - released);
    return released;
  });
  const average = (values: Float64Array, length: number) =>
    values.map((_, n) => {
      let sum = 0;
      for (let k = n - length + 1; k <= n; k++) sum += k < 0 ? 1 : values[k]!;
      return sum / length;
    });
  const first = Math.floor((lookahead + 1) / 2);
  return average(average(path, first), lookahead + 1 - first);
}

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`the gain at ${sampleRate} Hz, frame by frame`, async (t) => {
    const [lookahead, ceilingDb] = [1.5, -6];
    const [soft, loud] = [Math.round(0.01 * sampleRate), Math.round(0.008 * sampleRate)];
    const input = held([soft, -20], [loud, -1], [3, -20], [1, 0], [Math.round(0.12 * sampleRate), -20]);
    const parameters = { ceiling: ceilingDb, lookahead, release: 20, truePeak: false };
    const limiter = await probe('limiter', { sampleRate, parameters, widths: { in: 1, out: 1 } });
    const output = limiter.render([input], { block: 100 }).outputs[0]!;
    const ahead = Math.round((lookahead / 1000) * sampleRate);
    const gains = gainsOf(input, amplitude(ceilingDb), ahead, 0.02 * sampleRate);
    const late = ahead + FURTHER;
    const found = Float64Array.from({ length: input.length - late }, (_, n) => output[n + late]! / input[n]!);
    // rounding down to 2^-30 and to f32
    const { difference, text } = worst(found, (n) => gains[n + ahead]!);
    t.ok(difference < 2e-7, text);
    t.ok(peakOf(output) < amplitude(ceilingDb) * (1 + 2e-7), 'no sample above the ceiling');
    // as engineers measure it: back from 10 to 90 % in ln 9 of the release time, when the peaks are out of sight
    const end = soft + loud + 4;
    const lowest = found[end + 2]!;
    const back = riseFrames(found.subarray(end + 2).map((gain) => (gain - lowest) / (1 - lowest)));
    const wanted = Math.log(9) * 0.02 * sampleRate;
    t.ok(Math.abs(back / wanted - 1) < 0.02, `10 to 90 % in ${back} frames, wanted ${wanted}`);
  });
}

t.test('the static curve: what is above the ceiling leaves at it', async (t) => {
  for (const ceiling of [-30, -12, -0.3, 0]) {
    for (const level of [-24, -6, -1, 0]) {
      for (const gain of [-12, 0, 18]) {
        const limiter = await probe('limiter', {
          parameters: { gain, ceiling, truePeak: false },
          widths: { in: 1, out: 1 },
        });
        const { outputs, reports } = limiter.render([held([2000, level])]);
        const found = db(Math.abs(outputs[0]!.at(-1)!));
        const wanted = Math.min(ceiling, level + gain);
        t.ok(
          Math.abs(found - wanted) < 1e-5,
          `${level} dB and ${gain}, ceiling ${ceiling}: ${found}, wanted ${wanted}`,
        );
        t.ok(Math.abs(reports['reduction']![0]! - (wanted - level - gain)) < 1e-5, `reported ${reports['reduction']}`);
      }
    }
  }
});

t.test('what lies between samples stays below the ceiling', async (t) => {
  // BS.1770's interpolator reads too little, most at high frequencies: up to 0.25 of the rate 0.17 dB, up to 0.45 0.5 dB
  const lowered = noise(8000, 3).map((x, n, all) => 0.35 * (x + all[Math.max(0, n - 1)]! + all[Math.max(0, n - 2)]!));
  const signals: [string, Float32Array, number][] = [
    [
      'a quarter of the rate between its peaks',
      sine(4000, 12000, 48000, 1).map((_, n) => Math.SQRT1_2 * ((n + 1) % 4 < 2 ? 1 : -1) * 1.4),
      0.01,
    ],
    [
      'a sixth of the rate',
      Float32Array.from({ length: 4000 }, (_, n) => 1.5 * Math.sin((Math.PI * n) / 3 + Math.PI / 3)),
      0.17,
    ],
    ['10,001 Hz', sine(4000, 10001, 48000, 1.3), 0.17],
    ['noise, most of it low', lowered, 0.25],
  ];
  for (const [what, input, allowedDb] of signals) {
    const ceiling = -3;
    const render = async (truePeak: boolean) => {
      const limiter = await probe('limiter', {
        parameters: { ceiling, truePeak, release: 50 },
        widths: { in: 1, out: 1 },
      });
      return limiter.render([input]).outputs[0]!;
    };
    const over = (output: Float32Array) => db(peakBetween(output, 800, 2600)) - ceiling;
    const [held, free] = [over(await render(true)), over(await render(false))];
    t.ok(held < allowedDb, `${what}: ${held} dB above`);
    t.ok(held > -1.5, `${what}: it is not held lower than need be, ${held} dB`);
    t.ok(free > held + 0.1, `${what}: with samples alone ${free} dB above`);
  }
});

t.test('all channels have the same gain', async (t) => {
  const inputs = [held([4000, 0]), held([4000, -20]), held([4000, -40])];
  const limiter = await probe('limiter', { parameters: { ceiling: -10, truePeak: false }, widths: { in: 3, out: 3 } });
  const { outputs } = limiter.render(inputs);
  const found = outputs.map((output, c) => db(output.at(-1)! / inputs[c]!.at(-1 - latencyOf(2, 48000))!));
  for (const gain of found) t.ok(Math.abs(Math.abs(gain) - 10) < 1e-5, `${gain} dB`);
});

t.test('moves the same in blocks of any size', async (t) => {
  const events = [
    { frame: 100, parameter: 'ceiling', value: -15 },
    { frame: 1333, parameter: 'gain', value: 12 },
    { frame: 2000, parameter: 'release', value: 5 },
    { frame: 3000, parameter: 'truePeak', value: false },
    { frame: 4100, parameter: 'ceiling', value: 0, rampFrames: 555 },
  ];
  const input = [noise(6000, 1), noise(6000, 2)].map((channel) =>
    channel.map((x, n) => (n % 2000 < 900 ? x : 0.1 * x)),
  );
  const render = async (block: number | number[]) => (await probe('limiter')).render(input, { block, events }).outputs;
  const reference = await render(1024);
  t.ok(distance(reference[0]!.subarray(101), input[0]!.subarray(0, 5899)) > 0.1, 'it works');
  for (const block of [1, 7, 128, 480, [1, 1000, 13, 256]])
    t.same(await render(block), reference, `blocks of ${block}`);
});

t.test('after a pause an impulse comes out as it is', async (t) => {
  const limiter = await probe('limiter', { parameters: { ceiling: -6, release: 1 }, maxFrames: 128 });
  limiter.render([held([1280, 0])]);
  const { statuses } = limiter.render([], { frames: 12800 });
  t.equal(statuses.at(-1), 4, 'asleep');
  const { outputs } = limiter.render([impulse(256).map((x) => x / 4)]);
  t.equal(outputs[0]![latencyOf(2, 48000)], 0.25);
});
