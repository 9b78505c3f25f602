import { setTimeout as sleep } from 'node:timers/promises';
import { type Model, Morph, type ParameterChange, type Task } from '@audiocloud/api';
import t from 'tap';
import { systemClock } from '../clock/clock.ts';
import { Morphing } from './morphing.ts';

const model: Model = {
  id: 'test:unit',
  version: '1.0.0',
  name: 'Unit',
  category: 'tool',
  inputs: [],
  outputs: [],
  parameters: [{ id: 'x', name: 'X', unit: 'none', range: { kind: 'continuous', min: 0, max: 1 }, default: 0 }],
  reports: [],
};
const task: Task = { sampleRate: 48000, instances: { a: { model: 'test:unit' } } };

t.test('no step begins after the end', async (t) => {
  const applied: ParameterChange[][] = [];
  const morphing = new Morphing(
    async (changes) => {
      applied.push(changes);
      return { frame: 0 };
    },
    systemClock,
    (error) => t.fail(String(error)),
  );
  await morphing.begin(new Morph([model], task, [{ instance: 'a', parameter: 'x', value: 1 }]), 600);
  t.equal(applied.length, 1);
  t.ok(morphing.isRunning);
  morphing.end(); // the next step waits for its time
  await sleep(100);
  t.equal(applied.length, 1);
  t.notOk(morphing.isRunning);
});
