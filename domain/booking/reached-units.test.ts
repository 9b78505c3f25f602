import type { FixedInstanceState } from '@audiocloud/api';
import t from 'tap';
import type { Engines } from '../engine/engines.ts';
import { reachedUnits } from './reached-units.ts';

const unit = (id: string, powers: readonly string[] = []) => ({
  id,
  model: `${id.split(':').slice(0, 2).join(':')}@1`,
  powers: Object.fromEntries(powers.map((one, index) => [one, { parameter: 'power', index }])),
});
const reached = (...fixed: Pick<FixedInstanceState, 'id' | 'model' | 'powers'>[]) =>
  reachedUnits({ list: [{ engine: { fixed } }] } as unknown as Engines).map(({ id, through = [] }) => [
    id,
    through.map((one) => one.id),
  ]);

t.test('a unit names all through which it has its power, the nearest first, and itself never', async (t) => {
  t.same(
    reached(unit('a:deck:1'), unit('a:outlets:1', ['a:deck:1']), unit('a:mains:1', ['a:outlets:1', 'a:mains:1'])),
    [
      ['a:deck:1', ['a:outlets:1', 'a:mains:1']],
      ['a:outlets:1', ['a:mains:1']],
      ['a:mains:1', []],
    ],
  );
});
