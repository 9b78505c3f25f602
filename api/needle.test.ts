import t from 'tap';
import { Needle } from './needle.ts';
import { TICK_MS } from './simulated-adapter.ts';

t.test('a needle goes 63 % of its way in its time, and arrives', async (t) => {
  const needle = new Needle(0);
  for (let ms = 0; ms < 200; ms += TICK_MS) needle.follow(10, 0.2, 1);
  t.ok(Math.abs(needle.value - 10 * (1 - Math.exp(-1))) < 1e-9, String(needle.value));
  for (let ms = 0; ms < 1000; ms += TICK_MS) needle.follow(0, 0.2, 1);
  t.ok(Math.abs(needle.value - 10 * (1 - Math.exp(-1)) * Math.exp(-1)) < 1e-9, 'down at its own pace');
  for (let ms = 0; ms < 20_000; ms += TICK_MS) needle.follow(0, 0.2, 1);
  t.equal(needle.value, 0);
  t.equal(needle.follow(-3, 0, 0), -3, 'at once');
});
