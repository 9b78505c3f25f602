import t from 'tap';
import { transform } from '../../calibration/fourier.ts';
import { createSampleQuantiser, hasShaping, type QuantiserOptions, SHAPING } from './sample-quantiser.ts';

const RATE = 44100;
const BLOCK = 4096;
const base: QuantiserOptions = {
  channels: 1,
  bits: 16,
  dither: 'tpdf',
  isSilenceKept: false,
  sampleRate: RATE,
  seed: 1,
};

function quantised(planes: Float32Array[], options: Partial<QuantiserOptions>, blockFrames = 1000): Int32Array {
  const channels = planes.length;
  const quantiser = createSampleQuantiser({ ...base, channels, ...options });
  const into = new Int32Array(planes[0]!.length * channels);
  for (let at = 0; at < planes[0]!.length; at += blockFrames) {
    const frames = Math.min(blockFrames, planes[0]!.length - at);
    quantiser.quantise(planes, at, frames, into.subarray(at * channels));
  }
  return into;
}

const sine = (frames: number, level: number, hz = 997) =>
  Float32Array.from({ length: frames }, (_, i) => level * Math.sin((2 * Math.PI * hz * i) / RATE));
const isSame = (a: Int32Array, b: Int32Array) => a.length === b.length && a.every((x, i) => x === b[i]);
/** What was added, in steps. */
const errorOf = (integers: Int32Array, samples: Float32Array, bits = 16) =>
  Float64Array.from(integers, (value, i) => value - samples[i]! * 2 ** (bits - 1));

/** Mean power of each of `BLOCK` / 2 bins of the error, by a Hann window, in steps squared per frame. */
function spectrum(error: Float64Array): Float64Array {
  const power = new Float64Array(BLOCK / 2);
  const window = Float64Array.from({ length: BLOCK }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / BLOCK));
  const gain = window.reduce((sum, w) => sum + w * w, 0);
  const blocks = Math.floor(error.length / BLOCK);
  for (let b = 0; b < blocks; b++) {
    const re = error.slice(b * BLOCK, (b + 1) * BLOCK).map((x, i) => x * window[i]!);
    const im = new Float64Array(BLOCK);
    transform(re, im);
    for (let k = 0; k < power.length; k++) power[k]! += (re[k]! ** 2 + im[k]! ** 2) / gain / blocks;
  }
  return power;
}

/** The filter of the error, in power. */
function shapeAt(hz: number): number {
  let [re, im] = [1, 0];
  SHAPING.forEach((c, k) => {
    const angle = (-2 * Math.PI * hz * (k + 1)) / RATE;
    re -= c * Math.cos(angle);
    im -= c * Math.sin(angle);
  });
  return re * re + im * im;
}
const bandPower = (power: ArrayLike<number>, from: number, to: number) => {
  const [first, last] = [from, to].map((hz) => Math.round((hz * BLOCK) / RATE)) as [number, number];
  let sum = 0;
  for (let k = first; k < last; k++) sum += power[k]!;
  return sum / (last - first);
};

t.test('tpdf: noise is white, of a quarter of a step squared, and has nothing of the signal', (t) => {
  const signal = sine(BLOCK * 40, 0.3);
  const error = errorOf(quantised([signal], {}), signal);
  const power = spectrum(error);
  for (const [from, to] of [
    [100, 2000],
    [2000, 8000],
    [8000, 20000],
  ] as const) {
    const found = bandPower(power, from, to);
    // 40 blocks of more than 150 bins: 4 standard errors are 0.05
    t.ok(Math.abs(found / 0.25 - 1) < 0.07, `${from} to ${to} Hz: ${found}`);
  }
  const correlation = (delay: number) => {
    let sum = 0;
    for (let i = 10; i < error.length; i++) sum += error[i]! * signal[i - delay]!;
    return sum / error.length / (0.5 * (0.3 / Math.SQRT2));
  };
  for (const delay of [0, 1, 2]) t.ok(Math.abs(correlation(delay)) < 4 / Math.sqrt(error.length), `delay ${delay}`);
  t.end();
});

