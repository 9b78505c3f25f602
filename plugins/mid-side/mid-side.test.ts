import t from 'tap';
import { distance, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const [left, right] = [noise(4000, 1), noise(4000, 2)];
const amplitude = (gainDb: number) => 10 ** (gainDb / 20);
const mid = left.map((x, n) => (x + right[n]!) / 2);
const side = left.map((x, n) => (x - right[n]!) / 2);
const combine = (a: Float32Array, x: number, b: Float32Array, y: number) => a.map((v, n) => x * v + y * b[n]!);

async function rendered(parameters: Record<string, string | number>, inputs = [left, right]) {
  return (await probe('mid-side', { parameters })).render(inputs).outputs;
}

t.test('as it comes it changes nothing, bit for bit', async (t) => {
  t.same(await rendered({}), [left, right]);
});

t.test('mid and side have their gains in every mode', async (t) => {
  for (const [m, s] of [
    [0, 0],
    [-6, 3],
    [12, -120],
    [-120, 0],
    [24, -60],
  ] as const) {
    const gainOf = (gainDb: number) => (gainDb === -120 ? 0 : amplitude(gainDb));
    const [gm, gs] = [gainOf(m), gainOf(s)];
    const near = (found: Float32Array[], wanted: Float32Array[], mode: string) =>
      found.forEach((output, c) => {
        const apart = distance(output, wanted[c]!);
        t.ok(apart < 3e-7 * (1 + gm + gs), `${mode}, mid ${m} dB, side ${s} dB, channel ${c}: ${apart}`);
      });
    near(
      await rendered({ mid: m, side: s }),
      [combine(mid, gm, side, gs), combine(mid, gm, side, -gs)],
      'left and right',
    );
    near(await rendered({ mode: 'encode', mid: m, side: s }), [mid.map((x) => gm * x), side.map((x) => gs * x)], 'to');
    near(
      await rendered({ mode: 'decode', mid: m, side: s }),
      [combine(left, gm, right, gs), combine(left, gm, right, -gs)],
      'from',
    );
  }
});

t.test('there and back is the identity', async (t) => {
  const back = await rendered({ mode: 'decode' }, await rendered({ mode: 'encode' }));
  t.ok(distance(back[0]!, left) < 2e-7 && distance(back[1]!, right) < 2e-7);
});

t.test('gains and modes move without a step, the same in blocks of any size', async (t) => {
  const ones = [new Float32Array(9000).fill(1), new Float32Array(9000).fill(-0.5)];
  const events = [
    { frame: 100, parameter: 'mid', value: -12 },
    { frame: 2003, parameter: 'mode', value: 'encode' },
    { frame: 4500, parameter: 'side', value: 6, rampFrames: 333 },
    { frame: 6000, parameter: 'mode', value: 'decode' },
  ];
  const render = async (block: number | number[]) => (await probe('mid-side')).render(ones, { block, events }).outputs;
  const reference = await render(1024);
  for (const output of reference) {
    let steepest = 0;
    for (let n = 1; n < output.length; n++) steepest = Math.max(steepest, Math.abs(output[n]! - output[n - 1]!));
    t.ok(steepest < 3 / 333, `steepest ${steepest}`); // nothing goes further than 3, the ramp of 333 frames is the fastest
    t.ok(steepest > 0.0001);
  }
  for (const block of [1, 7, 128, [1, 999, 24]]) t.same(await render(block), reference, `blocks of ${block}`);
});
