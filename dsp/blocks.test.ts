import { readFileSync } from 'node:fs';
import t from 'tap';
import { compileIfOld } from '../scripts/build-wasm.ts';

const built = await compileIfOld(['dsp/blocks.as.ts'], 'dsp/build/blocks.wasm', 'release');
const module = new WebAssembly.Module(readFileSync(built));
const dsp = new WebAssembly.Instance(module).exports as unknown as Record<string, (...numbers: number[]) => number>;

t.test('decibels', async (t) => {
  for (const db of [-120, -20, -6, 0, 0.1, 24]) {
    t.ok(Math.abs(dsp.gainOfDb!(db) / 10 ** (db / 20) - 1) < 1e-14, `${db} dB`);
    t.ok(Math.abs(dsp.dbOf!(dsp.gainOfDb!(db), -200) - db) < 1e-12, `${db} dB and back`);
  }
  t.equal(dsp.dbOf!(0, -120), -120);
  t.equal(dsp.dbOf!(Number.NaN, -120), -120);
  t.equal(dsp.dbOf!(1e-9, -120), -120);
});

t.test('sine is within 1e-11 of the true one everywhere', async (t) => {
  let worst = 0;
  for (let i = 0; i <= 100000; i++) {
    worst = Math.max(worst, Math.abs(dsp.sineOfPhase!(i / 100000) - Math.sin((2 * Math.PI * i) / 100000)));
  }
  t.ok(worst < 1e-11, `${worst}`);
  t.ok(Math.abs(dsp.sineOfPhase!(7.25) - 1) < 1e-11, 'any number of cycles');
});

t.test('Butterworth sections: Q from the tables', async (t) => {
  // Zverev, Handbook of Filter Synthesis: Q of the sections of order 2, 4, 6 and 8
  const tables = [[0.7071], [0.5412, 1.3066], [0.5176, 0.7071, 1.9319], [0.5098, 0.6013, 0.9, 2.5629]];
  for (const table of tables) {
    const found = table.map((_, i) => 1 / dsp.butterworthK!(i, table.length)).sort((a, b) => a - b);
    for (const [i, q] of table.entries())
      t.ok(Math.abs(found[i]! - q) < 6e-5, `order ${2 * table.length}: ${found[i]}, ${q}`);
  }
});

t.test('a follower does 63.2 % of a step in its time, up and down, and all at once in none', async (t) => {
  t.ok(Math.abs(dsp.follow!(0.01, 0.1, 0, 1, 480) - (1 - Math.exp(-1))) < 1e-12);
  t.ok(Math.abs(dsp.follow!(0.01, 0.1, 1, 0, 4800) - Math.exp(-1)) < 1e-12);
  t.ok(Math.abs(dsp.follow!(0.01, 0.1, 1, 0.5, 4800) - (0.5 + 0.5 * Math.exp(-1))) < 1e-12);
  t.equal(dsp.follow!(0, 0.1, 0, 1, 1), 1);
});

t.test('a band-limited step: nothing beyond one frame, half the height on the edge, antisymmetric', async (t) => {
  const step = 0.01;
  t.equal(dsp.blep!(0.52, 0.5, step), 0);
  t.equal(dsp.blep!(0.48, 0.5, step), 0);
  for (const d of [0.1, 0.5, 0.9]) {
    const before = dsp.blep!(0.5 - d * step, 0.5, step);
    t.ok(Math.abs(before - (1 - d) ** 2) < 1e-9, `${d} frames before`);
    t.ok(Math.abs(dsp.blep!(0.5 + d * step, 0.5, step) + before) < 1e-9, `${d} frames after`);
  }
  t.ok(Math.abs(dsp.blep!(0.0005, 0, step) + 0.9025) < 1e-9, 'also where the phase wraps');
  t.ok(Math.abs(dsp.blep!(0.9995, 0, step) - 0.9025) < 1e-9);
});

