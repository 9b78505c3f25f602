import t from 'tap';
import {
  captureValues,
  Morph,
  type Model,
  type ParameterChange,
  type PresetContent,
  recallChanges,
  type Task,
} from './index.ts';

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
    { id: 'steps', name: 'Steps', unit: 'none', range: { kind: 'stepped', min: 0, max: 8, step: 2 }, default: 0 },
  ],
  reports: [],
};
const other: Model = { ...model, id: 'test:other' };
const models = [model, other];
const task: Task = {
  sampleRate: 48000,
  instances: {
    a: { model: 'test:unit', parameters: { level: [-10, -20], frequency: 320, on: true }, mix: 50 },
    b: { model: 'test:unit@1.0.0' },
    c: { model: 'test:other' },
  },
};
const short = (changes: ParameterChange[]) =>
  changes.map(({ instance, parameter, index, value }) => [
    instance,
    parameter,
    value,
    ...(index === undefined ? [] : [index]),
  ]);
const recalled = (content: PresetContent, instance?: string) => short(recallChanges(models, task, content, instance));

t.test('what was captured of an instance brings another one to the same values, and itself nowhere', async (t) => {
  const content = captureValues(models, task, 'a');
  t.same(content, {
    model: 'test:unit@1.0.0',
    parameters: { level: [-10, -20], frequency: [320], on: [true], steps: [0] },
  });
  t.same(recalled(content, 'a'), []);
  t.same(recalled(content, 'b'), [
    ['b', 'level', -10, 0],
    ['b', 'level', -20, 1],
    ['b', 'frequency', 320],
    ['b', 'on', true],
  ]);
});

t.test('what a preset of a model does not name goes to its default; what belongs to the host stays', async (t) => {
  t.same(recalled({ model: 'test:unit', parameters: { frequency: 640, level: [-5] } }, 'a'), [
    ['a', 'level', -5, 0],
    ['a', 'level', -60, 1],
    ['a', 'frequency', 640],
    ['a', 'on', false],
  ]);
});

t.test('a preset of a task holds all of its instances, with bypass and mix', async (t) => {
  const content = captureValues(models, task);
  const changed: Task = {
    ...task,
    instances: { ...task.instances, a: { model: 'test:unit', bypass: true }, d: { model: 'test:unit' } },
  };
  t.same(short(recallChanges(models, changed, content)), [
    ['a', 'level', -10, 0],
    ['a', 'level', -20, 1],
    ['a', 'frequency', 320],
    ['a', 'on', true],
    ['a', 'host-bypass', false],
    ['a', 'host-mix', 50],
  ]);
});

t.test('what does not fit is refused by name', async (t) => {
  const refused = (content: PresetContent, instance: string | undefined, code: string, message: RegExp) =>
    t.throws(() => recallChanges(models, task, content, instance), { code, message });
  const preset = { model: 'test:unit', parameters: {} };
  refused(preset, 'c', 'PRESET_MISMATCH', /'c': the preset is for test:unit, the instance is of test:other/);
  refused(preset, 'x', 'NODE_UNKNOWN', /'x'/);
  refused(preset, undefined, 'PRESET_MISMATCH', /name the instance/);
  refused({ instances: { a: preset } }, 'a', 'PRESET_MISMATCH', /whole task/);
  refused({ instances: { a: preset, x: preset } }, undefined, 'NODE_UNKNOWN', /'x'/);
  refused({ ...preset, parameters: { ghost: 1 } }, 'a', 'PRESET_MISMATCH', /no parameter ghost/);
  refused({ ...preset, parameters: { frequency: 1 } }, 'a', 'PARAMETER_VALUE', /a.frequency/);
});

t.test('values move evenly along their knobs, what has nothing between changes once, the end is exact', async (t) => {
  const targets = recallChanges(
    models,
    task,
    { model: 'test:unit', parameters: { level: [-20, -20], frequency: 5120, on: false, steps: 4 } },
    'a',
  );
  const morph = new Morph(models, task, targets);
  const near = (found: unknown, wanted: number) => t.ok(Math.abs(Number(found) - wanted) < 1e-9, `${found}`);
  const quarter = morph.advance(0.25);
  t.same(
    quarter.map(({ parameter }) => parameter),
    ['level', 'frequency'],
  );
  near(quarter[0]!.value, -12.5);
  near(quarter[1]!.value, 640);
  t.same(short(morph.advance(0.6).slice(2)), [
    ['a', 'on', false],
    ['a', 'steps', 4],
  ]);
  t.equal(morph.advance(0.8).length, 2);
  t.notOk(morph.isOver);
  t.same(short(morph.advance(1.3)), [
    ['a', 'level', -20, 0],
    ['a', 'frequency', 5120],
  ]);
  t.ok(morph.isOver);
});

t.test('what is gone over in one step comes whole; what somebody else sets is theirs', async (t) => {
  const targets = recallChanges(
    models,
    task,
    { model: 'test:unit', parameters: { level: [-1, -2], on: false, frequency: 320 } },
    'a',
  );
  t.equal(new Morph(models, task, targets).advance(1).length, 3);
  const morph = new Morph(models, task, targets);
  morph.leave([{ instance: 'a', parameter: 'level', index: 1, value: 0 }]);
  t.same(
    morph.advance(0.1).map(({ index }) => index),
    [0],
  );
  morph.leave([{ instance: 'a', parameter: 'level', value: 0 }]);
  morph.leave([{ instance: 'b', parameter: 'on', value: true }]);
  t.same(short(morph.advance(1)), [['a', 'on', false]]);
});
