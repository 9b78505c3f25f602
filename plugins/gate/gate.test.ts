import t from 'tap';
import { GateModel, type GateSettings, shutDb } from '../testing/gate-model.ts';
import { amplitude, bursts, held, riseFrames, taken, worst } from '../testing/levels.ts';
import { db, distance, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

/*
 * Levels are held by square waves. A logarithm and an exponential of single precision are wrong by less than 1e-4 dB together, a ratio
 * of 100 makes 99 times as much of the first: 0.004 dB.
 */
const CURVE_DB = 0.001;
const STEEP_DB = 0.01;

const settings: GateSettings = {
  threshold: -30,
  hysteresis: 0,
  ratio: 4,
  knee: 0,
  range: 80,
  attack: 0.5,
  hold: 0,
  release: 2,
};
const mono = { in: 1, key: 1, out: 1 };

for (const curve of [
  { threshold: -30, ratio: 4, knee: 0, range: 80 },
  { threshold: -30, ratio: 2, knee: 12, range: 120 },
  { threshold: -20, ratio: 100, knee: 0, range: 60 },
  { threshold: -50, ratio: 1.5, knee: 24, range: 12 },
  { threshold: -10, ratio: 1, knee: 6, range: 80 },
]) {
  t.test(`the curve of ${Object.entries(curve).flat().join(' ')}`, async (t) => {
    const { threshold, knee } = curve;
    const about = [threshold - knee / 2, threshold, threshold + knee / 2].flatMap((x) => [x - 0.2, x + 0.2]);
    const levels = [...Array.from({ length: 26 }, (_, i) => -80 + (i * 80) / 25), ...about];
    const gate = await probe('gate', {
      parameters: { ...settings, ...curve, link: false },
      widths: { in: levels.length, key: 1, out: levels.length },
    });
    const inputs = levels.map((level) => held([3000, level])); // 31 times the release
    const { outputs, reports } = gate.render(inputs);
    for (const [c, level] of levels.entries()) {
      const wanted = shutDb(level, { ...settings, ...curve });
      const found = -db(outputs[c]!.at(-1)! / inputs[c]!.at(-1)!);
      const tolerance = curve.ratio > 10 ? STEEP_DB : CURVE_DB;
      t.ok(Math.abs(found - wanted) < tolerance, `${level} dB: ${found} dB taken off, wanted ${wanted}`);
      t.ok(Math.abs(reports['reduction']![c]! + wanted) < tolerance, `and reported: ${reports['reduction']![c]}`);
    }
  });
}

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`times at ${sampleRate} Hz, frame by frame`, async (t) => {
    const parameters = { ...settings, ratio: 100, range: 40, attack: 3, hold: 5, release: 12 };
    const frames = (ms: number) => Math.round((ms * sampleRate) / 1000);
    const [soft, loud] = [frames(150), frames(60)];
    const input = held([soft, -60], [loud, -20], [soft, -60]);
    const gate = await probe('gate', { sampleRate, parameters, widths: mono });
    const reduction = taken(input, gate.render([input], { block: 37 }).outputs[0]!);
    const [attack, release] = [(3 * sampleRate) / 1000, (12 * sampleRate) / 1000];
    const opened = 40 * Math.exp(-loud / attack);
    const wanted = (n: number) => {
      if (n < soft) return 40 * (1 - Math.exp(-(n + 1) / release));
      if (n < soft + loud) return 40 * Math.exp(-(n - soft + 1) / attack);
      const since = n - soft - loud - frames(5);
      return since < 0 ? opened : 40 - (40 - opened) * Math.exp(-(since + 1) / release);
    };
    const { difference, text } = worst(reduction, wanted);
    t.ok(difference < 0.01, text);
    // what was declared, as engineers measure it: 10 to 90 % of an exponential are ln 9 of its times
    const rise = riseFrames(reduction.subarray(soft, soft + loud).map((x) => 1 - x / 40));
    const fall = riseFrames(reduction.subarray(soft + loud).map((x) => x / 40));
    t.ok(Math.abs(rise - attack * Math.log(9)) <= 1.5, `10 to 90 % open in ${rise} frames`);
    t.ok(Math.abs(fall - release * Math.log(9)) <= 1.5, `10 to 90 % shut in ${fall} frames`);
  });
}

