import t from 'tap';
import { wrongCoefficients } from '../plugins/testing/wrong-coefficients.ts';
import { proveRound, rounds } from './mistaken-plugin.ts';

// A row of the table is seen by the test of its model; without a mistake every test passes. CI takes one row of three.
const isLong = process.env['AUDIOCLOUD_LONG'] !== undefined;
const rows = wrongCoefficients.filter((_, i) => isLong || i % 3 === 0);

t.setTimeout(900_000); // on a busy machine; about 60 s for all of them on an idle one

t.test('without a mistake all pass', (t) => proveRound(t, []));

for (const [i, round] of rounds(rows).entries())
  t.test(`round ${i + 1}: each wrong coefficient is seen`, (t) => proveRound(t, round));
