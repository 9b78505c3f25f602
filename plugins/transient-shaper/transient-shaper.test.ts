import t from 'tap';
import { amplitude, bursts, held } from '../testing/levels.ts';
import { db, distance, noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const mono = { in: 1, out: 1 };
const FAST = 0.001;
const FALL = 0.06;

/** 1 less the share of the way done in a frame. */
const stay = (seconds: number, sampleRate: number) => Math.exp(-1 / (seconds * sampleRate));

t.test('as it comes, and when a level stands still, it changes nothing', async (t) => {
  const input = [noise(5000, 1), noise(5000, 2)];
  t.same((await probe('transient-shaper')).render(input).outputs, input);
  const still = new Float32Array(96000).fill(0.3);
  const parameters = { attack: 100, sustain: 100 };
  const { outputs } = (await probe('transient-shaper', { parameters, widths: mono })).render([still]);
  t.ok(Math.abs(db(outputs[0]!.at(-1)! / 0.3)) < 1e-3);
});

for (const sampleRate of [44100, 48000, 96000]) {
  t.test(`a step up and a step down at ${sampleRate} Hz, by the formula`, async (t) => {
    const [low, high] = [-40, -10];
    const [before, during, after] = [1.2, 0.6, 0.4].map((seconds) => Math.round(seconds * sampleRate));
    const input = held([before!, low], [during!, high], [after!, low]);
    for (const [attack, sustain] of [
      [100, 0],
      [-60, 0],
      [0, 80],
      [0, -100],
    ] as const) {
      const parameters = { attack, sustain, attackTime: 30, sustainTime: 100 };
      const shaper = await probe('transient-shaper', { sampleRate, parameters, widths: mono });
      const { outputs } = shaper.render([input]);
      const gain = (n: number) => db(outputs[0]![n]! / input[n]!);
      const [a, b] = [amplitude(low), amplitude(high)];
      // two poles in a row, p after q, `n` frames after a step from x to y: the first, and what follows it
      const first = (x: number, y: number, q: number, n: number) => y - (y - x) * q ** (n + 1);
      const second = (x: number, y: number, q: number, p: number, n: number) =>
        y - (y - x) * (p ** (n + 1) + ((1 - p) * q * (q ** (n + 1) - p ** (n + 1))) / (q - p));
      const [fast, fall] = [stay(FAST, sampleRate), stay(FALL, sampleRate)];
      for (const ms of [0.2, 1, 3, 10, 30, 100]) {
        const n = Math.round((ms * sampleRate) / 1000);
        const up = db(first(a, b, fast, n) / second(a, b, fast, stay(0.03, sampleRate), n));
        const risen = Math.max(-24, Math.min(24, (attack / 100) * Math.max(0, up)));
        t.ok(
          Math.abs(gain(before! + n) - risen) < 0.02,
          `attack ${attack} %, ${ms} ms: ${gain(before! + n)}, ${risen}`,
        );
        const down = db(second(b, a, fall, stay(0.1, sampleRate), n) / first(b, a, fall, n));
        const held = Math.max(-24, Math.min(24, (sustain / 100) * Math.max(0, down)));
        const found = gain(before! + during! + n);
        t.ok(Math.abs(found - held) < 0.02, `sustain ${sustain} %, ${ms} ms: ${found}, ${held}`);
      }
    }
  });
}

/** The page's words in double precision: what is added to one channel, in dB. */
class Shaper {
  readonly #stays: Record<'fast' | 'fall' | 'rise' | 'sink', number>;
  readonly #amounts: [number, number];
  #envelope = 0;
  #slow = 0;
  #long = 0;

  constructor(attack: number, sustain: number, attackTime: number, sustainTime: number) {
    this.#amounts = [attack / 100, sustain / 100];
    const of = (seconds: number) => stay(seconds, 48000);
    this.#stays = { fast: of(FAST), fall: of(FALL), rise: of(attackTime / 1000), sink: of(sustainTime / 1000) };
  }

  next(size: number): number {
    const follow = (value: number, target: number, up: 'fast' | 'rise', down: 'fall' | 'sink') =>
      target + (value - target) * this.#stays[target > value ? up : down];
    this.#envelope = follow(this.#envelope, size, 'fast', 'fall');
    this.#slow = follow(this.#slow, this.#envelope, 'rise', 'fall');
    this.#long = follow(this.#long, this.#envelope, 'fast', 'sink');
    const level = (value: number) => db(Math.max(value, 1e-5));
    const up = Math.max(0, level(this.#envelope) - level(this.#slow));
    const down = Math.max(0, level(this.#long) - level(this.#envelope));
    return Math.max(-24, Math.min(24, this.#amounts[0] * up + this.#amounts[1] * down));
  }
}

t.test('bursts of noise, linked and free', async (t) => {
  const inputs = bursts(Array.from({ length: 3 }, (_, c) => noise(6000, c)));
  for (const link of [false, true]) {
    const parameters = { attack: 80, sustain: -50, attackTime: 5, sustainTime: 90, output: -3, link };
    const { outputs } = (await probe('transient-shaper', { parameters, widths: { in: 3, out: 3 } })).render(inputs);
    const shapers = inputs.map(() => new Shaper(80, -50, 5, 90));
    let apart = 0;
    for (let n = 0; n < 6000; n++) {
      const sizes = inputs.map((input) => Math.abs(input[n]!));
      shapers.forEach((shaper, c) => {
        const gain = amplitude(shaper.next(link ? Math.max(...sizes) : sizes[c]!) - 3);
        apart = Math.max(apart, Math.abs(outputs[c]![n]! - gain * inputs[c]![n]!));
      });
    }
    t.ok(apart < 5e-4, `link ${link}: ${apart}`); // gains are up to 16
  }
});

t.test('moves without a step and the same in blocks of any size', async (t) => {
  const events = [
    { frame: 101, parameter: 'attack', value: 100 },
    { frame: 1001, parameter: 'output', value: 12 },
    { frame: 3000, parameter: 'link', value: false },
    { frame: 4000, parameter: 'sustain', value: 60, rampFrames: 700 },
  ];
  const input = bursts([noise(6000, 1), noise(6000, 2)]);
  const render = async (signals: Float32Array[], block: number | number[], moves = events) =>
    (await probe('transient-shaper')).render(signals, { block, events: moves }).outputs;
  const reference = await render(input, 1024);
  for (const block of [1, 7, 128, [1, 1000, 13, 256]]) {
    const outputs = await render(input, block);
    const apart = Math.max(...outputs.map((output, c) => distance(output, reference[c]!)));
    t.ok(apart <= 2e-6, `blocks of ${block}: ${apart}`);
  }
  const still = [new Float32Array(6000).fill(0.1), new Float32Array(6000).fill(0.1)];
  const [output] = await render(still, 1024, events.slice(1, 2));
  let steepest = 0;
  for (let n = 1000; n < 2500; n++) steepest = Math.max(steepest, Math.abs(output![n]! - output![n - 1]!));
  t.ok(steepest < (0.1 * 1.1 * (amplitude(12) - 1)) / 960 + 1e-4, `the output gain glides: ${steepest}`);
});
