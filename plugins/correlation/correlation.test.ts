import t from 'tap';
import { noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

async function measured(left: Float32Array, right: Float32Array, time = 50) {
  const meter = await probe('correlation', { parameters: { time } });
  const { outputs, reports } = meter.render([left, right]);
  return { outputs, correlation: reports['correlation']![0]!, balance: reports['balance']![0]! };
}

t.test('the sound passes unchanged', async (t) => {
  const input = [noise(3000, 1), noise(3000, 2)];
  t.same((await measured(input[0]!, input[1]!)).outputs, input);
});

t.test('two sines: the cosine of the angle between them', async (t) => {
  // 4,000 Hz repeat after 12 frames: the ripple of a mean over 1 s is below 1e-4
  for (const degrees of [0, 30, 60, 90, 135, 180]) {
    const angle = (degrees * Math.PI) / 180;
    const right = Float32Array.from({ length: 240000 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * n) / 12 + angle));
    const { correlation, balance } = await measured(sine(240000, 4000, 48000), right, 500);
    t.ok(Math.abs(correlation - Math.cos(angle)) < 1e-4, `${degrees} degrees: ${correlation}`);
    t.ok(Math.abs(balance - 20 * Math.log10(0.5)) < 0.001, `half as loud: ${balance} dB`);
  }
});

t.test('a share of the same noise: by the formula, and unrelated noise is near 0', async (t) => {
  const [a, b] = [noise(200000, 1), noise(200000, 2)];
  for (const share of [0, 0.5, 0.9]) {
    const right = a.map((x, n) => share * x + Math.sqrt(1 - share ** 2) * b[n]!);
    const { correlation } = await measured(a, right, 1000);
    t.ok(Math.abs(correlation - share) < 0.015, `${share}: ${correlation}`); // means over 48,000 frames leave 1 / sqrt(48,000) = 0.005
  }
});

t.test('63.2 % of a change are seen in the time', async (t) => {
  // equal channels of size 1, then opposite ones: the mean product goes from 1 to -1, the powers stay
  for (const [time, sampleRate] of [
    [50, 48000],
    [300, 96000],
    [10, 44100],
  ] as const) {
    const frames = Math.round((time * sampleRate) / 1000);
    const on = 20 * frames;
    const left = new Float32Array(on + frames).fill(1);
    const right = left.map((x, n) => (n < on ? x : -x));
    const meter = await probe('correlation', { sampleRate, parameters: { time } });
    const found = meter.render([left, right]).reports['correlation']![0]!;
    t.ok(Math.abs(found - (2 * Math.exp(-1) - 1)) < 0.002, `${time} ms at ${sampleRate} Hz: ${found}`);
  }
});

t.test('silence, one silent channel, and no way out of the range', async (t) => {
  const zero = new Float32Array(4800);
  t.same(await measured(zero, zero).then(({ correlation, balance }) => [correlation, balance]), [0, 0]);
  const one = await measured(noise(4800, 1), zero);
  t.same([one.correlation, one.balance], [0, -60]);
  const wild = await measured(
    noise(4800, 1).map((x, n) => (n === 4000 ? Number.NaN : x)),
    noise(4800, 1),
  );
  t.ok(Math.abs(wild.correlation) <= 1, 'what is not a number does no lasting harm');
  const meter = await probe('correlation', { maxFrames: 480, parameters: { time: 10 } });
  meter.render([noise(4800, 1), noise(4800, 1)]);
  const { statuses, reports } = meter.render([], { frames: 48000 });
  t.same([statuses.at(-1), reports['correlation'], reports['balance']], [4, [0], [0]], 'asleep at rest');
});

t.test('blocks of any size measure the same', async (t) => {
  const input = [noise(6000, 1), noise(6000, 2).map((x, n) => 0.5 * x + 0.5 * noise(1, 5)[0]! * (n % 7))];
  const render = async (block: number | number[]) => (await probe('correlation')).render(input, { block }).reports;
  const reference = await render(1024);
  for (const block of [1, 128, [1, 999, 24]]) t.same(await render(block), reference, `blocks of ${block}`);
});
