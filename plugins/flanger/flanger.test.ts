import t from 'tap';
import { complex, type Complex, magnitude, minus, over, plus, times } from '../testing/complex.ts';
import { frequencies, responseAt, worstError } from '../testing/measured-response.ts';
import { distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const RATE = 48000;
const mono = { widths: { in: 1, out: 1 } };
const scaled = (x: Complex, by: number) => times(x, complex(by));

/** The cubic through four frames at a delay: its response. */
function cubic(delay: number, hertz: number): Complex {
  const n = Math.floor(delay);
  const d = delay - n;
  return [-1, 0, 1, 2].reduce((sum, k) => {
    const tap = [-1, 0, 1, 2].filter((j) => j !== k).reduce((h, j) => (h * (d - j)) / (k - j), 1);
    const angle = (-2 * Math.PI * hertz * (n + k)) / RATE;
    return plus(sum, complex(tap * Math.cos(angle), tap * Math.sin(angle)));
  }, complex(0));
}

for (const [delay, feedback, mix] of [
  [0.5, 0, 50],
  [1, 80, 50],
  [3.21, -95, 30],
  [0.1, 60, 100],
] as const) {
  t.test(`still, it is a comb: ${delay} ms, feedback ${feedback}, mix ${mix}`, async (t) => {
    const parameters = { delay, depth: 0, feedback, mix };
    const { outputs } = (await probe('flanger', { ...mono, parameters })).render([impulse(32768)]);
    const points = frequencies(30, 30, 22000);
    const wanted = points.map((hertz) => {
      const late = cubic(delay * 48, hertz);
      const wet = over(late, minus(complex(1), scaled(late, feedback / 100)));
      return plus(complex(1 - mix / 100), scaled(wet, mix / 100));
    });
    const error = worstError(
      points.map((hertz) => responseAt(outputs[0]!, hertz, RATE)),
      wanted,
    );
    t.ok(
      error.magnitudeDb < 0.002 && error.phaseDegrees < 0.02,
      `${error.magnitudeDb} dB, ${error.phaseDegrees} degrees`,
    );
  });
}

t.test('the delay swings as stated, each channel ahead of the one before', async (t) => {
  for (const { rate, delay, depth, spread } of [
    { rate: 5, delay: 1, depth: 3, spread: 90 },
    { rate: 0.5, delay: 0.2, depth: 10, spread: 45 },
  ]) {
    const line = Float32Array.from({ length: 8000 }, (_, n) => n / 1000);
    const { outputs } = (await probe('flanger', { parameters: { rate, delay, depth, spread, mix: 100 } })).render([
      line,
      line,
    ]);
    for (const [c, output] of outputs.entries()) {
      let worst = 0;
      for (let n = 1000; n < 8000; n++) {
        const swing = Math.sin(2 * Math.PI * ((rate * n) / RATE + (c * spread) / 360));
        worst = Math.max(worst, Math.abs(n - 1000 * output[n]! - 48 * (delay + (depth * (1 + swing)) / 2)));
      }
      t.ok(worst < 0.002, `channel ${c}: ${worst} frames off`);
    }
  }
});

t.test('neutral as it comes; falls asleep after its tail', async (t) => {
  const input = [noise(1000, 1), noise(1000, 2)];
  t.same((await probe('flanger')).render(input).outputs, input);
  const parameters = { delay: 1, depth: 0, feedback: 50, mix: 100 };
  const instance = await probe('flanger', { ...mono, maxFrames: 64, parameters });
  const { statuses, outputs } = instance.render([impulse(64 * 60, 1)]);
  const asleep = 64 * statuses.indexOf(4);
  const last = outputs[0]!.findLastIndex((x) => Math.abs(x) > 1e-6);
  t.ok(asleep > last && asleep < 64 * 50, `the last of it at ${last}, asleep at ${asleep}`);
  t.ok(last < instance.tailFrames && instance.tailFrames < 48 * 25, `tail ${instance.tailFrames}`);
});

t.test('all moves without a step, the same in blocks of any size', async (t) => {
  const events = [
    { frame: 2000, parameter: 'delay', value: 3 },
    { frame: 5000, parameter: 'depth', value: 1 },
    { frame: 6000, parameter: 'feedback', value: 60 },
    { frame: 9000, parameter: 'rate', value: 4 },
    { frame: 10000, parameter: 'mix', value: 50 },
  ];
  // from its second frame on: in a silent block it would sleep, and its slow sine with it
  const input = [sine(13001, 90, RATE).subarray(1), sine(13001, 91, RATE).subarray(1)];
  const render = async (block: number | number[]) =>
    (await probe('flanger', { parameters: { mix: 100 } })).render(input, { block, events }).outputs;
  const reference = await render(1024);
  let steepest = 0;
  for (const output of reference)
    for (let n = 600; n < 13000; n++) steepest = Math.max(steepest, Math.abs(output[n]! - output[n - 1]!));
  t.ok(steepest < 0.012 * 1.2 + 0.001, `steepest ${steepest}`); // the mean of 1.9 ms of a sine of 90 Hz: hardly raised
  for (const block of [1, [500, 3]]) {
    const outputs = await render(block);
    t.equal(Math.max(...outputs.map((output, c) => distance(output, reference[c]!))), 0, `blocks of ${block}`);
  }
});

t.test('the most it can feed back stays bounded', async (t) => {
  const { outputs } = (
    await probe('flanger', { ...mono, parameters: { rate: 10, depth: 10, delay: 0.1, feedback: 95, mix: 100 } })
  ).render([noise(48000, 3)]);
  t.ok(
    outputs[0]!.every((x) => Math.abs(x) < 1 / (1 - 0.95)),
    'below 1 / (1 - feedback), with what the cubic passes',
  );
  t.ok(magnitude(responseAt(outputs[0]!, 100, RATE)) > 0);
});
