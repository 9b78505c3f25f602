import { AudioCloudError, type Model } from '@audiocloud/api';
import type { ModelLookup } from '../graph-nodes.ts';

const port = (id: string, channels: { default: number; as?: string; min?: number; max?: number }) => ({
  id,
  kind: 'audio' as const,
  channels: { min: 1, max: 8, ...channels },
});

/** Models for graphs that are planned and never rendered. */
export const MODELS: Model[] = [
  {
    id: 'test:strip',
    version: '1.0.0',
    name: 'Strip',
    category: 'tool',
    inputs: [port('in', { default: 2 }), port('key', { default: 1 })],
    outputs: [port('out', { default: 2, as: 'in' }), port('send', { default: 1, as: 'key' })],
    parameters: [],
    reports: [],
  },
  {
    id: 'test:source',
    version: '1.0.0',
    name: 'Source',
    category: 'generator',
    inputs: [],
    outputs: [port('out', { default: 2 })],
    parameters: [],
    reports: [],
  },
];

export const modelOf: ModelLookup = (id) => {
  const model = MODELS.find((candidate) => candidate.id === id);
  if (model) return model;
  throw new AudioCloudError('MODEL_UNKNOWN', `Cannot find the model '${id}'`, { model: id });
};
