import fc from 'fast-check';
import t from 'tap';
import { assignUnits, type UnitNeed, type UnitView } from './assign-units.ts';

const unit = (id: string, change: Partial<UnitView> = {}): UnitView => ({
  id,
  model: 'test:preamp',
  holder: undefined,
  isReady: true,
  isFailed: false,
  ...change,
});
const any = (instance: string, last?: string): UnitNeed => ({
  instance,
  model: 'test:preamp',
  fixed: 'any',
  ...(last === undefined ? {} : { last }),
});
const named = (instance: string, fixed: string): UnitNeed => ({ instance, model: 'test:preamp', fixed });
const everything = () => true;
const nothing = () => false;

t.test('any free unit will do: the one of last time, then one that is ready', async (t) => {
  const units = [unit('a', { isReady: false }), unit('b'), unit('c', { isReady: false })];
  t.same(assignUnits('task', [any('x')], {}, units, everything, nothing).units, { x: 'b' });
  t.same(assignUnits('task', [any('x', 'c')], {}, units, everything, nothing).units, { x: 'c' });
  t.same(assignUnits('task', [any('x', 'c'), named('y', 'c')], {}, units, everything, nothing).units, {
    x: 'b',
    y: 'c',
  });
  t.same(assignUnits('task', [any('x')], {}, units, (id) => id === 'a', nothing).units, { x: 'a' }, 'by the calendar');
});

t.test('of free units it gets the one that it has reserved', async (t) => {
  const units = [unit('a'), unit('b'), unit('c', { isReady: false })];
  const reserved = (id: string) => id === 'c';
  t.same(assignUnits('task', [any('x', 'b')], {}, units, everything, reserved).units, { x: 'c' });
});

t.test('a task gets all that it needs or nothing', async (t) => {
  const units = [unit('a'), unit('b', { holder: 'other' })];
  const { units: given, missing } = assignUnits('task', [any('x'), any('y')], {}, units, everything, nothing);
  t.same(given, {});
  t.same(
    missing.map(({ instance }) => instance),
    ['y'],
  );
});

t.test('what a task has stays, but one that failed, where another is in order', async (t) => {
  const mine = { holder: 'task', isFailed: true };
  const have = (units: UnitView[], need = any('x')) =>
    assignUnits('task', [need], { x: 'b' }, units, everything, nothing).units;
  t.same(have([unit('a'), unit('b', { holder: 'task', isReady: false })]), { x: 'b' });
  t.same(have([unit('a'), unit('b', mine)]), { x: 'a' });
  t.same(have([unit('a', { holder: 'other' }), unit('b', mine)]), { x: 'b' }, 'it may come back');
  t.same(have([unit('a'), unit('b', mine)], named('x', 'b')), { x: 'b' }, 'named: no other will do');
});

t.test('no unit is given twice, nor one of others, nor one that may not be used', async (t) => {
  const ids = ['a', 'b', 'c', 'd'];
  const views = fc.tuple(
    ...ids.map((id) =>
      fc.record({
        id: fc.constant(id),
        model: fc.constantFrom('test:preamp', 'test:other'),
        holder: fc.constantFrom(undefined, 'task', 'other'),
        isReady: fc.boolean(),
        isFailed: fc.boolean(),
      }),
    ),
  );
  const needs = fc.array(fc.constantFrom('any', ...ids), { maxLength: 5 });
  const property = fc.property(views, needs, fc.subarray(ids), (units, wanted, allowed) => {
    const list = wanted.map((fixed, i) => ({ instance: `x${i}`, model: 'test:preamp', fixed }));
    const { units: given, missing } = assignUnits('task', list, {}, units, (id) => allowed.includes(id), nothing);
    const got = Object.values(given);
    const isFree = (id: string) => units.find((one) => one.id === id)!.holder !== 'other' && allowed.includes(id);
    const isWhole = missing.length === 0 ? got.length === list.length : got.length === 0;
    return new Set(got).size === got.length && got.every(isFree) && isWhole;
  });
  const outcome = fc.check(property, { numRuns: 500 });
  t.notOk(outcome.failed, `seed ${outcome.seed}: ${JSON.stringify(outcome.counterexample)}`);
});
