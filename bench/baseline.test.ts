import t from 'tap';
import { regressions } from './baseline.ts';
import { row } from './row.ts';

const timed = (id: string, ratio: number | null) =>
  row({ id, name: id, unit: 'ratio', value: ratio, goal: null, ratio });

t.test('a regression is a ratio more than 10 % above the baseline', async (t) => {
  const baseline = { ratios: { same: 0.5, slightly: 0.5, worse: 0.5, better: 0.5, gone: 0.5, absent: 0.5 } };
  const rows = [
    timed('same', 0.5),
    timed('slightly', 0.549),
    timed('worse', 0.551),
    timed('better', 0.1),
    timed('new', 9),
    timed('absent', null),
  ];
  t.same(regressions(rows, baseline), [{ id: 'worse', before: 0.5, now: 0.551 }]);
});
