import type { ParameterChange, Value } from '@audiocloud/api';
import t from 'tap';
import { randoms } from '../../test/testing/randoms.ts';
import { MergedChanges } from './merged-changes.ts';

/** What 4 values of each of 3 parameters are after changes in a row. */
function applied(changes: readonly ParameterChange[]): Record<string, Value[]> {
  const values: Record<string, Value[]> = { a: [0, 0, 0, 0], b: [0, 0, 0, 0], c: [0, 0, 0, 0] };
  for (const { parameter, index, value } of changes)
    if (index === undefined) values[parameter] = [value, value, value, value];
    else values[parameter]![index] = value;
  return values;
}

t.test('1,000 random rows of changes come to the same values, without what was replaced', async (t) => {
  const random = randoms(1);
  for (let round = 0; round < 1_000; round++) {
    const all = Array.from({ length: 1 + Math.floor(random() * 30) }, (_, i): ParameterChange => {
      const index = Math.floor(random() * 6);
      const place = { instance: 'x', parameter: 'abc'[Math.floor(random() * 3)]! };
      return { ...place, ...(index < 4 ? { index } : {}), value: i + 1 };
    });
    const merged = new MergedChanges(all);
    if (JSON.stringify(applied(merged.list)) !== JSON.stringify(applied(all)))
      return t.fail(`round ${round} of seed 1: ${JSON.stringify(all)} became ${JSON.stringify(merged.list)}`);
    if (merged.size !== merged.list.length || merged.size > 15)
      return t.fail(`round ${round} of seed 1: ${merged.size} changes, wanted ${merged.list.length}, 15 at most`);
  }
  t.pass();
});
