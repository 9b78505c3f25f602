import t from 'tap';
import { db, noise, sine } from '../testing/signals.ts';
import { probe } from '../testing/stock.ts';

const RATE = 48000;
const bandOf = (hertz: number) => Math.floor(12 * Math.log2(hertz / 20));
const edge = (band: number) => 20 * 2 ** (band / 12);

async function spectrumOf(input: Float32Array[], parameters: Record<string, string | number> = {}) {
  const instance = await probe('spectrum', { parameters, widths: { in: input.length, out: input.length } });
  const { outputs, reports } = instance.render(input);
  return { levels: reports['spectrum']!, outputs };
}

t.test(
  'a sine reads its peak level in its band: right in the middle of a bin, at most 0.83 dB low between',
  async (t) => {
    for (const size of [1024, 8192])
      for (const [bin, level] of [
        [20, 0],
        [100, -20],
        [size / 8 + 3, -80],
        [41.5, -6],
        [77.3, -40],
      ] as const) {
        const hertz = (bin * RATE) / size;
        const { levels } = await spectrumOf([sine(2 * size + 12000, hertz, RATE, 10 ** (level / 20))], {
          size,
          fall: 500, // what the onset spread over all bands is gone
        });
        const found = levels[bandOf(hertz)]!;
        if (Number.isInteger(bin))
          t.ok(Math.abs(found - level) < 0.01, `bin ${bin} of ${size}: ${found} dBFS, wanted ${level}`);
        else
          t.ok(found - level < 0.01 && found - level > -0.84, `bin ${bin} of ${size}: ${found} dBFS, wanted ${level}`);
        // side lobes: beyond 4 bins 92 dB down, and the rounding of f32
        for (const [band, other] of levels.entries()) {
          const isFar = edge(band) > hertz + (5 * RATE) / size || edge(band + 1) < hertz - (5 * RATE) / size;
          if (isFar && other > Math.max(level - 91, -138))
            t.fail(`band ${band} reads ${other} dBFS beside ${level} in ${bandOf(hertz)}`);
        }
      }
  },
);

t.test('between two bins it is what the window says', async (t) => {
  // exact transform of a Blackman-Harris window half a bin away: the scalloping loss of Harris, table 1
  const { levels } = await spectrumOf([sine(8192, (100.5 * RATE) / 4096, RATE)]);
  t.ok(Math.abs(levels[bandOf((100.5 * RATE) / 4096)]! + 0.83) < 0.006, `${levels[bandOf((100.5 * RATE) / 4096)]}`);
});

t.test('white noise: twelve bands an octave see it at one level, and the sound passes unchanged', async (t) => {
  const input = noise(1 << 15, 4);
  const instance = await probe('spectrum', { widths: { in: 1, out: 1 }, parameters: { size: 1024, fall: 500 } });
  const sums = new Float64Array(120);
  let count = 0;
  for (let start = 0; start < input.length; start += 1024, count++) {
    const { outputs, reports } = instance.process([input.subarray(start, start + 1024)], 1024);
    t.same(outputs[0], input.subarray(start, start + 1024));
    for (const [band, level] of reports['spectrum']!.entries()) sums[band]! += 10 ** (level / 10);
  }
  // a bin of noise of power 1/3: power x sum of squares of the window x (2 / sum)^2, and the largest of n bins ln n + 0.577 times it
  const squares = 0.35875 ** 2 + (0.48829 ** 2 + 0.14128 ** 2 + 0.01168 ** 2) / 2;
  const bin = ((1 / 3) * (squares / 0.35875 ** 2) * 4) / 1024;
  for (const band of [100, 110, 118]) {
    const bins = (edge(band + 1) - edge(band)) / (RATE / 1024);
    const found = 10 * Math.log10(sums[band]! / count / bin);
    t.ok(
      found > 0 && found < 10 * Math.log10(Math.log(bins + 1) + 4.5),
      `band ${band}: ${found} dB above the mean of a bin`,
    );
  }
});

t.test('a band falls at its pace', async (t) => {
  const hertz = (100 * RATE) / 1024;
  const instance = await probe('spectrum', {
    widths: { in: 1, out: 1 },
    parameters: { size: 1024, fall: 40 },
    maxFrames: 256,
  });
  const input = new Float32Array(256 * 60);
  input.set(sine(256 * 12, hertz, RATE));
  const levels: number[] = [];
  for (let start = 0; start < input.length; start += 256)
    levels.push(instance.process([input.subarray(start, start + 256)], 256).reports['spectrum']![bandOf(hertz)]!);
  t.ok(Math.abs(levels[11]!) < 0.01, `${levels[11]}`);
  const seconds = (40 * 256) / RATE;
  t.ok(Math.abs(levels[19]! - levels[59]! - 40 * seconds) < 1e-3, `${levels[19]! - levels[59]!} dB in ${seconds} s`);
});

t.test('sources: the mean of all channels, the first, the second; nothing above half of the rate', async (t) => {
  const [left, right] = [sine(8192, 1500, RATE, 0.5), sine(8192, 6000, RATE, 0.25)];
  const level = async (source: string, hertz: number) =>
    (await spectrumOf([left, right], { source })).levels[bandOf(hertz)]!;
  t.ok(Math.abs((await level('left', 1500)) - db(0.5)) < 0.01);
  t.ok((await level('left', 6000)) < -60); // what the onset spread falls for 0.09 s
  t.ok(Math.abs((await level('right', 6000)) - db(0.25)) < 0.01);
  t.ok(Math.abs((await level('mix', 1500)) - db(0.25)) < 0.01);
  const slow = await probe('spectrum', { sampleRate: 8000, widths: { in: 1, out: 1 } });
  const { reports } = slow.render([noise(8192, 1)]);
  for (const [band, x] of reports['spectrum']!.entries()) if (edge(band) > 4000) t.equal(x, -140);
});