t.test('bursts of noise, linked and free, by input and side chain', async (t) => {
  const some = {
    ...settings,
    threshold: -25,
    hysteresis: 6,
    ratio: 3,
    knee: 6,
    range: 50,
    attack: 2,
    hold: 4,
    release: 25,
  };
  const random = Array.from({ length: 6 }, (_, c) => noise(6000, 40 + c));
  const [inputs, keys] = [bursts(random.slice(0, 3)), bursts(random.slice(3))];
  for (const link of [false, true]) {
    for (const key of ['input', 'key']) {
      const gate = await probe('gate', { parameters: { ...some, link, key }, widths: { in: 3, key: 3, out: 3 } });
      const { outputs } = gate.render([...inputs, ...keys]);
      const heard = key === 'key' ? keys : inputs;
      const models = inputs.map(() => new GateModel(some, 48000));
      let apart = 0;
      for (let n = 0; n < 6000; n++) {
        const levels = heard.map((channel) => db(Math.abs(channel[n]!)));
        models.forEach((model, c) => {
          const gain = amplitude(-model.next(link ? Math.max(...levels) : levels[c]!));
          apart = Math.max(apart, Math.abs(outputs[c]![n]! - gain * inputs[c]![n]!));
        });
      }
      t.ok(apart < 5e-4, `link ${link}, ${key}: ${apart}`); // 0.004 dB of 1
    }
  }
});

t.test('hysteresis: it opens at the threshold and shuts below it', async (t) => {
  const parameters = { ...settings, ratio: 100, range: 60, hysteresis: 10 };
  const input = held([2000, -35], [2000, -25], [2000, -35], [2000, -45], [2000, -35]);
  const reduction = taken(input, (await probe('gate', { parameters, widths: mono })).render([input]).outputs[0]!);
  const found = [1999, 3999, 5999, 7999, 9999].map((n) => Math.round(reduction[n]!));
  t.same(found, [60, 0, 0, 60, 60], 'shut, open, open within the hysteresis, shut, still shut');
});

t.test('as it comes, with a ratio of 1, and above the threshold every bit stays', async (t) => {
  const input = [noise(5000, 1), noise(5000, 2)];
  t.same((await probe('gate')).render(input).outputs, input);
  const one = { threshold: 0, ratio: 1 };
  t.same((await probe('gate', { parameters: one })).render(input).outputs, input);
  const loud = input.map((channel) => channel.map((x) => (x < 0 ? -0.1 : 0.1)));
  t.same((await probe('gate', { parameters: { threshold: -20.001 } })).render(loud).outputs, loud);
});

t.test('moves the same in blocks of any size', async (t) => {
  const events = [
    { frame: 100, parameter: 'threshold', value: -15 },
    { frame: 333, parameter: 'ratio', value: 12 },
    { frame: 1000, parameter: 'range', value: 20, rampFrames: 777 },
    { frame: 1500, parameter: 'link', value: false },
    { frame: 3000, parameter: 'key', value: 'key' },
    { frame: 3100, parameter: 'knee', value: 20 },
  ];
  const input = bursts(Array.from({ length: 4 }, (_, c) => noise(6000, c)));
  const parameters = { ...settings, hold: 3, knee: 3 };
  const render = async (block: number | number[]) =>
    (await probe('gate', { parameters })).render(input, { block, events }).outputs;
  const reference = await render(1024);
  for (const block of [1, 7, 128, 480, [1, 1000, 13, 256]]) {
    const outputs = await render(block);
    const apart = Math.max(...outputs.map((output, c) => distance(output, reference[c]!)));
    t.ok(apart <= 1e-6, `blocks of ${block}: ${apart}`);
  }
});

t.test('a pause changes nothing: what comes after it meets a gate that is shut', async (t) => {
  const parameters = { ...settings, threshold: -20, release: 5, attack: 5 };
  const gate = await probe('gate', { parameters, widths: mono, maxFrames: 480 });
  const input = held([24000, -60], [4800, -6], [48000, Number.NEGATIVE_INFINITY], [4800, -6]);
  const { outputs, statuses } = gate.render([input]);
  t.equal(statuses[150], 4, 'asleep in the pause');
  const parts = [24000, 76800].map((start) => outputs[0]!.subarray(start, start + 4800));
  t.ok(distance(parts[0]!, parts[1]!) < 1e-6, 'the second sound is the first');
});
