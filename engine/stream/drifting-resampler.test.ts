import t from 'tap';
import { fitSine } from '../../test/sine-fit.ts';
import { DriftingResampler } from './drifting-resampler.ts';

/** A sine through the resampler in pieces of varying length; the first channel of what comes out. */
function through(hz: number, from: number, to: number, seconds: number, drift = 0): Float32Array {
  const resampler = new DriftingResampler(2, from, to);
  const out: number[] = [];
  for (let n = 0, size = 1; n < seconds * from; n += size, size = (size * 7) % 1009) {
    const piece = Float32Array.from({ length: 2 * size }, (_, i) => {
      const x = 0.5 * Math.sin((2 * Math.PI * hz * (n + (i >> 1))) / from);
      return i % 2 ? -x : x;
    });
    const made = resampler.push(piece, drift);
    for (let i = 0; i < made.length; i += 2) {
      if (made[i + 1] !== -made[i]!) throw new Error('the channels are not each other turned over');
      out.push(made[i]!);
    }
  }
  return Float32Array.from(out.slice(2000));
}

t.test('drifting resampler keeps pitch, level and nothing else', async (t) => {
  for (const [from, to] of [
    [48000, 48000],
    [44100, 48000],
    [96000, 48000],
    [48000, 44100],
  ] as const)
    for (const part of [0.01, 0.2, 0.43]) {
      const hz = part * Math.min(from, to);
      const { frequencyHz, amplitude, residualDb } = fitSine(through(hz, from, to, 1), to, hz);
      t.ok(Math.abs(frequencyHz - hz) < 0.01, `${from} to ${to}: ${hz} Hz is ${frequencyHz}`);
      t.ok(Math.abs(20 * Math.log10(amplitude / 0.5)) < 0.01, `and as loud: ${amplitude}`);
      t.ok(residualDb < -85, `the rest is ${residualDb} dB`);
    }
});

t.test('drifting resampler takes its input faster by the drift', async (t) => {
  const { frequencyHz, residualDb } = fitSine(through(1000, 48000, 48000, 2, 0.001), 48000, 1001);
  t.ok(Math.abs(frequencyHz - 1001) < 0.001, `1 kHz is ${frequencyHz}`);
  t.ok(residualDb < -85, `the rest is ${residualDb} dB`);
});