t.test('none: what is quieter than half a step is gone; tpdf keeps it', (t) => {
  const signal = sine(BLOCK * 40, 0.4 / 2 ** 15, 1000);
  t.ok(quantised([signal], { dither: 'none' }).every((x) => x === 0));
  const kept = quantised([signal], {});
  let sum = 0;
  for (let i = 0; i < kept.length; i++) sum += kept[i]! * signal[i]!;
  const level = sum / signal.reduce((all, x) => all + x * x, 0) / 2 ** 15;
  t.ok(Math.abs(level - 1) < 0.05, `its level is ${level} of what it was`);
  t.end();
});

t.test('shaped: the noise has the spectrum of the published filter, far lower where ears are keen', (t) => {
  const signal = sine(BLOCK * 60, 0.1);
  const power = spectrum(errorOf(quantised([signal], { dither: 'shaped' }), signal));
  for (const hz of [1500, 3500, 5500, 9000, 12000, 15000, 18000, 20500]) {
    const wanted = 0.25 * shapeAt(hz);
    const found = bandPower(power, hz - 200, hz + 200);
    // where the filter is deepest, neighbours leak in: 2 dB
    t.ok(Math.abs(10 * Math.log10(found / wanted)) < 2, `${hz} Hz: ${found}, wanted ${wanted}`);
  }
  const keen = 10 * Math.log10(bandPower(power, 3000, 4000) / 0.25);
  t.ok(keen < -18, `from 3 to 4 kHz it is ${keen.toFixed(1)} dB of what tpdf has`);
  t.end();
});

t.test('shaped at a rate that the curve is not for is tpdf', (t) => {
  const signal = sine(5000, 0.2);
  t.same([44100, 48000].map(hasShaping), [true, true]);
  t.same([32000, 88200, 96000].map(hasShaping), [false, false, false]);
  const at = (dither: 'tpdf' | 'shaped') => quantised([signal], { dither, sampleRate: 96000 });
  t.ok(isSame(at('shaped'), at('tpdf')));
  t.end();
});

t.test('silence stays digital silence where that is asked for, after 50 ms', (t) => {
  const signal = new Float32Array(20000);
  signal.set(sine(5000, 0.2));
  for (const dither of ['tpdf', 'shaped'] as const) {
    const kept = quantised([signal, signal], { dither, isSilenceKept: true });
    const first = Math.round(0.05 * RATE) + 5000;
    t.ok(
      kept.subarray(first * 2).every((x) => x === 0),
      dither,
    );
    t.ok(kept.subarray(5001 * 2, first * 2).some((x) => x !== 0));
    t.ok(
      quantised([signal], { dither })
        .subarray(first)
        .some((x) => x !== 0),
      'and not where it is not',
    );
  }
  t.end();
});

t.test('the same seed gives the same integers however it is cut; another seed others', (t) => {
  const planes = [sine(10000, 0.5), sine(10000, 0.1, 50)];
  for (const dither of ['tpdf', 'shaped'] as const) {
    const whole = quantised(planes, { dither }, 10000);
    t.ok(isSame(quantised(planes, { dither }, 7), whole), dither);
    t.notOk(isSame(quantised(planes, { dither, seed: 2 }, 7), whole), dither);
  }
  t.end();
});

t.test('what does not fit is held and counted; what is no number is 0, and shaping forgets it', (t) => {
  const planes = [Float32Array.of(1.5, -1.5, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.5)];
  const quantiser = createSampleQuantiser({ ...base, dither: 'none' });
  const into = new Int32Array(7);
  quantiser.quantise(planes, 0, 7, into);
  t.same([...into], [32767, -32768, 32767, -32768, 0, 32767, 16384]);
  t.equal(quantiser.clippedSamples, 5);
  const after = new Float32Array(3000);
  after[0] = Number.NaN;
  t.ok(quantised([after], { dither: 'shaped' }).every((x) => Math.abs(x) < 60));
  const deep = Float32Array.of(1, -1, 0.123456789);
  t.same([...quantised([deep], { bits: 32 })], [2 ** 31 - 1, -(2 ** 31), Math.round(deep[2]! * 2 ** 31)]);
  t.end();
});
