import { readFileSync } from 'node:fs';
import t from 'tap';
import { magnitude } from '../plugins/testing/complex.ts';
import { responseAt } from '../plugins/testing/measured-response.ts';
import { db, distance, impulse, noise as white } from '../plugins/testing/signals.ts';
import { compileIfOld } from '../scripts/build-wasm.ts';

const built = await compileIfOld(['dsp/time-blocks.as.ts'], 'dsp/build/time-blocks.wasm', 'release');
const module = new WebAssembly.Module(readFileSync(built));
const instance = new WebAssembly.Instance(module);
const dsp = instance.exports as unknown as Record<string, (...numbers: number[]) => number>;
const { memory } = instance.exports as { memory: WebAssembly.Memory };

/** A place in the module's memory for f32, filled with what is given. */
function place(values: ArrayLike<number>): number {
  const at = dsp.take!(values.length * 4 + 16);
  new Float32Array(memory.buffer, at, values.length).set(values);
  return at;
}
const read = (at: number, length: number) => new Float32Array(memory.buffer, at, length).slice();

/** What a block of (..., input, output, frames) makes of a signal. */
function through(block: string, numbers: number[], input: Float32Array): Float32Array {
  const from = place(input);
  const to = place(new Float32Array(input.length));
  dsp[block]!(...numbers, from, to, input.length);
  return read(to, input.length);
}

t.test(
  'clean lets sound through as it is, and neither NaN, infinities, denormals nor what is above 120 dBFS',
  async (t) => {
    for (const cleaned of [dsp.cleanOf!, dsp.cleanLane!]) {
      for (const x of [1, -0.3, 1e-17, -9e5]) t.equal(cleaned(x), Math.fround(x));
      for (const x of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-40, -1e-19, 2e6])
        t.equal(cleaned(x), 0, `${x}`);
    }
  },
);

t.test('tanh: within what is stated, the same for one and four', async (t) => {
  let worst = 0;
  let inner = 0;
  for (let i = -2000; i <= 2000; i++) {
    const x = Math.fround(i / 200);
    const error = Math.abs(dsp.tanh!(x) - Math.tanh(x));
    worst = Math.max(worst, error);
    if (Math.abs(x) <= 3) inner = Math.max(inner, error);
    if (dsp.tanh!(x) !== dsp.tanhLane!(x)) t.fail(`${x}: one and four differ`);
  }
  t.ok(worst < 1e-4, `${worst}`);
  t.ok(inner < 2e-6, `up to 3: ${inner}`);
});

t.test('a delay ring: whole, linear, cubic and all-pass delays are the published filters', async (t) => {
  const input = white(400, 3);
  for (const frames of [0, 1, 57, 255]) {
    const wanted = new Float32Array(400);
    wanted.set(input.subarray(0, 400 - frames), frames);
    t.same(through('delayed', [0, frames, 255], input), wanted, `${frames} frames`);
  }
  const points = [0.01, 0.1, 0.2, 0.25, 0.3, 0.4];
  for (const delay of [1, 1.25, 20.5, 31.9]) {
    const n = Math.floor(delay);
    const d = delay - n;
    const taps: [number, number, number[]][] = [
      [1, n, [1 - d, d]],
      // Lagrange of order 3 through the frames -1, 0, 1 and 2
      [
        2,
        n - 1,
        [-1, 0, 1, 2].map((k) => [-1, 0, 1, 2].filter((j) => j !== k).reduce((h, j) => (h * (d - j)) / (k - j), 1)),
      ],
    ];
    for (const [kind, first, wanted] of taps) {
      const response = through('delayed', [kind, delay, 64], impulse(100));
      const ideal = new Float32Array(100);
      ideal.set(wanted, first);
      t.ok(distance(response, ideal) < 1e-7, `${kind === 1 ? 'linear' : 'cubic'} ${delay}`);
    }
    const allPass = through('delayed', [3, delay, 64], impulse(600));
    for (const f of points) {
      const h = responseAt(allPass, f, 1);
      t.ok(Math.abs(magnitude(h) - 1) < 1e-5, `all-pass ${delay} at ${f}: ${magnitude(h)}`);
    }
    const slow = responseAt(allPass, 0.001, 1);
    t.ok(Math.abs(-Math.atan2(slow.im, slow.re) / (2 * Math.PI * 0.001) - delay) < 1e-3, `all-pass is ${delay} late`);
  }
  // stated: midway between frames, at a quarter of the rate
  const at = (kind: number) => db(magnitude(responseAt(through('delayed', [kind, 5.5, 64], impulse(60)), 0.25, 1)));
  t.ok(Math.abs(at(1) + 3.01) < 0.01, `linear ${at(1)}`);
  t.ok(Math.abs(at(2) - db(Math.SQRT1_2 * 1.25)) < 0.01, `cubic ${at(2)}`); // (9/8 cos w/2 - 1/8 cos 3w/2)
});

