import t from 'tap';
import { db, distance, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';
import { Biquad } from '../testing/biquad.ts';
import { type Curve, FeedBackFollower, Follower, reductionDb } from '../testing/gain-computer.ts';
import { amplitude, held, riseFrames, taken, worst } from '../testing/levels.ts';

/*
 * Levels are held by square waves: their size stands still, so that the curve and the times show bare. A logarithm and
 * an exponential of single precision, and a product rounded to f32, are wrong by less than 1e-4 dB together.
 */
const CURVE_DB = 0.001;
// A reduction of up to 16 dB kept in f32 stands off by 5e-7 dB / rate: 0.007 dB at a rate of 1 / 15,000 frames.
const MOVING_DB = 0.01;

const curves: Curve[] = [
  { threshold: -30, ratio: 4, knee: 0 },
  { threshold: -30, ratio: 4, knee: 12 },
  { threshold: -55.5, ratio: 1.5, knee: 24 },
  { threshold: -12, ratio: 100, knee: 6 },
  { threshold: 0, ratio: 3, knee: 20 },
  { threshold: -40, ratio: 1, knee: 10 },
];

for (const detector of ['peak', 'rms']) {
  for (const curve of curves) {
    t.test(`${detector}: the curve of ${Object.entries(curve).flat().join(' ')}`, async (t) => {
      // levels from -80 to 0 dB, and closer ones about the ends of the knee
      const ends = [curve.threshold - curve.knee / 2, curve.threshold, curve.threshold + curve.knee / 2];
      const about = ends.flatMap((end) => [end - 0.2, end - 0.01, end + 0.01, end + 0.2]);
      const levels = [...Array.from({ length: 52 }, (_, i) => -80 + (i * 80) / 51), ...about];
      for (let first = 0; first < levels.length; first += 32) {
        const some = levels.slice(first, first + 32);
        const compressor = await probe('compressor', {
          parameters: { ...curve, detector, link: false, attack: 0.5, release: 10 },
          widths: { in: some.length, key: 1 },
        });
        const inputs = some.map((level) => held([12000, level])); // 25 times the 10 ms of the RMS
        const { outputs, reports } = compressor.render(inputs);
        for (const [c, level] of some.entries()) {
          const wanted = reductionDb(level, curve);
          const found = -db(outputs[c]!.at(-1)! / inputs[c]!.at(-1)!);
          t.ok(Math.abs(found - wanted) < CURVE_DB, `${level} dB: ${found} dB taken off, wanted ${wanted}`);
          t.ok(Math.abs(reports['reduction']![c]! + wanted) < CURVE_DB, `and reported: ${reports['reduction']![c]}`);
        }
      }
    });
  }
}

t.test('the RMS of a sine is 3.01 dB below its peak', async (t) => {
  // 10 ms leave a ripple of 1 / (2 pi 8000 0.01) on the square, 0.009 dB, which attack and release level out
  const input = sine(96000, 4000, 48000, amplitude(-6));
  const parameters = { threshold: -40, ratio: 4, detector: 'rms', attack: 100, release: 100 };
  const { outputs } = (await probe('compressor', { parameters, widths: { in: 1, key: 1 } })).render([input]);
  const found = -db(Math.max(...outputs[0]!.subarray(90000)) / Math.max(...input.subarray(90000)));
  const wanted = reductionDb(-6 + 10 * Math.log10(0.5), { threshold: -40, ratio: 4, knee: 0 });
  t.ok(Math.abs(found - wanted) < 0.01, `${found} dB, wanted ${wanted}`);
});

t.test('a level that is exactly the threshold is left alone, with a hard knee too', async (t) => {
  // a logarithm may put such a level a hair below a threshold that the comparison of plain levels put it above
  for (let i = 0; i < 400; i++) {
    const level = Math.fround(0.001 + i / 401);
    for (const detector of ['peak', 'rms']) {
      const parameters = { threshold: db(level), ratio: 20, knee: 0, attack: 0.05, detector };
      const compressor = await cached(parameters);
      const input = new Float32Array(600).fill(level);
      const { outputs } = compressor.render([input]);
      const found = worst(taken(input, outputs[0]!), () => 0);
      if (!(found.difference < CURVE_DB)) t.fail(`${detector} ${level}: ${found.text}`);
    }
  }
  t.pass('400 levels');
});

let shared: Awaited<ReturnType<typeof probe>> | undefined;
/** One mono compressor, its parameters set anew: an instance for each of many settings would fill a memory. */
async function cached(parameters: Record<string, number | string>) {
  shared ??= await probe('compressor', { widths: { in: 1, key: 1 } });
  const events = Object.entries(parameters).map(([parameter, value]) => ({ frame: 0, parameter, value }));
  shared.render([], { frames: 1024, events }); // silence, until every parameter has arrived
  shared.reset();
  return shared;
}

for (const sampleRate of [44100, 48000, 96000]) {
  for (const [attack, release] of [
    [0.05, 1],
    [3, 40],
    [30, 120],
  ] as const) {
    t.test(`attack ${attack} ms, release ${release} ms at ${sampleRate} Hz, frame by frame`, async (t) => {
      const curve = { threshold: -20, ratio: 5, knee: 0 };
      const full = reductionDb(-1, curve);
      const [attackFrames, releaseFrames] = [(attack * sampleRate) / 1000, (release * sampleRate) / 1000];
      const on = 1003; // inside a block, and inside a run of four
      const off = on + Math.ceil(20 * attackFrames) + 401;
      const input = held([on, -50], [off - on, -1], [Math.ceil(5 * releaseFrames), -50]);
      // one frame after the step the first part of the way is done: 1 - exp(-1 / frames)
      const wanted = (n: number) => {
        if (n < on) return 0;
        if (n < off) return full * (1 - Math.exp(-(n - on + 1) / attackFrames));
        return full * Math.exp(-(n - off + 1) / releaseFrames);
      };
      for (const block of [1024, 128, 480, 37, [1, 999, 24]]) {
        const compressor = await probe('compressor', {
          sampleRate,
          parameters: { ...curve, attack, release },
          widths: { in: 1, key: 1 },
        });
        const { outputs } = compressor.render([input], { block });
        const reduction = taken(input, outputs[0]!);
        const { difference, text } = worst(reduction, wanted);
        t.ok(difference < MOVING_DB, `blocks of ${block}: ${text}`);
        // the same as the declared meaning: 63.2 % of the way in dB in the time, within a frame
        const crossing = (from: number, isPast: (n: number) => boolean) => {
          let n = from;
          while (!isPast(n)) n++;
          return n - from + 1;
        };
        const share = 1 - Math.exp(-1);
        const rise = crossing(on, (n) => reduction[n]! >= share * full);
        const fall = crossing(off, (n) => reduction[n]! <= (1 - share) * full);
        t.ok(Math.abs(rise - attackFrames) <= 1 + 0.001 * attackFrames, `63.2 % after ${rise} of ${attackFrames}`);
        t.ok(Math.abs(fall - releaseFrames) <= 1 + 0.002 * releaseFrames, `63.2 % after ${fall} of ${releaseFrames}`);
      }
    });
  }
}

t.test('the longest times hold as well', async (t) => {
  // 1 %: one frame moves by 7e-5 dB, which an f32 of 16 dB knows to 5e-7
  for (const [attack, release, seconds, at, share] of [
    [500, 5000, 0.5, 0, 1 - Math.exp(-1)],
    [0.05, 5000, 5, 4800, Math.exp(-1)],
  ] as const) {
    const curve = { threshold: -20, ratio: 5, knee: 0 };
    const frames = Math.round(seconds * 48000);
    const input = at ? held([at, -1], [frames, -50]) : held([frames, -1]);
    const compressor = await probe('compressor', {
      parameters: { ...curve, attack, release },
      widths: { in: 1, key: 1 },
    });
    const { outputs } = compressor.render([input]);
    const found = taken(input, outputs[0]!).at(-1)! / reductionDb(-1, curve);
    t.ok(Math.abs(found / share - 1) < 0.01, `${found} of the reduction after ${seconds} s, wanted ${share}`);
  }
});

t.test('the RMS detector does 63.2 % of a step of power in 10 ms', async (t) => {
  for (const sampleRate of [44100, 48000, 96000]) {
    const curve = { threshold: -60, ratio: 100, knee: 0 };
    const parameters = { ...curve, detector: 'rms', attack: 0.05, release: 1 };
    const input = held([Math.round(0.1 * sampleRate), -10]);
    const compressor = await probe('compressor', { sampleRate, parameters, widths: { in: 1, key: 1 } });
    const reduction = taken(input, compressor.render([input]).outputs[0]!);
    const follower = new Follower({ ...curve, attack: 0.05, release: 1, isRms: true, sampleRate });
    const wanted = Float64Array.from(input, (x) => follower.next(Math.abs(x)));
    const { difference, text } = worst(reduction, (n) => wanted[n]!);
    t.ok(difference < MOVING_DB, `${sampleRate} Hz: ${text}`);
    // by hand where the attack no longer matters: the level is 10 log10(1 - exp(-t / 10 ms)) below the full one
    const at = Math.round(0.02 * sampleRate);
    const level = -10 + 10 * Math.log10(1 - Math.exp(-at / (0.01 * sampleRate)));
    t.ok(Math.abs(reduction[at - 1]! - reductionDb(level, curve)) < 0.05, 'after 20 ms');
  }
});

const noisy = (channels: number, frames = 6000) =>
  Array.from({ length: channels }, (_, c) => {
    // bursts, so that attack and release both work
    const loudness = (n: number) => (Math.floor(n / (700 + 100 * c)) % 2 ? 0.9 : 0.05);
    return noise(frames, 40 + c).map((x, n) => x * loudness(n));
  });

for (const link of [false, true]) {
  for (const key of ['input', 'key']) {
    for (const detector of ['peak', 'rms']) {
      const claim = `${link ? 'linked' : 'free'} channels, ${detector}, the detector at ${key === 'key' ? 'the side chain' : 'the input'}`;
      t.test(`bursts of noise as the published equations say: ${claim}`, async (t) => {
        const settings = { threshold: -24, ratio: 6, knee: 9, attack: 2, release: 25 };
        const [inputs, keys] = [noisy(3), noisy(6).slice(3)];
        const compressor = await probe('compressor', {
          parameters: { ...settings, link, key, detector, makeup: 5, mix: 80 },
          widths: { in: 3, key: 3 },
        });
        const { outputs } = compressor.render([...inputs, ...keys]);
        const heard = key === 'key' ? keys : inputs;
        const isRms = detector === 'rms';
        const followers = inputs.map(() => new Follower({ ...settings, isRms, sampleRate: 48000 }));
        for (let n = 0; n < 6000; n++) {
          const levels = followers.map((follower, c) => follower.level(heard[c]![n]!));
          const loudest = Math.max(...levels);
          followers.forEach((follower, c) => {
            const gain = amplitude(5 - follower.follow(link ? loudest : levels[c]!));
            const wanted = inputs[c]![n]! * (0.2 + 0.8 * gain);
            // 0.001 dB is 1.2e-4 of the wet share of at most 1.6
            if (!(Math.abs(outputs[c]![n]! - wanted) < 2e-4))
              t.fail(`frame ${n} of ${c}: ${outputs[c]![n]}, ${wanted}`);
          });
        }
        t.pass('18,000 frames');
      });
    }
  }
}

t.test('linked channels keep their balance: all get the reduction of the loudest', async (t) => {
  const inputs = [held([9600, -6]), held([9600, -40])];
  const parameters = { threshold: -20, ratio: 4, attack: 1 };
  const wanted = reductionDb(-6, { threshold: -20, ratio: 4, knee: 0 });
  const linked = (await probe('compressor', { parameters })).render(inputs);
  const free = (await probe('compressor', { parameters: { ...parameters, link: false } })).render(inputs);
  const settled = ({ outputs }: typeof linked) => outputs.map((output, c) => taken(inputs[c]!, output).at(-1)!);
  for (const found of settled(linked)) t.ok(Math.abs(found - wanted) < CURVE_DB, `linked ${found} dB`);
  t.ok(Math.abs(settled(free)[0]! - wanted) < CURVE_DB, 'free: the loud one');
  t.same(free.outputs[1], inputs[1], 'free: the soft one is untouched');
});

t.test('the side chain alone decides when it is the key', async (t) => {
  const curve = { threshold: -20, ratio: 4, knee: 0 };
  const parameters = { ...curve, key: 'key', attack: 1 };
  const [loud, soft, silent] = [held([9600, -2]), held([9600, -50]), new Float32Array(9600)];
  const wanted = reductionDb(-2, curve);
  const duck = async (widths: { in: number; key: number }, inputs: Float32Array[], link = true) => {
    const { outputs } = (await probe('compressor', { parameters: { ...parameters, link }, widths })).render(inputs);
    return outputs.map((output, c) => taken(inputs[c]!, output).at(-1)!);
  };
  for (const found of await duck({ in: 2, key: 1 }, [soft, soft, loud]))
    t.ok(Math.abs(found - wanted) < CURVE_DB, `a mono key for both channels: ${found} dB`);
  for (const found of await duck({ in: 2, key: 2 }, [soft, soft, silent, loud]))
    t.ok(Math.abs(found - wanted) < CURVE_DB, `linked: the louder channel of the key: ${found} dB`);
  const free = await duck({ in: 2, key: 2 }, [soft, soft, silent, loud], false);
  t.equal(free[0], 0, 'free: each channel has its own key');
  t.ok(Math.abs(free[1]! - wanted) < CURVE_DB, 'free: each channel has its own key');
  t.same(await duck({ in: 2, key: 2 }, [loud, loud, silent, silent]), [0, 0], 'the input is not heard by the detector');
  const input = (await probe('compressor', { parameters: { ...parameters, key: 'input' } })).render([
    soft,
    soft,
    loud,
    loud,
  ]);
  t.same(input.outputs, [soft, soft], 'and the key is not when the input is the key');
});

t.test('below the knee every bit stays', async (t) => {
  for (const [threshold, knee, peak] of [
    [-20, 0, -20.001],
    [-14, 12, -20.001],
    [0, 0, 0],
    [-60, 24, -72.001],
  ] as const) {
    for (const detector of ['peak', 'rms']) {
      const input = [1, 2].map((seed) => noise(5000, seed).map((x) => x * amplitude(peak)));
      const parameters = { threshold, knee, ratio: 100, attack: 0.05, detector };
      const { outputs, reports } = (await probe('compressor', { parameters })).render(input);
      t.same(outputs, input, `threshold ${threshold}, knee ${knee}, peak ${peak}, ${detector}`);
      t.ok(reports['reduction']!.every((reduction) => reduction === 0));
    }
  }
  const input = [noise(5000, 1), noise(5000, 2)];
  const heavy = { threshold: -60, ratio: 100, attack: 0.05, makeup: 20 };
  t.same((await probe('compressor', { parameters: { ...heavy, mix: 0 } })).render(input).outputs, input, 'mix 0');
  const ratio = { ...heavy, makeup: 0, ratio: 1 };
  t.same((await probe('compressor', { parameters: ratio })).render(input).outputs, input, 'ratio 1');
});

t.test('make-up raises the wet share, mix leaves the rest dry', async (t) => {
  const curve = { threshold: -30, ratio: 3, knee: 0 };
  const input = held([4800, -9]);
  for (const [makeup, mix] of [
    [0, 100],
    [12, 100],
    [-24, 100],
    [24, 50],
    [6, 25],
    [0, 1],
  ] as const) {
    const parameters = { ...curve, makeup, mix, attack: 1 };
    const { outputs, reports } = (await probe('compressor', { parameters, widths: { in: 1, key: 1 } })).render([input]);
    const reduction = reductionDb(-9, curve);
    const wanted = db(1 - mix / 100 + (mix / 100) * amplitude(makeup - reduction));
    const found = db(outputs[0]!.at(-1)! / input.at(-1)!);
    t.ok(Math.abs(found - wanted) < CURVE_DB, `make-up ${makeup} dB, mix ${mix} %: ${found} dB, wanted ${wanted}`);
    t.ok(Math.abs(reports['reduction']![0]! + reduction) < CURVE_DB, 'neither changes the reported reduction');
  }
});

t.test('the report is the deepest reduction of the block, for each channel', async (t) => {
  const inputs = [held([300, -50], [100, -1], [2600, -50]), held([3000, -3])];
  const parameters = { threshold: -20, ratio: 5, attack: 1, release: 20, link: false };
  const compressor = await probe('compressor', { parameters });
  for (let start = 0; start < 3000; start += 250) {
    const part = inputs.map((input) => input.subarray(start, start + 250));
    const { outputs, reports } = compressor.process(part, 250);
    for (const [c, output] of outputs.entries()) {
      const deepest = Math.max(0, ...taken(part[c]!, output));
      const found = reports['reduction']![c]!;
      t.ok(found <= 0 && Math.abs(found + deepest) < CURVE_DB, `frame ${start}, channel ${c}: ${found}, ${-deepest}`);
    }
  }
  compressor.reset();
  t.same(compressor.process([], 1).reports['reduction'], [0, 0], 'nothing is left after a reset');
});

t.test('blocks of any size sound the same, while everything moves', async (t) => {
  const events = [
    { frame: 100, parameter: 'threshold', value: -35 },
    { frame: 333, parameter: 'ratio', value: 12 },
    { frame: 700, parameter: 'attack', value: 0.3 },
    { frame: 1000, parameter: 'makeup', value: 9 },
    { frame: 1500, parameter: 'link', value: false },
    { frame: 2047, parameter: 'mix', value: 40 },
    { frame: 2600, parameter: 'detector', value: 'rms' },
    { frame: 3000, parameter: 'key', value: 'key' },
    { frame: 3100, parameter: 'knee', value: 20, rampFrames: 777 },
    { frame: 4000, parameter: 'release', value: 3 },
  ];
  const input = noisy(4);
  const parameters = { threshold: -20, ratio: 4, knee: 6, attack: 5, release: 50 };
  const render = async (block: number | number[]) =>
    (await probe('compressor', { parameters })).render(input, { block, events }).outputs;
  const reference = await render(1024);
  for (const block of [1, 7, 32, 64, 128, 480, [1, 1000, 13, 256]]) {
    const outputs = await render(block);
    const apart = Math.max(...outputs.map((output, c) => distance(output, reference[c]!)));
    t.ok(apart <= 1e-6, `blocks of ${block}: ${apart}`);
  }
});

t.test('make-up, mix and threshold move without a step', async (t) => {
  const input = new Float32Array(30000).fill(amplitude(-6));
  const parameters = { threshold: -20, ratio: 10, attack: 1, release: 10 };
  for (const [parameter, value] of [
    ['makeup', 12],
    ['mix', 0],
    ['threshold', -60],
  ] as const) {
    const compressor = await probe('compressor', { parameters, widths: { in: 1, key: 1 } });
    const output = compressor.render([input], { events: [{ frame: 20005, parameter, value }] }).outputs[0]!;
    const [before, after] = [output[20000]!, output.at(-1)!];
    let steepest = 0;
    for (let n = 20001; n < 30000; n++) steepest = Math.max(steepest, Math.abs(output[n]! - output[n - 1]!));
    // 20 ms are 960 frames: gains move in a straight line, the threshold's 40 dB in dB, at 90 % of them for this ratio, which
    // is steepest at the start, where the level is highest; half as much again for the steps of 16 frames in that way
    const way = parameter === 'threshold' ? (1.5 * before * 0.9 * 40 * Math.LN10) / 20 : Math.abs(after - before);
    t.ok(Math.abs(after - before) > 0.05, `${parameter} does something`);
    t.ok(steepest <= (1.01 * way) / 960, `${parameter}: steepest ${steepest}, of a way of ${way} in 960 frames`);
  }
});

t.test('a pause changes nothing: what comes after it meets the gain it would have met', async (t) => {
  const parameters = { threshold: -20, ratio: 5, attack: 1, release: 10, detector: 'rms' };
  const compressor = await probe('compressor', { parameters, widths: { in: 1, key: 1 }, maxFrames: 480 });
  const input = held([4800, -1], [48000, Number.NEGATIVE_INFINITY], [4800, -1]);
  const { outputs, statuses } = compressor.render([input]);
  t.equal(statuses[11], 3, 'awake while the reduction lets go');
  t.equal(statuses[100], 4, 'asleep at the end of the pause');
  const fresh = outputs[0]!.subarray(0, 4800);
  t.ok(distance(outputs[0]!.subarray(52800), fresh) < 1e-6, 'the second sound is the first');
});

t.test('feed-back: the curve leaves the same as feed-forward, for any ratio', async (t) => {
  for (const ratio of [1, 1.5, 4, 20, 100]) {
    const curve = { threshold: -30, ratio, knee: 0 };
    const levels = Array.from({ length: 28 }, (_, i) => -80 + (i * 80) / 27);
    const compressor = await probe('compressor', {
      parameters: { ...curve, topology: 'back', link: false, attack: 1, release: 10 },
      widths: { in: levels.length, key: 1 },
    });
    const inputs = levels.map((level) => held([12000, level]));
    const { outputs, reports } = compressor.render(inputs);
    for (const [c, level] of levels.entries()) {
      const wanted = reductionDb(level, curve);
      const found = -db(outputs[c]!.at(-1)! / inputs[c]!.at(-1)!);
      t.ok(Math.abs(found - wanted) < CURVE_DB, `ratio ${ratio}, ${level} dB: ${found} dB taken off, wanted ${wanted}`);
      t.ok(Math.abs(reports['reduction']![c]! + wanted) < CURVE_DB, `and reported: ${reports['reduction']![c]}`);
    }
  }
});

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`feed-back at ${sampleRate} Hz: the loop hastens the attack by the ratio`, async (t) => {
    const [on, off] = [1003, 9000];
    const input = held([on, -50], [off, -2]);
    for (const [ratio, attack] of [
      [4, 20],
      [100, 5], // as fast as a loop of this ratio may be
    ] as const) {
      const curve = { threshold: -20, ratio, knee: 0 };
      const parameters = { ...curve, topology: 'back', attack, release: 100 };
      const compressor = await probe('compressor', { sampleRate, parameters, widths: { in: 1, key: 1 } });
      const reduction = taken(input, compressor.render([input], { block: 37 }).outputs[0]!);
      const share = Math.min(1 - Math.exp(-1000 / (attack * sampleRate)), 1 / ratio);
      const left = 1 - share * ratio; // of the way, after each frame; the first frame of the level is heard in the next
      const full = reductionDb(-2, curve);
      const wanted = (n: number) => (n <= on ? 0 : full * (1 - left ** (n - on)));
      const { difference, text } = worst(reduction, wanted);
      t.ok(difference < MOVING_DB, `ratio ${ratio}: ${text}`);
      if (left < 0.1) continue;
      const rise = riseFrames(reduction.map((x) => x / full));
      t.ok(Math.abs(rise + Math.log(9) / Math.log(left)) < 1.5, `10 to 90 % in ${rise} frames`);
    }
  });
}

