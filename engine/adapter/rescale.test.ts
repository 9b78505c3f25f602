import t from 'tap';
import { rescale } from './rescale.ts';

t.test('rescale maps ends exactly, the middle to the middle, and clamps outside', async (t) => {
  t.equal(rescale(0, [0, 100], [0, 127]), 0);
  t.equal(rescale(100, [0, 100], [0, 127]), 127);
  t.equal(rescale(50, [0, 100], [0, 127]), 63.5);
  t.equal(rescale(101, [0, 100], [0, 127]), 127);
  t.equal(rescale(-1, [0, 100], [0, 127]), 0);
  t.equal(rescale(0.3, [0.1, 0.3], [0.1, 0.7]), 0.7);
});

t.test('rescale takes falling intervals on either side', async (t) => {
  t.equal(rescale(25, [0, 100], [127, 0]), 95.25);
  t.equal(rescale(-10, [0, -40], [0, 80]), 20);
  t.equal(rescale(10, [0, -40], [0, 80]), 0);
});

t.test('rescale never lets NaN out', async (t) => {
  t.equal(rescale(Number.NaN, [0, 1], [5, 6]), 5);
});