t.test('the pink filter falls by 3.01 dB per octave, within 0.035 dB from 15 Hz to 16 kHz at 44,100 Hz', async (t) => {
  const response = Float64Array.from({ length: 1 << 16 }, (_, n) => dsp.pinkOf!(n === 0 ? 1 : 0));
  const levels = Array.from({ length: 31 }, (_, i) => 15 * (16000 / 15) ** (i / 30)).map((hertz) => {
    let re = 0;
    let im = 0;
    for (const [n, x] of response.entries()) {
      re += x * Math.cos((2 * Math.PI * hertz * n) / 44100);
      im += x * Math.sin((2 * Math.PI * hertz * n) / 44100);
    }
    return 10 * Math.log10((re * re + im * im) * hertz); // the same at every frequency when pink
  });
  const spread = Math.max(...levels) - Math.min(...levels);
  t.ok(spread < 0.07, `spread ${spread} dB`);
});

t.test('log2 of four: within 6e-6, and 2e-7 of its size, at every exponent', async (t) => {
  let worst = 0;
  for (let i = 0; i <= 20000; i++) {
    const x = Math.fround(2 ** (-125 + (252 * i) / 20000));
    const error = Math.abs(dsp.log2Of!(x, 1, 0) - Math.log2(x));
    worst = Math.max(worst, error / (6e-6 + 2e-7 * Math.abs(Math.log2(x))));
  }
  t.ok(worst < 1, `${worst} of what is stated`);
  for (let e = -120; e < 120; e += 10) t.equal(dsp.log2Of!(2 ** e, 1, 0), e);
  t.ok(Math.abs(dsp.log2Of!(3, 0.25, 2) - (0.25 * Math.log2(3) - 2)) < 2e-6, 'in another unit, from another point');
  t.ok(Number.isFinite(dsp.log2Of!(0, 1, 0)) && Number.isFinite(dsp.log2Of!(Number.POSITIVE_INFINITY, 1, 0)));
});

t.test('2^-x of four: within 3.2e-6 of its size, and 1 for 0', async (t) => {
  let worst = 0;
  for (let i = 0; i <= 20000; i++) {
    const x = Math.fround(-126 + (252 * i) / 20000);
    worst = Math.max(worst, Math.abs(dsp.exp2MinusOf!(x) * 2 ** x - 1));
  }
  t.ok(worst < 3.2e-6, `${worst}`);
  t.equal(dsp.exp2MinusOf!(0), 1);
  t.equal(dsp.exp2MinusOf!(1000), dsp.exp2MinusOf!(126));
});

t.test('waves at every phase: the ideal wave, but for the frames around its edges', async (t) => {
  const step = 0.01;
  const ideal = [
    (p: number) => Math.sin(2 * Math.PI * p),
    (p: number) => (p < 0.5 ? 2 * p : 2 * p - 2),
    (p: number) => (p < 0.5 ? 1 : -1),
    (p: number) => (p < 0.25 ? 4 * p : p < 0.75 ? 2 - 4 * p : 4 * p - 4),
  ];
  const edges = [[], [0.5], [0, 0.5, 1], [0.25, 0.75]];
  for (const [wave, at] of ideal.entries()) {
    let worst = 0;
    for (let i = 0; i < 20011; i++) {
      const p = i / 20011;
      if (edges[wave]!.some((edge) => Math.abs(p - edge) < step)) continue;
      worst = Math.max(worst, Math.abs(dsp.waveOf!(wave, Math.floor(p * 2 ** 32), step) - at(p)));
    }
    t.ok(worst < (wave === 0 ? 1.2e-7 : 1e-6), `wave ${wave}: ${worst}`);
  }
  // on the edges: the saw's half way, the square's, and what the corner of the triangle loses: 8 step / 6
  t.ok(Math.abs(dsp.waveOf!(1, 2 ** 31, step)) < 1e-6);
  t.ok(Math.abs(dsp.waveOf!(2, 0, step)) < 1e-6);
  t.ok(Math.abs(dsp.waveOf!(3, 2 ** 30, step) - (1 - (8 * step) / 6)) < 1e-6);
});