t.test('one pole: the analog filter under the bilinear transform', async (t) => {
  for (const cutoff of [0.001, 0.05, 0.3]) {
    const response = through('lowPassed', [cutoff], impulse(20000));
    for (const f of [0.0005, 0.01, 0.1, 0.3, 0.45]) {
      const ratio = Math.tan(Math.PI * f) / Math.tan(Math.PI * cutoff);
      const found = db(magnitude(responseAt(response, f, 1)));
      const wanted = -10 * Math.log10(1 + ratio * ratio);
      t.ok(Math.abs(found - wanted) < 0.001, `${cutoff} at ${f}: ${found}, wanted ${wanted}`);
    }
  }
});

t.test('tables: straight lines and cubics within their stated errors, exact on their values', async (t) => {
  const step = (2 * Math.PI) / 64;
  for (const [isCubic, limit] of [
    [0, step ** 2 / 8],
    [1, (3 * step ** 4) / 128],
  ] as const) {
    let worst = 0;
    for (let i = 0; i <= 6400; i++)
      worst = Math.max(worst, Math.abs(dsp.sineByTable!(isCubic, i / 100) - Math.sin((i / 100) * step)));
    t.ok(worst < limit * 1.01 + 2e-7 && worst > limit * 0.9, `${worst}, stated ${limit}`);
    t.equal(dsp.sineByTable!(isCubic, 16), 1);
  }
});

t.test('windows: their formulas', async (t) => {
  const at = place(new Float32Array(256));
  dsp.hannWindow!(at, 256);
  t.ok(
    distance(
      read(at, 256),
      Float32Array.from({ length: 256 }, (_, n) => Math.sin((Math.PI * n) / 256) ** 2),
    ) < 1e-7,
  );
  dsp.blackmanHarrisWindow!(at, 256);
  const spectrum = (bin: number) => db(magnitude(responseAt(read(at, 256), bin, 256)) / (0.35875 * 256));
  t.ok(Math.abs(spectrum(0)) < 1e-4);
  t.ok(Math.abs(spectrum(0.5) + 0.83) < 0.01, `between bins ${spectrum(0.5)} dB`);
  for (let bin = 4; bin < 120; bin += 0.61)
    if (spectrum(bin) > -91.9) t.fail(`side lobe of ${spectrum(bin)} dB at ${bin}`);
});

t.test('Fourier transform: every bin is the sum, and the way back gives the frames', async (t) => {
  for (const size of [16, 32, 64, 512, 8192]) {
    const fft = dsp.fft!(size);
    const half = size / 2;
    const input = white(size, size);
    const frames = place(input);
    const spectrum = dsp.take!(dsp.spectrumBytes!(size));
    dsp.forward!(fft, frames, spectrum);
    const re = read(spectrum, half + 4);
    const im = read(spectrum + 4 * (half + 4), half + 4);
    const largest = Math.max(...re.map((x, k) => Math.hypot(x, im[k]!)));
    let worst = 0;
    for (let k = 0; k <= half; k += size > 1000 ? 127 : 1) {
      let wr = 0;
      let wi = 0;
      for (let n = 0; n < size; n++) {
        const angle = (2 * Math.PI * ((k * n) % size)) / size;
        wr += input[n]! * Math.cos(angle);
        wi -= input[n]! * Math.sin(angle);
      }
      worst = Math.max(worst, Math.hypot(re[k]! - wr, im[k]! - wi) / largest);
    }
    t.ok(worst < 3e-7, `${size}: ${worst} of the largest bin`);
    t.ok(
      [...re.subarray(half + 1), ...im.subarray(half)].every((x) => x === 0),
      'what pads it is zero',
    );
    dsp.inverse!(fft, spectrum, frames);
    t.ok(distance(read(frames, size), input) < 1e-6, `${size} and back`);
  }
});

