import t from 'tap';
import { distance, impulse, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const RATE = 48000;

/** A line that rises by 1 in 1,000 frames: what comes out tells how late it is, and the cubic is exact for it. */
const rise = (frames: number) => Float32Array.from({ length: frames }, (_, n) => n / 1000);

const cases = [
  { voices: 1, rate: 5, depth: 2, delay: 15, spread: 90 },
  { voices: 1, rate: 0.7, depth: 10, delay: 12, spread: 30 },
  { voices: 2, rate: 9, depth: 1, delay: 40, spread: 180 },
  { voices: 4, rate: 3, depth: 3, delay: 5, spread: 0 },
];

for (const parameters of cases) {
  t.test(`delays swing as stated: ${JSON.stringify(parameters)}`, async (t) => {
    const frames = 9000;
    const { outputs } = (await probe('chorus', { parameters: { ...parameters, mix: 100 } })).render([
      rise(frames),
      rise(frames),
    ]);
    const { voices, rate, depth, delay, spread } = parameters;
    for (const [c, output] of outputs.entries()) {
      let worst = 0;
      for (let n = 3000; n < frames; n++) {
        const phase = (rate * n) / RATE + (c * spread) / 360;
        // the mean of voices whose offsets cancel is the delay in the middle
        const late = [0, 0.5, 0.25, 0.75]
          .slice(0, voices)
          .reduce((sum, offset) => sum + delay + depth * Math.sin(2 * Math.PI * (phase + offset)), 0);
        worst = Math.max(worst, Math.abs(n - 1000 * output[n]! - (48 * late) / voices));
      }
      t.ok(worst < 0.003, `channel ${c}: ${worst} frames off`); // a value of 9 in f32 is exact to 0.001 of such a frame
    }
  });
}

t.test('each voice is at its own quarter of the cycle', async (t) => {
  // the swing is still while its rate is as slow as it gets
  const parameters = { voices: 4, rate: 0.01, depth: 2, delay: 10, spread: 0, mix: 100 };
  const { outputs } = (await probe('chorus', { parameters, widths: { in: 1, out: 1 } })).render([impulse(700, 0)]);
  const at = (ms: number) => outputs[0]!.subarray(48 * ms - 3, 48 * ms + 4).reduce((sum, x) => sum + x, 0);
  t.ok(Math.abs(at(10) - 0.5) < 1e-3, 'two in the middle'); // 0 and 180 degrees
  t.ok(Math.abs(at(12) - 0.25) < 1e-3, 'one at the top');
  t.ok(Math.abs(at(8) - 0.25) < 1e-3, 'one at the bottom');
});

t.test('neutral as it comes; ends with its longest delay', async (t) => {
  const input = [noise(1000, 1), noise(1000, 2)];
  const instance = await probe('chorus');
  t.same(instance.render(input).outputs, input);
  t.ok(instance.tailFrames >= 48 * 17 + 2 && instance.tailFrames < 48 * 17 + 6, `${instance.tailFrames}`);
});

t.test('voices, depth and delay move without a step, the same in blocks of any size', async (t) => {
  const events = [
    { frame: 2000, parameter: 'voices', value: 4 },
    { frame: 5000, parameter: 'delay', value: 20 },
    { frame: 8000, parameter: 'depth', value: 5 },
    { frame: 9000, parameter: 'rate', value: 4 },
    { frame: 11000, parameter: 'spread', value: 0 },
    { frame: 12000, parameter: 'voices', value: 1 },
  ];
  const input = [0, 1].map((c) =>
    Float32Array.from({ length: 15000 }, (_, n) => Math.sin((2 * Math.PI * (90 + c) * n) / RATE)),
  );
  const render = async (block: number | number[]) =>
    (await probe('chorus', { parameters: { mix: 100 } })).render(input, { block, events }).outputs;
  const reference = await render(1024);
  let steepest = 0;
  for (const output of reference)
    for (let n = 1500; n < 15000; n++) steepest = Math.max(steepest, Math.abs(output[n]! - output[n - 1]!));
  // 0.012 for the sine, faster by what the delays move: 5 ms in 50 ms, 10 %, and the swing; voices fade within 2,400 frames
  t.ok(steepest < 0.012 * 1.2 + 0.001, `steepest ${steepest}`);
  for (const block of [37, [500, 3]]) {
    const outputs = await render(block);
    t.equal(Math.max(...outputs.map((output, c) => distance(output, reference[c]!))), 0, `blocks of ${block}`);
  }
});