t.test('feed-back: bursts of noise as the published equations say', async (t) => {
  const settings = { threshold: -24, ratio: 6, knee: 9, attack: 2, release: 25 };
  const [inputs, keys] = [noisy(3), noisy(6).slice(3)];
  for (const link of [false, true]) {
    for (const [key, detector] of [
      ['input', 'peak'],
      ['key', 'rms'],
    ] as const) {
      const compressor = await probe('compressor', {
        parameters: { ...settings, topology: 'back', link, key, detector },
        widths: { in: 3, key: 3 },
      });
      const { outputs } = compressor.render([...inputs, ...keys]);
      const heard = key === 'key' ? keys : inputs;
      const isRms = detector === 'rms';
      const followers = inputs.map(() => new FeedBackFollower({ ...settings, isRms, sampleRate: 48000 }));
      let apart = 0;
      for (let n = 0; n < 6000; n++) {
        const levels = followers.map((follower, c) => follower.level(heard[c]![n]!));
        followers.forEach((follower, c) => {
          const gain = amplitude(-follower.follow(link ? Math.max(...levels) : levels[c]!));
          apart = Math.max(apart, Math.abs(outputs[c]![n]! - inputs[c]![n]! * gain));
        });
      }
      t.ok(apart < 2e-4, `link ${link}, ${key}, ${detector}: ${apart}`);
    }
  }
});