const NO_ROUTE = 0xffffffff;
const words = (values: number[]) => {
  const at = dsp.take!(values.length * 4);
  new Uint32Array(memory.buffer, at, values.length).set(values);
  return at;
};

/** Frame n of a convolution in f64. */
function sumAt(response: ArrayLike<number>, input: ArrayLike<number>, n: number): number {
  let sum = 0;
  for (let k = Math.max(0, n - input.length + 1); k <= Math.min(n, response.length - 1); k++)
    sum += response[k]! * input[n - k]!;
  return sum;
}

t.test(
  'the transform for convolutions: the second half of the product is the convolution, in pieces of any size',
  async (t) => {
    for (const [size, piece] of [
      [64, 4],
      [64, 1],
      [256, 3],
      [1024, 64],
      [4096, 17],
    ] as const) {
      const frames = white(2 * size, size);
      const response = white(size, piece);
      const to = place(new Float32Array(size));
      dsp.rightAngle!(size, piece, place(response), place(frames), to);
      const output = read(to, size).map((x) => x / size);
      let worst = 0;
      for (let n = 0; n < size; n += 13)
        worst = Math.max(worst, Math.abs(output[n]! - sumAt(response, frames, size + n)));
      const largest = output.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      t.ok(worst < 7e-7 * largest, `${size} numbers, ${piece} groups at a time: ${worst} of ${largest}`);
    }
  },
);

t.test(
  'convolution: the sum itself, from the first frame on, for any length, in blocks of any size the same bits',
  async (t) => {
    const frames = 9000;
    const inputs = [white(frames, 5), white(frames, 6)];
    const from = place(new Float32Array([...inputs[0]!, ...inputs[1]!]));
    const to = place(new Float32Array(2 * frames));
    const both: [number[], number, number][] = [
      [[0, NO_ROUTE, NO_ROUTE, NO_ROUTE], 1, 1],
      [[0, NO_ROUTE, NO_ROUTE, 1], 2, 2],
      [[0, 1, 2, 3], 2, 2],
      [[0, NO_ROUTE, 1, NO_ROUTE], 1, 2],
      [[0, 1, NO_ROUTE, NO_ROUTE], 2, 1],
    ];
    for (const length of [1, 3, 127, 128, 129, 192, 511, 512, 513, 700, 2048, 2049, 5000, 8192, 8193, 8500]) {
      const [routes, ins, outs] = both[length % both.length]!;
      const count = Math.max(...routes.filter((route) => route !== NO_ROUTE)) + 1;
      const responses = Array.from({ length: count }, (_, r) =>
        white(length, length + r).map((x) => x / Math.sqrt(length)),
      );
      const at = dsp.convolver!(ins, outs, words(routes), count, length, place(responses.flatMap((r) => [...r])));
      const render = (blocks: number[]) => {
        dsp.convolverReset!(at);
        for (let n = 0, turn = 0; n < frames; turn++) {
          const end = Math.min(frames, n + blocks[turn % blocks.length]!);
          dsp.convolve!(at, from, to, frames, n, end);
          n = end;
        }
        return Array.from({ length: outs }, (_, o) => read(to + 4 * o * frames, frames));
      };
      const outputs = render([128]);
      let worst = 0;
      for (const [o, output] of outputs.entries())
        for (let n = 0; n < frames; n += n < 140 ? 1 : 61) {
          let sum = 0;
          for (let i = 0; i < ins; i++)
            if (routes[2 * o + i] !== NO_ROUTE) sum += sumAt(responses[routes[2 * o + i]!]!, inputs[i]!, n);
          worst = Math.max(worst, Math.abs(sum - output[n]!));
        }
      t.ok(worst < 2e-6, `${length} frames, ${ins} to ${outs}: ${worst}`); // of sums up to 2
      for (const blocks of [[1], [7], [64], [1024], [33, 5, 900, 2]])
        t.ok(
          render(blocks).every((output, o) => distance(output, outputs[o]!) === 0),
          `${length} frames in blocks of ${blocks}`,
        );
    }
  },
);

