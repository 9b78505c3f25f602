import t from 'tap';
import { type Analog, digitalResponse } from '../testing/analog-filters.ts';
import { Biquad } from '../testing/biquad.ts';
import { over, polynomial } from '../testing/complex.ts';
import { Follower, reductionDb } from '../testing/gain-computer.ts';
import { amplitude, bursts, taken, wayFrames } from '../testing/levels.ts';
import { frequencies, responseAt, worstError } from '../testing/measured-response.ts';
import { db, distance, impulse, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const settings = { threshold: -30, ratio: 5, range: 20, attack: 0.5, release: 20, frequency: 6000, q: 1.2 };
const mono = { in: 1, out: 1 };

t.test('as it comes it changes nothing, bit for bit', async (t) => {
  const input = [noise(5000, 1), noise(5000, 2)];
  t.same((await probe('de-esser')).render(input).outputs, input);
});

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`the part that is heard has the published magnitude and phase at ${sampleRate} Hz`, async (t) => {
    const points = frequencies(30, 20, 0.48 * sampleRate);
    for (const [shape, top] of [
      ['band', [0, 1 / 1.2, 0]],
      ['high', [0, 0, 1]],
    ] as const) {
      const analog: Analog = (s) => over(polynomial(s, ...top), polynomial(s, 1, 1 / 1.2, 1));
      const measure = async (frequency: number) => {
        const parameters = { ...settings, frequency, shape, listen: true };
        const { outputs } = (await probe('de-esser', { sampleRate, parameters, widths: mono })).render([impulse(8192)]);
        return points.map((hertz) => responseAt(outputs[0]!, hertz, sampleRate));
      };
      const wanted = points.map((hertz) => digitalResponse(analog, hertz, 6000, sampleRate));
      const right = worstError(await measure(6000), wanted);
      t.ok(right.magnitudeDb < 0.002 && right.phaseDegrees < 0.02, `${shape}: ${JSON.stringify(right)}`);
      const off = worstError(await measure(6030), wanted);
      t.ok(off.phaseDegrees > 0.04, `${shape}: 0.5 % of frequency is seen`);
    }
  });
}

t.test('bursts of noise as the published equations say, linked and free, in both shapes', async (t) => {
  const inputs = bursts(Array.from({ length: 3 }, (_, c) => noise(6000, c)));
  for (const shape of ['band', 'high'] as const) {
    for (const link of [false, true]) {
      const esser = await probe('de-esser', { parameters: { ...settings, shape, link }, widths: { in: 3, out: 3 } });
      const { outputs } = esser.render(inputs);
      const filters = inputs.map(() => new Biquad(shape, settings.frequency, settings.q, 48000));
      // the range holds what the curve asks for, before it is smoothed
      const limit = settings.threshold + settings.range / (1 - 1 / settings.ratio);
      const followers = inputs.map(() => new Follower({ ...settings, knee: 0, isRms: false, sampleRate: 48000 }));
      let apart = 0;
      for (let n = 0; n < 6000; n++) {
        const parts = filters.map((filter, c) => filter.next(inputs[c]![n]!));
        const levels = parts.map((part) => Math.min(limit, db(Math.abs(part))));
        parts.forEach((part, c) => {
          const gain = amplitude(-followers[c]!.follow(link ? Math.max(...levels) : levels[c]!));
          apart = Math.max(apart, Math.abs(outputs[c]![n]! - inputs[c]![n]! - (gain - 1) * part));
        });
      }
      t.ok(apart < 1e-4, `${shape}, link ${link}: ${apart}`);
    }
  }
});

