import t from 'tap';
import { wrongCoefficients } from '../plugins/testing/wrong-coefficients.ts';
import { proveRound, rounds } from './mistaken-plugin.ts';

// Every row of the table is seen by the test of its model; without a mistake every test passes.

t.setTimeout(900_000); // on a busy machine; about 60 s on an idle one

t.test('without a mistake all pass', (t) => proveRound(t, []));

for (const [i, round] of rounds(wrongCoefficients).entries())
  t.test(`round ${i + 1}: each wrong coefficient is seen`, (t) => proveRound(t, round));