t.test('oversampling: latency, pass band, stop band; the same in pieces of any size', async (t) => {
  for (const [stages, latency] of [
    [1, 63],
    [2, 71],
    [3, 74],
  ] as const) {
    const response = through('oversampled', [stages, 1, 32], impulse(400, 100));
    const peak = response.indexOf(Math.max(...response));
    t.equal(peak, 100 + latency, `${2 ** stages} times: ${latency} frames late`);
    for (let n = 1; n < 60; n++)
      if (Math.abs(response[peak - n]! - response[peak + n]!) > 1e-7)
        t.fail(`linear phase, ${n} frames from the middle`);
    for (const f of [0.001, 0.1, 0.3, 0.4, 0.449])
      t.ok(Math.abs(db(magnitude(responseAt(response, f, 1)))) < 0.001, `${f} of the rate passes`);
    const input = white(300, 8);
    const whole = through('oversampled', [stages, 3, 32], input);
    for (const piece of [1, 7, 31])
      t.same(through('oversampled', [stages, 3, piece], input), whole, `pieces of ${piece}`);
    // A cube makes of a sine at f one of 3 f, a quarter as high: 0.75 of the rate would fold to 0.25; it is gone.
    const sine = Float32Array.from({ length: 1200 }, (_, n) => Math.sin(2 * Math.PI * 0.25 * n + 0.3) * 0.9);
    const cube = through('oversampled', [stages, 3, 32], sine).subarray(200);
    // 0.9^3 (3/4 sin(w) - 1/4 sin(3 w)), and a folded one would add to the sine: it has the height of the first term alone
    const height = (2 * magnitude(responseAt(cube, 0.25, 1))) / cube.length;
    t.ok(Math.abs(db(height / (0.75 * 0.729))) < 0.001, `folded: ${height}`);
    // content at 0.6 of the rate, made of 0.2: three times it
    const low = Float32Array.from({ length: 1200 }, (_, n) => Math.sin(2 * Math.PI * 0.2 * n) * 0.9);
    const folded = through('oversampled', [stages, 3, 32], low).subarray(200);
    const level = db(((2 * magnitude(responseAt(folded, 0.4, 1))) / folded.length / (0.25 * 0.729)) as number);
    t.ok(level < -95, `0.6 of the rate folds to 0.4 at ${level} dB`);
  }
});

t.test('a slow sine: its phase at any frame', async (t) => {
  for (const [step, frames, offset] of [
    [0.0001, 12345, 0.25],
    [1 / 96000, 480000, 0],
  ] as const)
    t.ok(
      Math.abs(dsp.lfoAt!(step, frames, offset) - Math.sin(2 * Math.PI * (step * frames + offset))) < 2e-9,
      'within 2^-32 of a cycle',
    );
});

/** Power of a noise at a frequency: the mean over parts of 256 frames of |X|^2, Hann window. */
function power(signal: Float32Array, f: number): number {
  let sum = 0;
  let parts = 0;
  for (let start = 0; start + 256 <= signal.length; start += 256, parts++)
    sum +=
      magnitude(
        responseAt(
          signal.subarray(start, start + 256).map((x, n) => x * Math.sin((Math.PI * n) / 256) ** 2),
          f,
          1,
        ),
      ) ** 2;
  return sum / parts;
}

