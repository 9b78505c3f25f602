import t from 'tap';
import { magnitude } from '../testing/complex.ts';
import { responseAt } from '../testing/measured-response.ts';
import { db, distance, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const RATE = 48000;
const mono = { widths: { in: 1, out: 1 } };

/** Height of the sine at `hertz`, by a Hann window over the signal, and what is left without it, in dB below. */
function sineAt(signal: Float32Array, hertz: number): { height: number; rest: number } {
  const window = signal.map((_, n) => Math.sin((Math.PI * n) / signal.length) ** 2);
  const h = responseAt(
    signal.map((x, n) => x * window[n]!),
    hertz,
    RATE,
  );
  const height = (4 * magnitude(h)) / signal.length;
  const phase = Math.atan2(h.im, h.re);
  let rest = 0;
  for (const [n, x] of signal.entries())
    rest += (window[n]! * (x - height * Math.cos((2 * Math.PI * hertz * n) / RATE + phase))) ** 2;
  const power = signal.reduce((sum, x, n) => sum + (window[n]! * x) ** 2, 0);
  return { height, rest: 10 * Math.log10(rest / power) };
}

t.test('a sine becomes a sine at the new frequency, as high as it was', async (t) => {
  for (const [semitones, cents, hertz] of [
    [12, 0, 440],
    [-12, 0, 1000],
    [7, 0, 333],
    [-5, 30, 2500],
    [24, 0, 300],
    [0.37, 0, 5000],
    [3, -50, 700],
    [0, 13, 91],
  ] as const) {
    const { outputs } = (await probe('pitch', { ...mono, parameters: { semitones, cents } })).render([
      sine(16000, hertz, RATE, 0.5),
    ]);
    const wanted = hertz * 2 ** ((semitones + cents / 100) / 12);
    const { height, rest } = sineAt(outputs[0]!.subarray(6000), wanted);
    t.ok(Math.abs(db(height / 0.5)) < 0.05, `${hertz} Hz by ${semitones} and ${cents}: ${db(height / 0.5)} dB`);
    // hops of a quarter of a window leave -50 dB (Laroche and Dolson)
    t.ok(rest < -45, `what is not that sine: ${rest} dB`);
  }
});

t.test('a tone of many harmonics keeps their heights', async (t) => {
  const heights = [0.3, 0.2, 0.1, 0.05, 0.08];
  const input = Float32Array.from({ length: 16000 }, (_, n) =>
    heights.reduce((sum, height, k) => sum + height * Math.sin((2 * Math.PI * 220 * (k + 1) * n) / RATE + k), 0),
  );
  const { outputs } = (await probe('pitch', { ...mono, parameters: { semitones: 4 } })).render([input]);
  for (const [k, height] of heights.entries()) {
    const found = sineAt(outputs[0]!.subarray(6000), 220 * (k + 1) * 2 ** (4 / 12)).height;
    t.ok(Math.abs(db(found / height)) < 0.2, `harmonic ${k + 1}: ${db(found / height)} dB`);
  }
});

t.test('at its own pitch, and dry, the sound is what came in, a window later', async (t) => {
  for (const [sampleRate, size] of [
    [8000, 256],
    [48000, 2048],
    [96000, 4096],
  ] as const) {
    const instance = await probe('pitch', { sampleRate });
    t.equal(instance.latencyFrames, size);
    const input = [noise(12000, 1), noise(12000, 2)];
    const { outputs } = instance.render(input);
    for (const [c, output] of outputs.entries())
      t.ok(
        distance(output.subarray(size), input[c]!.subarray(0, 12000 - size)) < 2e-6,
        `channel ${c} at ${sampleRate}`,
      );
    const dry = await probe('pitch', { sampleRate, parameters: { semitones: 5, mix: 0 } });
    const late = dry.render(input).outputs[0]!;
    t.same(late.subarray(size), input[0]!.subarray(0, 12000 - size), 'dry');
  }
});

t.test('the pitch glides without a step, the same in blocks of any size', async (t) => {
  const events = [
    { frame: 6000, parameter: 'semitones', value: 12 },
    { frame: 9000, parameter: 'semitones', value: 0 },
    { frame: 12000, parameter: 'mix', value: 50 },
  ];
  const input = [sine(16000, 200, RATE), sine(16000, 210, RATE)];
  const render = async (block: number | number[]) => (await probe('pitch')).render(input, { block, events }).outputs;
  const reference = await render(1024);
  let steepest = 0;
  for (const output of reference)
    for (let n = 4000; n < 16000; n++) steepest = Math.max(steepest, Math.abs(output[n]! - output[n - 1]!));
  t.ok(steepest < 2 * 0.0275 * 1.1, `steepest ${steepest}`); // a sine of 420 Hz; windows that fade into each other
  for (const block of [37, [500, 3]]) {
    const outputs = await render(block);
    t.equal(Math.max(...outputs.map((output, c) => distance(output, reference[c]!))), 0, `blocks of ${block}`);
  }
});

t.test('goes to sleep when all has come out', async (t) => {
  const instance = await probe('pitch', { ...mono, maxFrames: 256, parameters: { semitones: 3 } });
  const input = new Float32Array(256 * 40);
  input.set(noise(1000, 1));
  const { statuses, outputs } = instance.render([input]);
  const asleep = 256 * statuses.indexOf(4);
  const last = outputs[0]!.findLastIndex((x) => Math.abs(x) > 1e-6);
  t.ok(asleep > last && last < 1000 + instance.tailFrames && asleep < 256 * 30, `last ${last}, asleep ${asleep}`);
});
