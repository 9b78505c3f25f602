import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { magnitude } from '../testing/complex.ts';
import { responseAt } from '../testing/measured-response.ts';
import { db } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

/*
 * The synthesizer against csound: its band-limited oscillators, vco2 (tables) and ours (smoothed edges), harmonic by harmonic,
 * and its state-variable filter. What is proven by formula in synth.test.ts is the same for others.
 */
const RATE = 48000;
const FRAMES = 48000;

const noCsound = spawnSync('csound', ['--version']).error ? 'needs csound (apt-get install csound)' : false;
const folder = t.testdir();

function csound(name: string, instrument: string): Float32Array {
  const csd = join(folder, `${name}.csd`);
  const out = join(folder, `${name}.raw`);
  const orchestra = `sr = ${RATE}\nksmps = 1\nnchnls = 1\n0dbfs = 1\ninstr 1\n${instrument}\nendin`;
  writeFileSync(
    csd,
    `<CsoundSynthesizer>\n<CsInstruments>\n${orchestra}\n</CsInstruments>\n<CsScore>\ni 1 0 1\n</CsScore>\n</CsoundSynthesizer>\n`,
  );
  const { status, stderr } = spawnSync('csound', ['-d', '-m0', '-f', '-h', '-o', out, csd], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`csound ended with ${status}: ${stderr}`);
  const bytes = readFileSync(out);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
}

async function ours(parameters: Record<string, number | string>, note: number): Promise<Float32Array> {
  const bare = { filter: 'off', attack: 0, decay: 0, sustain: 100, velocityLevel: 0, keyTracking: 0, filterAmount: 0, level: 0 };
  const synth = await probe('synth', { parameters: { ...bare, ...parameters }, widths: { out: 1 } });
  const events = [{ frame: 0, midi: [0x90, note, 127] }];
  return synth.render([], { frames: FRAMES, events }).outputs[0]!;
}

/** Under a Hann window, away from the start. */
function amplitudeAt(signal: Float32Array, hertz: number): number {
  const part = signal.subarray(FRAMES / 4).map((x, n) => x * Math.sin((Math.PI * n) / (0.75 * FRAMES)) ** 2);
  return (4 * magnitude(responseAt(part, hertz, RATE))) / part.length;
}

t.test('saw, pulse and triangle: harmonics as vco2 has them', { skip: noCsound }, async (t) => {
  const waves = [
    ['saw', 0, 1],
    ['pulse', 10, 2],
    ['triangle', 12, 2],
  ] as const;
  for (const [wave1, mode, every] of waves)
    for (const note of [45, 69]) {
      const hertz = 440 * 2 ** ((note - 69) / 12);
      const theirs = csound(`${wave1}${note}`, `a1 vco2 1, ${hertz}, ${mode}\nout a1`);
      const found = await ours({ wave1 }, note);
      let worst = 0;
      let highest = 0;
      for (let k = 1; k * hertz < 20000; k += every) {
        const difference = db(amplitudeAt(found, k * hertz) / amplitudeAt(theirs, k * hertz));
        // edges smoothed by a triangle of two frames: what it takes off the top is a formula
        const x = (Math.PI * k * hertz) / RATE;
        const corrected = Math.abs(difference - 2 * db(Math.sin(x) / x));
        if (k * hertz < 10000) worst = Math.max(worst, corrected);
        else if (wave1 !== 'triangle') highest = Math.max(highest, corrected);
      }
      t.ok(worst < 0.1, `${wave1}, note ${note}, to 10 kHz: ${worst} dB`);
      t.ok(highest < 0.5, `${wave1}, note ${note}, to 20 kHz: ${highest} dB`);
    }
});

t.test('the filter: as csound\'s state-variable filter, below a tenth of the rate', { skip: noCsound }, async (t) => {
  for (const [filter, output] of [
    ['low-pass', 'alow'],
    ['high-pass', 'ahigh'],
  ] as const)
    for (const [cutoff, resonance] of [
      [500, 0.7071],
      [1000, 4],
    ] as const) {
      const svf = `a1 vco2 1, 110\nahigh, alow, aband, areject statevar a1, ${cutoff}, ${resonance}, 12\nout ${output}`;
      const theirs = csound(`${filter}${cutoff}`, svf);
      const found = await ours({ wave1: 'saw', filter, cutoff, resonance }, 45);
      let worst = 0;
      for (let k = 1; k * 110 < 4800; k++)
        worst = Math.max(worst, Math.abs(db(amplitudeAt(found, k * 110) / amplitudeAt(theirs, k * 110))));
      t.ok(worst < 0.7, `${filter}, ${cutoff} Hz, Q ${resonance}: ${worst} dB`);
    }
});