t.test('colours of noise: their slopes by formula, at the RMS of white noise', async (t) => {
  const frames = 1 << 15;
  const corner = 0.02;
  const make = (kind: number) => {
    const at = place(new Float32Array(frames));
    dsp.noise!(kind, corner, 7, at, frames);
    return read(at, frames);
  };
  const a = Math.exp(-2 * Math.PI * corner);
  const points = [0.05, 0.1, 0.2, 0.4];
  const rms = (signal: Float32Array) => Math.sqrt(signal.reduce((sum, x) => sum + x * x, 0) / signal.length);
  const reference = make(0);
  const bare = points.map((f) => power(reference, f));
  const pink = make(4);
  const pinks = points.map((f) => power(pink, f));
  for (const [name, kind, from, gain] of [
    ['brown', 1, bare, (w: number) => (1 - a * a) / (1 - 2 * a * Math.cos(w) + a * a)],
    ['violet', 2, bare, (w: number) => 2 * Math.sin(w / 2) ** 2],
    ['blue', 3, pinks, (w: number) => (1.66 * 2 * Math.sin(w / 2)) ** 2],
  ] as const) {
    const signal = make(kind);
    t.ok(Math.abs(db(rms(signal) * Math.sqrt(3))) < 0.3, `${name}: RMS ${db(rms(signal))}`);
    for (const [i, f] of points.entries()) {
      const found = 10 * Math.log10(power(signal, f) / from[i]!);
      const wanted = 10 * Math.log10(gain(2 * Math.PI * f));
      // the same random numbers in both: what differs is the leakage of the window
      t.ok(Math.abs(found - wanted) < 0.5, `${name} at ${f}: ${found} dB, wanted ${wanted}`);
    }
  }
});

t.test('a pulse: high for its width, no offset, both steps band limited', async (t) => {
  const step = 0.01;
  for (const width of [0.1, 0.5, 0.8]) {
    const whole = Math.floor(width * 2 ** 32);
    const mean = 2 * width - 1;
    for (let i = 0; i < 997; i++) {
      const p = i / 997;
      if ([0, width, 1].some((edge) => Math.abs(p - edge) < step)) continue;
      const wanted = (p < width ? 1 : -1) - mean;
      const found = dsp.pulseOf!(Math.floor(p * 2 ** 32), step, whole);
      if (Math.abs(found - wanted) > 1e-6) t.fail(`${width} at ${p}: ${found}, wanted ${wanted}`);
    }
    t.ok(Math.abs(dsp.pulseOf!(0, step, whole) + mean) < 1e-6, 'half way on its rising edge');
    t.ok(Math.abs(dsp.pulseOf!(whole, step, whole) + mean) < 1e-6, 'and on its falling one');
  }
});

/** The amplitude of a sine in a signal, by least squares, and of what is left, as of a sine. */
function sineWithin(signal: Float32Array, cycles: number): [amplitude: number, rest: number] {
  let [ss, cc, sc, xs, xc, xx] = [0, 0, 0, 0, 0, 0];
  for (const [n, x] of signal.entries()) {
    const [s, c] = [Math.sin(2 * Math.PI * cycles * n), Math.cos(2 * Math.PI * cycles * n)];
    ss += s * s;
    cc += c * c;
    sc += s * c;
    xs += x * s;
    xc += x * c;
    xx += x * x;
  }
  const determinant = ss * cc - sc * sc;
  const [a, b] = [(xs * cc - xc * sc) / determinant, (xc * ss - xs * sc) / determinant];
  return [Math.hypot(a, b), Math.sqrt((2 * Math.max(0, xx - a * xs - b * xc)) / signal.length)];
}

