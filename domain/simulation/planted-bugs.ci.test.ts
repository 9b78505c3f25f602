import t from 'tap';
import { simulate } from './simulate.ts';
import { PLANTED_BUGS } from './testing/planted-bugs.ts';

/** A fifth of the worlds of `npm test`. */
const MOST_SEEDS = 100;

for (const { name, seenBy, plant } of PLANTED_BUGS)
  t.test(`${name}: it is seen`, async (t) => {
    for (let seed = 1; seed <= MOST_SEEDS; seed++) {
      const { violation } = await simulate(seed, { plant: plant() });
      if (!violation) continue;
      t.ok(seenBy.includes(violation.invariant), `seed ${seed}: ${violation.invariant}: ${violation.why}`);
      return;
    }
    t.fail(`not seen in ${MOST_SEEDS} worlds`);
  });
