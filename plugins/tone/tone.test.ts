import t from 'tap';
import { db, distance } from '../testing/signals.ts';
import { stockPlugin, probe } from '../testing/stock.ts';

const RATE = 48000;
const FRAMES = 48000;

/** Amplitude of the sinusoid at `hertz`, a whole number of cycles in the signal. */
function amplitudeAt(signal: Float32Array, hertz: number, sampleRate = RATE): number {
  let re = 0;
  let im = 0;
  for (let n = 0; n < signal.length; n++) {
    const angle = 2 * Math.PI * ((hertz * n) / sampleRate - Math.floor((hertz * n) / sampleRate));
    re += signal[n]! * Math.cos(angle);
    im += signal[n]! * Math.sin(angle);
  }
  return (2 * Math.hypot(re, im)) / signal.length;
}

const rms = (signal: Float32Array) => Math.sqrt(signal.reduce((sum, x) => sum + x * x, 0) / signal.length);
const mono = { widths: { out: 1 } };

t.test('sine: frequency, level, phase and purity', async (t) => {
  for (const [frequency, level] of [
    [997, -18],
    [20, 0],
    [15000, -60],
  ] as const) {
    const { outputs } = (await probe('tone', { ...mono, parameters: { frequency, level } })).render([], {
      frames: FRAMES,
    });
    const wanted = 10 ** (level / 20);
    t.ok(Math.abs(db(amplitudeAt(outputs[0]!, frequency) / wanted)) < 1e-5, `${frequency} Hz at ${level} dBFS`);
    const ideal = Float32Array.from(
      { length: FRAMES },
      (_, n) => wanted * Math.sin((2 * Math.PI * frequency * n) / RATE),
    );
    // whatever is not the ideal sine, noise and distortion: -140 dB, the rounding of f32
    t.ok(db(rms(outputs[0]!.map((x, n) => x - ideal[n]!)) / wanted) < -140, 'purity');
  }
});

// 2 fundamental coefficients of each wave: Fourier series of an amplitude of 1
const harmonics = {
  saw: (k: number) => 2 / (Math.PI * k),
  square: (k: number) => (k % 2 ? 4 / (Math.PI * k) : 0),
  triangle: (k: number) => (k % 2 ? 8 / (Math.PI * k) ** 2 : 0),
};

for (const type of ['saw', 'square', 'triangle'] as const) {
  t.test(`${type}: harmonics of its Fourier series, aliases far below those of the bare wave`, async (t) => {
    const frequency = 1237; // prime: aliases fall between the harmonics, on whole Hz
    const { outputs } = (await probe('tone', { ...mono, parameters: { type, frequency, level: 0 } })).render([], {
      frames: FRAMES,
    });
    const signal = outputs[0]!;
    for (let k = 1; k * frequency < 8000; k++) {
      // the triangle kernel of two frames takes sinc^2 off the top
      const x = (Math.PI * k * frequency) / RATE;
      const wanted = harmonics[type](k) * (Math.sin(x) / x) ** 2;
      const found = amplitudeAt(signal, k * frequency);
      if (wanted) t.ok(Math.abs(db(found / wanted)) < 0.15, `harmonic ${k}: ${db(found)} dB, wanted ${db(wanted)}`);
    }
    const bare = Float32Array.from({ length: FRAMES }, (_, n) => {
      const p = (frequency * n) / RATE - Math.floor((frequency * n) / RATE);
      if (type === 'saw') return p < 0.5 ? 2 * p : 2 * p - 2;
      if (type === 'square') return p < 0.5 ? 1 : -1;
      return p < 0.25 ? 4 * p : p < 0.75 ? 2 - 4 * p : 4 * p - 4;
    });
    const worstAlias = (wave: Float32Array) => {
      let worst = 0;
      for (let k = 1; k < 200; k++) {
        const folded = Math.abs(k * frequency - RATE * Math.round((k * frequency) / RATE));
        if (k * frequency > RATE / 2 && folded < 8000) worst = Math.max(worst, amplitudeAt(wave, folded));
      }
      return db(worst);
    };
    const alias = worstAlias(signal);
    const limit = { saw: -62, square: -58, triangle: -90 }[type];
    t.ok(alias < limit, `aliases below 8 kHz at most ${alias} dBFS, stated ${limit}`);
    t.ok(alias < worstAlias(bare) - 10, `bare: ${worstAlias(bare)}`);
    t.ok(signal.every((x) => Math.abs(x) <= 1.001));
  });
}