t.test('the detector hears its key through the cuts', async (t) => {
  const settings = { threshold: -40, ratio: 4, knee: 0, attack: 1, release: 30 };
  for (const sampleRate of [44100, 48000, 96000]) {
    for (const [lowCut, highCut] of [
      [200, 40000],
      [10, 3000],
      [1000, 5000],
    ] as const) {
      const input = noisy(1)[0]!;
      const parameters = { ...settings, lowCut, highCut };
      const compressor = await probe('compressor', { sampleRate, parameters, widths: { in: 1, key: 1 } });
      const { outputs } = compressor.render([input], { block: [128, 7, 300] });
      const filters = [
        ...(lowCut > 10 ? [new Biquad('high', lowCut, Math.SQRT1_2, sampleRate)] : []),
        ...(highCut < 40000 ? [new Biquad('low', highCut, Math.SQRT1_2, sampleRate)] : []),
      ];
      const follower = new Follower({ ...settings, isRms: false, sampleRate });
      let apart = 0;
      for (const [n, x] of input.entries()) {
        const key = filters.reduce((value, filter) => filter.next(value), x);
        apart = Math.max(apart, Math.abs(outputs[0]![n]! - x * amplitude(-follower.next(key))));
      }
      t.ok(apart < 2e-4, `${lowCut} to ${highCut} Hz at ${sampleRate} Hz: ${apart}`);
    }
  }
});

