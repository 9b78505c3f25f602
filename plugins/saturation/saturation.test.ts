import t from 'tap';
import { magnitude } from '../testing/complex.ts';
import { responseAt } from '../testing/measured-response.ts';
import { db, distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const mono = { widths: { in: 1, out: 1 } };
const LATENCY = { 2: 63, 4: 71, 8: 74 } as const;
const curves: Record<string, (x: number) => number> = {
  soft: Math.tanh,
  gentle: (x) => x / (1 + Math.abs(x)),
  cubic: (x) => (Math.abs(x) < 1 ? 1.5 * x - 0.5 * x ** 3 : Math.sign(x)),
  hard: (x) => Math.min(1, Math.max(-1, x)),
};

t.test('without a share of the wet sound it is a delay of its latency', async (t) => {
  for (const oversampling of [2, 4, 8] as const) {
    const instance = await probe('saturation', { parameters: { oversampling, drive: 20 } });
    t.equal(instance.latencyFrames, LATENCY[oversampling]);
    const input = [noise(700, 1), noise(700, 2)];
    const { outputs } = instance.render(input, { block: 100 });
    for (const [c, output] of outputs.entries()) {
      const later = new Float32Array(700);
      later.set(input[c]!.subarray(0, 700 - LATENCY[oversampling]), LATENCY[oversampling]);
      t.same(output, later, `${oversampling} times`);
    }
  }
});

for (const [shape, curve] of Object.entries(curves)) {
  t.test(`${shape}: its curve, with drive, bias, output and mix`, async (t) => {
    const drive = 10 ** (9 / 20);
    for (const bias of [0, 30, -80]) {
      const parameters = { shape, drive: 9, bias, output: -6, mix: 75, oversampling: 8 };
      const f = (x: number) => 0.25 * x + 0.75 * 10 ** (-6 / 20) * (curve(drive * x + bias / 100) - curve(bias / 100));
      for (const level of [-1, -0.2, 0.05, 0.4, 0.9]) {
        const { outputs } = (await probe('saturation', { ...mono, parameters })).render([
          new Float32Array(400).fill(level),
        ]);
        const found = outputs[0]![399]!;
        // soft is within 1e-4 of tanh
        t.ok(Math.abs(found - f(level)) < (shape === 'soft' ? 1e-4 : 2e-6), `${level}: ${found}, wanted ${f(level)}`);
      }
      // slow enough that all harmonics that matter stay in the band
      const input = sine(2000, 100, 48000, 0.5);
      const { outputs } = (await probe('saturation', { ...mono, parameters })).render([input]);
      let worst = 0;
      for (let n = 300; n < 1900; n++) worst = Math.max(worst, Math.abs(outputs[0]![n + 74]! - f(input[n]!)));
      t.ok(worst < (shape === 'hard' ? 0.02 : 2e-3), `a sine bends by it: ${worst}`); // corners ring
    }
  });
}

t.test('aliases: below those of the bare curve by what is stated', async (t) => {
  // 107 of 1,024 cycles a frame: the aliases of the first 300 harmonics fall between the harmonics
  const BIN = 107;
  const SIZE = 1024;
  const input = Float32Array.from({ length: 4 * SIZE }, (_, n) => 0.7 * Math.sin((2 * Math.PI * BIN * n) / SIZE));
  const worst = (signal: Float32Array) => {
    const part = signal.subarray(3 * SIZE);
    let most = 0;
    for (let k = 5; k < 300; k += 2) {
      const folded = Math.abs(k * BIN - SIZE * Math.round((k * BIN) / SIZE));
      // 0.44 of the rate: above, the filters let something through, at the top of what is heard
      if (folded < 0.44 * SIZE) most = Math.max(most, (2 * magnitude(responseAt(part, folded, SIZE))) / SIZE);
    }
    return db(most);
  };
  for (const [shape, drive, stated] of [
    ['soft', 12, { 2: -68, 4: -120, 8: -120 }],
    ['hard', 12, { 2: -39, 4: -53, 8: -64 }],
  ] as const) {
    const bare = worst(input.map((x) => curves[shape]!(x * 10 ** (drive / 20))));
    for (const oversampling of [2, 4, 8] as const) {
      const { outputs } = (
        await probe('saturation', { ...mono, parameters: { shape, drive, mix: 100, oversampling } })
      ).render([input]);
      const found = worst(outputs[0]!);
      t.ok(found < stated[oversampling], `${shape} ${oversampling} times: ${found} dBFS, bare ${bare}`);
    }
  }
});

t.test('blocks of any size sound the same while all moves, and nothing steps', async (t) => {
  const events = [
    { frame: 200, parameter: 'drive', value: 24 },
    { frame: 900, parameter: 'shape', value: 'hard' },
    { frame: 1100, parameter: 'bias', value: 50 },
    { frame: 2500, parameter: 'mix', value: 30 },
    { frame: 3000, parameter: 'shape', value: 'gentle' },
  ];
  const input = [sine(6000, 60, 48000, 0.3), sine(6000, 70, 48000, 0.3)];
  const render = async (block: number | number[]) =>
    (await probe('saturation', { parameters: { mix: 100 } })).render(input, { block, events }).outputs;
  const reference = await render(1024);
  for (const block of [1, 33, [7, 500]]) {
    const outputs = await render(block);
    t.equal(Math.max(...outputs.map((output, c) => distance(output, reference[c]!))), 0, `blocks of ${block}`);
  }
  let steepest = 0;
  for (const output of reference)
    for (let n = 1; n < 6000; n++) steepest = Math.max(steepest, Math.abs(output[n]! - output[n - 1]!));
  // a sine of 70 Hz and 0.3, 24 dB up: 0.0027 x 15.8 = 0.044 a frame, gone through the line; moves add 2 / 480
  t.ok(steepest < 0.044 + 0.005, `steepest ${steepest}`);
});

t.test('sleeps when all has come out', async (t) => {
  const instance = await probe('saturation', {
    ...mono,
    maxFrames: 64,
    parameters: { mix: 100, oversampling: 8, bias: 40 },
  });
  const { statuses, outputs } = instance.render([impulse(64 * 8, 63)], { block: 64 });
  const asleep = statuses.indexOf(4);
  t.ok(asleep >= 3 && asleep < 7, `${statuses}`);
  t.ok(outputs[0]!.subarray(64, 64 * asleep).some((x) => Math.abs(x) > 0.1));
  t.ok(outputs[0]!.subarray(220).every((x) => x === 0));
});
