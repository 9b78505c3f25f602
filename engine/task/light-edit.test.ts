import type { GraphEdit, Task } from '@audiocloud/api';
import t from 'tap';
import { DrivenTask, openRegistry, RATE, steepest } from '../../test/driven-task.ts';

/*
 * Edits that change values and gains alone keep the plan in use. They must be heard exactly as they are with a new plan,
 * which an edit gets that also does something that nobody hears.
 */
const registry = await openRegistry();
const graph: Task = {
  sampleRate: RATE,
  instances: {
    tone: { model: 'audiocloud:tone' },
    level: { model: 'audiocloud:gain', parameters: { gain: -6 } },
    wide: { model: 'audiocloud:gain', bypass: false },
  },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'level' }, gainDb: -6 },
    b: { from: { node: 'level' }, to: { node: 'mix' }, gainDb: -2 },
    c: { from: { node: 'level' }, to: { node: 'mix' }, pan: -0.5 },
    d: { from: { node: 'level' }, to: { node: 'wide' } },
    e: { from: { node: 'mix' }, to: { node: 'main' } },
  },
  buses: { mix: { inputChannels: 2 } },
  sinks: { main: { kind: 'stream', channels: 2 } },
  lengthSeconds: 100,
};

const put = (name: string, value: object): GraphEdit => ({
  op: 'put',
  part: 'connections',
  name,
  value: value as never,
});
const LIGHT: Record<string, GraphEdit[]> = {
  gain: [put('a', { ...graph.connections!['a'], gainDb: -12 })],
  pan: [put('c', { ...graph.connections!['c'], pan: 0.3, gainDb: -1 })],
  'to silence': [put('b', { ...graph.connections!['b'], gainDb: -120 })],
  parameters: [
    {
      op: 'put',
      part: 'instances',
      name: 'level',
      value: { model: 'audiocloud:gain', parameters: { gain: -20 } } as never,
    },
  ],
  'one value': [{ op: 'set', instance: 'level', parameter: 'gain', value: -1 }],
  'several at once': [
    put('a', { ...graph.connections!['a'], gainDb: -1 }),
    put('b', { ...graph.connections!['b'], gainDb: -9 }),
    { op: 'set', instance: 'level', parameter: 'gain', value: -3 },
  ],
};

const HEAVY: Record<string, GraphEdit[]> = {
  'another destination': [put('b', { ...graph.connections!['b'], to: { node: 'main' } })],
  'a delay': [put('b', { ...graph.connections!['b'], offsetFrames: 100 })],
  'a channel map': [put('b', { ...graph.connections!['b'], channels: [[0, 1]] })],
  'a gain without a record': [put('e', { ...graph.connections!['e'], gainDb: -1 })],
  'a way around an instance': [put('d', { ...graph.connections!['d'], gainDb: -1 })],
  bypass: [{ op: 'set', instance: 'level', parameter: 'host-bypass', value: true }],
  'another model': [
    { op: 'put', part: 'instances', name: 'level', value: { model: 'audiocloud:compressor' } as never },
  ],
  'something new': [put('f', { from: { node: 'tone' }, to: { node: 'mix' } })],
};

t.test('light edits keep the steps of the plan, and sound as with a new one', async (t) => {
  const [light, heavy] = [new DrivenTask(graph, { registry }), new DrivenTask(graph, { registry })];
  const tasks = [light, heavy];
  for (const task of tasks) task.play();
  for (const task of tasks) task.render(50);
  const { steps } = light.task.image;
  for (const [name, edits] of Object.entries(LIGHT)) {
    light.edit(edits);
    // one more part of the graph has changed: it is planned anew
    heavy.edit([...edits, { op: 'put', part: 'tracks', name: 'other', value: { channels: 1, clips: [] } as never }]);
    t.equal(light.task.image.steps, steps, `${name}: the same plan`);
    const [a, b] = tasks.map((task) => task.render(12));
    for (let c = 0; c < 2; c++)
      t.ok(Buffer.from(a![c]!.buffer).equals(Buffer.from(b![c]!.buffer)), `${name}: channel ${c}, bit for bit`);
    t.ok(steepest(a![0]!) < 0.2, `${name}: no step`);
  }
  // what was changed lightly is in the graph, and a plan made later has it
  light.edit([{ op: 'remove', part: 'connections', name: 'c' }]);
  heavy.edit([{ op: 'remove', part: 'connections', name: 'c' }]);
  t.not(light.task.image.steps, steps, 'another plan');
  const [a, b] = tasks.map((task) => task.render(30));
  for (let c = 0; c < 2; c++)
    t.ok(Buffer.from(a![c]!.buffer).equals(Buffer.from(b![c]!.buffer)), `later: channel ${c}`);
  for (const { task } of tasks) task.dispose();
});

t.test('edits that change more get a plan of their own', async (t) => {
  for (const [name, edits] of Object.entries(HEAVY)) {
    const driven = new DrivenTask(graph, { registry });
    driven.play();
    driven.render(10);
    const { steps } = driven.task.image;
    driven.edit(edits);
    t.not(driven.task.image.steps, steps, name);
    driven.render(10);
    driven.task.dispose();
  }
});

t.test('a light edit that is refused changes nothing', async (t) => {
  const driven = new DrivenTask(graph, { registry });
  const { image } = driven.task;
  t.throws(
    () =>
      driven.edit([
        put('a', { ...graph.connections!['a'], gainDb: -30 }),
        put('b', { ...graph.connections!['b'], pan: 2 - 1, to: { node: 'level' } }),
      ]),
    { code: /./ },
  );
  t.throws(
    () =>
      driven.edit([
        {
          op: 'put',
          part: 'instances',
          name: 'level',
          value: { model: 'audiocloud:gain', parameters: { gain: 9999 } } as never,
        },
      ]),
    {
      code: 'PARAMETER_VALUE',
    },
  );
  t.equal(driven.task.image, image);
  t.equal(driven.task.graph, graph);
  driven.task.dispose();
});
