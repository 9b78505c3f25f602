import t from 'tap';
import { report } from './report.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

// Those of simulation.test.ts come before.
const FIRST = 501;
const isLong = process.env['AUDIOCLOUD_LONG'] !== undefined;
const SEEDS = isLong ? 10_000 : 1_500;

t.setTimeout((isLong ? 60 : 15) * 60 * 1000);

t.test(`${SEEDS} worlds more`, async (t) => {
  let worlds = 0;
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    const outcome = await simulate(seed);
    worlds++;
    if (outcome.violation) t.fail(report(await shrink(outcome)));
  }
  t.equal(worlds, SEEDS);
});
