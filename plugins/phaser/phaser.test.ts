import t from 'tap';
import { complex, type Complex, minus, over, plus, times } from '../testing/complex.ts';
import { frequencies, responseAt, worstError } from '../testing/measured-response.ts';
import { distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const RATE = 48000;
const mono = { widths: { in: 1, out: 1 } };
const scaled = (x: Complex, by: number) => times(x, complex(by));

/** dry + mix A^stages / (1 - feedback z^-1 A^stages), A the analog all-pass (1 - s) / (1 + s), bilinear, -90 degrees at the corner. */
function phaser(hertz: number, corner: number, stages: number, feedback: number, mix: number): Complex {
  const warp = (f: number) => Math.tan((Math.PI * f) / RATE);
  const s = complex(0, warp(hertz) / warp(corner));
  const one = over(minus(s, complex(1)), plus(s, complex(1))); // (a + z^-1) / (1 + a z^-1) is 1 at Nyquist, -1 at 0 Hz
  const chain = Array.from({ length: stages }).reduce<Complex>((h) => times(h, one), complex(1));
  const angle = (-2 * Math.PI * hertz) / RATE;
  const back = scaled(times(chain, complex(Math.cos(angle), Math.sin(angle))), feedback / 100);
  return plus(complex(1 - mix / 100), scaled(over(chain, minus(complex(1), back)), mix / 100));
}

const points = frequencies(30, 30, 20000);
const error = (response: Float32Array, corner: number, stages: number, feedback: number, mix: number) =>
  worstError(
    points.map((hertz) => responseAt(response, hertz, RATE)),
    points.map((hertz) => phaser(hertz, corner, stages, feedback, mix)),
  );

for (const [stages, center, feedback, mix] of [
  [2, 1000, 0, 50],
  [4, 300, 70, 50],
  [6, 5000, -90, 40],
  [8, 800, 40, 100],
  [12, 10000, 60, 50],
] as const) {
  t.test(`still: ${stages} all-passes at ${center} Hz, feedback ${feedback}, mix ${mix}`, async (t) => {
    const parameters = { stages, center, depth: 0, feedback, mix };
    const { outputs } = (await probe('phaser', { ...mono, parameters })).render([impulse(16384)]);
    const { magnitudeDb, phaseDegrees } = error(outputs[0]!, center, stages, feedback, mix);
    t.ok(magnitudeDb < 0.005 && phaseDegrees < 0.05, `${magnitudeDb} dB, ${phaseDegrees} degrees`);
  });
}

t.test('the corner swings by octaves, each channel ahead of the one before', async (t) => {
  // the slowest swing stands still for a while: channel 1 is a quarter of a cycle ahead, at the top
  const slow = { stages: 4, rate: 0.01, center: 800, depth: 2, spread: 90, mix: 50 };
  const { outputs } = (await probe('phaser', { parameters: slow })).render([impulse(4000), impulse(4000)]);
  t.ok(error(outputs[0]!, 800, 4, 0, 50).magnitudeDb < 0.05, 'in the middle');
  t.ok(error(outputs[1]!, 1600, 4, 0, 50).magnitudeDb < 0.01, 'an octave up');
  // at 10 Hz the top is there after 1,200 frames, the bottom after 3,600
  const fast = { ...slow, rate: 10, center: 4000 };
  for (const [at, corner] of [
    [1200, 8000],
    [3600, 2000],
  ] as const) {
    // not silent before: it would sleep
    const awake = impulse(at + 60, at - 8).map((x) => x || 1e-12);
    const later = (await probe('phaser', { ...mono, parameters: fast })).render([awake]).outputs[0]!;
    const found = error(later.subarray(at - 8), corner, 4, 0, 50);
    t.ok(found.magnitudeDb < 0.2, `${corner} Hz at frame ${at}: ${found.magnitudeDb} dB off`);
  }
});

t.test('neutral as it comes; falls asleep after its tail', async (t) => {
  const input = [noise(1000, 1), noise(1000, 2)];
  t.same((await probe('phaser')).render(input).outputs, input);
  const instance = await probe('phaser', { ...mono, maxFrames: 64, parameters: { feedback: 50, mix: 100, rate: 10 } });
  const { statuses, outputs } = instance.render([impulse(64 * 120, 1)]);
  const asleep = 64 * statuses.indexOf(4);
  const last = outputs[0]!.findLastIndex((x) => Math.abs(x) > 1e-6);
  t.ok(asleep > last && last > 64, `the last of it at ${last}, asleep at ${asleep}`);
  t.ok(last < instance.tailFrames, `tail ${instance.tailFrames}`);
});

t.test('all moves without a step, the same in blocks of any size', async (t) => {
  const events = [
    { frame: 1000, parameter: 'center', value: 100 },
    { frame: 3000, parameter: 'depth', value: 6 },
    { frame: 4000, parameter: 'rate', value: 10 },
    { frame: 5000, parameter: 'feedback', value: -80 },
    { frame: 7000, parameter: 'spread', value: 0 },
    { frame: 8000, parameter: 'mix', value: 100 },
  ];
  // from its second frame on: in a silent block it would sleep, and its slow sine with it
  const input = [sine(10001, 200, RATE, 0.5).subarray(1), sine(10001, 210, RATE, 0.5).subarray(1)];
  const render = async (block: number | number[]) =>
    (await probe('phaser', { parameters: { mix: 50 } })).render(input, { block, events }).outputs;
  const reference = await render(1024);
  let steepest = 0;
  for (const output of reference)
    for (let n = 1; n < 10000; n++) steepest = Math.max(steepest, Math.abs(output[n]! - output[n - 1]!));
  // 0.0137 for a sine of 210 Hz and 0.5; feedback raises it to at most 5 times; a swing of 6 octaves at 10 Hz shifts its pitch
  t.ok(steepest < 0.0137 * 5, `steepest ${steepest}`);
  for (const block of [1, [500, 3]]) {
    const outputs = await render(block);
    t.equal(Math.max(...outputs.map((output, c) => distance(output, reference[c]!))), 0, `blocks of ${block}`);
  }
});