t.test('look-ahead: the sound comes later by the latency, its gain does not', async (t) => {
  const ones = new Float32Array(6000).fill(1);
  const [input, key] = [noisy(1)[0]!, noisy(2)[1]!];
  const parameters = { threshold: -30, ratio: 8, attack: 2, release: 25, key: 'key' };
  for (const [sampleRate, lookahead] of [
    [48000, 5],
    [44100, 0.7],
    [96000, 20],
  ] as const) {
    const options = { sampleRate, widths: { in: 1, key: 1 } };
    const gains = (await probe('compressor', { ...options, parameters })).render([ones, key]).outputs[0]!;
    const compressor = await probe('compressor', { ...options, parameters: { ...parameters, lookahead } });
    const late = Math.round((lookahead * sampleRate) / 1000);
    t.equal(compressor.latencyFrames, late);
    const { outputs } = compressor.render([input, key], { block: [100, 333, 1000] });
    t.same(
      outputs[0],
      input.map((_, n) => (n < late ? 0 : input[n - late]! * gains[n]!)),
      `${lookahead} ms at ${sampleRate} Hz`,
    );
  }
  const idle = await probe('compressor', { parameters: { lookahead: 1 } });
  const { outputs } = idle.render(noisy(2));
  t.same(outputs[1]!.subarray(48), noisy(2)[1]!.subarray(0, -48), 'nothing else is changed');
});

t.test('topology and cuts move the same in blocks of any size', async (t) => {
  const events = [
    { frame: 333, parameter: 'topology', value: 'back' },
    { frame: 1001, parameter: 'lowCut', value: 300 },
    { frame: 2000, parameter: 'link', value: false },
    { frame: 2501, parameter: 'topology', value: 'forward' },
    { frame: 3500, parameter: 'lowCut', value: 10 },
    { frame: 4000, parameter: 'highCut', value: 2000, rampFrames: 500 },
  ];
  const parameters = { threshold: -30, ratio: 4, knee: 6, attack: 5, release: 50, lookahead: 0.5 };
  const render = async (block: number | number[]) =>
    (await probe('compressor', { parameters })).render(noisy(2), { block, events }).outputs;
  const reference = await render(1024);
  for (const block of [1, 7, 128, [1, 1000, 13, 256]]) {
    const outputs = await render(block);
    const apart = Math.max(...outputs.map((output, c) => distance(output, reference[c]!)));
    t.ok(apart <= 1e-6, `blocks of ${block}: ${apart}`);
  }
});
