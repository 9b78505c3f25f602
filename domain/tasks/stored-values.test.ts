import type { Model, Task } from '@audiocloud/api';
import t from 'tap';
import { storedValues } from './stored-values.ts';

const parameter = (id: string, more: object = {}) => ({
  id,
  name: id,
  unit: 'dB',
  range: { kind: 'continuous', min: -60, max: 0 },
  default: 0,
  ...more,
});
const model = {
  id: 'maker:a',
  version: '1.0.0',
  inputs: [],
  outputs: [],
  parameters: [parameter('x'), parameter('y'), parameter('moved'), parameter('latched', { latched: true })],
} as unknown as Model;

t.test('every value that can be set live is there, also those that are as they come', async (t) => {
  const graph = {
    sampleRate: 48000,
    instances: {
      a: { model: 'maker:a', parameters: { x: -3 }, mix: 50 },
      hardware: { model: 'maker:a', fixed: 'maker:a:1' },
      unknown: { model: 'maker:none' },
    },
    lanes: { l: { instance: 'a', parameter: 'moved', points: [] } },
  } as unknown as Task;
  t.same(
    storedValues([model], graph).map(({ instance, parameter, value }) => `${instance} ${parameter} ${value}`),
    ['a x -3', 'a y 0', 'a host-bypass false', 'a host-mix 50', 'unknown host-bypass false', 'unknown host-mix 100'],
  );
});
