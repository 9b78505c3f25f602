import t from 'tap';
import { mistaken } from '../plugins/testing/wrong-coefficient.ts';
import { wrongCoefficients } from '../plugins/testing/wrong-coefficients.ts';
import { stockModels } from '../scripts/build-wasm.ts';

// The table itself; what it proves takes minutes, in CI (wrong-coefficients.ci.test.ts).

t.test('a row whose text is not in the file, or stands there twice, is refused', async (t) => {
  const row = { model: 'gain', file: 'plugins/gain/kernel.as.ts', right: 'no such text', wrong: '1' };
  t.throws(() => mistaken(row), /no such text.*0 times/);
  t.throws(() => mistaken({ ...row, right: '0.5' }, '0.5 and 0.5'), /2 times/);
  t.throws(() => mistaken({ ...row, right: '0.5', wrong: '0.5' }, '0.5'), /its own place/);
  t.equal(mistaken({ ...row, right: '0.5', wrong: '$&' }, 'a 0.5 b'), 'a $& b');
  for (const each of wrongCoefficients) mistaken(each);
});

t.test('every stock model has its rows', async (t) => {
  for (const model of stockModels())
    t.ok(wrongCoefficients.filter((row) => row.model === model).length >= 2, `${model}: at least two`);
});
