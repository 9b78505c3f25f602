import { type AudioData, allocateAudio } from '@audiocloud/engine';
import t from 'tap';
import { processFuel } from '../../engine/plugin/render-twin.ts';
import { magnitude } from '../testing/complex.ts';
import { responseAt } from '../testing/measured-response.ts';
import { db, distance, impulse, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const RATE = 48000;
/** The wet sound as it is. */
const WET = { dry: -120, wet: 0, normalise: false };

function media(...channels: Float32Array[]): AudioData {
  const made = allocateAudio(RATE, channels.length, channels[0]!.length);
  channels.forEach((channel, c) => {
    made.data[c]!.set(channel);
  });
  return made;
}

/** Noise of unit power, different for every channel. */
const response = (frames: number, channels = 1) =>
  media(
    ...Array.from({ length: channels }, (_, c) => noise(frames, frames + 7 * c).map((x) => x * Math.sqrt(3 / frames))),
  );

/** Frame n of a convolution in f64. */
function sumAt(h: ArrayLike<number>, x: ArrayLike<number>, n: number): number {
  let sum = 0;
  for (let k = Math.max(0, n - x.length + 1); k <= Math.min(n, h.length - 1); k++) sum += h[k]! * x[n - k]!;
  return sum;
}

/** How a response of so many channels leads from left and right to left and right: by output and input. */
const sides = (h: Float32Array[]): (Float32Array | undefined)[][] => {
  if (h.length === 1) return [[h[0]], [undefined, h[0]]];
  if (h.length < 4) return [[h[0]], [undefined, h[1]]];
  return [
    [h[0], h[2]],
    [h[1], h[3]],
  ];
};

/** What a reverb of these widths gives: a mono input is on both sides, a mono output is their mean. */
function wanted(h: Float32Array[], inputs: Float32Array[], outputs: number, n: number): number[] {
  const both = sides(h).map((ways) =>
    ways.reduce((sum, way, i) => sum + (way ? sumAt(way, inputs[Math.min(i, inputs.length - 1)]!, n) : 0), 0),
  );
  return outputs === 1 ? [(both[0]! + both[1]!) / 2] : both;
}

const LIMIT = 10 ** (-110 / 20);

for (const [channels, lengths] of [
  [1, [1, 2, 100, 127, 128, 129, 511, 512, 513, 1000, 2047, 2048, 2049, 3001]],
  [2, [1, 129, 2500]],
  [3, [300]],
  [4, [1, 130, 513, 2100]],
] as const)
  t.test(`${channels} channels: the convolution within -110 dB, the same bits in blocks of any size`, async (t) => {
    const frames = 4200;
    const inputs = [noise(frames, 1), noise(frames, 2)];
    for (const length of lengths) {
      const h = response(length, channels);
      for (const [ins, outs] of [
        [1, 1],
        [1, 2],
        [2, 1],
        [2, 2],
      ] as const) {
        const instance = await probe('convolution', { parameters: WET, media: [h], widths: { in: ins, out: outs } });
        const heard = inputs.slice(0, ins);
        const { outputs } = instance.render(heard, { block: 128 });
        let worst = 0;
        for (let n = 0; n < frames; n += n < 300 ? 3 : 53) {
          const sums = wanted(h.data, heard, outs, n);
          for (const [o, sum] of sums.entries()) worst = Math.max(worst, Math.abs(outputs[o]![n]! - sum));
        }
        t.ok(worst < LIMIT, `${length} frames, ${ins} to ${outs}: ${worst}`); // of sounds with peaks of 1 and above
        for (const block of [1, 7, 64, 1024, [33, 500, 2]]) {
          instance.reset();
          const again = instance.render(heard, { block }).outputs;
          t.ok(
            again.every((output, o) => distance(output, outputs[o]!) === 0),
            `${length} frames, ${ins} to ${outs}, blocks of ${block}`,
          );
        }
        instance.dispose();
      }
    }
  });

t.test('seconds of response, of every size of part: an impulse brings them out as they are', async (t) => {
  const h = response(150_000, 2);
  const instance = await probe('convolution', { parameters: WET, media: [h], widths: { in: 1 } });
  const { outputs } = instance.render([impulse(170_000, 19_000)]);
  for (const [o, output] of outputs.entries()) {
    const error = distance(output.subarray(19_000, 169_000), h.data[o]!);
    const peak = h.data[o]!.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    t.ok(error < 1e-6 * peak, `${error} of ${peak}`);
    t.ok(
      output.subarray(0, 19_000).every((x) => Math.abs(x) < 1e-9),
      'nothing before it',
    );
  }
});

t.test('even: no block takes much more work than the mean', async (t) => {
  // in turns of loops, which are the same on every machine; for three seconds of response, of every size of part
  for (const block of [32, 128]) {
    const instance = await probe('convolution', { parameters: WET, media: [response(144_000, 2)], maxFrames: block });
    const input = [noise(block, 1), noise(block, 2)];
    const work = Array.from({ length: (2 * 131_072) / block }, () => {
      instance.process(input, block);
      return processFuel(block) - instance.twin.fuelLeft;
    }).slice(131_072 / block); // when all of the response is at work
    const mean = work.reduce((sum, units) => sum + units, 0) / work.length;
    const most = work.reduce((most, units) => Math.max(most, units), 0);
    t.ok(most < 1.25 * mean, `blocks of ${block}: ${most} units, in the mean ${mean.toFixed(0)}`);
  }
});

t.test('no latency: the first tap is out in the frame of the impulse', async (t) => {
  const instance = await probe('convolution', { parameters: WET, media: [media(Float32Array.of(0.5, 0.25))] });
  t.equal(instance.latencyFrames, 0);
  for (const at of [0, 17, 31, 32, 127, 128]) {
    instance.reset();
    const { outputs } = instance.render([impulse(200, at)]);
    t.same([...outputs[0]!.subarray(at, at + 3)], [0.5, 0.25, 0], `at ${at}`);
    t.ok(outputs[0]!.subarray(0, at).every((x) => x === 0));
  }
});

t.test('linear: a sum of sounds gives the sum of what they give', async (t) => {
  const instance = await probe('convolution', { parameters: WET, media: [response(3000, 4)] });
  const render = (...inputs: Float32Array[]) => {
    instance.reset();
    return instance.render(inputs).outputs;
  };
  const [a, b] = [1, 2].map((seed) => [noise(5000, seed), noise(5000, 10 + seed)]) as [Float32Array[], Float32Array[]];
  const [ofA, ofB] = [render(...a), render(...b)];
  const ofSum = render(...a.map((channel, c) => channel.map((x, n) => 0.5 * x - 0.25 * b[c]![n]!)));
  ofSum.forEach((output, o) => {
    t.ok(
      distance(
        output,
        ofA[o]!.map((x, n) => 0.5 * x - 0.25 * ofB[o]![n]!),
      ) < LIMIT,
    );
  });
});

t.test('dry and wet levels; without media the dry sound alone, and nothing to wait for', async (t) => {
  const input = [noise(1000, 3), noise(1000, 4)];
  const h = media(Float32Array.of(0, 1)); // a frame later
  for (const [dry, wet] of [
    [-6, -12],
    [-120, 3],
    [2, -120],
  ] as const) {
    const { outputs } = (await probe('convolution', { parameters: { dry, wet, normalise: false }, media: [h] })).render(
      input,
    );
    const gain = (level: number) => (level === -120 ? 0 : 10 ** (level / 20));
    outputs.forEach((output, o) => {
      const sum = input[o]!.map((x, n) => gain(dry) * x + gain(wet) * (input[o]![n - 1] ?? 0));
      t.ok(distance(output, sum) < 3e-7, `${dry} dB and ${wet} dB: ${distance(output, sum)}`);
    });
  }
  const bare = await probe('convolution');
  t.equal(bare.tailFrames, 0);
  const { outputs, reports } = bare.render(input);
  t.same(outputs, input, 'neutral as it comes');
  t.same(reports, { length: [0] });
  t.same(bare.process([], 128).status, 4);
  const mono = await probe('convolution', { widths: { out: 1 } });
  t.ok(
    distance(
      mono.render(input).outputs[0]!,
      input[0]!.map((x, n) => (x + input[1]![n]!) / 2),
    ) < 1e-7,
  );
});

t.test('start and length: what is cut off fades by half a cosine, and the report tells what is left', async (t) => {
  const h = media(new Float32Array(9600).fill(1));
  const rise = (n: number, frames: number) => (n < frames ? 0.5 - 0.5 * Math.cos((Math.PI * (n + 0.5)) / frames) : 1);
  for (const [start, length, fadeIn, fadeOut] of [
    [0, 20, 0, 0],
    [0.05, 20, 48, 0],
    [0, 0.1, 0, 480],
    [0.05, 0.1, 48, 480],
    [0, 0.01, 0, 240], // half of it at most
    [0.05, 0.15, 48, 0],
  ] as const) {
    const instance = await probe('convolution', { parameters: { ...WET, start, length }, media: [h] });
    const frames = Math.min(9600 - start * RATE, length * RATE);
    const { outputs, reports } = instance.render([impulse(12_000)]);
    const taps = Float32Array.from({ length: 12_000 }, (_, n) =>
      n < frames ? rise(n, fadeIn) * rise(frames - 1 - n, fadeOut) : 0,
    );
    t.ok(distance(outputs[0]!, taps) < 1e-6, `${start} s, ${length} s: ${distance(outputs[0]!, taps)}`);
    t.ok(Math.abs(reports['length']![0]! - frames / RATE) < 1e-6);
    t.equal(instance.tailFrames, frames - 1);
  }
  const nothing = await probe('convolution', { parameters: { ...WET, start: 0.2 }, media: [h] });
  t.same(nothing.render([noise(500, 1)]).outputs[0], new Float32Array(500));
  t.equal(nothing.tailFrames, 0);
});

t.test('pre-delay: to the frame, from none on; another one is faded in within 20 ms', async (t) => {
  const h = media(Float32Array.of(1, 0.5));
  for (const [preDelay, frames] of [
    [0, 0],
    [1, 48],
    [33.3, 1598],
    [500, 24_000],
  ] as const) {
    const instance = await probe('convolution', { parameters: { ...WET, preDelay }, media: [h], widths: { in: 1 } });
    const { outputs } = instance.render([impulse(26_000, 100)], { block: [128, 77] });
    const at = 100 + frames;
    t.ok(Math.abs(outputs[0]![at]! - 1) < 1e-6 && Math.abs(outputs[1]![at + 1]! - 0.5) < 1e-6, `${preDelay} ms`);
    t.ok(
      outputs[0]!.every((x, n) => n === at || n === at + 1 || x === 0),
      'and nowhere else',
    );
    t.equal(instance.tailFrames, frames + 1);
  }
  const one = media(Float32Array.of(1));
  const input = noise(12_000, 9);
  const instance = await probe('convolution', {
    parameters: { ...WET, preDelay: 10 },
    media: [one],
    widths: { in: 1 },
  });
  const { outputs } = instance.render([input], { events: [{ frame: 5000, parameter: 'preDelay', value: 100 }] });
  const late = (n: number, frames: number) => input[n - frames] ?? 0;
  const faded = input.map((_, n) => {
    const share = Math.min(1, Math.max(0, (n - 5000) / 960));
    return late(n, 480) + share * (late(n, 4800) - late(n, 480));
  });
  t.ok(distance(outputs[0]!, faded) < 1e-6, `${distance(outputs[0]!, faded)}`);
});

t.test('normalise: pink noise keeps its level', async (t) => {
  const frames = 10 * RATE;
  const tone = async (seed: bigint) => {
    const generator = await probe('tone', { parameters: { type: 'pink', level: -12 }, widths: { out: 1 }, seed });
    return generator.render([], { frames }).outputs[0]!;
  };
  const pink = [await tone(1n), await tone(2n)];
  const power = (signals: Float32Array[]) =>
    signals.reduce((sum, signal) => sum + signal.reduce((part, x) => part + x * x, 0) / signal.length, 0) /
    signals.length;
  const decay = (seed: number, seconds: number, gain: number) =>
    noise(Math.round(RATE * seconds), seed).map((x, n) => gain * x * Math.exp((-6.9 * n) / RATE / seconds));
  const low = Float32Array.from({ length: 500 }, (_, k) => 0.01 * 0.99 ** k);
  for (const [name, h] of [
    ['a tap of 0.1', [Float32Array.of(0.1)]],
    ['a low-pass', [low]],
    ['bright noise', [decay(1, 0.5, 30)]],
    ['two sides, one faint', [decay(2, 0.3, 0.001), decay(3, 0.3, 0.1)]],
    ['true stereo', [decay(4, 0.4, 1), decay(5, 0.4, 0.3), decay(6, 0.4, 0.4), decay(7, 0.4, 1.2)]],
  ] as const) {
    const instance = await probe('convolution', {
      parameters: { dry: -120, wet: 0 },
      media: [media(...h)],
      ...(h.length === 1 ? { widths: { in: 1, out: 1 } } : {}),
    });
    const { outputs } = instance.render(h.length === 1 ? [pink[0]!] : pink);
    const change = 10 * Math.log10(power(outputs) / power(h.length === 1 ? [pink[0]!] : pink));
    t.ok(Math.abs(change) < 0.15, `${name}: ${change.toFixed(3)} dB`); // what ten seconds of noise leave uncertain
  }
  const scaled = async (gain: number) =>
    (
      await probe('convolution', { parameters: { dry: -120, wet: 0 }, media: [media(low.map((x) => gain * x))] })
    ).render([noise(1000, 1)]).outputs[0]!;
  t.ok(distance(await scaled(1), await scaled(1000)) < 1e-5, 'the level of the response does not matter');
  // a single tap is known to the bit: pink noise or not, 0.25 becomes 1
  const tap = await probe('convolution', { parameters: { dry: -120, wet: 0 }, media: [media(Float32Array.of(0.25))] });
  t.ok(Math.abs(tap.render([impulse(10)]).outputs[0]![0]! - 1) < 1e-6);
});

t.test('low cut and high cut: Butterworth of the second order, on the wet sound alone', async (t) => {
  const h = [media(Float32Array.of(1))];
  const at = (hertz: number) => Math.tan((Math.PI * hertz) / RATE);
  for (const [parameter, corner] of [
    ['lowCut', 30],
    ['lowCut', 500],
    ['highCut', 1000],
    ['highCut', 8000],
  ] as const) {
    const instance = await probe('convolution', { parameters: { ...WET, [parameter]: corner }, media: h });
    const out = instance.render([impulse(RATE)], { block: [128, 3] }).outputs[0]!;
    for (const factor of [0.25, 0.5, 1, 2, 2.9]) {
      const ratio = at(corner * factor) / at(corner);
      const level = -10 * Math.log10(1 + (parameter === 'lowCut' ? 1 / ratio : ratio) ** 4);
      const found = db(magnitude(responseAt(out, corner * factor, RATE)));
      t.ok(Math.abs(found - level) < 0.01, `${parameter} ${corner} Hz, at ${factor}: ${found}, wanted ${level}`);
    }
  }
  const dry = await probe('convolution', { parameters: { lowCut: 500, highCut: 1000, wet: -120 }, media: h });
  const input = noise(500, 5);
  t.same(dry.render([input]).outputs[0], input);
});

t.test('all that moves is the same in blocks of any size', async (t) => {
  const events = [
    { frame: 100, parameter: 'wet', value: -6 },
    { frame: 333, parameter: 'preDelay', value: 12 },
    { frame: 700, parameter: 'preDelay', value: 3 }, // while the other fades
    { frame: 1500, parameter: 'lowCut', value: 300 },
    { frame: 1501, parameter: 'dry', value: -120 },
    { frame: 2600, parameter: 'highCut', value: 3000 },
    { frame: 3100, parameter: 'normalise', value: true },
  ];
  const instance = await probe('convolution', { parameters: { normalise: false }, media: [response(700, 4)] });
  const start = instance.saveState();
  const render = (block: number | number[]) => {
    instance.loadState(start);
    return instance.render([noise(6000, 1), noise(6000, 2)], { block, events }).outputs;
  };
  const reference = render(1024);
  for (const block of [1, 7, [500, 3], 128]) {
    const outputs = render(block);
    const worst = Math.max(...outputs.map((output, o) => distance(output, reference[o]!)));
    // states of filters below 1e-18 are taken for zero at the end of a block
    t.ok(worst < 1e-12, `blocks of ${block}: ${worst}`);
  }
});

t.test('sleeps when all is out, not before, and wakes as if it had not slept', async (t) => {
  const h = response(5000);
  const instance = await probe('convolution', {
    parameters: WET,
    media: [h],
    maxFrames: 128,
    widths: { in: 1, out: 1 },
  });
  const input = new Float32Array(128 * 200);
  input.set(noise(1000, 1), 50);
  input.set(noise(1000, 2), 128 * 150 + 77);
  const { outputs, statuses } = instance.render([input]);
  const asleep = statuses.indexOf(4) * 128;
  t.ok(asleep > 1050 + 5000 && asleep < 128 * 150, `asleep at ${asleep}`);
  let worst = 0;
  for (let n = 0; n < input.length; n += 41)
    worst = Math.max(worst, Math.abs(outputs[0]![n]! - sumAt(h.data[0]!, input, n)));
  t.ok(worst < LIMIT, `${worst}`);
});

t.test('a reset forgets; NaN at the input and in the response does no lasting harm', async (t) => {
  const h = response(3000);
  h.data[0]!.set([Number.NaN, Number.POSITIVE_INFINITY], 1000);
  const instance = await probe('convolution', { parameters: WET, media: [h] });
  const before = instance.render([noise(4000, 1)]).outputs;
  t.ok(before.every((output) => output.every(Number.isFinite)));
  const bad = noise(200, 3).fill(Number.NaN, 50, 60);
  instance.render([bad]);
  t.ok(
    instance.render([noise(4000, 4)]).outputs.every((output) => output.every(Number.isFinite)),
    'finite after it',
  );
  instance.reset();
  t.same(instance.render([noise(4000, 1)]).outputs, before);
});
