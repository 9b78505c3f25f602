import t from 'tap';
import { noise } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

/** A tone of harmonics with these heights. */
function tone(hertz: number, sampleRate: number, frames: number, heights: readonly number[]): Float32Array {
  return Float32Array.from({ length: frames }, (_, n) =>
    heights.reduce(
      (sum, height, k) => sum + height * Math.sin((2 * Math.PI * hertz * (k + 1) * n) / sampleRate + k),
      0,
    ),
  );
}

async function pitchOf(input: Float32Array, sampleRate = 48000, reference = 440) {
  const instance = await probe('tuner', { sampleRate, widths: { in: 1, out: 1 }, parameters: { reference } });
  const { reports, outputs } = instance.render([input]);
  const [hertz, note, cents, clarity] = ['frequency', 'note', 'cents', 'clarity'].map((id) => reports[id]![0]!);
  return { hertz: hertz!, note: note!, cents: cents!, clarity: clarity!, output: outputs[0]! };
}

const timbres = {
  sine: [0.5],
  saw: [0.5, 0.25, 0.17, 0.12, 0.1],
  'without its fundamental': [0, 0.3, 0.3, 0.2, 0.2],
};

for (const [name, heights] of Object.entries(timbres)) {
  t.test(`${name}: frequency within a twentieth of a cent`, async (t) => {
    for (const hertz of [30.87, 41.2, 82.41, 110, 196.3, 440, 987.77, 2093, 4186])
      for (const sampleRate of hertz === 110 ? [8000, 44100, 48000, 96000, 192000] : [48000]) {
        if (hertz * heights.length > 0.4 * Math.min(sampleRate, 48000)) continue;
        const frames = Math.round(0.14 * sampleRate);
        const found = await pitchOf(tone(hertz, sampleRate, frames, heights), sampleRate);
        const off = 1200 * Math.log2(found.hertz / hertz);
        t.ok(Math.abs(off) < 0.05, `${hertz} Hz at ${sampleRate}: ${found.hertz}, ${off} cents off`);
        t.ok(found.clarity > 95, `clear: ${found.clarity}`);
      }
  });
}

t.test('note and cents, by the reference', async (t) => {
  for (const [hertz, reference, note, cents] of [
    [440, 440, 69, 0],
    [442, 442, 69, 0],
    [440, 445, 69, 1200 * Math.log2(440 / 445)],
    [261.6256, 440, 60, 0],
    [440 * 2 ** (0.3 / 12), 440, 69, 30],
    [440 * 2 ** (-6.4 / 12), 440, 63, -40],
  ] as const) {
    const found = await pitchOf(tone(hertz, 48000, 8000, [0.3]), 48000, reference);
    t.equal(found.note, note);
    t.ok(Math.abs(found.cents - cents) < 0.02, `${hertz} Hz: ${found.cents} cents, wanted ${cents}`);
  }
});

t.test('noise and silence are no tone; the sound passes unchanged', async (t) => {
  const hiss = await pitchOf(noise(12000, 3));
  t.same([hiss.hertz, hiss.note, hiss.cents], [0, 0, 0], `clarity ${hiss.clarity}`);
  t.same(hiss.output, noise(12000, 3));
  const silence = await pitchOf(new Float32Array(9000));
  t.same([silence.hertz, silence.clarity], [0, 0]);
  const instance = await probe('tuner', { widths: { in: 1, out: 1 } });
  instance.render([tone(440, 48000, 8192, [0.5])]);
  const { reports } = instance.render([new Float32Array(16384)]);
  t.equal(reports['frequency']![0], 0, 'after the tone has ended');
});