t.test('white noise: level, flatness, another seed is another noise', async (t) => {
  const parameters = { type: 'white', level: 0 };
  const render = async (seed: bigint) =>
    (await probe('tone', { ...mono, parameters, seed })).render([], { frames: 1 << 17 }).outputs[0]!;
  const signal = await render(1n);
  t.ok(Math.abs(db(rms(signal)) + 4.77) < 0.05, `RMS ${db(rms(signal))}`);
  t.ok(Math.abs(signal.reduce((sum, x) => sum + x, 0) / signal.length) < 0.01, 'no offset');
  for (const lag of [1, 2, 5, 100]) {
    let sum = 0;
    for (let n = lag; n < signal.length; n++) sum += signal[n]! * signal[n - lag]!;
    t.ok(Math.abs(sum / signal.length / rms(signal) ** 2) < 0.015, `not like itself ${lag} frames later`); // 5 sigma
  }
  t.same(await render(1n), signal, 'the same seed is the same noise');
  t.not(distance(await render(2n), signal), 0);
});

t.test('pink noise: -3.01 dB per octave and the RMS of the white', async (t) => {
  const { outputs } = (
    await probe('tone', { ...mono, sampleRate: 44100, parameters: { type: 'pink', level: 0 } })
  ).render([], { frames: 1 << 18 });
  const signal = outputs[0]!;
  t.ok(Math.abs(db(rms(signal)) + 4.77) < 0.5, `RMS ${db(rms(signal))}`);
  // power of bands one octave wide, by averaged spectra of 4,096 frames: equal for pink noise
  const power = new Float64Array(2049);
  for (let start = 0; start + 4096 <= signal.length; start += 4096) {
    const part = signal
      .subarray(start, start + 4096)
      .map((x, n) => x * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / 4096)));
    for (let bin = 16; bin < 1024; bin += 2 ** Math.floor(Math.log2(bin)) / 8)
      power[bin]! += amplitudeAt(part, bin, 4096) ** 2;
  }
  const octave = (from: number) => {
    let sum = 0;
    let count = 0;
    for (let bin = from; bin < 2 * from; bin++) {
      if (!power[bin]) continue;
      sum += power[bin]!;
      count++;
    }
    return 10 * Math.log10((sum / count) * from); // all octaves are sampled at the same eight ratios
  };
  const levels = [16, 32, 64, 128, 256, 512].map(octave);
  for (const level of levels) t.ok(Math.abs(level - levels[3]!) < 1, `octaves: ${levels.map((x) => x.toFixed(2))}`);
});

t.test('a pulse: harmonics of its Fourier series, for any width', async (t) => {
  for (const width of [50, 20, 83]) {
    const parameters = { type: 'pulse', frequency: 500, level: -6, width };
    const { outputs } = (await probe('tone', { ...mono, parameters })).render([], { frames: 9600 });
    for (let k = 1; k <= 12; k++) {
      const x = (Math.PI * k * 500) / RATE;
      const wanted =
        10 ** (-6 / 20) *
        Math.abs((4 / (Math.PI * k)) * Math.sin((Math.PI * k * width) / 100)) *
        (Math.sin(x) / x) ** 2;
      const found = amplitudeAt(outputs[0]!, k * 500);
      t.ok(Math.abs(found - wanted) < 0.003, `${width} %, harmonic ${k}: ${found}, wanted ${wanted}`); // aliases
    }
    t.ok(Math.abs(outputs[0]!.reduce((sum, x) => sum + x, 0) / 9600) < 1e-5, 'no offset');
  }
});

