import { readFileSync } from 'node:fs';
import t from 'tap';
import { compile } from '../scripts/build-wasm.ts';

await compile(['dsp/blocks.as.ts'], 'dsp/build/blocks.wasm', 'release');
const module = new WebAssembly.Module(readFileSync(new URL('build/blocks.wasm', import.meta.url)));
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
