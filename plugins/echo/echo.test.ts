import t from 'tap';
import { magnitude } from '../testing/complex.ts';
import { responseAt } from '../testing/measured-response.ts';
import { db, distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const mono = { widths: { in: 1, out: 1 } };

/** Where a signal is not zero: frame and value. */
const heard = (signal: Float32Array) => [...signal.entries()].filter(([, x]) => Math.abs(x) > 1e-7);

t.test('straight: repeats at multiples of the time, each by the feedback lower', async (t) => {
  for (const [time, feedback] of [
    [1, 95],
    [12.5, 50],
    [20, 0],
  ] as const) {
    const instance = await probe('echo', { ...mono, parameters: { time, feedback, mix: 100 } });
    const delay = Math.round(time * 48);
    const found = heard(instance.render([impulse(5000, 10)], { block: 480 }).outputs[0]!);
    const wanted = Array.from({ length: Math.ceil((5000 - 10 - delay) / delay) }, (_, n) => [
      10 + (n + 1) * delay,
      (feedback / 100) ** n,
    ]).filter(([, x]) => x! > 1e-7);
    t.same(
      found.map(([frame]) => frame),
      wanted.map(([frame]) => frame),
      `${time} ms`,
    );
    for (const [i, [, value]] of found.entries())
      if (Math.abs(value - wanted[i]![1]!) > 1e-6) t.fail(`repeat ${i}: ${value}`);
  }
});

t.test('by tempo: every note at its length, at most 4 seconds', async (t) => {
  const quarters = {
    '1/1': 4,
    '1/2d': 3,
    '1/2': 2,
    '1/2t': 4 / 3,
    '1/4d': 1.5,
    '1/4': 1,
    '1/4t': 2 / 3,
    '1/8d': 0.75,
    '1/8': 0.5,
    '1/8t': 1 / 3,
    '1/16': 0.25,
    '1/32': 0.125,
  };
  for (const [division, count] of Object.entries(quarters))
    for (const tempo of [20, 133]) {
      const instance = await probe('echo', {
        ...mono,
        sampleRate: 8000,
        parameters: { sync: true, division, tempo, feedback: 0, mix: 100 },
      });
      const wanted = Math.round(Math.min(4, (count * 60) / tempo) * 8000);
      t.equal(instance.render([impulse(33000)]).outputs[0]!.indexOf(1), wanted, `${division} at ${tempo}`);
    }
});

t.test('from side to side: the mean of both, left, right, left', async (t) => {
  const instance = await probe('echo', { parameters: { time: 2, feedback: 60, pingPong: true, mix: 100 } });
  const { outputs } = instance.render([impulse(400, 5), new Float32Array(400)]);
  const near = (found: [number, number][], wanted: number[][]) =>
    found.length === wanted.length &&
    found.every(([frame, x], i) => frame === wanted[i]![0] && Math.abs(x - wanted[i]![1]!) < 1e-6);
  t.ok(
    near(heard(outputs[0]!), [
      [101, 0.5],
      [293, 0.5 * 0.36],
    ]),
    `${heard(outputs[0]!)}`,
  );
  t.ok(
    near(heard(outputs[1]!), [
      [197, 0.5 * 0.6],
      [389, 0.5 * 0.216],
    ]),
    `${heard(outputs[1]!)}`,
  );
});

t.test('repeat n is n - 1 times filtered: low cut and high cut of one pole', async (t) => {
  const [lowCut, highCut, rate] = [300, 4000, 48000];
  const { outputs } = (
    await probe('echo', { ...mono, parameters: { time: 40, feedback: 90, lowCut, highCut, mix: 100 } })
  ).render([impulse(8000)]);
  const warp = (hertz: number) => Math.tan((Math.PI * hertz) / rate);
  for (const repeat of [1, 2, 3])
    for (const hertz of [100, 300, 1000, 4000, 12000]) {
      const low = warp(hertz) / warp(lowCut);
      const high = warp(hertz) / warp(highCut);
      const once = 20 * Math.log10(0.9) + 10 * Math.log10((low * low) / (1 + low * low) / (1 + high * high));
      const part = outputs[0]!.subarray(1920 * repeat, 1920 * (repeat + 1));
      const found = db(magnitude(responseAt(part, hertz, rate)));
      t.ok(Math.abs(found - (repeat - 1) * once) < 0.01, `repeat ${repeat} at ${hertz} Hz: ${found} dB`);
    }
});

t.test('neutral as it comes; the mix is a straight line from dry to wet', async (t) => {
  const input = [noise(1000, 1), noise(1000, 2)];
  t.same((await probe('echo')).render(input).outputs, input);
  const { outputs } = (await probe('echo', { ...mono, parameters: { time: 1, feedback: 0, mix: 30 } })).render([
    impulse(99),
  ]);
  t.ok(Math.abs(outputs[0]![0]! - 0.7) < 1e-7 && Math.abs(outputs[0]![48]! - 0.3) < 1e-7);
});

t.test('another time is faded in: no step, and then echoes are at the new time', async (t) => {
  const events = [
    { frame: 3000, parameter: 'time', value: 33 },
    { frame: 9000, parameter: 'time', value: 3 },
    { frame: 10000, parameter: 'feedback', value: 80 },
    { frame: 11000, parameter: 'pingPong', value: true },
  ];
  const parameters = { time: 10, feedback: 0, mix: 100 };
  const input = [sine(14000, 100, 48000), sine(14000, 110, 48000)];
  const render = async (block: number | number[]) =>
    (await probe('echo', { parameters })).render(input, { block, events }).outputs;
  const reference = await render(1024);
  let steepest = 0;
  for (let n = 600; n < 10000; n++) steepest = Math.max(steepest, Math.abs(reference[0]![n]! - reference[0]![n - 1]!));
  t.ok(steepest < 0.0131 + 2 / 1440, `steepest ${steepest}`); // that of the sine, and the fade of 1,440 frames over at most 2
  for (let n = 6000; n < 9000; n += 100) {
    const wanted = Math.sin((2 * Math.PI * 100 * (n - 33 * 48)) / 48000);
    if (Math.abs(reference[0]![n]! - wanted) > 1e-5) t.fail(`frame ${n}: ${reference[0]![n]}, wanted ${wanted}`);
  }
  for (const block of [1, 37, [500, 3]]) {
    const outputs = await render(block);
    t.equal(Math.max(...outputs.map((output, c) => distance(output, reference[c]!))), 0, `blocks of ${block}`);
  }
});

t.test('goes to sleep after its last repeat, not between two', async (t) => {
  const instance = await probe('echo', { ...mono, maxFrames: 128, parameters: { time: 100, feedback: 1, mix: 100 } });
  const { statuses, outputs } = instance.render([impulse(128 * 300, 3)]);
  const last = heard(outputs[0]!).at(-1)![0];
  t.equal(last, 3 + 4 * 4800); // 0.01^3 = 1e-6
  const asleep = statuses.indexOf(4);
  t.ok(asleep * 128 > last && asleep * 128 < 9 * 4800, `asleep from frame ${asleep * 128}`);
  t.equal(instance.tailFrames, 4 * 4800 + 1, 'the tail is where a repeat is 120 dB down');
});
