import t from 'tap';
import { linkedChanges, type Model, type Task } from './index.ts';

const continuous = (id: string, min: number, max: number, more: object = {}) =>
  ({ id, name: id, unit: 'none', range: { kind: 'continuous', min, max }, default: min, ...more }) as const;
const model: Model = {
  id: 'test:unit',
  version: '1.0.0',
  name: 'Unit',
  category: 'tool',
  inputs: [],
  outputs: [],
  parameters: [
    continuous('level', -60, 0, { unit: 'dB', scope: { kind: 'count', count: 2 } }),
    continuous('frequency', 20, 20480, { unit: 'Hz', taper: 'log' }),
    { id: 'on', name: 'On', unit: 'toggle', range: { kind: 'toggle' }, default: false },
    continuous('size', 0, 9, { latched: true }),
  ],
  reports: [],
};
const unit = { model: 'test:unit' };
const task = (links: Task['links']): Task => ({ sampleRate: 48000, instances: { a: unit, b: unit, c: unit }, links });
const changed = (links: Task['links'], ...changes: [string, string, number | boolean, number?][]) =>
  linkedChanges(
    task(links),
    [model],
    changes.map(([instance, parameter, value, index]) => ({
      instance,
      parameter,
      value,
      ...(index === undefined ? {} : { index }),
    })),
  ).map(({ instance, parameter, index, value }) => [
    instance,
    parameter,
    value,
    ...(index === undefined ? [] : [index]),
  ]);

t.test('one control drives parameters of several instances, each over its range, inverted, curved', async (t) => {
  const links = {
    macro: {
      members: [
        { instance: 'a', parameter: 'level' },
        { instance: 'b', parameter: 'frequency', from: 0.2, to: 0.6 },
        { instance: 'c', parameter: 'level', index: 1, from: 1, to: 0 },
        { instance: 'b', parameter: 'level', curve: 2 },
        { instance: 'c', parameter: 'on' },
        { instance: 'c', parameter: 'host-mix', from: 0, to: 0.5 },
      ],
    },
  };
  t.same(changed(links, ['a', 'level', -15]), [
    ['a', 'level', -15],
    ['b', 'frequency', 20 * 1024 ** 0.5],
    ['c', 'level', -45, 1],
    ['b', 'level', -60 + 60 * 0.75 ** 2],
    ['c', 'on', true],
    ['c', 'host-mix', 37.5],
  ]);
  const back = changed(links, ['b', 'frequency', 20 * 1024 ** 0.5]);
  t.ok(
    Math.abs((back.find(([instance]) => instance === 'a')![2] as number) + 15) < 1e-9,
    'any member drives the others',
  );
  t.same(changed(links, ['a', 'frequency', 100]), [['a', 'frequency', 100]], 'what is not linked is alone');
});

t.test('channels of one parameter turn together', async (t) => {
  const links = { pair: { members: [{ instance: 'a', parameter: 'level' }] } };
  t.same(changed(links, ['a', 'level', -7.3, 0]), [
    ['a', 'level', -7.3, 0],
    ['a', 'level', -7.3],
  ]);
  t.same(changed(links, ['a', 'level', -7.3]), [['a', 'level', -7.3]]);
  const apart = { pair: { members: [0, 1].map((index) => ({ instance: 'a', parameter: 'level', index })) } };
  t.same(changed(apart, ['a', 'level', -7.1, 1]), [
    ['a', 'level', -7.1, 1],
    ['a', 'level', -7.1, 0],
  ]);
});

t.test('links in a circle end, what is said in so many words stays, what is not there is left out', async (t) => {
  const pair = (one: string, other: string) => ({
    members: [
      { instance: one, parameter: 'level', index: 0 },
      { instance: other, parameter: 'level', index: 0 },
    ],
  });
  const circle = { x: pair('a', 'b'), y: pair('b', 'c'), z: pair('c', 'a'), ghost: pair('a', 'nobody') };
  t.same(changed(circle, ['a', 'level', -1, 0]).sort(), [
    ['a', 'level', -1, 0],
    ['b', 'level', -1, 0],
    ['c', 'level', -1, 0],
  ]);
  t.same(changed(circle, ['a', 'level', -1, 0], ['b', 'level', -2, 0]).slice(0, 2), [
    ['a', 'level', -1, 0],
    ['b', 'level', -2, 0],
  ]);
  const latched = {
    l: {
      members: [
        { instance: 'a', parameter: 'level' },
        { instance: 'b', parameter: 'size' },
      ],
    },
  };
  t.same(changed(latched, ['a', 'level', -1]), [['a', 'level', -1]]);
  t.throws(
    () =>
      changed(latched, ['a', 'level', 5]) &&
      changed(circle, ['a', 'level', 5, 0]) &&
      changed(
        {
          m: {
            members: [
              { instance: 'a', parameter: 'level', from: 0.5 },
              { instance: 'b', parameter: 'level' },
            ],
          },
        },
        ['a', 'level', 5],
      ),
    { code: 'PARAMETER_VALUE' },
  );
});