t.test('brown, blue and violet noise: their slopes, and the RMS of the white', async (t) => {
  const frames = 1 << 16;
  /** Mean power of eight bins of 512 around `bin`, Hann windows. */
  const power = (signal: Float32Array, bin: number) => {
    let sum = 0;
    for (let start = 0; start + 512 <= frames; start += 512) {
      const part = signal.subarray(start, start + 512).map((x, n) => x * Math.sin((Math.PI * n) / 512) ** 2);
      for (let b = bin - 4; b < bin + 4; b += 2) sum += amplitudeAt(part, b, 512) ** 2;
    }
    return 10 * Math.log10(sum);
  };
  const render = async (type: string) =>
    (await probe('tone', { ...mono, parameters: { type, level: 0 } })).render([], { frames }).outputs[0]!;
  const sources = { white: await render('white'), pink: await render('pink') };
  // |H|^2 at a phase of w per frame: the leaky sum of 20 Hz at the power of its input, and the difference
  const a = Math.exp((-2 * Math.PI * 20) / RATE);
  for (const [type, source, gain] of [
    ['brown', 'white', (w: number) => (1 - a * a) / (1 - 2 * a * Math.cos(w) + a * a)],
    ['violet', 'white', (w: number) => 2 * Math.sin(w / 2) ** 2],
    ['blue', 'pink', (w: number) => (1.66 * 2 * Math.sin(w / 2)) ** 2],
  ] as const) {
    const signal = await render(type);
    // 20 Hz decide about brown noise, of which there are few in a second and a half
    t.ok(Math.abs(db(rms(signal)) + 4.77) < (type === 'brown' ? 1 : 0.15), `${type}: RMS ${db(rms(signal))}`);
    for (const bin of [20, 40, 80, 160]) {
      // of the same numbers as the source: what differs is what the window leaks
      const found = power(signal, bin) - power(sources[source], bin);
      const wanted = 10 * Math.log10(gain((2 * Math.PI * (bin - 1)) / 512));
      t.ok(Math.abs(found - wanted) < 0.6, `${type}, bin ${bin}: ${found} dB above ${source}, wanted ${wanted}`);
    }
  }
});

t.test('every channel is the same, and noise is one noise', async (t) => {
  for (const type of ['sine', 'pink']) {
    const { outputs } = (await probe('tone', { widths: { out: 32 }, parameters: { type } })).render([], {
      frames: 500,
    });
    for (const output of outputs) t.same(output, outputs[0]);
  }
});

t.test('frequency and level move without a step, also between waveforms', async (t) => {
  const events = [
    { frame: 1000, parameter: 'frequency', value: 100 },
    { frame: 3000, parameter: 'level', value: -120 },
    { frame: 6000, parameter: 'level', value: -6 },
    { frame: 9000, parameter: 'type', value: 'triangle' },
  ];
  const tone = await probe('tone', { ...mono, parameters: { frequency: 50, level: -6 } });
  const { outputs } = tone.render([], { frames: 12000, events });
  let steepest = 0;
  for (let n = 1; n < 12000; n++) steepest = Math.max(steepest, Math.abs(outputs[0]![n]! - outputs[0]![n - 1]!));
  // a 100 Hz sine of 0.5: 2 pi 100 / 48000 / 2 = 0.00655; 0.5 within 480 frames: 0.00104; the fade 1 / 480
  t.ok(steepest < 0.00655 + 0.00104 + 0.0021, `steepest ${steepest}`);
  t.ok(
    outputs[0]!.subarray(3500, 6000).every((x) => x === 0),
    '-120 dBFS is silence',
  );
});

t.test('blocks of any size sound the same', async (t) => {
  await stockPlugin();
  const events = [
    { frame: 33, parameter: 'frequency', value: 5000 },
    { frame: 500, parameter: 'type', value: 'saw' },
    { frame: 600, parameter: 'type', value: 'pink' },
    { frame: 2000, parameter: 'level', value: -3, rampFrames: 700 },
  ];
  const render = async (block: number | number[]) =>
    (await probe('tone')).render([], { frames: 5000, block, events }).outputs[0]!;
  const reference = await render(1024);
  for (const block of [1, 7, 32, 64, 128, 480, [3, 1000]])
    t.equal(distance(await render(block), reference), 0, `blocks of ${block}`);
});
