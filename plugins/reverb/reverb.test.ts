import t from 'tap';
import { distance, impulse, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const RATE = 48000;
const SIZE = 2048;
const HOP = 1024;

const octavePoints = (hertz: number) => Array.from({ length: 14 }, (_, i) => hertz * 2 ** ((i + 0.5) / 14 - 0.5));

/** Energy of an octave around `hertz` in each window of the sound, in dB: 14 frequencies, Hann windows. */
function octaveLevels(signal: Float32Array, hertz: number): number[] {
  const points = octavePoints(hertz);
  const levels: number[] = [];
  for (let start = 0; start + SIZE <= signal.length; start += HOP) {
    const part = Float64Array.from(
      { length: SIZE },
      (_, n) => signal[start + n]! * Math.sin((Math.PI * n) / SIZE) ** 2,
    );
    let energy = 0;
    for (const point of points) {
      // Goertzel
      const k = 2 * Math.cos((2 * Math.PI * point) / RATE);
      let a = 0;
      let b = 0;
      for (const x of part) [a, b] = [x + k * a - b, a];
      energy += a * a + b * b - k * a * b;
    }
    levels.push(10 * Math.log10(energy));
  }
  return levels;
}

/** The time for 60 dB, in s, by the straight line through the levels between 3 and 38 dB below the first. */
function decayOf(levels: number[]): number {
  const points = levels.flatMap((level, i) =>
    level < levels[0]! - 3 && level > levels[0]! - 38 ? [[i, level] as const] : [],
  );
  const mean = (pick: (point: readonly [number, number]) => number) =>
    points.reduce((sum, p) => sum + pick(p), 0) / points.length;
  const [x, y] = [mean(([i]) => i), mean(([, level]) => level)];
  const slope = mean(([i, level]) => (i - x) * (level - y)) / mean(([i]) => (i - x) ** 2);
  return (-60 / slope) * (HOP / RATE);
}

/** The decay at a frequency: of a line of 40 ms with the published shelves, bilinear. */
function statedDecay(
  hertz: number,
  p: { decay: number; low: number; lowFrequency: number; high: number; highFrequency: number },
): number {
  const seconds = 0.04;
  const loss = (share: number) => 10 ** ((-3 * seconds) / (p.decay * share));
  const kl = loss(p.low / 100) / loss(1);
  const kh = loss(p.high / 100) / loss(1);
  const warp = (f: number) => Math.tan((Math.PI * f) / RATE);
  const power = (re: number, im: number) => re * re + im * im;
  const l = warp(hertz) / warp(p.lowFrequency);
  const h = warp(hertz) / warp(p.highFrequency);
  const low = power(Math.sqrt(kl), l) / power(1 / Math.sqrt(kl), l);
  const high = power(Math.sqrt(kh), kh * h) / power(Math.sqrt(kh), h);
  return (-3 * seconds) / Math.log10(loss(1) * Math.sqrt(low * high));
}

for (const parameters of [
  { decay: 1, low: 100, lowFrequency: 250, high: 100, highFrequency: 4000 },
  { decay: 1, low: 200, lowFrequency: 250, high: 40, highFrequency: 3000 },
]) {
  t.test(`every octave falls by 60 dB in its time: ${JSON.stringify(parameters)}`, async (t) => {
    const silence = new Float32Array(48000);
    const instance = await probe('reverb', { parameters: { ...parameters, mix: 100, preDelay: 0 } });
    const responses = [
      [impulse(48000), silence],
      [silence, impulse(48000)],
    ].flatMap((input) => {
      instance.reset();
      return instance.render(input).outputs.map((output) => output.subarray(4800)); // from where it is dense
    });
    const sum = (levels: number[]) => 10 * Math.log10(levels.reduce((all, level) => all + 10 ** (level / 10), 0));
    for (const hertz of [125, 250, 500, 1000, 2000, 4000, 8000]) {
      const each = responses.map((response) => octaveLevels(response, hertz));
      const found = decayOf(each[0]!.map((_, i) => sum(each.map((levels) => levels[i]!))));
      // the same line through what is stated for the same frequencies
      const stated = octavePoints(hertz).map((point) => statedDecay(point, parameters));
      const wanted = decayOf(each[0]!.map((_, i) => sum(stated.map((decay) => (-60 * i * HOP) / RATE / decay))));
      const limit = hertz < 500 ? 0.06 : 0.035; // low octaves have few modes; the diffusers ring on for 0.2 s of their own
      t.ok(Math.abs(found / wanted - 1) < limit, `${hertz} Hz: ${found.toFixed(3)} s, stated ${wanted.toFixed(3)}`);
    }
  });
}

t.test('echo density: as dense as noise before 100 ms', async (t) => {
  // J. Abel and P. Huang, "A Simple, Robust Measure of Reverberation Echo Density", AES 121, 2006: the share of frames beyond
  // the standard deviation of 20 ms, of what it is in Gaussian noise
  const { outputs } = (await probe('reverb', { parameters: { decay: 3, high: 100, mix: 100, preDelay: 0 } })).render([
    impulse(20000),
    new Float32Array(20000),
  ]);
  const density = (at: number) => {
    const part = outputs[0]!.subarray(at - 480, at + 480);
    const deviation = Math.sqrt(part.reduce((sum, x) => sum + x * x, 0) / part.length);
    return part.filter((x) => Math.abs(x) > deviation).length / part.length / 0.3173;
  };
  const early = density(1500);
  for (const ms of [100, 150, 250, 350]) t.ok(density(48 * ms) > 0.85, `${ms} ms: ${density(48 * ms)}`);
  t.ok(early < density(4800), `after 31 ms ${early}`);
});

t.test('the wet sound of noise is as loud as the noise, whatever the decay', async (t) => {
  for (const decay of [0.3, 1, 8]) {
    const frames = Math.round(48000 * Math.min(2.2, 2 * decay + 0.5));
    const { outputs } = (await probe('reverb', { parameters: { decay, high: 100, mix: 100 } })).render([
      noise(frames, 1),
      noise(frames, 2),
    ]);
    const power = (signal: Float32Array) => signal.subarray(-9600).reduce((sum, x) => sum + x * x, 0) / 9600;
    // what a decay of 8 s has not yet filled: 1 - 10^(-6 t / T)
    const filled = 1 - 10 ** ((-6 * (frames / 48000 - 0.1)) / decay);
    const level = 10 * Math.log10((power(outputs[0]!) + power(outputs[1]!)) / 2 / (1 / 3) / filled);
    t.ok(Math.abs(level) < 1.5, `${decay} s: ${level} dB`);
  }
});

t.test('pre-delay: the first of it comes as late', async (t) => {
  const first = async (preDelay: number) =>
    (await probe('reverb', { parameters: { preDelay, mix: 100 } }))
      .render([impulse(20000), new Float32Array(20000)])
      .outputs[0]!.findIndex((x) => x !== 0);
  const none = await first(0);
  t.equal((await first(100)) - none, 4800 - 1); // without one it is a frame
  t.equal((await first(33)) - none, 33 * 48 - 1);
});

t.test('neutral as it comes, at every width; width 0 is the same on both sides', async (t) => {
  const input = [noise(500, 1), noise(500, 2)];
  t.same((await probe('reverb')).render(input).outputs, input);
  t.same((await probe('reverb', { widths: { in: 1, out: 2 } })).render([input[0]!]).outputs, [input[0], input[0]]);
  const narrow = await probe('reverb', { parameters: { width: 0, mix: 100 } });
  const { outputs } = narrow.render([noise(6000, 1), noise(6000, 2)]);
  t.equal(distance(outputs[0]!, outputs[1]!), 0);
  const wide = (await probe('reverb', { parameters: { mix: 100, preDelay: 0 } })).render([
    noise(9000, 1),
    noise(9000, 2),
  ]).outputs;
  let sum = 0;
  let power = 0;
  for (let n = 4000; n < 9000; n++) {
    sum += wide[0]![n]! * wide[1]![n]!;
    power += (wide[0]![n]! ** 2 + wide[1]![n]! ** 2) / 2;
  }
  t.ok(Math.abs(sum / power) < 0.2, `both sides are alike by ${sum / power}`);
});

t.test('all moves, the same in blocks of any size; it stays bounded with the slowest and the longest', async (t) => {
  const events = [
    { frame: 100, parameter: 'decay', value: 30 },
    { frame: 1000, parameter: 'low', value: 400 },
    { frame: 2000, parameter: 'preDelay', value: 3 },
    { frame: 3000, parameter: 'highFrequency', value: 9000 },
    { frame: 3500, parameter: 'width', value: 20 },
  ];
  const render = async (block: number | number[]) =>
    (await probe('reverb', { parameters: { mix: 60, size: 30 } })).render([noise(5000, 1), noise(5000, 2)], {
      block,
      events,
    }).outputs;
  const reference = await render(1024);
  for (const block of [1, [500, 3]]) {
    const outputs = await render(block);
    // what is below 1e-18 is taken for zero at the end of a block
    t.ok(Math.max(...outputs.map((output, c) => distance(output, reference[c]!))) < 1e-12, `blocks of ${block}`);
  }
  const parameters = { decay: 30, low: 400, lowFrequency: 1000, high: 100, highFrequency: 1000, size: 20, mix: 100 };
  const { outputs } = (await probe('reverb', { parameters })).render([noise(96000, 5), noise(96000, 6)]);
  t.ok(outputs.every((output) => output.every((x) => Math.abs(x) < 8)));
});

t.test('goes to sleep when the decay is over, not before', async (t) => {
  const parameters = { decay: 0.2, high: 100, preDelay: 0, mix: 100 };
  const instance = await probe('reverb', { parameters });
  const { statuses, outputs } = instance.render([impulse(3 * 48000, 5)]);
  const asleep = 1024 * statuses.indexOf(4);
  const last = outputs[0]!.findLastIndex((x) => Math.abs(x) > 1e-6);
  t.ok(last > 0.2 * 48000 && last < instance.tailFrames, `above -120 dBFS until ${last}, tail ${instance.tailFrames}`);
  t.ok(asleep > last && asleep < 2.5 * 48000, `asleep at ${asleep}`);
});
