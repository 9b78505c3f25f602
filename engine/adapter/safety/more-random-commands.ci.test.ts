import t from 'tap';
import { randomCommands } from './testing/random-commands.ts';

const SEED = Number(process.env['AUDIOCLOUD_SEED'] ?? 100_000);

t.setTimeout(5 * 60 * 1000);
t.test('100,000 more random commands keep every invariant', async (t) => {
  const began = performance.now();
  const count = await randomCommands(100_000, SEED);
  t.comment(`${count} commands in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  t.ok(count >= 100_000);
});