t.test('the curve, at the centre of the band', async (t) => {
  // a long release holds the reduction of the peaks of a sine; 6,000 Hz repeat after 8 frames, two of which are peaks
  for (const [level, ratio, range] of [
    [-40, 4, 40],
    [-20, 4, 40],
    [-6, 2, 40],
    [-6, 100, 40],
    [-6, 100, 10],
  ] as const) {
    const parameters = { ...settings, ratio, range, attack: 0.05, release: 1000 };
    const { outputs, reports } = (await probe('de-esser', { parameters, widths: mono })).render([
      sine(48000, 6000, 48000, amplitude(level)),
    ]);
    const found = level - db(outputs[0]!.subarray(40000).reduce((most, x) => Math.max(most, x), 0));
    const wanted = Math.min(range, reductionDb(level, { threshold: -30, ratio, knee: 0 }));
    t.ok(Math.abs(found - wanted) < 0.02, `${level} dB, ratio ${ratio}, range ${range}: ${found} dB, wanted ${wanted}`);
    t.ok(Math.abs(reports['reduction']![0]! + wanted) < 0.02, `reported ${reports['reduction']}`);
  }
});

t.test('times: 10 to 90 % of the way in dB at three rates', async (t) => {
  // half the sample rate goes through a high-pass as it is, and its size stands still
  for (const sampleRate of [44100, 48000, 96000]) {
    const [on, off, end] = [0.1, 0.3, 0.7].map((seconds) => Math.round(seconds * sampleRate));
    const input = Float32Array.from(
      { length: end! },
      (_, n) => amplitude(n < on! || n >= off! ? -50 : -6) * (n % 2 ? 1 : -1),
    );
    const parameters = {
      shape: 'high',
      frequency: 500,
      q: 0.7,
      threshold: -30,
      ratio: 8,
      range: 40,
      attack: 12,
      release: 40,
    };
    const { outputs } = (await probe('de-esser', { sampleRate, parameters, widths: mono })).render([input]);
    const { up, down } = wayFrames(taken(input, outputs[0]!), on!, off!);
    for (const [what, found, ms] of [
      ['attack', up, 12],
      ['release', down, 40],
    ] as const) {
      const wanted = (Math.log(9) * ms * sampleRate) / 1000;
      t.ok(
        Math.abs(found - wanted) < 4 + 0.002 * wanted,
        `${what} at ${sampleRate} Hz: ${found} frames, wanted ${wanted}`,
      );
    }
  }
});

t.test('other frequencies are left alone', async (t) => {
  const parameters = { ...settings, ratio: 100, shape: 'high', frequency: 2000, q: 0.7, attack: 0.05 };
  const low = sine(9600, 200, 48000, 0.5);
  const { outputs } = (await probe('de-esser', { parameters, widths: mono })).render([
    low.map((x, n) => x + 0.25 * Math.sin((2 * Math.PI * 12000 * n) / 48000)),
  ]);
  const at = (hertz: number, wave: Float32Array) => {
    const { re, im } = responseAt(wave.subarray(4800), hertz, 48000);
    return db(Math.hypot(re, im) / 2400);
  };
  t.ok(Math.abs(at(200, outputs[0]!) - db(0.5)) < 0.1, `200 Hz: ${at(200, outputs[0]!)} dB`);
  t.ok(at(12000, outputs[0]!) < db(0.25) - 12, `12 kHz: ${at(12000, outputs[0]!)} dB`);
});

t.test('moves without a step and the same in blocks of any size', async (t) => {
  const events = [
    { frame: 100, parameter: 'threshold', value: -45 },
    { frame: 701, parameter: 'frequency', value: 3000 },
    { frame: 2000, parameter: 'shape', value: 'high' },
    { frame: 3500, parameter: 'link', value: false },
    { frame: 4100, parameter: 'q', value: 0.5, rampFrames: 555 },
  ];
  const input = bursts([noise(6000, 1), noise(6000, 2)]);
  const render = async (block: number | number[]) =>
    (await probe('de-esser', { parameters: settings })).render(input, { block, events }).outputs;
  const reference = await render(1024);
  for (const block of [1, 7, 37, 128, [1, 1000, 13, 256]]) {
    const outputs = await render(block);
    const apart = Math.max(...outputs.map((output, c) => distance(output, reference[c]!)));
    t.ok(apart <= 1e-6, `blocks of ${block}: ${apart}`);
  }
});