/** A sound of frames -REACH to `frames` - 1 + REACH, read from `position` on. */
const REACH = 300;
function atSpeed(
  sound: (n: number) => number,
  speed: number,
  frames: number,
  { position = 0, change = 0 } = {},
): Float32Array {
  const length = Math.ceil(position + frames * Math.max(speed, speed + frames * change)) + 2 * REACH;
  const from = place(Float32Array.from({ length }, (_, n) => sound(n - REACH)));
  const to = place(new Float32Array(frames));
  dsp.atSpeed!(from + 4 * REACH, position, speed, change, to, frames);
  return read(to, frames);
}
const sineAt = (cycles: number) => (n: number) => Math.sin(2 * Math.PI * cycles * n);
/** Speeds at which a kernel is stretched just enough, and just below and above. */
const SPEEDS = [
  1 / 16,
  0.3,
  0.5,
  0.9999,
  1.0001,
  1.06,
  1.2,
  1.21,
  1.4983,
  1.667,
  2,
  2.1,
  2.9,
  3.99,
  5,
  7.3,
  11,
  15.9,
  16,
];
const STRETCHES = [1, 1.2, 4 / 3, 1.5, 5 / 3, 2, 2.4, 3, 4, 5, 6, 8, 10, 12, 16];
const stretchOf = (speed: number) => STRETCHES.find((stretch) => stretch >= speed)!;

t.test(
  'a sound at any speed: sines up to 0.4 of its rate over the stretch (0.2 beyond 4), flat, and nothing but the sine',
  async (t) => {
    const worst = { flatDb: 0, restDb: -200 };
    for (const speed of SPEEDS) {
      const highest = (speed > 4 ? 0.2 : 0.4) / stretchOf(speed);
      const heard = speed > 4 ? 0.16 : speed > 2 ? 0.3 : 0.33;
      t.ok(highest * speed >= heard || speed < 1, `${speed}: heard up to ${highest * speed} of the rate`);
      for (const share of [0.01, 0.2, 0.5, 0.8, 0.95, 1]) {
        const cycles = share * highest;
        const output = atSpeed(sineAt(cycles), speed, 2000, { position: 0.37 });
        const [gain, rest] = sineWithin(output, cycles * speed);
        worst.flatDb = Math.max(worst.flatDb, Math.abs(db(gain)));
        worst.restDb = Math.max(worst.restDb, db(rest));
      }
    }
    t.ok(worst.flatDb < 0.001, `${worst.flatDb} dB`);
    t.ok(worst.restDb < -90, `images: ${worst.restDb} dB`);
  },
);

t.test(
  'a sound at any speed: what would fold to below 0.4 of the rate that it is heard at is 90 dB down',
  async (t) => {
    let worst = 0;
    for (const speed of SPEEDS.filter((speed) => speed > 1.2))
      for (let i = 0; i <= 40; i++) {
        // from 0.6 of the rate heard up to half of the sound's own
        const cycles = (0.6 + (i / 40) * (0.5 * speed - 0.6)) / speed;
        const output = atSpeed(sineAt(cycles), speed, 600);
        worst = Math.max(worst, Math.sqrt(output.reduce((sum, x) => sum + 2 * x * x, 0) / 600));
      }
    t.ok(db(worst) < -90, `${db(worst)} dB`);
  },
);

t.test('a sound at any speed: itself at speed 1, and what stands still stands still', async (t) => {
  const sound = white(900, 3);
  const at = (n: number) => sound[n + REACH] ?? 0;
  t.same(atSpeed(at, 1, 300), sound.slice(REACH, REACH + 300), 'speed 1');
  const aside = atSpeed(at, 1, 300, { position: 2 ** -32 });
  t.ok(distance(aside, sound.slice(REACH, REACH + 300)) < 1e-6, 'no step to a position beside it');
  for (const speed of SPEEDS)
    t.ok(
      atSpeed(() => 1, speed, 500, { position: 0.123 }).every((x) => Math.abs(x - 1) < 2e-6),
      `${speed}: 1 is 1`,
    );
});

t.test('a sound at any speed: the speed grows frame by frame', async (t) => {
  const [cycles, speed, change] = [0.02, 1.3, 2 ** -10];
  const output = atSpeed(sineAt(cycles), speed, 400, { change });
  // after n frames n speed + change n (n - 1) / 2
  const wanted = output.map((_, n) => Math.sin(2 * Math.PI * cycles * (n * speed + (change * n * (n - 1)) / 2)));
  t.ok(distance(output, wanted) < 1e-4, `${distance(output, wanted)}`);
});
