import t from 'tap';
import {
  captureValues,
  checkModel,
  type Model,
  modelVersions,
  recallChanges,
  type Task,
  upgradeTask,
  upgradeValues,
} from './index.ts';

const continuous = (id: string, min: number, max: number) =>
  ({ id, name: id, unit: 'none', range: { kind: 'continuous', min, max }, default: min }) as const;
const now: Model = checkModel({
  id: 'test:unit',
  version: '3.1.0',
  name: 'Unit',
  category: 'tool',
  inputs: [],
  outputs: [],
  parameters: [
    continuous('drive', 0, 100),
    {
      id: 'shape',
      name: 'Shape',
      unit: 'none',
      range: { kind: 'list', values: [{ value: 'soft' }, { value: 'hard' }] },
      default: 'soft',
    },
    continuous('tone', 0, 1),
  ],
  reports: [],
  upgrades: [
    {
      to: '3.0.0',
      convert: {
        drive: { multiply: 100 },
        shape: {
          values: [
            ['a', 'soft'],
            ['b', 'hard'],
          ],
        },
      },
      set: { tone: 0.5 },
    },
    { to: '2.0.0', rename: { amount: 'drive' }, remove: ['spare'] },
    { to: '4.0.0', remove: ['drive'] },
  ],
});
const other: Model = { ...now, id: 'test:other', version: '1.0.0' };
const models = [now, other];

t.test('saved values go through all steps between the two versions, in order, and through no other', async (t) => {
  const old = { amount: [0.25, 0.5], shape: 'b', spare: 3 };
  t.same(upgradeValues(now, old, '1.9.9'), { tone: 0.5, drive: [25, 50], shape: 'hard' });
  t.same(upgradeValues(now, { drive: 0.1, shape: 'c' }, '2.0.0'), { tone: 0.5, drive: 10, shape: 'c' });
  t.same(upgradeValues(now, { drive: 10 }, '3.0.0'), { drive: 10 });
  t.same(upgradeValues(now, { tone: 1, drive: 0.2 }, '2.10.0'), { tone: 1, drive: 20 }, 'what was saved is not set');
});

t.test(
  'links and lanes of a task go with its values; what names a version, or is of another model, stays',
  async (t) => {
    const task: Task = {
      sampleRate: 48000,
      instances: {
        a: { model: 'test:unit', parameters: { amount: 0.5 }, media: { sample: 'hit' } },
        b: { model: 'test:unit@1.0.0', parameters: { amount: 0.5 } },
        c: { model: 'test:other', parameters: { amount: 0.5 } },
        d: { model: 'test:unit' },
      },
      links: {
        kept: {
          members: [
            { instance: 'a', parameter: 'amount' },
            { instance: 'b', parameter: 'amount' },
          ],
        },
        gone: { members: [{ instance: 'a', parameter: 'spare' }] },
      },
      lanes: {
        kept: { instance: 'a', parameter: 'amount', points: [{ seconds: 0, value: 0.1 }] },
        other: { instance: 'c', parameter: 'amount', points: [{ seconds: 0, value: 0.1 }] },
        gone: { instance: 'a', parameter: 'spare', points: [{ seconds: 0, value: 0.1 }] },
      },
      notes: { part: { instance: 'a', notes: [{ seconds: 0, lengthSeconds: 1, note: 60 }] } },
    };
    const upgraded = upgradeTask(models, task, { 'test:unit': '1.0.0', 'test:other': '1.0.0' });
    t.same(upgraded.instances, {
      ...task.instances,
      a: { model: 'test:unit', parameters: { tone: 0.5, drive: 50 }, media: { sample: 'hit' } },
      d: { model: 'test:unit', parameters: { tone: 0.5 } },
    });
    t.same(upgraded.links, {
      kept: {
        members: [
          { instance: 'a', parameter: 'drive' },
          { instance: 'b', parameter: 'amount' },
        ],
      },
    });
    t.same(upgraded.lanes, {
      kept: { instance: 'a', parameter: 'drive', points: [{ seconds: 0, value: 10 }] },
      other: task.lanes!['other'],
    });
    t.equal(upgraded.notes, task.notes);
    t.equal(upgradeTask(models, task, modelVersions(models, task)), task, 'nothing to do: the same task');
    t.same(modelVersions(models, task), { 'test:unit': '3.1.0', 'test:other': '1.0.0' });
  },
);

t.test('a preset that was captured of an older version is recalled as the new one has it', async (t) => {
  const before: Model = { ...now, version: '2.5.0', upgrades: [], parameters: [continuous('drive', 0, 1)] };
  const task: Task = { sampleRate: 48000, instances: { a: { model: 'test:unit', parameters: { drive: 0.75 } } } };
  const content = captureValues([before], task, 'a');
  const fresh: Task = { sampleRate: 48000, instances: { a: { model: 'test:unit' } } };
  const changes = recallChanges(models, fresh, content, 'a').map(({ parameter, value }) => [parameter, value]);
  t.same(changes, [
    ['drive', 75],
    ['tone', 0.5],
  ]);
});
