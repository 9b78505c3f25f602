import t from 'tap';
import { INVARIANTS } from './invariants/index.ts';
import { report } from './report.ts';
import { simulate } from './simulate.ts';

const SEEDS = 500;
/** Of each world, by its seed. */
const hashes = new Map<number, string>();

t.setTimeout(5 * 60 * 1000);

t.test(`${SEEDS} worlds: whatever goes wrong, every invariant is true`, async (t) => {
  let acknowledged = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await simulate(seed);
    acknowledged += outcome.acknowledged;
    hashes.set(seed, outcome.hash);
    if (outcome.violation) t.fail(report(outcome));
  }
  t.ok(acknowledged > 10 * SEEDS, `${acknowledged} changes were acknowledged`);
});

t.test('the same seed is the same world, another seed is another', async (t) => {
  for (let seed = 1; seed <= 20; seed++) t.equal((await simulate(seed)).hash, hashes.get(seed), `seed ${seed}`);
  t.equal(new Set(hashes.values()).size, SEEDS);
});

t.test('invariants have names of their own', async (t) => {
  const names = INVARIANTS.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  t.ok(names.length >= 15, `${names.length} invariants`);
});
