import t from 'tap';
import { OutputLevels } from './output-levels.ts';

const RATE = 48_000;
const FRAMES = 480;
/** 10 ms of a sine of 1 kHz: whole periods. */
const sine = (peak: number) =>
  Float32Array.from({ length: FRAMES }, (_, i) => peak * Math.sin((2 * Math.PI * 1000 * i) / RATE));

t.test('a sine has its peak at once, its mean square after a while, and both fall with 50 ms', async (t) => {
  const levels = OutputLevels.create(2);
  const same = new OutputLevels(levels.memory);
  levels.take([sine(0.5), sine(0)], FRAMES, RATE);
  t.ok(Math.abs(same.of(0).peak - 0.5) < 1e-6);
  t.same(same.of(1), { peak: 0, square: 0 });
  for (let i = 0; i < 100; i++) levels.take([sine(0.5), sine(0)], FRAMES, RATE);
  t.ok(
    Math.abs(same.of(0).square - 0.125) < 1e-6,
    `the mean square of half a full sine is 1 / 8: ${same.of(0).square}`,
  );
  for (let i = 0; i < 5; i++) levels.take([sine(0), sine(0)], FRAMES, RATE);
  t.ok(Math.abs(same.of(0).peak - 0.5 / Math.E) < 1e-4, 'after 50 ms');
  t.ok(Math.abs(same.of(0).square - 0.125 / Math.E) < 1e-4);
  t.same(same.of(7), { peak: 0, square: 0 }, 'an output that there is not');
});
