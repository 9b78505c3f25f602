import t from 'tap';
import { downMix, earChannels } from './down-mix.ts';

const frame = (...samples: number[]) =>
  [...downMix(Float32Array.from(samples), samples.length)].map((x) => Number(x.toFixed(4)));

t.test('down-mix: one and two channels stay, more go left and right in turn', async (t) => {
  t.same([1, 2, 3, 32].map(earChannels), [1, 2, 2, 2]);
  t.same(frame(0.5), [0.5]);
  t.same(frame(0.5, -0.25), [0.5, -0.25]);
  t.same(frame(1, 0, 1, 0), [1.4142, 0], 'two in the same direction add up as unknown ones do: +3 dB');
  t.same(frame(0, 0, 0, 1), [0, 0.7071]);
  t.same(frame(0, 0, 1), [0.5, 0.5], 'the last of an odd number is in the middle');
  t.same([...downMix(Float32Array.from([1, 0, 0, 0, 0, 1, 0, 0]), 4)].length, 4, 'frame by frame');
});
